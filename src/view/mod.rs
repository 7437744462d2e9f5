//! Pure: from a response to something that can be printed. No I/O, no clock, no terminal.

pub(crate) mod block;
mod encoding;
pub(crate) mod human;
pub(crate) mod status;
pub(crate) mod usage;

use crate::namespace;
use crate::schema::{self, Described, Value};

pub(crate) use encoding::{DOCUMENT, Encoding, LIST, STATUS, TEMPLATE, unsupported};

/// What a command shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum View {
    /// Columns and rows.
    Table(Table),
    /// A response as a document, in the style of lists.
    List(Value, Encoding),
    /// One message of a stream: JSON on one line.
    Item(Value, Encoding),
    /// A status as a document: keys sorted, HTML characters escaped.
    Status(Value, Encoding),
    /// Lines in the command's own layout, without their ends. A line end inside a line is not ours.
    Text(Vec<String>),
    /// YAML with comments.
    Lines(Vec<Line>),
}

impl View {
    /// A list as a document. Where an item has the mark of a namespace, it is a member of the item's own.
    pub(crate) fn list<Response: Described>(response: &Response, encoding: Encoding) -> Self {
        let mut document = schema::view(response);
        if let Value::Object(members) = &mut document {
            let lists = members
                .iter_mut()
                .filter_map(|(_, value)| if let Value::List(items) = value { Some(items) } else { None });
            lists.flatten().for_each(lift);
        }
        Self::List(document, encoding)
    }
}

/// Takes the mark out of the annotations of an item, which are its own or those of what describes it.
fn lift(item: &mut Value) {
    let holders = ["", "spec", "attributes"];
    let holds = |holder: &&&str| {
        let inner = if holder.is_empty() { Some(&*item) } else { item.get(holder) };
        inner.and_then(|inner| inner.get("annotations")).is_some_and(|it| it.get(namespace::MARK).is_some())
    };
    let Some(holder) = holders.iter().find(holds) else { return };
    let take = |inner: &mut Value| inner.change("annotations", |annotations| annotations.take(namespace::MARK));
    let mark = if holder.is_empty() { take(item) } else { item.change(holder, take) };
    item.set("containerdNamespace", mark.unwrap_or_default());
}

/// One line of YAML with a comment; only the comment if it has neither key nor value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Line {
    /// How many times the line itself is commented out.
    pub(crate) comments: usize,
    pub(crate) indent: usize,
    /// It begins an item of a list.
    pub(crate) dash: bool,
    pub(crate) key: Option<String>,
    /// A scalar, or an empty list or object.
    pub(crate) value: Option<Value>,
    pub(crate) note: String,
}

impl View {
    /// Lines from a text whose line ends are all ours.
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.lines().map(str::to_owned).collect())
    }
}

/// Columns and rows; the printer decides the widths.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    pub(crate) columns: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// The table with a column for the namespace of each row, if any row has one.
    pub(crate) fn with_namespaces<'a>(mut self, marks: impl Iterator<Item = Option<&'a str>>) -> Self {
        let marks: Vec<_> = marks.collect();
        if marks.iter().any(Option::is_some) {
            self.columns.push("CONTAINERD NAMESPACE");
            for (row, mark) in self.rows.iter_mut().zip(marks) {
                row.push(mark.unwrap_or_default().to_owned());
            }
        }
        self
    }
}
