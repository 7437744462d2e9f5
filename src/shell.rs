//! Words as a shell reads them, for command lines that people can paste.

/// A line of words, quoted where that takes it.
pub(crate) fn line(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._/:@%+=,".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_the_words_back() {
        let words = ["crictl", "", "{\"a\": \"it's\"}", "unix:///run/a b.sock", "$HOME", "k=v"].map(str::to_owned);
        let line = line(&words);
        assert_eq!(line, r#"crictl '' '{"a": "it'\''s"}' 'unix:///run/a b.sock' '$HOME' k=v"#);
    }
}
