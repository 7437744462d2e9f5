use crate::support::fake::Fake;

#[test]
fn update_refuses_a_score_that_is_no_number() {
    let fake = Fake::new().serve();
    let output = fake.run(["update", "--oom-score-adj", "abc", "a"]);
    assert!(output.stdout.starts_with("Incorrect Usage: invalid value \"abc\" for flag -oom-score-adj"), "{output:?}");
    assert_eq!((output.status, fake.fake.state().calls.len()), (1, 0));
}

#[test]
fn update_checkpoint_and_runtime_config_name_the_method_that_the_runtime_lacks() {
    let fake = Fake::new().serve();
    let commands: [(&[&str], &str); 4] = [
        (&["update", "--memory", "1", "a"], "UpdateContainerResources"),
        (&["checkpoint", "-e", "/state.tar", "a"], "CheckpointContainer"),
        (&["runtime-config"], "RuntimeConfig"),
        (&["update-runtime-config", "-p", ""], "UpdateRuntimeConfig"),
    ];
    for (args, method) in commands {
        let output = fake.run(args.iter().copied());
        assert!(output.message().ends_with(&format!("fake v1.2.3 does not implement {method}")), "{output:?}");
        assert_eq!((output.stdout.as_str(), output.status), ("", 1));
    }
}
