//! What the fuzz targets call; compiled only for them.

use crate::config;
use crate::document;
use crate::generated::cri::{ContainerConfig, PodSandboxConfig};
use crate::logs;
use crate::schema::{self, Described};
use crate::stream;

/// Reads bytes as the config files of a pod and of a container.
pub fn config_document(bytes: &[u8]) {
    reads_back_as_itself::<PodSandboxConfig>(bytes);
    reads_back_as_itself::<ContainerConfig>(bytes);
}

/// Reads bytes as crictl's own config file, and changes a value in it.
pub fn config_file(bytes: &[u8]) {
    config::fuzzing::change(bytes);
}

/// Reads bytes as a line of a container's log.
pub fn log_line(bytes: &[u8]) {
    logs::fuzzing::line(bytes);
}

/// Searches bytes for places as in a container's log.
pub fn log_places(bytes: &[u8]) {
    logs::fuzzing::places(bytes);
}

/// Reads bytes as a SPDY connection.
pub fn spdy_frames(bytes: &[u8]) {
    stream::fuzzing::spdy(bytes);
}

/// Reads bytes as SPDY header blocks.
pub fn spdy_headers(bytes: &[u8]) {
    stream::fuzzing::headers(bytes);
}

/// Reads bytes as a message of a WebSocket's channel.
pub fn channel_message(bytes: &[u8]) {
    stream::fuzzing::message(bytes);
}

/// Reads bytes as the content of the error stream.
pub fn stream_status(bytes: &[u8]) {
    stream::fuzzing::end(bytes);
}

/// What a document says survives the JSON mapping, and all its fields are known.
fn reads_back_as_itself<M: Described + PartialEq>(bytes: &[u8]) {
    let Ok((message, _)) = document::parse::<M>(bytes) else { return };
    let json = serde_json::to_vec(&schema::view(&message)).unwrap_or_default();
    let again = document::parse::<M>(&json);
    assert!(again.is_ok_and(|(again, unknown)| again == message && unknown.is_empty()));
}
