//! The command line: Go's flag rules in front of clap, and the flags of the root command.

pub(crate) mod go;
pub(crate) mod stream;

use clap::Args;

use crate::gotext::{self, GoDuration};

use crate::namespace::Wanted;

/// The flags before the command. They belong to the root alone: `-r`, `-t` and others mean something else after a
/// command, so none of them is clap's `global`.
#[derive(Args, Clone, Debug)]
pub(crate) struct GlobalArgs {
    /// Config file, YAML
    #[arg(long, short, value_name = "FILE", default_value = DEFAULT_CONFIG, hide_default_value = cfg!(windows))]
    pub(crate) config: String,
    /// Endpoint of the runtime service: unix:///path, /path, tcp://host:port, or npipe:////./pipe/name on Windows
    #[arg(long, short, value_name = "ENDPOINT", default_value = "", hide_default_value = true)]
    pub(crate) runtime_endpoint: String,
    /// Endpoint of the image service, if it differs from the runtime's
    #[arg(long, short, value_name = "ENDPOINT", default_value = "", hide_default_value = true)]
    pub(crate) image_endpoint: String,
    /// How long to wait for a connection and for each call
    #[arg(long, short, value_name = "DURATION", default_value = "2s")]
    pub(crate) timeout: GoDuration,
    /// How many times to retry when an endpoint exists but nobody listens, as while a runtime restarts: after 500ms,
    /// then twice as long each time, up to 5s; negative for no limit. A missing socket is an error at once [default: 3
    /// on a terminal, else 0]
    #[arg(long, value_name = "N", value_parser = gotext::go_int)]
    pub(crate) max_retries: Option<i64>,
    /// The largest answer to accept, as 1048576, 512KiB or 64MiB [default: 16MiB]
    #[arg(long, value_name = "SIZE", value_parser = gotext::size)]
    pub(crate) max_msg_size: Option<u64>,
    /// Work on what is in this namespace of containerd's, made without the CRI, or in all of them; k8s.io is the CRI's
    #[arg(long, visible_alias = "ns", value_name = "NAME|all", default_value = "", hide_default_value = true, value_parser = Wanted::parse)]
    pub(crate) containerd_namespace: Wanted,
    /// Log what is done and every call
    #[arg(long, short = 'D')]
    pub(crate) debug: bool,
    /// Send a trace span for every call to an OTLP collector
    #[arg(long)]
    pub(crate) enable_tracing: bool,
    /// Address of the OTLP collector, gRPC without TLS
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:4317")]
    pub(crate) tracing_endpoint: String,
    /// Number of runs per million that are traced; negative for all
    #[arg(long, value_name = "N", default_value = "-1", value_parser = gotext::go_int)]
    pub(crate) tracing_sampling_rate_per_million: i64,
    /// Write a CPU profile of the run, for `go tool pprof`
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    pub(crate) profile_cpu: String,
    /// Write a profile of the memory after the run, by mapping, for `go tool pprof`
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    pub(crate) profile_mem: String,
}

/// Where the config file is looked for first. On Windows that is the home directory, see [`crate::config`].
pub(crate) const DEFAULT_CONFIG: &str = if cfg!(windows) {
    ""
} else if cfg!(target_os = "freebsd") {
    "/usr/local/etc/crictl.yaml"
} else {
    "/etc/crictl.yaml"
};

/// The environment variables of the root's flags: flag, variable.
pub(crate) const GLOBAL_ENV: &[(&str, &str)] = &[
    ("config", "CRI_CONFIG_FILE"),
    ("runtime-endpoint", "CONTAINER_RUNTIME_ENDPOINT"),
    ("image-endpoint", "IMAGE_SERVICE_ENDPOINT"),
];
