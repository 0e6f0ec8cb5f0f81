//! The targets that take minutes more: `FOREIGN_BUILDS=1 tests/run --only builds`. Without it, tests/run leaves this
//! module out by its name and says so; a test that is started does build.

use super::{project::Project, toolchain::Rust};

#[test]
#[ignore = "needs cross toolchains: FOREIGN_BUILDS=1 tests/run --only builds"]
fn windows_by_mingw() {
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
    let target = "aarch64-apple-darwin";
    let project = Project::new("hello", Rust::Side);
    project.build(&[target]);
    let audit = project.audit(&format!("target/{target}/release/hello"), &["--target", target]);
    assert_eq!((&audit["format"], &audit["arch"]), (&"mach-o".into(), &"aarch64".into()), "{audit}");
    assert!(audit["verdict"] == "portable" && audit["signed"] == true, "{audit}");
    assert_eq!(audit["min_os"], "macOS 11.0", "zig's own choice is the newest");
    assert!(
        audit["needed"]
            .as_array()
            .unwrap()
            .iter()
            .all(|name| name.as_str().unwrap().starts_with("/usr/lib/")),
        "{audit}"
    );
}

#[test]
#[ignore = "needs cross toolchains: FOREIGN_BUILDS=1 tests/run --only builds"]
fn both_architectures_of_macos_in_one_file() {
    let target = "universal2-apple-darwin";
    let config = "[env]\nMACOSX_DEPLOYMENT_TARGET = \"13.0\"\n";
    let project = Project::new("hello", Rust::Side).with(".cargo/config.toml", config);
    let built = project.build(&[target]);
    assert!(built.err.contains("with zigbuild"), "{built:#?}");
    let audit = project.audit(&format!("target/{target}/release/hello"), &[]);
    assert_eq!((&audit["format"], &audit["arch"]), (&"mach-o".into(), &"x86_64+aarch64".into()), "{audit}");
    assert_eq!(audit["verdict"], "portable", "{audit}");
    let runs_on = audit["runs_on"].to_string();
    assert!(
        runs_on.contains("macOS 13.0+ on Intel") && runs_on.contains("macOS 13.0+ on Apple silicon"),
        "{audit}"
    );
}
