//! The C interface, as C would call it, and its header.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // Tests, not the library.

use std::ffi::{CStr, CString, c_char};
use std::io::Read as _;
use std::os::fd::AsRawFd as _;
use std::path::Path;
use std::ptr::null;
use std::{fs, io};

use crictl_ffi::{Run, crictl_free, crictl_run, crictl_version};

/// Runs with these arguments, and returns the status and what was printed.
fn run(args: &[&str], endpoint: Option<&str>) -> (i32, String) {
    let args: Vec<CString> = args.iter().map(|arg| CString::new(*arg).unwrap()).collect();
    let argv: Vec<*const c_char> = args.iter().map(|arg| arg.as_ptr()).chain([null()]).collect();
    let variable = CString::new("TZ=UTC").unwrap();
    let envp = [variable.as_ptr(), null()];
    let endpoint = endpoint.map(|endpoint| CString::new(endpoint).unwrap());
    let (mut reader, writer) = io::pipe().unwrap();
    let status = {
        let nothing = fs::File::open("/dev/null").unwrap();
        let run = Run {
            argv: argv.as_ptr(),
            envp: envp.as_ptr(),
            input: nothing.as_raw_fd(),
            output: writer.as_raw_fd(),
            error: writer.as_raw_fd(),
            endpoint: endpoint.as_ref().map_or(null(), |endpoint| endpoint.as_ptr()),
            hint: c"start it".as_ptr(),
            program: c"host crictl".as_ptr(),
        };
        // SAFETY: everything it points to lives until it returns.
        unsafe { crictl_run(&raw const run) }
    };
    drop(writer);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    (status, text)
}

#[test]
fn a_run_has_the_hosts_streams_and_returns_its_status() {
    let (status, text) = run(&["crictl", "--version"], None);
    assert!(status == 0 && text.starts_with("crictl version v"), "{status} {text}");
    let (status, text) = run(&["crictl", "ps", "--help"], None);
    assert!(status == 0 && text.contains("Usage: host crictl ps"), "{status} {text}");
    let (status, text) = run(&["crictl", "ps"], Some("unix:///none/none.sock"));
    assert!(status == 1 && text.contains("start it"), "{status} {text}");
}

#[test]
fn what_is_missing_or_closed_ends_no_host() {
    // SAFETY: null is allowed.
    assert_eq!(unsafe { crictl_run(null()) }, 70);
    let run = Run {
        argv: null(),
        envp: null(),
        input: -1,
        output: -1,
        error: -1,
        endpoint: null(),
        hint: null(),
        program: null(),
    };
    // SAFETY: as before, and no descriptor is used.
    assert_eq!(unsafe { crictl_run(&raw const run) }, 70);
}

#[test]
fn threads_run_at_once() {
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(run(&["crictl", "--version"], None).0, 0));
        }
    });
}

#[test]
fn the_version_is_a_text_to_be_freed() {
    let version = crictl_version();
    // SAFETY: it is a text of the library until it is freed.
    assert_eq!(unsafe { CStr::from_ptr(version) }.to_str().unwrap(), env!("CARGO_PKG_VERSION"));
    // SAFETY: once.
    unsafe { crictl_free(version) };
}

/// The header is committed, for who has no cbindgen; where it is stale this test rewrites it and fails.
#[test]
fn the_header_says_what_the_library_has() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).unwrap();
    let bindings = cbindgen::Builder::new().with_config(config).with_src(folder.join("src/lib.rs")).generate().unwrap();
    let mut text = Vec::new();
    bindings.write(&mut text);
    let header = folder.join("include/crictl.h");
    let text = String::from_utf8(text).unwrap();
    if fs::read_to_string(&header).unwrap_or_default() != text {
        fs::create_dir_all(header.parent().unwrap()).unwrap();
        fs::write(&header, text).unwrap();
        panic!("{} was stale and is rewritten now: review it, commit it", header.display());
    }
}
