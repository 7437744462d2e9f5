//! The formats of `--output`: the words for them, and how a document is encoded in each.

use crate::error::{Error, either};
use crate::template::Template;

/// The formats of a list.
pub(crate) const LIST: &[&str] = &["table", "json", "yaml"];
/// The formats of a document.
pub(crate) const DOCUMENT: &[&str] = &["json", "yaml"];
/// The formats of a document that can also be shown with a template.
pub(crate) const TEMPLATE: &[&str] = &["json", "yaml", "go-template"];
/// The formats of a status that has lines of its own, too.
pub(crate) const STATUS: &[&str] = &["json", "yaml", "go-template", "table"];

/// How a document is encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Json,
    Yaml,
    Template(Template),
}

impl Encoding {
    /// The encoding of a list, or nothing for a table.
    ///
    /// # Errors
    /// The format is not one of [`LIST`].
    pub(crate) fn of_list(output: &str) -> Result<Option<Self>, Error> {
        match Self::named(output) {
            None if output != "table" => Err(unsupported(output, LIST)),
            encoding => Ok(encoding),
        }
    }

    /// The encoding of a document that can also be shown with a template; json if the word is empty.
    ///
    /// # Errors
    /// The format is not one of [`TEMPLATE`], or the template is invalid.
    pub(crate) fn of_status(output: &str, template: &str) -> Result<Self, Error> {
        match output {
            "go-template" => Self::of_template(template),
            _ => Self::of_document(output).ok_or_else(|| unsupported(output, TEMPLATE)),
        }
    }

    /// As [`Encoding::named`]; json if the word is empty.
    pub(crate) fn of_document(output: &str) -> Option<Self> {
        Self::named(if output.is_empty() { "json" } else { output })
    }

    /// The encoding that one of the words in [`DOCUMENT`] names.
    pub(crate) fn named(output: &str) -> Option<Self> {
        match output {
            "json" => Some(Self::Json),
            "yaml" => Some(Self::Yaml),
            _ => None,
        }
    }

    /// A Go template.
    ///
    /// # Errors
    /// The template is invalid.
    pub(crate) fn of_template(template: &str) -> Result<Self, Error> {
        let template = Template::parse(template);
        // Scripts look for these words.
        template.map(Self::Template).map_err(|cause| Error::failure(format!("failed to parse go-template: {cause}")))
    }
}

/// Refuses a word that is not one of the formats.
pub(crate) fn unsupported(output: &str, formats: &[&str]) -> Error {
    Error::failure(format!("unsupported output format {output:?}: use {}", either(formats)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_that_is_offered_is_taken_and_another_is_refused_with_those_that_are() {
        assert!(LIST.iter().all(|output| Encoding::of_list(output).is_ok()));
        assert!(DOCUMENT.iter().all(|output| Encoding::named(output).is_some()));
        assert!(TEMPLATE.iter().all(|output| Encoding::of_status(output, "{{.x}}").is_ok()));
        let refused = Encoding::of_list("xml").map_err(|error| error.line());
        assert_eq!(refused, Err("unsupported output format \"xml\": use table, json or yaml".to_owned()));
        assert!(Encoding::of_list("").is_err());
        assert!(matches!(Encoding::of_status("", ""), Ok(Encoding::Json)));
    }
}
