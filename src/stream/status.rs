//! How a remote command ended, as reported on the error stream. Pure.

use serde::Deserialize;

use crate::stream::protocol::Protocol;

/// Why a stream did not end well.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failed {
    #[error("command terminated with exit code {0}")]
    Exit(u8),
    /// The runtime's own words.
    #[error("{0}")]
    Remote(String),
    /// The connection ended before the report came.
    #[error("{0}")]
    Lost(String),
    /// The report does not follow the protocol.
    #[error("the runtime's report of the end is wrong: {0}")]
    Protocol(String),
}

/// The object that v4 and v5 send; a Kubernetes Status.
#[derive(Debug, Deserialize)]
struct Status {
    #[serde(default)]
    status: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    message: String,
    details: Option<Details>,
}

#[derive(Debug, Deserialize)]
struct Details {
    #[serde(default)]
    causes: Vec<Cause>,
}

#[derive(Debug, Deserialize)]
struct Cause {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    message: String,
}

/// Parses the whole content of the error stream.
///
/// # Errors
/// The command failed, or the report does not say how it ended.
pub(crate) fn decode(protocol: Protocol, text: &[u8]) -> Result<(), Failed> {
    if text.is_empty() {
        return Ok(());
    }
    if !protocol.has_status() {
        let text = String::from_utf8_lossy(text);
        return Err(Failed::Remote(format!("error executing remote command: {text}")));
    }
    let status: Status = serde_json::from_slice(text).map_err(|error| Failed::Protocol(error.to_string()))?;
    match (status.status.as_str(), status.reason.as_str()) {
        ("Success", _) => Ok(()),
        ("Failure", "NonZeroExitCode") => Err(exit(&status)),
        ("Failure", _) => Err(Failed::Remote(status.message)),
        (other, _) => Err(Failed::Protocol(format!("its status is {other:?}"))),
    }
}

fn exit(status: &Status) -> Failed {
    let causes = status.details.as_ref().map_or(&[] as &[_], |details| &details.causes);
    let Some(cause) = causes.iter().find(|cause| cause.reason == "ExitCode") else {
        return Failed::Protocol("no exit code in it".to_owned());
    };
    match cause.message.parse() {
        Ok(code) => Failed::Exit(code),
        Err(_) => Failed::Protocol(format!("the exit code is {:?}", cause.message)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(text: &str) -> Result<(), Failed> {
        decode(Protocol::V4, text.as_bytes())
    }

    #[test]
    fn nothing_and_success_are_success() {
        assert_eq!(v4(""), Ok(()));
        assert_eq!(v4(r#"{"metadata":{},"status":"Success"}"#), Ok(()));
    }

    #[test]
    fn an_exit_code_is_found_among_the_causes() {
        let status = |causes: &str| format!(r#"{{"status":"Failure","reason":"NonZeroExitCode"{causes}}}"#);
        let causes = r#","details":{"causes":[{"reason":"Other"},{"reason":"ExitCode","message":"255"}]}"#;
        assert_eq!(v4(&status(causes)), Err(Failed::Exit(255)));
        for wrong in [
            "",
            r#","details":{}"#,
            r#","details":{"causes":[{"reason":"ExitCode","message":"256"}]}"#,
            r#","details":{"causes":[{"reason":"ExitCode"}]}"#,
        ] {
            assert!(matches!(v4(&status(wrong)), Err(Failed::Protocol(_))), "{wrong}");
        }
    }

    #[test]
    fn another_failure_has_the_runtimes_words() {
        let failure = v4(r#"{"status":"Failure","reason":"InternalError","message":"no shell","code":500}"#);
        assert_eq!(failure, Err(Failed::Remote("no shell".to_owned())));
    }

    #[test]
    fn what_is_no_status_is_a_failure() {
        for text in ["plain text", "{}", r#"{"status":"Perhaps"}"#, "[]", "null"] {
            assert!(matches!(v4(text), Err(Failed::Protocol(_))), "{text}");
        }
    }

    #[test]
    fn older_protocols_have_words_alone() {
        let failure = decode(Protocol::V2, b"exit status 3").expect_err("failure");
        assert_eq!(failure.to_string(), "error executing remote command: exit status 3");
    }
}
