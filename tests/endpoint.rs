//! Which endpoint serves which service, and what is said where nobody serves it.

use std::fs;
use std::path::{Path, PathBuf};

use crictl::Crictl;

use crate::container;
use crate::support::fake::Fake;
use crate::support::run::{Output, crictl, crictl_in};

/// A config file in a folder of its own.
struct Config(tempfile::TempDir);

impl Config {
    fn new(text: &str) -> Self {
        let config = Self(tempfile::tempdir().unwrap());
        fs::write(config.path(), text).unwrap();
        config
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("crictl.yaml")
    }

    fn name(&self) -> String {
        self.path().to_str().unwrap().to_owned()
    }
}

/// The path that a call of this method would go to.
fn path(method: &str, flags: &[&str], env: &[(&str, &str)], host: Option<&Crictl>, config: &Path) -> String {
    let args = flags.iter().copied().chain(["rpc", method, "--dry-run"]);
    let output = crictl_in(args, env, host, |io| {
        io.machine.config = Some(config.to_owned());
        io.machine.endpoints = vec!["unix:///default".to_owned()];
    });
    let line = output.stderr.lines().find(|line| line.starts_with("grpcurl ")).unwrap_or_else(|| panic!("{output:?}"));
    line.split(" -unix ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap().to_owned()
}

/// The first of these that somebody named.
fn first<'a>(candidates: &[(bool, &'a str)]) -> Option<&'a str> {
    candidates.iter().find(|(named, _)| *named).map(|(_, endpoint)| *endpoint)
}

#[test]
fn every_way_to_name_an_endpoint_has_its_place() {
    let preset = Crictl::new().endpoint("unix:///host");
    for case in 0..1 << 7 {
        let [r, i, variable_r, variable_i, file_r, file_i, host] = std::array::from_fn(|bit| case >> bit & 1 == 1);
        let config = [(file_r, "runtime-endpoint: unix:///file-r\n"), (file_i, "image-endpoint: unix:///file-i\n")];
        let config = Config::new(&config.map(|(named, line)| if named { line } else { "" }).concat());
        let variables = [
            (variable_r, ("CONTAINER_RUNTIME_ENDPOINT", "unix:///variable-r")),
            (variable_i, ("IMAGE_SERVICE_ENDPOINT", "unix:///variable-i")),
        ];
        let env: Vec<_> = variables.iter().filter(|(named, _)| *named).map(|(_, variable)| *variable).collect();
        let flags = [(r, ["-r", "unix:///flag-r"]), (i, ["-i", "unix:///flag-i"])];
        let flags: Vec<_> = flags.iter().filter(|(named, _)| *named).flat_map(|(_, flag)| *flag).collect();
        let host = host.then_some(&preset);

        let (runtime, image) = match host {
            Some(_) => {
                let runtime = first(&[(r, "/flag-r"), (true, "/host")]);
                (runtime, first(&[(i, "/flag-i")]).or(runtime))
            }
            None => {
                let runtime = first(&[(r, "/flag-r"), (variable_r, "/variable-r"), (file_r, "/file-r")]);
                (runtime, first(&[(i, "/flag-i"), (variable_i, "/variable-i"), (file_i, "/file-i")]).or(runtime))
            }
        };
        for (method, expected) in [("Version", runtime), ("ListImages", image)] {
            let path = path(method, &flags, &env, host, &config.path());
            assert_eq!(
                path,
                expected.unwrap_or("/default"),
                "{method} {flags:?} {env:?} {host:?} {config}",
                config = config.name()
            );
        }
    }
}

#[test]
fn a_flag_moves_both_services_away_from_a_host() {
    let (host, other, images) = (Fake::new().serve(), Fake::new().serve(), Fake::new().serve());
    let preset = Crictl::new().endpoint(host.endpoint());
    let hosted = |args: &[&str]| crictl_in(args.iter().copied(), &[], Some(&preset), |_| {}).status;
    assert_eq!(hosted(&["-r", &other.endpoint(), "images"]), 0);
    assert_eq!(hosted(&["-r", &other.endpoint(), "-i", &images.endpoint(), "images"]), 0);
    let calls = |served: &crate::support::fake::Served| served.fake.state().calls.clone();
    assert_eq!((calls(&host), calls(&other), calls(&images)), (vec![], vec!["ListImages"], vec!["ListImages"]));
}

#[test]
fn only_the_service_that_is_called_is_looked_at() {
    let fake = Fake::new().containers([container("a")]).serve();
    let endpoint = fake.endpoint();
    let config =
        Config::new(&format!("runtime-endpoint: {endpoint}\nimage-endpoint: unix:///var/run/dockershim.sock\n"));
    for args in [&["ps", "-q"][..], &["inspect", "a"], &["version"]] {
        let output = crictl(["-c", &config.name()].iter().chain(args).copied(), &[], "");
        assert_eq!((output.errors(), output.status), (String::new(), 0), "{args:?}");
    }
    let output = crictl(["-c", &config.name(), "images"], &[], "");
    let said = output.message();
    let place = format!("\"unix:///var/run/dockershim.sock\" (image service, from {})", config.name());
    assert!(said.starts_with("no socket at ") && said.contains(&place), "{said}");
    assert!(said.ends_with("; is the runtime running? use --image-endpoint to name another endpoint"), "{said}");
    // One that is typed for this very run has to be there, as upstream has it.
    let output = crictl(["-c", &config.name(), "-i", "unix:///nowhere", "ps", "-q"], &[], "");
    assert!(output.message().contains("\"unix:///nowhere\" (image service, from --image-endpoint)"), "{output:?}");
}

