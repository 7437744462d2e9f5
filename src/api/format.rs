//! How answers are written down.

use crate::api::terms::CallArgs;
use crate::error::Error;
use crate::view::Encoding;

/// The form of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// A document of several lines; JSON of a stream has one line a message.
    Document(Encoding),
    /// JSON on one line.
    Line,
    /// Protobuf's text format.
    Text,
    /// The bytes.
    Raw,
}

impl Format {
    /// The format that the flags ask for.
    ///
    /// # Errors
    /// There is none of that name, a template is none, or two flags contradict each other.
    pub(crate) fn of(args: &CallArgs) -> Result<Self, Error> {
        let format = match (args.output.as_str(), &args.template) {
            // The default is no choice.
            ("json" | "go-template", Some(template)) => Self::Document(Encoding::of_template(template)?),
            ("go-template", None) => return Err(Error::usage("-o go-template needs --template")),
            (output, Some(_)) => return Err(Error::usage(format!("--template is not for output format {output:?}"))),
            ("json", None) => Self::Document(Encoding::Json),
            ("yaml", None) => Self::Document(Encoding::Yaml),
            ("jsonl", None) => Self::Line,
            ("text", None) => Self::Text,
            ("raw", None) => Self::Raw,
            (output, None) => {
                let known = "json, yaml, jsonl, text, raw and go-template are";
                return Err(Error::failure(format!("unsupported output format {output:?}: {known}")));
            }
        };
        match format {
            Self::Text | Self::Raw if args.enrich => {
                Err(Error::usage(format!("--enrich makes a document, which -o {} can't be", args.output)))
            }
            format => Ok(format),
        }
    }
}
