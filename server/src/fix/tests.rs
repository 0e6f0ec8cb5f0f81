#![allow(clippy::unwrap_used)]

use super::{apply_edits, toml};
use crate::{syntax::Source, text::FileId};

fn source(text: &str) -> Source {
    Source::from_text(FileId::new("/p/.cargo/config.toml"), text)
}

fn set(text: &str, path: &[&str], value: &str, expected: &str) {
    let source = source(text);
    let edit = toml::set(source.file(), Some(&source), path, value).unwrap();
    assert_eq!(apply_edits(text, &[edit]), expected);
}

#[test]
fn set_writes_in_the_spelling_of_the_table() {
    let path = ["target", "a-b", "linker"];
    set("", &path, "\"l\"", "[target.a-b]\nlinker = \"l\"\n");
    set("[target.a-b]\nx = 1\n", &path, "\"l\"", "[target.a-b]\nx = 1\nlinker = \"l\"\n");
    set("[target.a-b]\nx = 1 # c\n\n[env]\n", &path, "1", "[target.a-b]\nx = 1 # c\nlinker = 1\n\n[env]\n");
    set("[target.a-b]\r\nx = 1\r\n", &path, "1", "[target.a-b]\r\nx = 1\r\nlinker = 1\r\n");
    set("[target]\na-b.x = 1", &path, "1", "[target]\na-b.x = 1\na-b.linker = 1");
    set("target.a-b.x = 1\n", &path, "1", "target.a-b.x = 1\ntarget.a-b.linker = 1\n");
    set("target = { a-b = { x = 1 } }\n", &path, "1", "target = { a-b = { x = 1, linker = 1 } }\n");
    set("target = {}\n", &path, "1", "target = { a-b.linker = 1 }\n");
    set("[target]\n", &path, "1", "[target]\n\n[target.a-b]\nlinker = 1\n");
    set(
        "[target.c]\ny = 1\n\n[env]\nz = 1\n",
        &path,
        "1",
        "[target.c]\ny = 1\n\n[target.a-b]\nlinker = 1\n\n[env]\nz = 1\n",
    );
    set("# only a comment", &path, "1", "# only a comment\n\n[target.a-b]\nlinker = 1\n");
    set("[target.a-b]\nlinker = \"old\" # c\n", &path, "\"new\"", "[target.a-b]\nlinker = \"new\" # c\n");
    set("[build]\nx = [\n 1,\n]\n", &["build", "y"], "2", "[build]\nx = [\n 1,\n]\ny = 2\n");
    set(
        "[a]\n",
        &["target", "cfg(all(windows, target_env = \"msvc\"))", "rustflags"],
        "[]",
        "[a]\n\n[target.'cfg(all(windows, target_env = \"msvc\"))']\nrustflags = []\n",
    );
}

#[test]
fn set_does_not_write_over_a_value_that_is_no_table() {
    let source = source("target = 1\n");
    assert_eq!(toml::set(source.file(), Some(&source), &["target", "x", "linker"], "1"), None);
}

fn push(text: &str, expected: &str) {
    let source = source(text);
    let edits = toml::push(&source, source.toml().root.get("a").unwrap(), "'n'").unwrap();
    assert_eq!(apply_edits(text, &edits), expected);
}

#[test]
fn push_keeps_the_form_of_the_array() {
    push("a = []", "a = ['n']");
    push("a = ['x']", "a = ['x', 'n']");
    push("a = ['x',]", "a = ['x', 'n',]");
    push("a = [\n  'x',\n  'y', # why\n]\n", "a = [\n  'x',\n  'y', # why\n  'n',\n]\n");
    push("a = [\n  'x'\n]\n", "a = [\n  'x',\n  'n'\n]\n");
    push("a = [\n  'x' # why, not\n]\n", "a = [\n  'x', # why, not\n  'n'\n]\n");
    push("a = [\r\n\t'x',\r\n]\r\n", "a = [\r\n\t'x',\r\n\t'n',\r\n]\r\n");
    push("a = [\n  'x']\n", "a = [\n  'x',\n  'n']\n");
}

fn remove(text: &str, first: usize, last: usize, expected: &str) {
    let source = source(text);
    let edit = toml::remove_elements(&source, source.toml().root.get("a").unwrap(), first, last).unwrap();
    assert_eq!(apply_edits(text, &[edit]), expected);
}

#[test]
fn removed_elements_take_their_commas() {
    remove("a = ['x', 'y', 'z']", 0, 1, "a = ['z']");
    remove("a = ['x', 'y', 'z']", 1, 2, "a = ['x']");
    remove("a = ['x', 'y', 'z']", 1, 1, "a = ['x', 'z']");
    remove("a = ['x']", 0, 0, "a = []");
    remove("a = [\n  'x',\n  'y', # why\n  'z',\n]\n", 0, 0, "a = [\n  'y', # why\n  'z',\n]\n");
    remove("a = [\n  'x', # one\n  'y',\n]\n", 1, 1, "a = [\n  'x', # one\n]\n");
    remove("a = [\n  'x',\n  'y'\n]\n", 1, 1, "a = [\n  'x'\n]\n");
}
