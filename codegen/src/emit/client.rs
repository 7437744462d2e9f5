//! The typed clients, one struct for each service.

use crate::model::{Flow, Method, Model, Service};

pub(super) fn text(model: &Model) -> String {
    let mut text = String::from("use super::{cri, methods};\nuse crate::method::Caller;\n");
    for service in &model.services {
        text += &client(service, &model.package);
    }
    text
}

fn client(service: &Service, package: &str) -> String {
    let Service { name, client, .. } = service;
    let functions: Vec<_> = service.methods.iter().map(function).collect();
    let body = match functions.as_slice() {
        [] => "{}".to_owned(),
        functions => format!("{{\n{}}}", functions.join("\n")),
    };
    format!(
        "
/// The calls of `{package}.{name}`.
#[derive(Clone, Copy, Debug)]
pub struct {client}<C>(pub C);

impl<C: Caller> {client}<C> {body}
"
    )
}

fn function(method: &Method) -> String {
    let (call, item) = match method.flow {
        Flow::Unary => ("unary", format!("cri::{}", method.response.rust)),
        Flow::ServerStream => ("stream", format!("C::Stream<cri::{}>", method.response.rust)),
    };
    let doc = match method.doc.as_str() {
        "" => format!("Calls `{}`", method.name),
        doc => doc.to_owned(),
    };
    format!("    /// {doc}.\n{} {{\n{}\n    }}\n", signature(method, &item), call_of(call, &method.table))
}

/// On one line where that fits into rustfmt's 100 columns with the brace.
fn signature(method: &Method, item: &str) -> String {
    let name = format!("    pub async fn {}", method.function);
    let request = format!("request: cri::{}", method.request.rust);
    let result = format!("-> Result<{item}, C::Error>");
    let line = format!("{name}(&self, {request}) {result}");
    if line.len() + 2 <= 100 {
        return line;
    }
    format!("{name}(\n        &self,\n        {request},\n    ) {result}")
}

/// rustfmt breaks a chain of calls that is wider than 60.
fn call_of(call: &str, table: &str) -> String {
    let line = format!("self.0.{call}(&methods::{table}, request).await");
    if line.len() <= 60 {
        return format!("        {line}");
    }
    format!(
        "        self.0
            .{call}(&methods::{table}, request)
            .await"
    )
}
