//! The suite on a machine that has a config file and runtimes of its own: nothing of it may reach those.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Shows the machine that the folder `$1` describes, in a namespace of its own, and runs the rest.
const MACHINE: &str = r#"
set -e
hostile=$1; shift
mount -t tmpfs none /run
mkdir /run/upper /run/work
mount -t overlay -o lowerdir=/etc,upperdir=/run/upper,workdir=/run/work none /etc
cp "$hostile/crictl.yaml" /etc/crictl.yaml
rm -f /etc/localtime
cp "$hostile/zone" /etc/localtime
mkdir /run/containerd /run/crio
for socket in /run/containerd/containerd.sock /run/crio/crio.sock; do ln -s "$hostile/socket" "$socket"; done
exec "$@"
"#;

#[test]
fn no_test_reaches_the_machine_that_it_runs_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let listener = UnixListener::bind(path("socket")).unwrap();
    let endpoint = format!("unix://{}", path("socket").display());
    let config = format!("runtime-endpoint: {endpoint}\nimage-endpoint: {endpoint}\ntimeout: 1\ndebug: true\n");
    fs::write(path("crictl.yaml"), config).unwrap();
    fs::write(path("zone"), "no time zone").unwrap();
    let arrived = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&arrived);
    thread::spawn(move || listener.incoming().for_each(|_| _ = count.fetch_add(1, Ordering::SeqCst)));

    let machine = |program: &str, args: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", MACHINE, "sh"]).arg(folder.path()).arg(program).args(args);
        let hostile = [("HOME", folder.path().to_str().unwrap()), ("TZ", "Asia/Kathmandu"), ("LANG", "de_DE.UTF-8")];
        command.envs(hostile).env("KUBECONFIG", path("crictl.yaml")).env("NO_COLOR", "1");
        for proxy in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
            command.env(proxy, "http://127.0.0.1:1");
        }
        command.env("CONTAINER_RUNTIME_ENDPOINT", &endpoint).env("IMAGE_SERVICE_ENDPOINT", &endpoint);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).output()
    };
    if !machine("true", &[]).is_ok_and(|output| output.status.success()) {
        writeln!(io::stderr(), "skipped: a machine of its own takes root and unshare").unwrap();
        return;
    }
    // What a person runs there does arrive: the machine is as hostile as it should be.
    machine(env!("CARGO_BIN_EXE_crictl"), &["images"]).unwrap();
    assert!(arrived.swap(0, Ordering::SeqCst) > 0);

    let this = std::env::current_exe().unwrap();
    let suite = ["overlay::", "config::", "endpoint::", "bad_input::", "interrupt::", "retry::", "rpc::request::"];
    let output = machine(this.to_str().unwrap(), &suite).unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("test overlay::images::"), "{text}");
    assert_eq!(arrived.load(Ordering::SeqCst), 0);
}
