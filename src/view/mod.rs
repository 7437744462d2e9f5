//! Pure: from a response to what a printer can show. No I/O, no clock, no terminal.

pub(crate) mod block;
pub(crate) mod human;
pub(crate) mod status;
pub(crate) mod usage;

use crate::error::Error;
use crate::schema::Value;
use crate::template::Template;

/// What a command has to show.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum View {
    /// Columns and rows.
    Table(Table),
    /// A response as a document, in the style that lists have.
    List(Value, Encoding),
    /// One message of a stream: JSON on one line.
    Item(Value, Encoding),
    /// A status as a document: keys sorted, HTML characters escaped.
    Status(Value, Encoding),
    /// Lines of a form of the command's own, without their ends. An end of a line that is in one is not ours.
    Text(Vec<String>),
    /// YAML with comments.
    Lines(Vec<Line>),
}

/// One line of YAML with a comment; only a comment if it has neither key nor value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Line {
    /// How often the line itself is commented out.
    pub(crate) comments: usize,
    pub(crate) indent: usize,
    /// It begins an item of a list.
    pub(crate) dash: bool,
    pub(crate) key: Option<String>,
    /// A scalar, or what is empty.
    pub(crate) value: Option<Value>,
    pub(crate) note: String,
}

impl View {
    /// Lines from a text all of whose ends of lines are ours.
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.lines().map(str::to_owned).collect())
    }
}

/// Columns and rows; widths are the printer's business.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    pub(crate) columns: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// How a document is written down.
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
    /// A format that no list has.
    pub(crate) fn of_list(output: &str) -> Result<Option<Self>, Error> {
        match output {
            "table" => Ok(None),
            "json" => Ok(Some(Self::Json)),
            "yaml" => Ok(Some(Self::Yaml)),
            _ => Err(Error::failure(format!("unsupported output format {output:?}: table, json and yaml are"))),
        }
    }

    /// The encoding of a document; json where nothing is named.
    ///
    /// # Errors
    /// A format that no document has.
    pub(crate) fn of_status(output: &str) -> Result<Self, Error> {
        match output {
            "" | "json" => Ok(Self::Json),
            "yaml" => Ok(Self::Yaml),
            _ => Err(Error::failure(format!("unsupported output format {output:?}: json and yaml are"))),
        }
    }

    /// The encoding of a document that a template may show too.
    ///
    /// # Errors
    /// A format that no document has, or what is no template.
    pub(crate) fn of_status_or_template(output: &str, template: &str) -> Result<Self, Error> {
        match output {
            "go-template" => Self::of_template(template),
            "" | "json" | "yaml" => Self::of_status(output),
            _ => Err(Error::failure(format!("unsupported output format {output:?}: json, yaml and go-template are"))),
        }
    }

    /// A Go template.
    ///
    /// # Errors
    /// What is no template.
    pub(crate) fn of_template(template: &str) -> Result<Self, Error> {
        let template = Template::parse(template);
        // Scripts look for these words.
        template.map(Self::Template).map_err(|cause| Error::failure(format!("failed to parse go-template: {cause}")))
    }
}
