//! From a view to the bytes that are written; nothing else writes results.

mod skeleton;
pub(crate) mod structured;
pub(crate) mod table;
mod yaml;

use crate::error::Error;
use crate::view::{Encoding, View};

/// The smallest width of a column, which is upstream's.
const COLUMN: usize = 20;

/// A view as text.
pub(crate) fn render(view: &View) -> Result<String, Error> {
    Ok(match view {
        View::Table(table) => table::render(&table.columns, &table.rows, COLUMN),
        View::Text(text) => text.clone(),
        View::Lines(lines) => skeleton::lines(lines),
        View::List(value, Encoding::Json) => structured::list_json(value)?,
        View::Item(value, Encoding::Json) => structured::compact_json(value)?,
        View::Status(value, Encoding::Json) => structured::status_json(value.clone())?,
        View::List(value, Encoding::Yaml) | View::Item(value, Encoding::Yaml) | View::Status(value, Encoding::Yaml) => {
            yaml::document(value)
        }
        View::List(value, Encoding::Template(template))
        | View::Item(value, Encoding::Template(template))
        | View::Status(value, Encoding::Template(template)) => {
            let text = template.render(value);
            text.map_err(|cause| Error::failure(cause).context("filling in the template"))? + "\n"
        }
    })
}
