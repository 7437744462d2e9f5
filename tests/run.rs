//! The library's promise: a run has no global state.

use std::thread;

use crate::container;
use crate::support::fake::Fake;
use crate::support::process;
use crate::support::run::crictl;

#[test]
fn two_runs_have_nothing_to_do_with_each_other() {
    let first = Fake::new().containers([container("a")]).serve();
    let second = Fake::new().containers([container("b")]).serve();
    for _ in 0..2 {
        assert_eq!(first.run(["ps", "-q"]).all(), ("a\n", String::new(), 0));
        assert_eq!(second.run(["--debug", "ps", "-q"]).stdout, "b\n");
        assert_eq!(crictl(["ps", "--nope"], &[], "").status, 1);
    }
}

#[test]
fn runs_of_several_threads_have_nothing_to_do_with_each_other() {
    let ids = ["a", "b", "c", "d"];
    let fakes = ids.map(|id| Fake::new().containers([container(id)]).serve());
    thread::scope(|scope| {
        for (id, fake) in ids.iter().zip(&fakes) {
            scope.spawn(move || {
                for _ in 0..20 {
                    assert_eq!(fake.run(["ps", "-q"]).all(), (format!("{id}\n").as_str(), String::new(), 0));
                }
            });
        }
    });
    assert!(fakes.iter().all(|fake| fake.fake.state().calls.len() == 20));
}

#[test]
fn a_time_zone_is_the_runs_own() {
    let fake = Fake::new().containers([container("a")]).serve();
    let created = |zone| {
        let env = [("CONTAINER_RUNTIME_ENDPOINT", &*fake.endpoint()), ("TZ", zone)];
        let output = crictl(["inspect", "a"], &env, "");
        output.stdout.lines().find(|line| line.contains("createdAt")).unwrap().trim().to_owned()
    };
    assert_eq!(created("UTC"), "\"createdAt\": \"2025-06-15T14:06:40Z\",");
    assert_eq!(created("CET-1"), "\"createdAt\": \"2025-06-15T15:06:40+01:00\",");
}

#[test]
fn only_the_program_reads_the_processs_environment() {
    let fake = Fake::new().containers([container("a")]).serve();
    let output = process::output(&mut fake.program(["ps", "-q"]));
    assert_eq!(output.all(), ("a\n", String::new(), 0));
    // PATH is there whenever a test runs; HOME and others are not needed.
    let output = crictl(["ps", "-q"], &[], "");
    assert!(output.status == 1 && output.message().contains("using default endpoints"), "{output:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_profiled_run_leaves_its_profile_and_no_other_file() {
    let fake = Fake::new().serve();
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("cpu.pprof");
    let args = ["--profile-cpu", profile.to_str().unwrap(), "ps", "-q"];
    let output = process::output(fake.program(args).env("TMPDIR", folder.path()));
    assert_eq!((output.stdout.as_str(), output.status), ("", 0), "{output:?}");
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files, [profile]);
}
