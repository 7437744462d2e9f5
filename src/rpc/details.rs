//! What a status says beyond its message: the `google.rpc` messages in `grpc-status-details-bin`, as documents.

use std::collections::{BTreeMap, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::{DecodeError, Message};
use tonic::Status;
use tonic_types::pb;

use crate::schema::Value;

/// The type prefix of the messages that are known here.
const PACKAGE: &str = "type.googleapis.com/google.rpc.";

/// The details of a status. The `@type` of each says what it is; details of unknown types are shown as base64 bytes.
pub(crate) fn of(status: &Status) -> Vec<Value> {
    let Ok(packed) = pb::Status::decode(status.details()) else {
        return vec![Value::object([("value", base64(status.details()))])];
    };
    let details = packed.details.iter().map(|detail| {
        let name = detail.type_url.strip_prefix(PACKAGE);
        let known = name.and_then(|name| known(name, &detail.value).ok().flatten());
        let members = known.unwrap_or_else(|| vec![("value", base64(&detail.value))]);
        let kind = ("@type", Value::from(detail.type_url.as_str()));
        Value::object([kind].into_iter().chain(members.into_iter().filter(|(_, value)| !is_empty(value))))
    });
    details.collect()
}

/// The details that people can read, each as its name and JSON.
pub(super) fn words(status: &Status) -> Vec<String> {
    let words = of(status).into_iter().filter_map(|detail| {
        let Value::Object(members) = detail else { return None };
        let (kind, rest) = members.split_first()?;
        let Value::String(kind) = &kind.1 else { return None };
        let json = serde_json::to_string(&Value::Object(rest.to_vec())).ok()?;
        Some(format!("{} {json}", kind.strip_prefix(PACKAGE)?))
    });
    words.collect()
}

/// The members of a `google.rpc` message, if its type is known here.
fn known(name: &str, bytes: &[u8]) -> Result<Option<Vec<(&'static str, Value)>>, DecodeError> {
    Ok(Some(match name {
        "ErrorInfo" => {
            let info = pb::ErrorInfo::decode(bytes)?;
            vec![("reason", info.reason.into()), ("domain", info.domain.into()), ("metadata", map(info.metadata))]
        }
        "RetryInfo" => {
            let delay = pb::RetryInfo::decode(bytes)?.retry_delay;
            vec![("retryDelay", delay.map(|delay| Value::from(delay.to_string())).unwrap_or_default())]
        }
        "DebugInfo" => {
            let info = pb::DebugInfo::decode(bytes)?;
            let entries = info.stack_entries.into_iter().map(Value::from).collect();
            vec![("stackEntries", Value::List(entries)), ("detail", info.detail.into())]
        }
        "QuotaFailure" => vec![("violations", list(pb::QuotaFailure::decode(bytes)?.violations, quota))],
        "PreconditionFailure" => {
            let violations = pb::PreconditionFailure::decode(bytes)?.violations;
            vec![(
                "violations",
                list(violations, |violation| {
                    texts([
                        ("type", violation.r#type),
                        ("subject", violation.subject),
                        (DESCRIPTION, violation.description),
                    ])
                }),
            )]
        }
        "BadRequest" => vec![("fieldViolations", list(pb::BadRequest::decode(bytes)?.field_violations, field))],
        "RequestInfo" => {
            let info = pb::RequestInfo::decode(bytes)?;
            texts([("requestId", info.request_id), ("servingData", info.serving_data)])
        }
        "ResourceInfo" => {
            let info = pb::ResourceInfo::decode(bytes)?;
            let (kind, name) = (("resourceType", info.resource_type), ("resourceName", info.resource_name));
            texts([kind, name, ("owner", info.owner), (DESCRIPTION, info.description)])
        }
        "Help" => vec![(
            "links",
            list(pb::Help::decode(bytes)?.links, |link| texts([(DESCRIPTION, link.description), ("url", link.url)])),
        )],
        "LocalizedMessage" => localized(pb::LocalizedMessage::decode(bytes)?),
        _ => return Ok(None),
    }))
}

const DESCRIPTION: &str = "description";

fn quota(violation: pb::quota_failure::Violation) -> Vec<(&'static str, Value)> {
    let mut members = texts([
        ("subject", violation.subject),
        (DESCRIPTION, violation.description),
        ("apiService", violation.api_service),
        ("quotaMetric", violation.quota_metric),
        ("quotaId", violation.quota_id),
    ]);
    members.push(("quotaDimensions", map(violation.quota_dimensions)));
    let values = [("quotaValue", Some(violation.quota_value)), ("futureQuotaValue", violation.future_quota_value)];
    let values = values.into_iter().filter_map(|(name, value)| Some((name, value.filter(|value| *value != 0)?)));
    members.extend(values.map(|(name, value)| (name, Value::from(value.to_string()))));
    members
}

fn field(violation: pb::bad_request::FieldViolation) -> Vec<(&'static str, Value)> {
    let field = ("field", violation.field);
    let mut members = texts([field, (DESCRIPTION, violation.description), ("reason", violation.reason)]);
    members.extend(violation.localized_message.map(|message| ("localizedMessage", Value::object(localized(message)))));
    members
}

fn localized(message: pb::LocalizedMessage) -> Vec<(&'static str, Value)> {
    texts([("locale", message.locale), ("message", message.message)])
}

fn texts<const N: usize>(members: [(&'static str, String); N]) -> Vec<(&'static str, Value)> {
    members.into_iter().map(|(name, text)| (name, Value::from(text))).collect()
}

fn list<T>(items: Vec<T>, members: fn(T) -> Vec<(&'static str, Value)>) -> Value {
    let set = |item| Value::object(members(item).into_iter().filter(|(_, value)| !is_empty(value)));
    Value::List(items.into_iter().map(set).collect())
}

/// Sorted, so that an error always looks the same.
fn map(entries: HashMap<String, String>) -> Value {
    let sorted: BTreeMap<_, _> = entries.into_iter().collect();
    Value::object(sorted.into_iter().map(|(key, value)| (key, Value::from(value))))
}

fn base64(bytes: &[u8]) -> Value {
    Value::from(STANDARD.encode(bytes))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}
