//! The targets that take minutes more: `FOREIGN_BUILDS=1 tests/run --only builds`.

use super::{project::Project, toolchain::Rust};

/// Whether they are wanted, and their std is there.
fn are_wanted() -> bool {
    std::env::var_os("FOREIGN_BUILDS").is_some_and(|value| value == "1")
}

#[test]
#[ignore = "needs cross toolchains: FOREIGN_BUILDS=1 tests/run --only builds"]
fn windows_by_mingw() {
    if !are_wanted() {
        return;
    }
    let target = "x86_64-pc-windows-gnu";
    let project = Project::new("hello", Rust::Side);
    project.build(&["--builder", "cargo", target]);
    let audit = project.audit(&format!("target/{target}/release/hello.exe"), &["--target", target]);
    assert_eq!(
        (&audit["format"], &audit["arch"], &audit["verdict"]),
        (&"pe".into(), &"x86_64".into(), &"portable".into()),
        "{audit}"
    );
}

#[test]
#[ignore = "needs cross toolchains: FOREIGN_BUILDS=1 tests/run --only builds"]
fn webassembly_without_imports() {
    if !are_wanted() {
        return;
    }
    let target = "wasm32-unknown-unknown";
    let project = Project::new("no-linker", Rust::Side);
    project.build(&[target]);
    let audit = project.audit(&format!("target/{target}/release/app.wasm"), &["--target", target]);
    assert_eq!((&audit["format"], &audit["verdict"]), (&"wasm".into(), &"portable".into()), "{audit}");
    assert_eq!(audit["imports"], serde_json::json!([]));
}

#[test]
#[ignore = "needs cross toolchains: FOREIGN_BUILDS=1 tests/run --only builds"]
fn macos_by_zig() {
    if !are_wanted() {
        return;
    }
    let target = "aarch64-apple-darwin";
    let project = Project::new("hello", Rust::Side);
    project.build(&[target]);
    let audit = project.audit(&format!("target/{target}/release/hello"), &["--target", target]);
    assert_eq!((&audit["format"], &audit["arch"]), (&"mach-o".into(), &"aarch64".into()), "{audit}");
    assert!(audit["verdict"] == "portable" && audit["signed"] == true, "{audit}");
    assert!(
        audit["needed"]
            .as_array()
            .unwrap()
            .iter()
            .all(|name| name.as_str().unwrap().starts_with("/usr/lib/")),
        "{audit}"
    );
}
