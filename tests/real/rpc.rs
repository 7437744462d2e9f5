//! Every method of the CRI, called for real.

use crictl::generated::methods::METHODS;
use crictl::method::{Flow, Method};
use crictl::schema::{Field, Kind, Label};
use serde_json::{Value, json};

use crate::support::{Ephemerd, Real};

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn every_method_succeeds_or_fails_with_the_runtimes_own_word() {
    let real = Real::find();
    let ephemerd = real.serve("methods");
    let pod = ephemerd.run_pod("web", "10060");
    let container = ephemerd.start(&pod, "server", &real["BUSYBOX_IMAGE"]);
    let objects = Objects { pod: &pod.id, container: &container, image: &real["BUSYBOX_IMAGE"] };
    let mut methods = METHODS.to_vec();
    methods.sort_by_key(|method| destruction(method.name));
    let (mut good, mut refused) = (Vec::new(), Vec::new());
    for method in methods {
        let ended = call(&ephemerd, method, &objects.request(method));
        match ended.status {
            Some(0) => good.push(method.name),
            Some(64..=80) => {
                let code = format!("({}: rpc error: code = ", method.name);
                let ours = ["Unavailable", "DeadlineExceeded", "Cancelled"].iter().any(|code| ended.err.contains(code));
                assert!(ended.err.contains(&code) && !ours, "{}: {}", method.name, ended.err);
                refused.push(method.name);
            }
            _ => panic!("{}: {ended:?}", method.name),
        }
    }
    for method in
        ["ListContainers", "ContainerStatus", "ExecSync", "Attach", "PullImage", "StopContainer", "RemovePodSandbox"]
    {
        assert!(good.contains(&method), "{method} was refused: {refused:?}");
    }
}

#[test]
#[ignore = "needs a real containerd, see tests/real/up"]
fn doctor_finds_what_containerd_has_and_leaves_everything_as_it_is() {
    let real = Real::find();
    let ephemerd = real.serve("doctor");
    let pod = ephemerd.run_pod("web", "10061");
    let container = ephemerd.start(&pod, "server", &real["BUSYBOX_IMAGE"]);
    let things = || ["ps", "pods", "images"].map(|list| ephemerd.crictl([list, "--quiet"]));
    let before = things();
    let document = ephemerd.json(["doctor", "-o", "json"]);
    let result = |kind: &str, name: &str| {
        let checks = document["checks"].as_array().unwrap();
        checks.iter().find(|check| check["kind"] == kind && check["name"] == name).unwrap()["result"].clone()
    };
    assert_eq!(result("api", "containerd"), "v1");
    assert_eq!(result("method", "ContainerStatus"), "yes");
    assert_eq!(result("method", "RunPodSandbox"), "unprobed");
    assert_eq!((result("streams", "spdy"), result("streams", "websocket")), (json!("yes"), json!("yes")));
    assert_eq!(things(), before);
    assert_eq!(ephemerd.crictl(["ps", "--quiet"]), format!("{container}\n"));
}

fn call(ephemerd: &Ephemerd, method: &Method, request: &Value) -> crate::support::Ended {
    let request = request.to_string();
    let limit = ["--for", "1s"];
    let limit = limit.into_iter().filter(|_| method.flow == Flow::ServerStream);
    ephemerd.ends(["rpc", method.command, "--data", &request].into_iter().chain(limit))
}

/// What is stopped is stopped last, and removed after that.
fn destruction(method: &str) -> usize {
    let words = ["StopContainer", "RemoveContainer", "StopPodSandbox", "RemovePodSandbox", "RemoveImage"];
    words.iter().position(|word| *word == method).map_or(0, |place| place + 1)
}

/// What requests are about.
struct Objects<'a> {
    pod: &'a str,
    container: &'a str,
    image: &'a str,
}

impl Objects<'_> {
    /// A request that names what there is, by the rules of names that all of the CRI keeps to.
    fn request(&self, method: &Method) -> Value {
        let mut request: Value = method.request.fields.iter().filter_map(|field| self.member(field)).collect();
        if method.name == "ExecSync" {
            request["timeout"] = json!(5);
        }
        request
    }

    fn member(&self, field: &Field) -> Option<(String, Value)> {
        let value = match (field.name, field.kind, field.label) {
            ("pod_sandbox_id", ..) => json!(self.pod),
            ("container_id", ..) => json!(self.container),
            ("image", Kind::Message(_), _) => json!({ "image": self.image }),
            ("cmd", Kind::String, Label::Repeated) => json!(["true"]),
            ("stdout", Kind::Bool, _) => json!(true),
            _ => return None,
        };
        Some((field.name.to_owned(), value))
    }
}
