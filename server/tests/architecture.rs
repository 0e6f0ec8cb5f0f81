//! The invariants of ARCHITECTURE.md that a machine can hold the code to.

#![allow(clippy::unwrap_used)]

use std::{
    fs,
    path::{Path, PathBuf},
};

fn sources(below: &str) -> Vec<(PathBuf, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(below);
    let mut found = Vec::new();
    let mut open = vec![path];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    assert!(!found.is_empty(), "{below} holds no source");
    found.sort();
    found
}

/// The code of a file: comments, and the tests at its end, may speak of anything.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn is_test(path: &Path) -> bool {
    let name = path.file_stem().unwrap().to_string_lossy();
    name.ends_with("tests") || path.components().any(|part| part.as_os_str() == "tests")
}

const CORE: &[&str] = &[
    "src/analysis.rs",
    "src/audit",
    "src/build/blame",
    "src/build/plan",
    "src/build/workflow.rs",
    "src/cargo",
    "src/failures",
    "src/finding.rs",
    "src/fix",
    "src/knowledge",
    "src/matrix",
    "src/nix",
    "src/project",
    "src/release",
    "src/rules",
    "src/snapshot",
    "src/snapshot.rs",
    "src/syntax",
    "src/text",
];

/// Invariant 1: the core is given a snapshot and returns values.
#[test]
fn the_core_knows_neither_runtime_nor_protocol_nor_machine() {
    let forbidden = [
        "tokio::",
        "tower_lsp",
        "std::env",
        "std::fs",
        "std::net",
        "std::process",
        "std::time",
        "tracing",
        "rand::",
    ];
    for (path, text) in CORE.iter().flat_map(|below| sources(below)) {
        if is_test(&path) {
            continue;
        }
        // Code that a fix writes into a build script, and the names of crates, stand in strings.
        let code =
            code(&text).replace("\"std::env::", "\"").replace("\"tokio-", "\"").replace("\"tracing-", "\"");
        for word in forbidden {
            assert!(!code.contains(word), "{} uses {word}", path.display());
        }
        let macros = code.replace("env!(\"CARGO_PKG_VERSION\")", "").replace("env!(\"OUT_DIR\")", "");
        assert!(!macros.contains("env!("), "{} reads the environment", path.display());
    }
}

/// Invariant 2: the protocol's types stand in the conversion and at the framework's two doors only.
#[test]
fn protocol_types_stand_at_the_doors() {
    for (path, text) in sources("src") {
        let is_door = path.components().any(|part| part.as_os_str() == "convert")
            || path.ends_with("lsp/server.rs")
            || path.ends_with("lsp/client.rs");
        assert!(
            is_door || !code(&text).contains("ls_types"),
            "{} knows the protocol's types",
            path.display()
        );
    }
}

/// Invariant 3: processes start in one place, and nothing opens a socket.
#[test]
fn nothing_else_starts_a_process() {
    for (path, text) in sources("src") {
        if is_test(&path) {
            continue;
        }
        let code = code(&text);
        // The one door, and it takes argument vectors.
        if path.components().any(|part| part.as_os_str() == "process") {
            assert!(!code.contains("\"sh\""), "{} starts a shell", path.display());
            continue;
        }
        for word in ["process::Command", "Command::new(\"", "TcpStream", "UdpSocket", "UnixStream"] {
            assert!(!code.contains(word), "{} uses {word}", path.display());
        }
    }
}

#[test]
fn files_are_short_enough_to_read() {
    for (path, text) in sources("src").into_iter().chain(sources("tests")).chain(sources("../tests")) {
        let lines = text.lines().count();
        assert!(lines <= 700, "{} has {lines} lines", path.display());
    }
}
