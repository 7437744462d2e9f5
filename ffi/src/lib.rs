//! `crictl` for programs that are not written in Rust: `include/crictl.h`, made by cbindgen from this file.
//!
//! This crate has to be built with `panic = "unwind"` (cargo's profile `ffi`), so that a defect of ours ends a run with
//! the status 70 instead of the host.
#![cfg(unix)]

use std::ffi::{CStr, CString, OsStr, OsString, c_char, c_int};
use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crictl::{Crictl, Io, Machine};

/// The status of a run that could not begin: a pointer is missing, or a descriptor is not open.
const UNUSABLE: c_int = 70;

/// What a run is given. All pointers and descriptors stay the caller's, and are used until `crictl_run` returns.
#[repr(C)]
pub struct Run {
    /// The arguments, the program's name first; ends with a null pointer.
    pub argv: *const *const c_char,
    /// The environment, each `NAME=VALUE`; ends with a null pointer, or is one: no environment.
    pub envp: *const *const c_char,
    /// What the run reads from and writes to.
    pub input: c_int,
    /// For results.
    pub output: c_int,
    /// For log lines and errors.
    pub error: c_int,
    /// The endpoint of the host's runtime, or null for none.
    pub endpoint: *const c_char,
    /// What the user can do if nobody serves that endpoint, or null.
    pub hint: *const c_char,
    /// How the user calls crictl, as help says it, or null for `crictl`.
    pub program: *const c_char,
}

/// Runs crictl and returns its exit status. Any number of threads may do so at once.
///
/// # Safety
/// `run` is null or points to a `crictl_run_options` of which each pointer is null or points to what it is documented
/// to, and stays valid until this function returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crictl_run(run: *const Run) -> c_int {
    // SAFETY: the caller promises that it is null or valid.
    let Some(run) = (unsafe { run.as_ref() }) else { return UNUSABLE };
    // SAFETY: the caller promises it for each pointer in it.
    let started = catch_unwind(AssertUnwindSafe(|| unsafe { start(run) }));
    // A panic must not cross into C.
    started.ok().and_then(Result::ok).unwrap_or(UNUSABLE)
}

/// The version of crictl, to be given to `crictl_free`.
#[unsafe(no_mangle)]
pub extern "C" fn crictl_version() -> *mut c_char {
    CString::new(env!("CARGO_PKG_VERSION")).map_or(std::ptr::null_mut(), CString::into_raw)
}

/// Frees what this library returned. Does nothing with a null pointer.
///
/// # Safety
/// `text` is null, or was returned by a function of this library and not freed yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crictl_free(text: *mut c_char) {
    if !text.is_null() {
        // SAFETY: the caller promises that it came from `CString::into_raw`, once.
        drop(unsafe { CString::from_raw(text) });
    }
}

/// # Safety
/// As `crictl_run`.
unsafe fn start(run: &Run) -> io::Result<c_int> {
    // SAFETY: the caller promises that each is null or ends as it should.
    let (args, env) = unsafe { (words(run.argv), words(run.envp)) };
    let pairs = env.iter().filter_map(|word| {
        let at = word.as_bytes().iter().position(|byte| *byte == b'=')?;
        let (name, value) = word.as_bytes().split_at(at);
        Some((OsStr::from_bytes(name).to_owned(), OsStr::from_bytes(&value[1..]).to_owned()))
    });
    // SAFETY: the caller promises that each is null or a text.
    let (endpoint, hint, program) = unsafe { (text(run.endpoint), text(run.hint), text(run.program)) };
    let mut crictl = Crictl::new();
    crictl = endpoint.into_iter().fold(crictl, Crictl::endpoint);
    crictl = hint.into_iter().fold(crictl, Crictl::hint);
    crictl = program.into_iter().fold(crictl, Crictl::program_name);
    // SAFETY: the caller promises that they are open until the run has ended.
    let mut io = unsafe { streams(run)? };
    Ok(c_int::from(crictl.run(args, pairs, &mut io)))
}

/// The streams of a run, on descriptors of its own.
///
/// # Safety
/// The descriptors are open.
unsafe fn streams(run: &Run) -> io::Result<Io> {
    let file = |descriptor: c_int| {
        if descriptor < 0 {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        // SAFETY: the caller promises that it is open, and it is used for no longer than this call.
        let borrowed = unsafe { BorrowedFd::borrow_raw(descriptor) };
        borrowed.try_clone_to_owned().map(File::from)
    };
    let (input, output, error) = (file(run.input)?, file(run.output)?, file(run.error)?);
    let terminals = [&input, &output, &error].map(|file| file.is_terminal());
    let mut io = Io::buffers(input, output, error);
    [io.input_is_terminal, io.out_is_terminal, io.err_is_terminal] = terminals;
    io.machine = Machine::this();
    // A terminal can be shown as a remote one only if it is the process's own.
    if (run.input, run.output) == (0, 1) {
        io.terminal = Io::std().terminal;
    }
    Ok(io)
}

/// The words of a list that ends with a null pointer.
///
/// # Safety
/// `list` is null or such a list.
unsafe fn words(list: *const *const c_char) -> Vec<OsString> {
    let mut words = Vec::new();
    if list.is_null() {
        return words;
    }
    for index in 0.. {
        // SAFETY: nothing before the null pointer is behind the list's end, and we stop there.
        let word = unsafe { *list.add(index) };
        if word.is_null() {
            break;
        }
        // SAFETY: the caller promises that each is a text.
        words.push(OsStr::from_bytes(unsafe { CStr::from_ptr(word) }.to_bytes()).to_owned());
    }
    words
}

/// A text, if there is one.
///
/// # Safety
/// `text` is null or a text that ends with a zero.
unsafe fn text(text: *const c_char) -> Option<String> {
    // SAFETY: it is not null, and the caller promises the rest.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}
