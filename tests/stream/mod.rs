//! exec, attach and port-forward against a far end that plays a script: what lies between the two.

mod broken;
mod endpoint;
mod front;
mod full;
mod host;
mod proxy;
mod slow;
mod transport;

#[allow(dead_code)] // The harness wants more of it.
#[path = "../parity/replay/far_end/mod.rs"]
mod far_end;
#[allow(dead_code)]
#[path = "../parity/replay/text.rs"]
mod text;

use std::path::Path;

use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::support::fake::{Fake, Served};
use crate::support::run::{Output, crictl_in};
use far_end::FarEnd;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const TRANSPORTS: [&str; 2] = ["spdy", "websocket"];

/// A far end under way.
struct Far {
    end: FarEnd,
    runtime: Runtime,
}

impl Far {
    /// Starts one with a script as parity's cases have it.
    fn start(script: Value) -> Self {
        let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity/fixtures/tls");
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let end = runtime.block_on(FarEnd::start(serde_json::from_value(script).unwrap(), &keys)).unwrap();
        Self { end, runtime }
    }

    fn port(&self) -> u16 {
        self.end.address().rsplit(':').next().unwrap().parse().unwrap()
    }

    /// What the clients did.
    fn records(self) -> Vec<Value> {
        self.runtime.block_on(self.end.stop())
    }
}

/// A runtime whose streams are at a URL.
fn runtime(url: &str) -> Served {
    Fake::new().with(|state| url.clone_into(&mut state.stream_url)).serve()
}

/// Runs a command against a runtime, with more in its environment.
fn run<'a>(fake: &Served, args: impl IntoIterator<Item = &'a str>, env: &[(&str, &str)]) -> Output {
    let endpoint = fake.endpoint();
    let env = [&[("CONTAINER_RUNTIME_ENDPOINT", endpoint.as_str())], env].concat();
    crictl_in(args, &env, None, |_| ())
}
