//! How `inspect`, `inspectp` and `inspecti` show statuses: as one document, or as blocks of lines.

use clap::Args;

use crate::context::Context;
use crate::error::Error;
use crate::schema::Value;
use crate::view::{Encoding, View, status};

/// The flags of a command that shows statuses.
#[derive(Args, Debug)]
pub(crate) struct InspectionArgs {
    /// Output format
    #[arg(long, short, value_name = "FORMAT", default_value = "", hide_default_value = true)]
    output: String,
    /// Show only the status, without what the runtime adds to it
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Go template, for -o go-template
    #[arg(long, value_name = "TEMPLATE", default_value = "", hide_default_value = true)]
    template: String,
}

/// One status.
pub(crate) enum Shown {
    Table(Vec<String>),
    Document(Value),
}

impl InspectionArgs {
    /// The status in the requested format.
    ///
    /// # Errors
    /// As `document`.
    pub(crate) fn status(
        &self,
        table: impl FnOnce() -> Vec<String>,
        document: impl FnOnce() -> Result<Value, Error>,
    ) -> Result<Shown, Error> {
        match self.output.as_str() {
            "table" => Ok(Shown::Table(table())),
            _ => document().map(Shown::Document),
        }
    }
}

/// Shows the status of each id, in order: tables one by one, documents together once all are there. An empty list of
/// ids is reported, but is not an error.
///
/// # Errors
/// A status can't be read, or the format is unknown, which upstream reports last.
pub(crate) async fn show(
    ctx: &mut Context<'_>,
    args: &InspectionArgs,
    ids: &[String],
    status: impl AsyncFn(&Context<'_>, &str) -> Result<Shown, Error>,
) -> Result<(), Error> {
    if ids.is_empty() {
        ctx.error("nothing found per filter");
        return Ok(());
    }
    let mut documents = Vec::new();
    for id in ids {
        match status(ctx, id).await? {
            Shown::Table(text) => ctx.print(&View::Text(text))?,
            Shown::Document(document) => documents.push(document),
        }
    }
    match status::join(documents) {
        None => Ok(()),
        Some(document) => ctx.print(&View::Status(document, Encoding::of_status(&args.output, &args.template)?)),
    }
}
