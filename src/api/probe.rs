//! Finds out whether a runtime has a method, without changing anything. The rules go by names and tables, so they also
//! decide whether a method of the next release is probed or left alone.

use std::time::Duration;

use tonic::Code;

use crate::error::Error;
use crate::method::Method;
use crate::rpc::Client;
use crate::schema::{self, Field, Kind, Label, Value};

/// An id that no runtime assigns, and that no id starts with: runtimes' ids are hexadecimal.
const NO_ID: &str = "no-such-id";

/// This can't be the name of an image, so it is refused before a registry is asked.
const NO_IMAGE: &str = "NO SUCH IMAGE";

/// How long a stream may stay silent before we take it to be waiting for an event.
const SILENCE: Duration = Duration::from_millis(500);

/// Calls a method in a way that changes nothing, if there is one. Returns `yes`, `no`, `unprobed` or `unknown`, and
/// why.
pub(crate) async fn probe(client: &Client<'_>, method: &'static Method) -> (&'static str, String) {
    let request = request(method).and_then(|request| schema::encode(method.request, &request, &mut vec![]).ok());
    match request {
        Some(request) => implemented(call(client, method, request).await),
        None => ("unprobed", "a call might change something".to_owned()),
    }
}

async fn call(client: &Client<'_>, method: &'static Method, request: Vec<u8>) -> Result<(), Error> {
    match method.flow.answers_several() {
        false => client.unary_bytes(method, request).await.map(drop),
        true => {
            let first = async { client.stream_bytes(method, request).await?.next().await.map(drop) };
            let silent = async {
                tokio::time::sleep(SILENCE).await;
                client.settled().await;
            };
            tokio::select! {
                biased;
                first = first => first,
                () = silent => Ok(()),
            }
        }
    }
}

/// What an answer says about the method. Any error but Unimplemented comes from the method itself, unless there was no
/// answer at all.
fn implemented(answer: Result<(), Error>) -> (&'static str, String) {
    let Err(error) = answer else { return ("yes", String::new()) };
    match error.code() {
        Some(Code::Unimplemented) => ("no", error.cause().to_owned()),
        Some(Code::Unavailable | Code::DeadlineExceeded) | None => ("unknown", error.cause().to_owned()),
        // Most methods refuse a probe with this code.
        Some(Code::NotFound) => ("yes", String::new()),
        Some(code) => ("yes", format!("{code:?}: {}", error.cause())),
    }
}

/// The request for a probe, or nothing if none is known to be safe.
///
/// A method that names its object by an id or an image is called with one that does not exist. A method whose name says
/// that it only reads is asked for everything. The others might change something.
fn request(method: &Method) -> Option<Value> {
    let fields = method.request.fields;
    let ids: Vec<_> = fields.iter().filter(|field| is_id(field)).map(|field| (field.name, NO_ID.into())).collect();
    if !ids.is_empty() {
        return Some(Value::object(ids));
    }
    if let Some(image) = fields.iter().find(|field| is_image(field)) {
        return Some(Value::object([(image.name, Value::object([("image", NO_IMAGE.into())]))]));
    }
    reads(method.name).then(|| Value::object::<&str>([]))
}

fn is_id(field: &Field) -> bool {
    field.name.ends_with("_id") && field.label == Label::Single && matches!(field.kind, Kind::String)
}

fn is_image(field: &Field) -> bool {
    matches!(field.kind, Kind::Message(spec) if field.name == "image" && spec.field("image").is_some())
}

/// Whether a method with this name changes nothing, whatever the request.
fn reads(name: &str) -> bool {
    let starts = ["List", "Stream", "Get"].iter().any(|word| name.starts_with(word));
    starts || ["Version", "Status", "ImageFsInfo", "RuntimeConfig"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Api;

    #[test]
    fn only_what_reads_is_asked_without_naming_what_does_not_exist() {
        for method in Api::BUILT_IN.methods {
            match request(method) {
                Some(Value::Object(members)) if members.is_empty() => assert!(reads(method.name), "{}", method.name),
                Some(asked) => {
                    let text = format!("{asked:?}");
                    assert!(text.contains(NO_ID) || text.contains(NO_IMAGE), "{}: {text}", method.name);
                }
                None => assert!(["RunPodSandbox", "UpdateRuntimeConfig", "RestorePod"].contains(&method.name)),
            }
        }
    }
}