/// What `images` says where these flags, variables and this text of a file name the endpoints.
fn images(flags: &[&str], env: &[(&str, &str)], text: &str) -> (String, Config) {
    let config = Config::new(text);
    let change = |io: &mut crictl::Io| io.machine.config = Some(config.path());
    let output = crictl_in(flags.iter().copied().chain(["images"]), env, None, change);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1), "{output:?}");
    (output.message(), config)
}

#[test]
fn an_error_says_which_endpoint_it_is_and_who_named_it() {
    let (said, _) = images(&["-r", "unix:///x.sock "], &[], "");
    assert!(said.contains("\"unix:///x.sock \" (image service, from --runtime-endpoint)"), "{said}");
    assert!(said.ends_with("use --runtime-endpoint to name another endpoint"), "{said}");
    let (said, _) = images(&["-i", "/x.sock"], &[("CONTAINER_RUNTIME_ENDPOINT", "/y.sock")], "");
    assert!(said.contains("\"unix:///x.sock\" (image service, from --image-endpoint)"), "{said}");
    let (said, _) = images(&[], &[("IMAGE_SERVICE_ENDPOINT", "/x.sock")], "");
    assert!(said.contains("\"unix:///x.sock\" (image service, from IMAGE_SERVICE_ENDPOINT)"), "{said}");
    let (said, config) = images(&["-r", "ftp://a"], &[], "image-endpoint: ftp://b\n");
    let end = format!("in endpoint \"ftp://b\", image service, from {}", config.name());
    assert!(said.ends_with(&end), "{said}");
}

#[test]
fn two_slashes_are_told_to_be_one_too_few() {
    for (endpoint, hint) in [("unix://run/x.sock", true), ("unix:run/x.sock", false), ("unix:///run/x.sock", false)] {
        let (said, _) = images(&["-r", endpoint], &[], "");
        let hinted = said.ends_with("; an absolute path needs a third slash: unix:///run/x.sock");
        assert_eq!(hinted, hint, "{said}");
    }
}

/// Runs on a machine with these places.
fn on_machine(args: &[&str], config: Option<&Path>, endpoint: &str, program: Option<&Path>) -> Output {
    crictl_in(args.iter().copied(), &[], None, |io| {
        io.machine.config = config.map(Path::to_owned);
        io.machine.endpoints = vec![endpoint.to_owned()];
        io.executable = program.map(|folder| folder.join("crictl"));
    })
}

#[test]
fn a_run_takes_nothing_from_a_machine_that_it_was_not_given() {
    let hostile = Fake::new().serve();
    let config = Config::new(&format!("image-endpoint: {0}\nruntime-endpoint: {0}\ndebug: true\n", hostile.endpoint()));
    for args in [&["images"][..], &["rmi", "--prune"], &["pull", "busybox"], &["ps"], &["rm", "-a", "-f"]] {
        let output = crictl(args.iter().copied(), &[("HOME", config.0.path().to_str().unwrap())], "");
        assert_eq!((output.stdout.as_str(), output.status), ("", 1), "{output:?}");
        assert!(output.message().contains("service endpoint is configured"), "{output:?}");
    }
    assert!(hostile.fake.state().calls.is_empty());
    assert_eq!(on_machine(&["images", "-q"], Some(&config.path()), "", None).status, 0);
    assert_eq!(hostile.fake.state().calls, ["ListImages"]);
}

#[test]
fn a_missing_config_file_is_told_where_it_could_have_named_an_endpoint() {
    let fake = Fake::new().containers([container("a")]).serve();
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none.yaml");
    let run = |args: &[&str], endpoint: &str| on_machine(args, Some(&missing), endpoint, Some(folder.path()));
    let output = run(&["-r", &fake.endpoint(), "ps", "-q"], "unix:///default");
    assert_eq!((output.stdout.as_str(), output.stderr.as_str(), output.status), ("a\n", "", 0));
    let output = run(&["ps", "-q"], &fake.endpoint());
    let beside = folder.path().join("crictl.yaml");
    let neither = format!("neither {} nor {}", missing.display(), beside.display());
    let said = format!(
        "no runtime service endpoint is configured and no config file exists, {neither}, using default endpoints: {} answers",
        fake.endpoint()
    );
    assert_eq!((output.message(), output.stdout.as_str(), output.status), (said, "a\n", 0));
    let output = run(&["ps", "-q"], "unix:///default");
    assert!(output.status == 1 && output.message().ends_with(&neither), "{output:?}");
    // The one beside the program is not looked for a second time.
    let output = on_machine(&["ps", "-q"], Some(&beside), "unix:///default", Some(folder.path()));
    assert!(
        output.message().ends_with(&format!("; the config file {} does not exist", beside.display())),
        "{output:?}"
    );
}

#[test]
fn a_config_file_that_was_named_and_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("nope");
    let name = missing.to_str().unwrap();
    for (args, env) in [(vec!["-c", name, "ps"], None), (vec!["ps"], Some(("CRI_CONFIG_FILE", name)))] {
        let env: Vec<_> = env.into_iter().collect();
        let output = crictl_in(args, &env, None, |io| io.executable = Some(folder.path().join("crictl")));
        let said = format!("{name}: no such file or directory, loading the config file");
        assert_eq!((output.message(), output.stdout.as_str(), output.status), (said, "", 1));
    }
}
