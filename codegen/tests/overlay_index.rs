//! The list of overlays, here as in `cargo regen`.

use std::fs;

use crictl_codegen::{Error, overlay_index};

use crate::support::{path, refresh};

#[test]
fn the_list_of_overlays_is_the_folder() {
    let folder = path("../src/overlay");
    if folder.exists() {
        let text = overlay_index::text(&folder).expect("the folder can be read");
        refresh([(folder.join("mod.rs"), text)]);
    }
}

#[test]
fn files_and_folders_are_modules_and_other_things_are_not() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let write = |name: &str| fs::write(folder.path().join(name), "").expect("it can be written");
    for name in ["port_forward.rs", "attach.rs", "mod.rs", "notes.txt"] {
        write(name);
    }
    fs::create_dir(folder.path().join("top")).expect("it can be made");
    write("top/mod.rs");
    fs::create_dir(folder.path().join("data")).expect("it can be made");

    let text = overlay_index::text(folder.path()).expect("the folder can be read");
    let expected = "\
mod attach;
mod port_forward;
mod top;

use crate::command::Overlay;

pub(crate) static OVERLAYS: &[Overlay] = &[
    attach::OVERLAY,
    port_forward::OVERLAY,
    top::OVERLAY,
];
";
    assert!(text.ends_with(expected), "{text}");
}

#[test]
fn a_stale_list_names_the_command_that_refreshes_it() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let error = overlay_index::check(folder.path()).expect_err("there is no list");
    assert!(matches!(error, Error::StaleOverlayIndex { .. }));
    assert!(error.to_string().ends_with("run `cargo regen`"), "{error}");

    let text = overlay_index::text(folder.path()).expect("the folder can be read");
    fs::write(folder.path().join("mod.rs"), text).expect("it can be written");
    overlay_index::check(folder.path()).expect("the list is fresh");
}

#[test]
fn without_a_folder_there_is_no_list() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    overlay_index::check(&folder.path().join("overlay")).expect("nothing to compare");
}
