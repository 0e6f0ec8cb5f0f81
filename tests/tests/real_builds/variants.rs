//! One project with a C dependency, built for each target by `portolan build`: what the audit says, and that the
//! program runs.

use serde_json::{Value, json};

use super::{
    project::Project,
    toolchain::{QEMU, Rust},
};

const GNU: &str = "x86_64-unknown-linux-gnu";
const MUSL: &str = "x86_64-unknown-linux-musl";
const ARM: &str = "aarch64-unknown-linux-gnu";

/// The glibc that a program needs, as a number that can be compared.
fn glibc(audit: &Value) -> (u32, u32) {
    let version = audit["glibc"].as_str().unwrap_or_else(|| panic!("a glibc: {audit}"));
    let (major, minor) = version.split_once('.').expect("a version");
    (major.parse().expect("a number"), minor.parse().expect("a number"))
}

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn an_old_glibc_by_zig_and_a_new_one_without() {
    let project = Project::new("hello", Rust::Host);
    let old = project.build(&[&format!("{GNU}.2.17")]);
    assert!(old.err.contains("with zigbuild") && old.out.contains("portable"), "{old:#?}");
    let program = format!("target/{GNU}/release/hello");
    for policy in ["glibc-2.17", "manylinux2014"] {
        let audit = project.audit(&program, &["--policy", policy]);
        assert!(glibc(&audit) <= (2, 17) && audit["verdict"] == "portable", "{policy}: {audit}");
    }
    assert_eq!(project.says(&program, &[]), "hello 10 from x86_64");
    let new = project.build(&[GNU]);
    assert!(new.err.contains("with cargo"), "{new:#?}");
    for policy in ["glibc-2.17", "manylinux2014"] {
        let audit = project.audit(&program, &["--policy", policy]);
        assert!(glibc(&audit) > (2, 17) && audit["verdict"] == "not-portable", "{policy}: {audit}");
    }
    let strict = project.portolan(&["build", GNU, "--policy", "glibc-2.17"]);
    assert_eq!(strict.code, Some(1), "{strict:#?}");
    assert!(strict.out.contains("error[glibc-floor]"), "{strict:#?}");
}

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn a_static_glibc_runs_without_a_loader() {
    let config = format!("[target.{GNU}]\nrustflags = [\"-C\", \"target-feature=+crt-static\"]\n");
    let project = Project::new("hello", Rust::Host).with(".cargo/config.toml", &config);
    let built = project.build(&[GNU]);
    assert!(built.out.contains("portable") && built.out.contains("static"), "{built:#?}");
    let program = format!("target/{GNU}/release/hello");
    let audit = project.audit(&program, &["--policy", "static"]);
    assert_eq!((&audit["linkage"], &audit["interpreter"]), (&"static-pie".into(), &Value::Null));
    assert_eq!((&audit["needed"], &audit["glibc"]), (&json!([]), &Value::Null));
    assert_eq!(project.says(&program, &[]), "hello 10 from x86_64");
}

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn musl_is_static_and_zig_compiles_its_c() {
    let project = Project::new("hello", Rust::Side);
    let built = project.build(&[MUSL]);
    assert!(built.err.contains("with zigbuild"), "there is no musl-gcc here: {built:#?}");
    let program = format!("target/{MUSL}/release/hello");
    let audit = project.audit(&program, &["--policy", "static"]);
    assert!(audit["verdict"] == "portable" && audit["linkage"] != "dynamic", "{audit}");
    assert_eq!(audit["runs_on"], json!(["any Linux x86_64"]));
    assert_eq!(project.says(&program, &[]), "hello 10 from x86_64");
    // By cargo alone, nothing compiles the C code: said with the dependency that wants it.
    project.fails(&["--builder", "cargo", MUSL], "c-compiler-not-found", "Cargo.toml");
}

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn zig_links_what_nobody_else_does() {
    let project = Project::new("hello", Rust::Side);
    let built = project.build(&[&format!("{ARM}.2.17")]);
    assert!(built.out.contains("portable"), "{built:#?}");
    let program = format!("target/{ARM}/release/hello");
    assert!(glibc(&project.audit(&program, &["--policy", "glibc-2.17"])) <= (2, 17));
    assert_eq!(project.says(&program, QEMU), "hello 10 from aarch64");
    let wrong = project.audit(&program, &["--target", GNU]);
    assert_eq!(wrong["findings"][0]["rule"], "wrong-architecture", "{wrong}");
}
