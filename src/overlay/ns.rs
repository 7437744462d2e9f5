//! `crictl ns`: containerd's namespaces.

use clap::Args;

use crate::args::go::Parsed;
use crate::command::{Overlay, args};
use crate::context::Context;
use crate::error::Error;
use crate::namespace::Contents;
use crate::schema::Value;
use crate::view::{Encoding, LIST, Table, View, human};

pub(crate) const OVERLAY: Overlay = Overlay {
    name: "ns",
    about: "List containerd's namespaces and what is in them",
    example: "crictl ns",
    arguments: NsArgs::augment_args,
    values: &[("output", LIST)],
    run: |ctx, parsed| Box::pin(run(ctx, parsed)),
    ..Overlay::DEFAULT
};

#[derive(Args, Debug)]
struct NsArgs {
    /// Output format
    #[arg(long, short, value_name = "FORMAT", default_value = "table")]
    output: String,
    /// Only the names
    #[arg(long, short)]
    quiet: bool,
}

async fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Error> {
    let args: NsArgs = args(parsed)?;
    let encoding = Encoding::of_list(&args.output)?;
    let namespaces = ctx.namespaces().await?;
    ctx.print(&match encoding {
        Some(encoding) => View::List(document(&namespaces), encoding),
        None if args.quiet => View::Text(namespaces.into_iter().map(|namespace| namespace.name).collect()),
        None => View::Table(table(namespaces)),
    })
}

fn document(namespaces: &[Contents]) -> Value {
    let count = |count: usize| Value::Int(i64::try_from(count).unwrap_or(i64::MAX));
    let namespaces = namespaces.iter().map(|namespace| {
        let labels = namespace.labels.iter().map(|(key, value)| (key, Value::from(value.as_str())));
        Value::object([
            ("name", Value::from(namespace.name.as_str())),
            ("labels", Value::object(labels)),
            ("containers", count(namespace.containers)),
            ("running", count(namespace.running)),
            ("images", count(namespace.images)),
            // Text, as every number of 64 bits is in the documents of lists.
            ("size", Value::from(namespace.size.to_string())),
        ])
    });
    Value::object([("namespaces", Value::List(namespaces.collect()))])
}

fn table(namespaces: Vec<Contents>) -> Table {
    let rows = namespaces.into_iter().map(|namespace| {
        let labels: Vec<_> = namespace.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        vec![
            namespace.name,
            namespace.containers.to_string(),
            namespace.running.to_string(),
            namespace.images.to_string(),
            human::size(namespace.size, 3),
            labels.join(","),
        ]
    });
    let columns = vec!["NAMESPACE", "CONTAINERS", "RUNNING", "IMAGES", "CONTENT", "LABELS"];
    Table { columns, rows: rows.collect() }
}
