//! `--dry-run`: shows what would be sent, and the `grpcurl` command that would send the same.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::api::answer::Answer;

use crate::api::Origin;
use crate::api::format::Format;
use crate::api::request::Request;
use crate::api::terms::CallArgs;
use crate::context::Context;
use crate::error::Error;
use crate::gotext::GoDuration;
use crate::method::Method;
use crate::rpc::endpoint::Endpoint;
use crate::rpc::metadata;
use crate::schema::Form;
use crate::shell;

/// Where a checkout of this program has the protos: runtimes do not offer reflection.
const PROTO: &str = concat!("proto/", env!("CRI_RELEASE"), "/api.proto");
const CONTAINERD: &str = concat!("proto/containerd/", env!("CONTAINERD_RELEASE"));

/// Prints the requests, and a command line for each on stderr. Needs no server.
///
/// # Errors
/// The endpoint is wrong, or raw bytes would contain secrets.
pub(crate) fn show(
    ctx: &mut Context<'_>,
    origin: &Origin,
    args: &CallArgs,
    answer: &Answer<'_>,
    requests: &[Request],
) -> Result<(), Error> {
    let method = answer.method;
    let endpoint = ctx.endpoint(method.service)?;
    let headers = metadata::with(ctx.metadata(method)?, metadata::parse(&args.header).unwrap_or_default());
    let headers = if args.show_secrets { metadata::pairs(&headers) } else { metadata::redacted(&headers) };
    let mut lines = Vec::new();
    for request in requests {
        let shown = answer.document(method.request, &request.bytes, Form::SPARSE)?;
        if answer.format == Format::Raw && shown != request.document {
            return Err(Error::usage("the request has secrets: -o raw needs --show-secrets"));
        }
        let form = Form { base64: true, ..Form::SPARSE };
        let document = answer.document(method.request, &request.bytes, form)?;
        let document = serde_json::to_string(&document).map_err(|error| Error::failure(error.to_string()))?;
        lines.push(shell::line(&grpcurl(method, origin, args, &headers, &endpoint, document)));
    }
    for (request, line) in requests.iter().zip(lines) {
        answer.print(ctx, method.request, &request.bytes, Form::SPARSE)?;
        ctx.log.line(&line);
    }
    Ok(())
}

fn grpcurl(
    method: &Method,
    origin: &Origin,
    args: &CallArgs,
    headers: &[(String, String)],
    endpoint: &Endpoint,
    document: String,
) -> Vec<String> {
    let mut words = vec!["grpcurl".to_owned(), "-plaintext".to_owned()];
    let mut add = |flag: &str, value: String| words.extend([flag.to_owned(), value]);
    let seconds = |time: Option<GoDuration>| time.and_then(GoDuration::positive).as_ref().map(Duration::as_secs_f64);
    if let Some(limit) = seconds(args.timeout) {
        add("-max-time", limit.to_string());
    }
    if let Some(limit) = seconds(args.connect_timeout) {
        add("-connect-timeout", limit.to_string());
    }
    if let Some(size) = args.max_msg_size {
        add("-max-msg-sz", size.to_string());
    }
    if let Some(authority) = &args.authority {
        add("-authority", authority.clone());
    }
    for (name, value) in headers {
        add("-H", format!("{name}: {value}"));
    }
    words.extend(match origin {
        Origin::BuiltIn => descriptors(Path::new(PROTO), &[]),
        Origin::File(file, folders) => descriptors(Path::new(file), folders),
        Origin::Containerd(made) => descriptors(&Path::new(CONTAINERD).join(made.file(method)), &[CONTAINERD.into()]),
    });
    words.extend(["-d".to_owned(), document]);
    words.extend(match endpoint {
        Endpoint::Tcp(address) => vec![address.clone()],
        // A bare path works with all releases of grpcurl.
        Endpoint::Unix(path) => vec!["-unix".to_owned(), path.display().to_string()],
        Endpoint::Pipe(name) => vec![name.clone()],
    });
    words.push(method.path.trim_start_matches('/').to_owned());
    words
}

/// How to name a proto or a descriptor set for `grpcurl`.
fn descriptors(file: &Path, folders: &[PathBuf]) -> Vec<String> {
    let words = match (file.extension(), file.parent(), file.file_name()) {
        (Some(extension), Some(beside), Some(name)) if extension == "proto" => {
            let beside = if beside.as_os_str().is_empty() { Path::new(".") } else { beside };
            // It is named as from the folder that it is found in first.
            let within = folders.iter().find_map(|folder| file.strip_prefix(folder).ok());
            let folders = folders.iter().map(PathBuf::as_path).chain(within.is_none().then_some(beside));
            let folders = folders.flat_map(|folder| ["-import-path".as_ref(), folder.as_os_str()]);
            folders.chain(["-proto".as_ref(), within.map_or(name, Path::as_os_str)]).collect()
        }
        _ => vec!["-protoset".as_ref(), file.as_os_str()],
    };
    words.into_iter().map(|word| word.to_string_lossy().into_owned()).collect()
}
