//! Lays code out as rustfmt does with this project's `rustfmt.toml`: on one line
//! if it fits, else one item a line. prettyplease, which prost uses, breaks lines
//! at other widths.

/// `max_width` of `rustfmt.toml`.
pub(super) const WIDTH: usize = 120;

/// Code that is laid out.
pub(super) enum Code {
    /// Something that is never broken.
    Word(String),
    /// Items between brackets.
    List { open: String, items: Vec<Code>, close: &'static str },
}

/// A word that is a value's literal.
pub(super) fn literal(value: impl std::fmt::Debug) -> Code {
    Code::Word(format!("{value:?}"))
}

/// A list, whose `open` has everything up to its bracket.
pub(super) fn list(open: impl Into<String>, items: impl IntoIterator<Item = Code>, close: &'static str) -> Code {
    Code::List { open: open.into(), items: items.into_iter().collect(), close }
}

/// `pub static NAME: Type = Type { fields };`
pub(super) fn table(name: &str, of: &str, fields: impl IntoIterator<Item = Code>) -> String {
    let head = format!("pub static {name}: {of} =");
    let code = list(format!("{of} {{"), fields, "}");
    let flat = code.flat();
    // rustfmt would rather have all of it on the next line than break it.
    if head.len() + 1 + flat.len() + 1 > WIDTH && 4 + flat.len() < WIDTH {
        return format!("\n{head}\n    {flat};\n");
    }
    format!("\n{head} {};\n", code.text(0, head.len() + 1))
}

impl Code {
    /// The text where lines are indented by `indent` and this one starts in a column.
    pub(super) fn text(&self, indent: usize, column: usize) -> String {
        let flat = self.flat();
        // One column is for the comma or semicolon behind it.
        if column + flat.chars().count() < WIDTH {
            return flat;
        }
        match self {
            Self::Word(_) => flat,
            Self::List { open, items, close } => match items.as_slice() {
                // A single item hugs square brackets.
                [Self::List { open: inner, items, close: end }] if close.starts_with(']') => {
                    format!("{open}{}{close}", broken(inner, items, end, indent))
                }
                items => broken(open, items, close, indent),
            },
        }
    }

    fn flat(&self) -> String {
        match self {
            Self::Word(word) => word.clone(),
            Self::List { open, items, close } => {
                let items: Vec<_> = items.iter().map(Self::flat).collect();
                let pad = if *close == "}" { " " } else { "" };
                format!("{open}{pad}{}{pad}{close}", items.join(", "))
            }
        }
    }
}

fn broken(open: &str, items: &[Code], close: &str, indent: usize) -> String {
    let inner = indent + 4;
    let items = items.iter().map(|item| {
        let text = item.text(inner, inner);
        // Nothing may follow the struct that the other fields are taken from.
        let comma = if text.starts_with("..") { "" } else { "," };
        format!("{:inner$}{text}{comma}\n", "")
    });
    format!("{open}\n{}{:indent$}{close}", items.collect::<String>(), "")
}
