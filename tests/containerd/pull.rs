use tonic::Status;

use super::{containerd, images, run, sha, space};
use crate::support::fake::Served;
use crate::support::fake::containerd::Space;
use crate::support::run::Output;

/// A namespace without names, whose registries lead to what is in its content store.
fn serve(credentials: Option<(&str, &str)>) -> Served {
    let mut space = images();
    let busybox = space.images[0].target.clone().unwrap();
    space.images.clear();
    let fake = containerd([("ephemerd", space), ("b", Space::default())]).with(|state| {
        let containerd = state.containerd.as_mut().unwrap();
        for name in ["docker.io/library/busybox:latest", "r.test:5000/busybox:2"] {
            containerd.registry.insert(name.to_owned(), busybox.clone());
        }
        containerd.credentials = credentials.map(|(user, password)| (user.to_owned(), password.to_owned()));
    });
    fake.serve()
}

fn pull(served: &Served, args: &[&str]) -> Output {
    run(served, ["pull"].iter().chain(args).copied())
}

#[test]
fn an_image_is_brought_here_under_its_name_in_full_and_unpacked() {
    let served = serve(None);
    let said = format!("Image is up to date for {}\n", sha("c"));
    assert_eq!(pull(&served, &["busybox"]).all(), (said.as_str(), String::new(), 0));
    assert_eq!(pull(&served, &["r.test:5000/busybox:2"]).all(), (said.as_str(), String::new(), 0));
    let names: Vec<_> = space(&served, "ephemerd").images.into_iter().map(|image| image.name).collect();
    assert_eq!(names, ["docker.io/library/busybox:latest", "r.test:5000/busybox:2"]);
    let pulls = served.fake.state().containerd.as_ref().unwrap().pulls.clone();
    let (source, destination) = &pulls[0];
    let platform = destination.unpacks[0].platform.clone().unwrap();
    assert_eq!((platform.os.as_str(), platform.architecture.as_str()), ("linux", "amd64"));
    assert_eq!(destination.platforms, [platform]);
    let resolver = source.resolver.clone().unwrap();
    assert_eq!((resolver.auth_stream.as_str(), resolver.host_dir.as_str()), ("", "/etc/containerd/certs.d"));
}

#[test]
fn credentials_go_over_a_stream_of_their_own_and_into_no_log() {
    let said = format!("Image is up to date for {}\n", sha("c"));
    let credentials = Some(("ada", "S3cret"));
    // "ada:S3cret"
    for flags in [["--creds", "ada:S3cret"], ["--auth", "YWRhOlMzY3JldA=="]] {
        let served = serve(credentials);
        let args = ["-D", "--timeout", "60s", "--ns", "ephemerd", "pull"].into_iter().chain(flags);
        let output = served.run(args.chain(["r.test:5000/busybox:2"]));
        assert_eq!((output.stdout.as_str(), output.status), (said.as_str(), 0), "{output:?}");
        assert!(!output.stderr.contains("S3cret") && !output.stderr.contains("YWRh"), "{output:?}");
        let state = served.fake.state();
        let calls = &state.containerd.as_ref().unwrap().calls;
        assert!(calls.contains(&"ephemerd Streaming.Stream".to_owned()), "{calls:?}");
        let sent = state.requests.iter().any(|request| request.body.windows(6).any(|part| part == b"S3cret"));
        assert!(!sent, "a request has the password");
    }
    let output = pull(&serve(credentials), &["--creds", "ada:wrong", "r.test:5000/busybox:2"]);
    assert!(output.status == 1 && output.message().contains("authorization failed"), "{output:?}");
    let output = pull(&serve(credentials), &["r.test:5000/busybox:2"]);
    assert!(output.status == 1 && output.message().contains("authorization failed"), "{output:?}");
}

#[test]
fn what_can_not_be_pulled_is_one_line() {
    let served = serve(None);
    let output = pull(&served, &["nope:1"]);
    let said =
        "pulling image: failed to resolve image: docker.io/library/nope:1: not found, image \"nope:1\" (PullImage: ";
    assert!(output.message().starts_with(said) && output.status == 1, "{output:?}");
    let all = served.run(["--timeout", "60s", "--ns", "all", "pull", "busybox"]).message();
    assert!(
        all.starts_with("pulling image: an image is pulled into one namespace of containerd; name it with"),
        "{all}"
    );
    let lacking = Status::unimplemented("unknown service containerd.services.streaming.v1.Streaming");
    served.fake.state().containerd.as_mut().unwrap().failure = Some(("Streaming.Stream", lacking));
    let message = pull(&served, &["--creds", "a:b", "busybox"]).message();
    assert!(message.starts_with("pulling image: fake has no namespaces of containerd, image"), "{message}");
}
