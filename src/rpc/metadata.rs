//! Metadata of a call: parsed from a flag, and shown to people.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tonic::metadata::{AsciiMetadataKey, BinaryMetadataKey, BinaryMetadataValue, KeyAndValueRef, MetadataMap};

use crate::schema::LENIENT;

/// The names that gRPC or HTTP/2 reserve, so that a call can't set them.
const RESERVED: &[&str] = &[
    "te",
    "content-type",
    "content-length",
    "user-agent",
    "host",
    "connection",
    "proxy-connection",
    "keep-alive",
    "transfer-encoding",
    "upgrade",
];

/// Reads `name=value` pairs. The value of a name that ends in `-bin` is base64.
///
/// # Errors
/// In words: which pair can't be metadata, and why. Values are not repeated, because they may be secrets.
pub(crate) fn parse(pairs: &[String]) -> Result<MetadataMap, String> {
    let mut metadata = MetadataMap::new();
    for pair in pairs {
        let (name, value) = pair.split_once('=').ok_or("expected NAME=VALUE")?;
        let lower = name.to_lowercase();
        let wrong = |reason: &str| format!("{name:?}: {reason}");
        if lower.starts_with("grpc-") || RESERVED.contains(&lower.as_str()) {
            return Err(wrong("is reserved by gRPC"));
        }
        if let Ok(key) = BinaryMetadataKey::from_bytes(lower.as_bytes()) {
            let bytes = LENIENT.decode(value).map_err(|_| wrong("the value of a -bin name must be base64"))?;
            metadata.append_bin(key, BinaryMetadataValue::from_bytes(&bytes));
        } else {
            let key =
                AsciiMetadataKey::from_bytes(lower.as_bytes()).map_err(|_| wrong("is not a valid metadata name"))?;
            // tonic accepts more than gRPC allows.
            let ascii = Some(value).filter(|value| value.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            let value = ascii.and_then(|value| value.parse().ok());
            metadata.append(key, value.ok_or_else(|| wrong("its value is not printable ASCII"))?);
        }
    }
    Ok(metadata)
}

/// The metadata of a call, and what has the last word on it.
pub(crate) fn with(metadata: MetadataMap, last: MetadataMap) -> MetadataMap {
    let mut headers = metadata.into_headers();
    headers.extend(last.into_headers());
    MetadataMap::from_headers(headers)
}

/// Names and values in their order; bytes as base64.
pub(crate) fn pairs(metadata: &MetadataMap) -> Vec<(String, String)> {
    let pairs = metadata.iter().map(|pair| match pair {
        KeyAndValueRef::Ascii(key, value) => {
            (key.to_string(), String::from_utf8_lossy(value.as_encoded_bytes()).into_owned())
        }
        KeyAndValueRef::Binary(key, value) => {
            (key.to_string(), value.to_bytes().map(|bytes| STANDARD.encode(bytes)).unwrap_or_default())
        }
    });
    pairs.collect()
}

/// As [`pairs`], with three stars in place of credentials.
pub(crate) fn redacted(metadata: &MetadataMap) -> Vec<(String, String)> {
    let mut pairs = pairs(metadata);
    for (name, value) in &mut pairs {
        let secret = ["authorization", "cookie", "token", "secret", "password", "api-key"];
        if secret.iter().any(|word| name.contains(word)) {
            "***".clone_into(value);
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(pair: &str) -> Result<Vec<(String, String)>, String> {
        parse(&[pair.to_owned()]).map(|metadata| redacted(&metadata))
    }

    #[test]
    fn names_and_values_are_metadata_or_refused_by_name() {
        let pair = |name: &str, value: &str| Ok(vec![(name.to_owned(), value.to_owned())]);
        assert_eq!(parsed("X-Key=a=b"), pair("x-key", "a=b"));
        assert_eq!(parsed("k="), pair("k", ""));
        assert_eq!(parsed("trace-bin=aGk"), pair("trace-bin", "aGk="));
        assert_eq!(parsed("trace-bin=aGk="), pair("trace-bin", "aGk="));
        assert_eq!(parsed("Authorization=Bearer s3cr3t"), pair("authorization", "***"));
        for (pair, reason) in [
            ("key", "expected NAME=VALUE"),
            ("=x", "\"\": is not a valid metadata name"),
            (":authority=x", "\":authority\": is not a valid metadata name"),
            ("a b=x", "\"a b\": is not a valid metadata name"),
            ("k=ü", "\"k\": its value is not printable ASCII"),
            ("k-bin=*", "\"k-bin\": the value of a -bin name must be base64"),
            ("grpc-timeout=1S", "\"grpc-timeout\": is reserved by gRPC"),
            ("Transfer-Encoding=chunked", "\"Transfer-Encoding\": is reserved by gRPC"),
        ] {
            assert_eq!(parsed(pair), Err(reason.to_owned()), "{pair}");
        }
    }
}
