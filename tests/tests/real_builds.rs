//! Real builds with real cross toolchains: mistake, finding, fix, green build, audit.
//!
//! They need what tests/toolchains.sh installs: `tests/run --only builds` does that and sets
//! `PORTOLAN_TOOLCHAINS` to the folder.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use portolan_tests::{Folder, Outcome, binary};
use serde_json::Value;

const GNU: &str = "x86_64-unknown-linux-gnu";
const MUSL: &str = "x86_64-unknown-linux-musl";
const ARM: &str = "aarch64-unknown-linux-gnu";

/// A project with this machine's cross toolchains.
struct Project {
    folder: Folder,
    toolchains: PathBuf,
}

impl Project {
    /// The program of fixtures/builds/NAME with these files beside it.
    fn new(name: &str, more: &[(&str, &str)]) -> Self {
        let toolchains =
            std::env::var_os("PORTOLAN_TOOLCHAINS").expect("PORTOLAN_TOOLCHAINS says where they are");
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/builds").join(name);
        let folder = Folder::new(&[]);
        copy(&fixture, folder.root());
        for (path, text) in more {
            folder.write(path, text);
        }
        Self { folder, toolchains: toolchains.into() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = binary::command(self.folder.root(), arguments);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(
            std::iter::once(self.toolchains.join("bin")).chain(std::env::split_paths(&path)),
        );
        command.env("PATH", path.expect("a PATH")).env("RUSTC", self.toolchains.join("bin/rustc"));
        // Crates are fetched once for all tests.
        command.env("CARGO_HOME", self.toolchains.join("cargo-home"));
        command.env("PYTHONPATH", self.toolchains.join("python"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        self.outcome(self.command(arguments))
    }

    fn outcome(&self, mut command: Command) -> Outcome {
        let output = command.output().expect("portolan can be started");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Outcome { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Builds, and gives what was made.
    fn build(&self, arguments: &[&str]) -> Outcome {
        let outcome = self.run(&[&["build"], arguments].concat());
        assert_eq!(outcome.code, Some(0), "{arguments:?}: {outcome:#?}");
        outcome
    }

    /// A build that fails for one reason, at this place.
    fn fails(&self, arguments: &[&str], failure: &str, place: &str) -> Outcome {
        let outcome = self.run(&[&["build"], arguments].concat());
        assert_eq!(outcome.code, Some(1), "{arguments:?}: {outcome:#?}");
        assert!(outcome.out.contains(&format!("error[{failure}]")), "{failure}: {outcome:#?}");
        assert!(outcome.out.contains(&format!("--> {place}")), "{place}: {outcome:#?}");
        assert_eq!(outcome.out.matches("error[").count(), 1, "one cause: {outcome:#?}");
        outcome
    }

    fn fix(&self, arguments: &[&str]) -> Outcome {
        let outcome = self.run(&[&["fix"], arguments].concat());
        assert!(outcome.out.contains("Fixed 1 problem"), "{outcome:#?}");
        outcome
    }

    fn audit(&self, path: &str, policy: &str) -> Value {
        let outcome = self.run(&["audit", "--format", "json", "--policy", policy, path]);
        outcome.json()["files"][0].clone()
    }

    /// Runs what was made, under an emulator where that is needed.
    fn says(&self, path: &str, emulator: &[&str]) -> String {
        let file = self.folder.path(path);
        let mut words = emulator.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        words.push(file.display().to_string());
        let (program, rest) = words.split_first().expect("a program");
        let output = Command::new(program).args(rest).output().expect("it can be started");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("the fixture is there") {
        let entry = entry.expect("a folder can be listed");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}

/// The glibc that a program needs, as a number that can be compared.
fn glibc(audit: &Value) -> (u32, u32) {
    let version = audit["glibc"].as_str().unwrap_or_else(|| panic!("a glibc: {audit}"));
    let (major, minor) = version.split_once('.').expect("a version");
    (major.parse().expect("a number"), minor.parse().expect("a number"))
}

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn an_old_glibc_by_zig_and_a_new_one_without() {
    let project = Project::new("hello", &[]);
    let old = project.build(&[&format!("{GNU}.2.17")]);
    assert!(old.err.contains("with zigbuild") && old.out.contains("portable"), "{old:#?}");
    let program = format!("target/{GNU}/release/hello");
    let audit = project.audit(&program, "glibc-2.17");
    assert!(glibc(&audit) <= (2, 17) && audit["verdict"] == "portable", "{audit}");
    assert_eq!(project.says(&program, &[]), "hello 10 from x86_64");
    let new = project.build(&[GNU]);
    assert!(new.err.contains("with cargo"), "{new:#?}");
    let audit = project.audit(&program, "glibc-2.17");
    assert!(glibc(&audit) > (2, 17) && audit["verdict"] == "not-portable", "{audit}");
    let strict = project.run(&["build", GNU, "--policy", "glibc-2.17"]);
    assert_eq!(strict.code, Some(1), "{strict:#?}");
    assert!(strict.out.contains("error[glibc-floor]"), "{strict:#?}");
}

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn a_static_glibc_runs_without_a_loader() {
    let config = format!("[target.{GNU}]\nrustflags = [\"-C\", \"target-feature=+crt-static\"]\n");
    let project = Project::new("hello", &[(".cargo/config.toml", &config)]);
    let built = project.build(&[GNU]);
    assert!(built.out.contains("portable") && built.out.contains("static"), "{built:#?}");
    let program = format!("target/{GNU}/release/hello");
    assert_eq!(project.audit(&program, "static")["interpreter"], Value::Null);
    assert_eq!(project.says(&program, &[]), "hello 10 from x86_64");
}

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn musl_is_static_and_zig_compiles_its_c() {
    let project = Project::new("hello", &[]);
    let built = project.build(&[MUSL]);
    assert!(built.err.contains("with zigbuild"), "there is no musl-gcc here: {built:#?}");
    let program = format!("target/{MUSL}/release/hello");
    let audit = project.audit(&program, "static");
    assert!(audit["verdict"] == "portable" && audit["linkage"] != "dynamic", "{audit}");
    assert_eq!(project.says(&program, &[]), "hello 10 from x86_64");
    // By cargo alone, nothing compiles the C code: said with the dependency that wants it.
    project.fails(&["--builder", "cargo", MUSL], "c-compiler-not-found", "Cargo.toml");
}

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn no_linker_is_found_fixed_built_and_run() {
    let config = format!("[build]\ntarget = \"{ARM}\"\n");
    let project = Project::new("hello", &[(".cargo/config.toml", &config)]);
    let failed =
        project.fails(&["--builder", "cargo"], "linker-wrong-architecture", ".cargo/config.toml:2:10");
    assert!(
        failed.out.contains("Link aarch64-unknown-linux-gnu with `aarch64-linux-gnu-gcc`"),
        "{failed:#?}"
    );
    project.fix(&["--unsafe"]);
    let built = project.build(&[]);
    assert!(built.err.contains("with cargo (its linker is aarch64-linux-gnu-gcc)"), "{built:#?}");
    let program = format!("target/{ARM}/release/hello");
    assert_eq!(
        project.says(&program, &["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"]),
        "hello 10 from aarch64"
    );
}

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn a_folder_as_linker_is_found_fixed_and_built() {
    let config = format!("[target.{ARM}]\nlinker = \"/usr/aarch64-linux-gnu\"\n");
    let project = Project::new("hello", &[(".cargo/config.toml", &config)]);
    project.fails(&["--builder", "cargo", ARM], "linker-cannot-run", ".cargo/config.toml:2:10");
    project.fix(&["--unsafe", "--target", ARM]);
    project.build(&["--builder", "cargo", ARM]);
}

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn zig_links_what_nobody_else_does() {
    let project = Project::new("hello", &[]);
    let built = project.build(&[&format!("{ARM}.2.17")]);
    assert!(built.out.contains("portable"), "{built:#?}");
    let program = format!("target/{ARM}/release/hello");
    assert!(glibc(&project.audit(&program, "glibc-2.17")) <= (2, 17));
    assert_eq!(
        project.says(&program, &["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"]),
        "hello 10 from aarch64"
    );
}

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn a_missing_std_stands_at_the_toolchain() {
    let toolchain = "[toolchain]\nchannel = \"stable\"\ntargets = [\"x86_64-unknown-linux-gnu\"]\n";
    let config = format!("[target.{ARM}]\nlinker = \"aarch64-linux-gnu-gcc\"\n");
    let files = [("rust-toolchain.toml", toolchain), (".cargo/config.toml", config.as_str())];
    let project = Project::new("hello", &files);
    let mut command = project.command(&["build", "--builder", "cargo", ARM]);
    // rustup's own rustc, without std for the target; the toolchain file would have it fetch one.
    let rustc = Command::new("rustup").args(["which", "rustc"]).output().expect("rustup is here");
    let rustc = String::from_utf8_lossy(&rustc.stdout).trim().to_owned();
    command
        .env("RUSTC", &rustc)
        .env("RUSTUP_TOOLCHAIN", Path::new(&rustc).ancestors().nth(2).expect("a toolchain"));
    let failed = project.outcome(command);
    assert_eq!(failed.code, Some(1), "{failed:#?}");
    assert!(failed.out.contains("error[target-std-missing]"), "{failed:#?}");
    assert!(failed.out.contains("rust-toolchain.toml:3:"), "{failed:#?}");
    project.fix(&["--target", ARM]);
    assert!(project.folder.read("rust-toolchain.toml").contains(ARM));
    // With a toolchain that has it, the same build is green.
    let mut command = project.command(&["build", "--builder", "cargo", ARM]);
    command.env("RUSTUP_TOOLCHAIN", Path::new(&rustc).ancestors().nth(2).expect("a toolchain"));
    let built = project.outcome(command);
    assert_eq!(built.code, Some(0), "{built:#?}");
}

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn a_misspelt_triple_is_found_fixed_and_built() {
    let config = "[build]\ntarget = \"x86_64-unknown-linux-gnuu\"\n";
    let project = Project::new("hello", &[(".cargo/config.toml", config)]);
    project.fails(&["--builder", "cargo"], "unknown-target", ".cargo/config.toml:2:10");
    project.fix(&[]);
    project.build(&[]);
}

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn a_procedural_macro_with_a_static_glibc_is_found_fixed_and_built() {
    let config = "[build]\nrustflags = [\"-C\", \"target-feature=+crt-static\"]\n";
    let project = Project::new("macro", &[(".cargo/config.toml", config)]);
    let failed = project.fails(&[], "crt-static-crate-type", ".cargo/config.toml:2");
    assert!(failed.out.contains("fix:"), "{failed:#?}");
    let fixed = project.run(&["fix", "--unsafe"]);
    assert_eq!(fixed.code, Some(0), "{fixed:#?}");
    let built = project.build(&[]);
    assert!(built.out.contains("static"), "{built:#?}");
}

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn a_full_disk_is_told_plainly() {
    let project = Project::new("hello", &[]);
    let small = project.folder.path("small");
    fs::create_dir(&small).expect("a folder can be made");
    let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=200k", "tmpfs"]).arg(&small).status();
    assert!(mount.is_ok_and(|status| status.success()), "only root can mount a disk that is full");
    let mut command = project.command(&["build", GNU]);
    command.env("CARGO_TARGET_DIR", &small);
    let outcome = project.outcome(command);
    let unmounted = Command::new("umount").arg(&small).status();
    assert!(unmounted.is_ok_and(|status| status.success()));
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    assert!(
        outcome.out.contains("error[no-space]") || outcome.out.contains("No space left on device"),
        "{outcome:#?}"
    );
}
