//! The prose is about things that exist, and covers what the built release has.

use std::{fs, slice};

use crictl_codegen::{Docs, Error, Input, model, model::Model, model_of_tree, release};

use crate::support::{path, releases};

#[test]
fn every_entry_is_about_something_in_a_release() {
    let models: Vec<_> = releases().iter().map(|it| bare(&it.proto)).collect();
    let unknown = docs().unknown(&models);
    assert!(unknown.is_empty(), "no release has {unknown:#?}");
}

#[test]
fn every_method_and_every_field_that_is_built_has_a_line() {
    let built = release::pick(&path("../proto"), None).expect("there is one to build");
    let docs = path("docs.yaml");
    let input = Input { proto: &built.proto, docs: Some(&docs) };
    let model = model(input).expect("it can be expressed");
    let methods = model.services.iter().flat_map(|service| &service.methods);
    let methods = methods.filter(|method| method.doc.is_empty());
    let mut silent: Vec<_> = methods.map(|method| method.full_name.clone()).collect();
    for message in model.messages.iter().filter(|it| !it.map_entry) {
        let fields = message.fields.iter().filter(|field| field.doc.is_empty());
        silent.extend(fields.map(|field| format!("{}.{}", message.full_name, field.name)));
    }
    assert!(silent.is_empty(), "no line for {silent:#?}");
}

#[test]
fn the_prose_about_containerd_is_about_its_methods_and_about_each() {
    let releases = release::trees(&path("../proto/containerd")).expect("the folder is there");
    let models: Vec<_> = releases.iter().map(|it| model_of_tree(&it.proto).expect("it can be expressed")).collect();
    let docs = Docs::read(&path("containerd.yaml")).expect("it is of the form");
    assert_eq!(docs.unknown(&models), [""; 0]);
    let built = models.last().expect("there is one to build");
    let mut methods = built.services.iter().flat_map(|service| &service.methods);
    assert_eq!(methods.find(|method| !docs.methods.contains_key(&method.name)), None);
}

#[test]
fn our_prose_goes_before_the_comments_of_the_proto() {
    let proto = path("tests/shapes/shapes.proto");
    let docs = path("tests/shapes/docs.yaml");
    let input = Input { proto: &proto, docs: Some(&docs) };
    let ours = model(input).expect("it can be expressed");
    let doc = |at: usize| ours.services[0].methods[at].doc.as_str();
    assert_eq!(doc(0), "Sends one of everything");
    assert_eq!(doc(1), "Tells about everything, \"quoted\" or not");
}

#[test]
fn an_entry_without_its_element_is_found() {
    let docs: Docs = read(
        "methods: {Echo: a, Ecko: b}
messages: {Secret: {fields: {user: a, usr: b}}, Secrets: {doc: c}}",
    )
    .expect("it is of the form");
    let model = bare(&path("tests/shapes/shapes.proto"));
    let unknown = docs.unknown(slice::from_ref(&model));
    assert_eq!(unknown, ["Ecko", "Secret.usr", "Secrets"]);
}

#[test]
fn a_file_of_another_form_is_refused_with_the_line() {
    let error = read("methods: {}\nmesages: {}\n").expect_err("a typing error");
    assert!(matches!(error, Error::Docs { .. }));
    assert!(error.to_string().contains("mesages"), "{error}");
    assert!(error.to_string().contains("line 2"), "{error}");
}

fn docs() -> Docs {
    Docs::read(&path("docs.yaml")).expect("it is of the form")
}

fn read(text: &str) -> Result<Docs, Error> {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = folder.path().join("docs.yaml");
    fs::write(&path, text).expect("it can be written");
    Docs::read(&path)
}

/// The model without our prose.
fn bare(proto: &std::path::Path) -> Model {
    model(Input { proto, docs: None }).expect("it can be expressed")
}
