//! The table of methods.

use super::layout::{Code, list, table};
use crate::model::{Method, Model, Service};

pub(super) fn text(model: &Model) -> String {
    let mut text = String::from("use super::schema;\nuse crate::method::{Flow, Method};\n");
    let mut all = Vec::new();
    for service in &model.services {
        for it in &service.methods {
            text += &method(service, it);
            all.push(Code::Word(format!("&{}", it.table)));
        }
    }
    let head = "pub static METHODS: &[&Method] = ";
    let all = list("&[", all, "]").text(0, head.len());
    text + &format!("\n/// Every method, in the order of the proto.\n{head}{all};\n")
}

fn method(service: &Service, method: &Method) -> String {
    let fields = [
        format!("service: {:?}", service.name),
        format!("name: {:?}", method.name),
        format!("path: {:?}", method.path),
        format!("command: {:?}", method.command),
        format!("doc: {:?}", method.doc),
        format!("flow: Flow::{:?}", method.flow),
        format!("request: &schema::{}", method.request.table),
        format!("response: &schema::{}", method.response.table),
    ];
    table(&method.table, "Method", fields.map(Code::Word))
}
