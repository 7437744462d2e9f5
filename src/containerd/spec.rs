//! The OCI specification of a container, which containerd keeps as JSON in an `Any`, and the options of its runtime.
//! The members are those of the specification itself (opencontainers/runtime-spec, `config.md` and `config-linux.md`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::Message as _;
use prost_types::Any;
use serde_json::{Value, json};

use crate::generated::containerd::runc::v1::Options;
use crate::generated::cri::{
    ContainerResources, LinuxContainerResources, Mount, MountPropagation, UpdateContainerResourcesRequest,
};

/// Before the types of the specification in an `Any` (containerd's `client/client.go`), then `1/` and the type.
const TYPES: &str = "types.containerd.io/opencontainers/runtime-spec/1/";

/// The specification; null where it is none.
pub(super) fn document(spec: Option<&Any>) -> Value {
    spec.and_then(|spec| serde_json::from_slice(&spec.value).ok()).unwrap_or_default()
}

/// Whether a container has a terminal.
pub(super) fn has_terminal(spec: &Value) -> bool {
    spec["process"]["terminal"] == true
}

/// The process of a command in a container: in everything like the container's own (`process` of the specification), as
/// containerd's own CRI makes it (`internal/cri/server/container_execsync.go`). Nothing where the container has none.
pub(super) fn process(spec: &Value, command: &[String], terminal: bool) -> Option<Any> {
    let mut process = spec["process"].as_object()?.clone();
    process.insert("args".to_owned(), command.into());
    process.insert("terminal".to_owned(), terminal.into());
    process.remove("commandLine");
    // The size of the container's own terminal.
    process.remove("consoleSize");
    if terminal {
        let env = process.entry("env").or_insert_with(|| json!([]));
        let named =
            env.as_array().into_iter().flatten().any(|it| it.as_str().is_some_and(|it| it.starts_with("TERM=")));
        if let (false, Some(env)) = (named, env.as_array_mut()) {
            env.push("TERM=xterm".into());
        }
    }
    let value = Value::Object(process).to_string().into_bytes();
    Some(Any { type_url: format!("{TYPES}Process"), value })
}

