//! What holds of every listing, whatever the runtime has and whichever flags are given.

use proptest::prelude::*;
use serde_json::Value;

use crictl::cri::{Container, ContainerMetadata, ImageSpec, PodSandbox, PodSandboxMetadata};

use crate::support::fake::{Fake, Served};

/// An id that no other item has, since its number is in it.
fn id(number: usize, rest: &str) -> String {
    format!("{number:04x}{rest}")
}

fn containers() -> impl Strategy<Value = Vec<Container>> {
    let one =
        ("[0-9a-f]{4,60}", "[a-z]{0,8}", "[ -~é]{0,12}", 0..4i32, any::<i64>(), prop::option::of("[a-z:/]{0,20}"));
    prop::collection::vec(one, 0..12).prop_map(|all| {
        let container =
            |(number, (rest, name, label, state, created_at, image)): (usize, (String, _, _, _, _, Option<String>))| {
                Container {
                    id: id(number, &rest),
                    metadata: Some(ContainerMetadata { name, attempt: 1 }),
                    image: image.map(|image| ImageSpec { image, ..Default::default() }),
                    state,
                    created_at,
                    labels: [("label".to_owned(), label)].into(),
                    ..Default::default()
                }
            };
        all.into_iter().enumerate().map(container).collect()
    })
}

fn pods() -> impl Strategy<Value = Vec<PodSandbox>> {
    let one = ("[0-9a-f]{4,60}", "[a-z]{0,8}", "[a-z]{0,8}", 0..2i32, any::<i64>());
    prop::collection::vec(one, 0..12).prop_map(|all| {
        let pod = |(number, (rest, name, namespace, state, created_at)): (usize, (String, _, _, _, _))| PodSandbox {
            id: id(number, &rest),
            metadata: Some(PodSandboxMetadata { name, namespace, ..Default::default() }),
            state,
            created_at,
            ..Default::default()
        };
        all.into_iter().enumerate().map(pod).collect()
    })
}

/// Flags that narrow a list. Every one is right, and some leave nothing.
fn flags(states: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let flag = prop_oneof![
        (0..6i64).prop_map(|last| format!("--last={last}")),
        Just("--latest".to_owned()),
        "[a-z]{0,2}".prop_map(|name| format!("--name={name}")),
        prop::sample::select(states).prop_map(|state| format!("--state={state}")),
        "[a-z]{0,2}".prop_map(|namespace| format!("--namespace={namespace}")),
        "000[0-9]".prop_map(|id| format!("--id={id}")),
    ];
    prop::collection::vec(flag, 0..3)
}

/// The output of a listing that is right.
fn list(fake: &Served, command: &str, flags: &[String], more: &[&str]) -> Result<String, TestCaseError> {
    let words = std::iter::once(command).chain(flags.iter().map(String::as_str)).chain(more.iter().copied());
    let output = fake.run(words);
    prop_assert_eq!((output.status, output.errors()), (0, String::new()));
    Ok(output.stdout)
}

/// The forms of one listing say the same.
fn forms_agree(fake: &Served, command: &str, flags: &[String], member: &str) -> Result<Vec<String>, TestCaseError> {
    let ids: Vec<String> = list(fake, command, flags, &["-q"])?.lines().map(str::to_owned).collect();
    let mut once = ids.clone();
    once.sort();
    once.dedup();
    prop_assert_eq!(once.len(), ids.len(), "an id is listed twice");

    let table = list(fake, command, flags, &["--no-trunc"])?;
    let column: Vec<&str> = table.lines().skip(1).filter_map(|line| line.split(' ').next()).collect();
    prop_assert_eq!(&column, &ids, "{}", table);

    let json: Value = serde_json::from_str(&list(fake, command, flags, &["-o", "json"])?).unwrap();
    let yaml: Value = serde_yaml::from_str(&list(fake, command, flags, &["-o", "yaml"])?).unwrap();
    prop_assert_eq!(&json, &yaml);
    let listed: Vec<&str> = json[member].as_array().unwrap().iter().filter_map(|item| item["id"].as_str()).collect();
    prop_assert_eq!(&listed, &ids);
    Ok(ids)
}

/// The list of `crictl rpc METHOD`, with the newest first as commands sort theirs.
fn called(fake: &Served, method: &str, member: &str) -> Value {
    let mut answer: Value = serde_json::from_str(&fake.run(["rpc", method]).stdout).unwrap();
    let created = |item: &Value| item["createdAt"].as_str().unwrap().parse::<i64>().unwrap();
    answer[member].as_array_mut().unwrap().sort_by_key(|item| std::cmp::Reverse(created(item)));
    answer
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_forms_of_ps_agree(
        containers in containers(),
        flags in flags(&["created", "RUNNING", "exited", "unknown"]),
    ) {
        let fake = Fake::new().containers(containers.clone()).serve();
        let mut all = forms_agree(&fake, "ps", &["--all".to_owned()], "containers")?;
        forms_agree(&fake, "ps", &flags, "containers")?;
        let json: Value = serde_json::from_str(&list(&fake, "ps", &[], &["-a", "-o", "json"])?).unwrap();
        prop_assert_eq!(json, called(&fake, "list-containers", "containers"));
        all.sort();
        prop_assert_eq!(all, containers.into_iter().map(|container| container.id).collect::<Vec<_>>());
    }

    #[test]
    fn the_forms_of_pods_agree(pods in pods(), flags in flags(&["ready", "NotReady"])) {
        let fake = Fake::new().pods(pods.clone()).serve();
        let mut all = forms_agree(&fake, "pods", &[], "items")?;
        forms_agree(&fake, "pods", &flags, "items")?;
        let json: Value = serde_json::from_str(&list(&fake, "pods", &[], &["-o", "json"])?).unwrap();
        prop_assert_eq!(json, called(&fake, "list-pod-sandbox", "items"));
        all.sort();
        prop_assert_eq!(all, pods.into_iter().map(|pod| pod.id).collect::<Vec<_>>());
    }
}
