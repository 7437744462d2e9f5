//! The table of methods.

use super::slice;
use crate::model::{Method, Model, Service};

pub(super) fn text(model: &Model) -> String {
    let mut text = String::from("use super::schema;\nuse crate::method::{Flow, Method};\n");
    let mut names = Vec::new();
    for service in &model.services {
        for it in &service.methods {
            text += &method(service, it);
            names.push(format!("&{}", it.table));
        }
    }
    text += &format!(
        "
/// Every method, in the order of the proto.
pub static METHODS: &[&Method] = {};
",
        slice(&names, 0)
    );
    text
}

fn method(service: &Service, method: &Method) -> String {
    format!(
        "
pub static {}: Method = Method {{
    service: {:?},
    name: {:?},
    path: {:?},
    command: {:?},
    doc: {:?},
    flow: Flow::{:?},
    request: &schema::{},
    response: &schema::{},
}};
",
        method.table,
        service.name,
        method.name,
        method.path,
        method.command,
        method.doc,
        method.flow,
        method.request.table,
        method.response.table
    )
}
