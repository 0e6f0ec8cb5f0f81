//! Disks that are full or cannot be written, in a mount namespace of the test's own, and target folders in all places
//! that cargo knows of.

use std::fs;

use portolan_tests::Outcome;

use super::{project::Project, toolchain::Rust};

const GNU: &str = "x86_64-unknown-linux-gnu";

/// `portolan build` where `folder` of the project is a disk of that size, and something was done to it before.
fn on_disk(project: &Project, folder: &str, size: &str, before: &str) -> Outcome {
    fs::create_dir_all(project.path(folder)).unwrap();
    let script = format!("mount -t tmpfs -o size={size} tmpfs {folder} && {before} && exec \"$@\"");
    let outcome = project.wrapped(&["unshare", "-rm", "sh", "-ec", &script, "sh"], &["build", GNU]);
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    outcome
}

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn a_full_disk_is_told_plainly() {
    // From the first byte to the last link.
    for size in ["12k", "200k", "1m", "3m", "5m"] {
        let project = Project::new("hello", Rust::Host);
        let outcome = on_disk(&project, "target", size, "true");
        let text = outcome.out.replace('\n', " ");
        assert!(
            text.contains("error[no-space]")
                || text.contains("nothing can be written into the target folder"),
            "{size}: {outcome:#?}"
        );
        assert!(text.contains("No space left on device"), "{size}: {outcome:#?}");
    }
}

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn a_disk_that_cannot_be_written_is_told_plainly() {
    let project = Project::new("hello", Rust::Host);
    let outcome = on_disk(&project, "target", "9m", "mount -o remount,ro target");
    let text = outcome.out.replace('\n', " ");
    assert!(text.contains("nothing can be written into the target folder"), "{outcome:#?}");
    assert!(text.contains("Read-only file system") && text.contains("CARGO_TARGET_DIR"), "{outcome:#?}");
}

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn what_is_made_is_found_wherever_cargo_puts_it() {
    let config = "[build]\ntarget-dir = \"out/cargo\"\nbuild-dir = \"between\"\n";
    let project = Project::new("hello", Rust::Host).with(".cargo/config.toml", config);
    let proves = |outcome: &Outcome, folder: &str| {
        assert_eq!(outcome.code, Some(0), "{folder}: {outcome:#?}");
        assert!(outcome.out.contains(&format!("{folder}/release/hello")), "{folder}: {outcome:#?}");
        assert!(project.path(folder).join(format!("portolan/{GNU}.log")).is_file(), "{folder}: no log");
    };
    proves(&project.portolan(&["build"]), "out/cargo");
    assert!(project.path("between").is_dir(), "cargo knows no build-dir");
    let by_variable = project.portolan_with(&["build"], |command| {
        command.env("CARGO_TARGET_DIR", "by-variable");
    });
    proves(&by_variable, "by-variable");
    proves(&project.portolan(&["build", "--", "--target-dir", "by-option"]), "by-option");
    assert!(!project.path("target").exists(), "something was put where nobody wants it");
}
