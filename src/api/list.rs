//! `crictl rpc list`: the methods.

use crate::api::Api;
use crate::method::Flow;

/// The methods by service: command, shape, what it does, and the commands that call it. `users` names those of a method.
pub(crate) fn list(api: Api, users: impl Fn(&str) -> Vec<&'static str>) -> String {
    let mut text = String::new();
    let mut service = "";
    for method in api.methods {
        if method.service != service {
            service = method.service;
            let gap = if text.is_empty() { "" } else { "\n" };
            text += &format!("{gap}{service}\n");
        }
        let shape = match method.flow {
            Flow::Unary => "unary",
            Flow::ServerStream => "stream",
        };
        let users = match users(method.name).join(", ") {
            users if users.is_empty() => users,
            users => format!(" [{users}]"),
        };
        text += &format!("  {:<28} {shape:<6}  {}{users}\n", method.command, method.doc);
    }
    text
}
