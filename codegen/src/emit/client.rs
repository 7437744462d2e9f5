//! The typed clients, one struct for each service.

use super::layout::WIDTH;
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
    let doc = match method.doc.as_str() {
        "" => format!("Calls `{}`", method.name),
        doc => doc.to_owned(),
    };
    let response = format!("cri::{}", method.response.rust);
    let (call, response) = match method.flow {
        Flow::Unary => ("unary", response),
        Flow::ServerStream => ("stream", format!("C::Stream<{response}>")),
    };
    format!(
        "    /// {doc}.
{} {{
        self.0.{call}(&methods::{}, request).await
    }}
",
        signature(method, &response),
        method.table
    )
}

fn signature(method: &Method, response: &str) -> String {
    let name = format!("    pub async fn {}", method.function);
    let request = format!("request: cri::{}", method.request.rust);
    let result = format!("-> Result<{response}, C::Error>");
    let line = format!("{name}(&self, {request}) {result}");
    // The brace is on the same line.
    if line.len() + 2 <= WIDTH {
        return line;
    }
    format!("{name}(\n        &self,\n        {request},\n    ) {result}")
}
