//! Real binaries, made by the compilers of this machine.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A folder for one test's binaries.
pub fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("audit").join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Whether a program can be started here. Says so when it cannot, so that nobody takes silence for a pass.
pub fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("skipped: no {program} on this machine");
    }
    found
}

/// Runs a program; its output.
pub fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).env("LC_ALL", "C").output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Builds a program in C.
pub fn c(folder: &Path, name: &str, source: &str, flags: &[&str]) -> PathBuf {
    let (input, output) = (folder.join(format!("{name}.c")), folder.join(name));
    fs::write(&input, source).unwrap();
    let files = [input.to_str().unwrap(), "-o", output.to_str().unwrap()];
    run("gcc", &[&files, flags].concat());
    output
}

/// Builds a program or library in Rust.
pub fn rust(folder: &Path, name: &str, source: &str, flags: &[&str]) -> PathBuf {
    let (input, output) = (folder.join(format!("{name}.rs")), folder.join(name));
    fs::write(&input, source).unwrap();
    let files = [input.to_str().unwrap(), "-o", output.to_str().unwrap(), "--crate-name", "app"];
    run("rustc", &[&files, flags].concat());
    output
}
