use crictl::Crictl;

use super::{containerd, images, jobs};
use crate::support::fake::Served;
use crate::support::fake::containerd::Space;
use crate::support::run::{Output, crictl_in};

fn run(served: &Served, args: &[&str], terminal: bool) -> Output {
    let endpoint = served.endpoint();
    let env = [("CONTAINER_RUNTIME_ENDPOINT", endpoint.as_str())];
    let args = ["--timeout", "60s"].iter().chain(args).copied();
    crictl_in(args, &env, None, |io| io.out_is_terminal = terminal)
}

#[test]
fn a_person_who_sees_nothing_is_told_where_there_is_something() {
    let served = containerd([("ephemerd", jobs()), ("b", images())]).serve();
    let told = |args: &[&str]| run(&served, args, true).errors();
    let ps = "other namespaces of containerd have containers, 4 in all: crictl --containerd-namespace all ps -a";
    assert!(told(&["ps"]).contains(ps), "{}", told(&["ps"]));
    let images = "other namespaces of containerd have images, 3 in all: crictl --containerd-namespace all images";
    assert!(told(&["images"]).contains(images), "{}", told(&["images"]));
    assert!(told(&["--ns", "b", "ps"]).contains(ps), "{}", told(&["--ns", "b", "ps"]));
    // Nothing is missed where something is shown, or everything was looked at.
    assert_eq!(told(&["--ns", "ephemerd", "ps"]), "");
    assert_eq!(told(&["--ns", "all", "ps", "--id", "nope"]), "");
}

#[test]
fn the_command_that_is_named_is_called_as_this_one_was() {
    let served = containerd([("ephemerd", jobs())]).serve();
    let endpoint = served.endpoint();
    let preset = Crictl::new().endpoint(&endpoint).program_name("ephemerd --data-dir '/srv/c i' crictl");
    let told = |preset: Option<&Crictl>, args: &[&str]| {
        let args = args.iter().chain(&["--timeout", "60s", "ps"]).copied();
        crictl_in(args, &[], preset, |io| io.out_is_terminal = true).errors()
    };
    let hint = "ephemerd --data-dir '/srv/c i' crictl --containerd-namespace all ps -a";
    assert!(told(Some(&preset), &[]).contains(hint), "{}", told(Some(&preset), &[]));
    let hint =
        format!("4 in all: crictl -r {endpoint} --containerd-namespace all ps -a").replace("-r", "--runtime-endpoint");
    assert!(told(None, &["-r", &endpoint]).contains(&hint), "{}", told(None, &["-r", &endpoint]));
}

#[test]
fn nobody_is_told_of_nothing_nor_off_a_terminal_nor_costs_it_a_call() {
    let empty = containerd([("ephemerd", Space::default())]).serve();
    assert_eq!(run(&empty, &["ps"], true).errors(), "");
    let served = containerd([("ephemerd", jobs())]).serve();
    assert_eq!(run(&served, &["ps"], false).errors(), "");
    assert!(served.fake.state().containerd.as_ref().unwrap().calls.is_empty());
    // Another runtime has no namespaces, and that is no news.
    let other = crate::support::fake::Fake::new().serve();
    assert_eq!(run(&other, &["ps"], true).errors(), "");
}