/// The mounts of files and folders of the host.
pub(super) fn mounts(spec: &Value) -> Vec<Mount> {
    let mounts = spec["mounts"].as_array().into_iter().flatten().filter_map(|mount| {
        let options: Vec<_> = mount["options"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let has = |names: [&str; 2]| options.iter().any(|option| names.contains(option));
        if mount["type"] != "bind" && !has(["bind", "rbind"]) {
            return None;
        }
        let propagation = match () {
            () if has(["rshared", "shared"]) => MountPropagation::PropagationBidirectional,
            () if has(["rslave", "slave"]) => MountPropagation::PropagationHostToContainer,
            () => MountPropagation::PropagationPrivate,
        };
        Some(Mount {
            container_path: text(&mount["destination"]),
            host_path: text(&mount["source"]),
            readonly: has(["ro", "rro"]),
            propagation: propagation.into(),
            ..Default::default()
        })
    });
    mounts.collect()
}

/// What a container may use.
pub(super) fn resources(spec: &Value) -> Option<ContainerResources> {
    let resources = &spec["linux"]["resources"];
    let (cpu, memory) = (&resources["cpu"], &resources["memory"]);
    let number = |value: &Value| value.as_i64().unwrap_or_default();
    let linux = LinuxContainerResources {
        cpu_period: number(&cpu["period"]),
        cpu_quota: number(&cpu["quota"]),
        cpu_shares: number(&cpu["shares"]),
        cpuset_cpus: text(&cpu["cpus"]),
        cpuset_mems: text(&cpu["mems"]),
        memory_limit_in_bytes: number(&memory["limit"]),
        memory_swap_limit_in_bytes: number(&memory["swap"]),
        oom_score_adj: number(&spec["process"]["oomScoreAdj"]),
        ..Default::default()
    };
    resources.is_object().then(|| ContainerResources { linux: Some(linux), ..Default::default() })
}

/// The resources of a request, as `tasks.Update` takes them. What is zero stays as it is.
pub(super) fn update(request: &UpdateContainerResourcesRequest) -> Any {
    let (name, resources) = match (&request.linux, &request.windows) {
        (_, Some(windows)) => {
            let mut resources = json!({ "cpu": {}, "memory": {} });
            set(&mut resources["cpu"], "count", windows.cpu_count);
            set(&mut resources["cpu"], "maximum", windows.cpu_maximum);
            set(&mut resources["cpu"], "shares", windows.cpu_shares);
            set(&mut resources["memory"], "limit", windows.memory_limit_in_bytes);
            ("WindowsResources", resources)
        }
        (linux, None) => {
            let linux = linux.clone().unwrap_or_default();
            let mut resources = json!({ "cpu": {}, "memory": {} });
            set(&mut resources["cpu"], "period", linux.cpu_period);
            set(&mut resources["cpu"], "quota", linux.cpu_quota);
            set(&mut resources["cpu"], "shares", linux.cpu_shares);
            set(&mut resources["memory"], "limit", linux.memory_limit_in_bytes);
            set(&mut resources["memory"], "swap", linux.memory_swap_limit_in_bytes);
            for (key, list) in [("cpus", linux.cpuset_cpus), ("mems", linux.cpuset_mems)] {
                if !list.is_empty() {
                    resources["cpu"][key] = list.into();
                }
            }
            ("LinuxResources", resources)
        }
    };
    Any { type_url: format!("{TYPES}{name}"), value: resources.to_string().into_bytes() }
}

fn set(object: &mut Value, key: &str, number: i64) {
    if number != 0 {
        object[key] = number.into();
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The options of a container's runtime: runc's by their names, those of others as they are.
pub(super) fn options(options: Option<&Any>) -> Value {
    let Some(any) = options else { return Value::Null };
    let known =
        any.type_url.ends_with("containerd.runc.v1.Options").then(|| Options::decode(any.value.as_slice()).ok());
    let Some(runc) = known.flatten() else {
        return json!({ "@type": any.type_url, "value": STANDARD.encode(&any.value) });
    };
    let mut members = json!({
        "no_pivot_root": runc.no_pivot_root,
        "no_new_keyring": runc.no_new_keyring,
        "shim_cgroup": runc.shim_cgroup,
        "io_uid": runc.io_uid,
        "io_gid": runc.io_gid,
        "binary_name": runc.binary_name,
        "root": runc.root,
        "systemd_cgroup": runc.systemd_cgroup,
        "criu_image_path": runc.criu_image_path,
        "criu_work_path": runc.criu_work_path,
    });
    if let Some(members) = members.as_object_mut() {
        members.retain(|_, value| !matches!(value.as_str(), Some("")) && *value != false && *value != 0);
    }
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binds_are_mounts_and_the_rest_is_the_containers_own() {
        let spec = json!({ "mounts": [
            { "destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid"] },
            { "destination": "/data", "type": "bind", "source": "/srv", "options": ["rbind", "ro", "rslave"] },
            { "destination": "/run", "source": "/run", "options": ["bind"] },
        ] });
        let mounts = mounts(&spec);
        let shown: Vec<_> = mounts.iter().map(|it| (it.container_path.as_str(), it.readonly, it.propagation)).collect();
        assert_eq!(shown, [("/data", true, 1), ("/run", false, 0)]);
    }

    #[test]
    fn an_update_has_what_is_not_zero() {
        let linux = LinuxContainerResources { cpu_shares: 5, cpuset_cpus: "0-1".to_owned(), ..Default::default() };
        let any = update(&UpdateContainerResourcesRequest { linux: Some(linux), ..Default::default() });
        assert_eq!(any.type_url, "types.containerd.io/opencontainers/runtime-spec/1/LinuxResources");
        let value: Value = serde_json::from_slice(&any.value).expect("it is JSON");
        assert_eq!(value, json!({ "cpu": { "shares": 5, "cpus": "0-1" }, "memory": {} }));
    }

    #[test]
    fn options_are_shown_by_name_where_they_are_runcs() {
        let runc = Options { systemd_cgroup: true, root: "/run/r".to_owned(), ..Default::default() };
        let any = Any { type_url: "containerd.runc.v1.Options".to_owned(), value: runc.encode_to_vec() };
        assert_eq!(options(Some(&any)), json!({ "systemd_cgroup": true, "root": "/run/r" }));
        let any = Any { type_url: "x.Options".to_owned(), value: vec![0xff] };
        assert_eq!(options(Some(&any)), json!({ "@type": "x.Options", "value": "/w==" }));
        assert_eq!(options(None), Value::Null);
    }
}
