//! How answers are formatted.

use crate::api::terms::CallArgs;
use crate::error::Error;
use crate::view::{Encoding, unsupported};

/// The words for the formats.
const FORMATS: &[&str] = &["json", "yaml", "jsonl", "text", "raw", "go-template"];

/// The format of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// A document of several lines; for a stream, JSON has one line per message.
    Document(Encoding),
    /// JSON on one line.
    Line,
    /// Protobuf's text format.
    Text,
    /// The bytes.
    Raw,
}

impl Format {
    /// The format that the flags select.
    ///
    /// # Errors
    /// The format or the template is invalid, or two flags contradict each other.
    pub(crate) fn of(args: &CallArgs) -> Result<Self, Error> {
        let format = match (args.output.as_str(), &args.template) {
            // The default does not count as a choice.
            ("json" | "go-template", Some(template)) => Self::Document(Encoding::of_template(template)?),
            ("go-template", None) => return Err(Error::usage("-o go-template needs --template")),
            (output, Some(_)) => return Err(Error::usage(format!("--template can't be used with -o {output}"))),
            ("jsonl", None) => Self::Line,
            ("text", None) => Self::Text,
            ("raw", None) => Self::Raw,
            (output, None) => Self::Document(Encoding::named(output).ok_or_else(|| unsupported(output, FORMATS))?),
        };
        match format {
            Self::Text | Self::Raw if args.enrich => Err(Error::usage(format!(
                "--enrich can't be used with -o {}, only with a document format",
                args.output
            ))),
            format => Ok(format),
        }
    }
}
