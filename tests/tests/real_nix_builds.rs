//! `nix build` of flakes with real Nix and a stand-in for nixpkgs that builds.
//!
//! They need what tests/toolchains.sh installs, and Nix: `tests/run --only builds`.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use portolan_tests::{Folder, Outcome, binary};

const MUSL: &str = "x86_64-unknown-linux-musl";

/// A flake in a Git repository, with a store of its own.
struct Flake {
    folder: Folder,
}

impl Flake {
    fn new() -> Self {
        Self::of("flake", &["flake.nix", "Cargo.toml", "Cargo.lock", "src/main.rs"])
    }

    /// Files of a project in `fixtures/builds`.
    fn of(fixture: &str, files: &[&str]) -> Self {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/builds");
        let folder = Folder::new(&[("registry.json", "{\"flakes\":[],\"version\":2}")]);
        for file in files {
            let text = fs::read_to_string(fixtures.join(fixture).join(file)).expect("the fixture is there");
            folder.write(&format!("project/{file}"), text);
        }
        let text = fs::read_to_string(fixtures.join("nixpkgs.nix")).expect("the stand-in is there");
        let toolchains = toolchains();
        let text = text
            .replace("@path@", &search_path(&toolchains).display().to_string())
            .replace("@rustc@", &toolchains.join("bin/rustc").display().to_string())
            .replace("@python@", &toolchains.join("python").display().to_string())
            .replace("@cargo-home@", &toolchains.join("cargo-home").display().to_string());
        folder.write("nixpkgs/flake.nix", text);
        let flake = Self { folder };
        flake.git(&["init", "--quiet"]);
        flake.git(&["add", "."]);
        flake
    }

    fn git(&self, arguments: &[&str]) {
        let status = Command::new("git").args(arguments).current_dir(self.folder.path("project")).status();
        assert!(status.is_ok_and(|status| status.success()), "git {arguments:?}");
    }

    /// The program, with a Nix of this flake's own.
    fn portolan(&self, arguments: &[&str]) -> Outcome {
        let mut command = binary::command(&self.folder.path("project"), arguments);
        let config = format!(
            "experimental-features = nix-command flakes\nsubstituters =\nbuild-users-group =\nsandbox = false\n\
             flake-registry = {}\nwarn-dirty = false",
            self.folder.path("registry.json").display()
        );
        command.env("NIX_CONFIG", config).env("NIX_USER_CONF_FILES", "/dev/null");
        for (name, below) in [("NIX_STORE_DIR", "store"), ("NIX_STATE_DIR", "var"), ("NIX_LOG_DIR", "log")] {
            command.env(name, self.folder.path(below));
        }
        command.env("XDG_CACHE_HOME", self.folder.path("cache")).env("HOME", self.folder.path("home"));
        let output = command.output().expect("portolan can be started");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Outcome { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    fn build(&self, arguments: &[&str]) -> Outcome {
        let stub = format!("path:{}", self.folder.path("nixpkgs").display());
        let own = ["--", "--override-input", "nixpkgs", stub.as_str(), "--no-write-lock-file"];
        self.portolan(&[&["build"], arguments, &own].concat())
    }
}

impl Drop for Flake {
    fn drop(&mut self) {
        // Nix makes its store read-only.
        let _ = Command::new("chmod").args(["-R", "u+w"]).arg(self.folder.root()).status();
    }
}

fn toolchains() -> PathBuf {
    std::env::var_os("PORTOLAN_TOOLCHAINS").expect("PORTOLAN_TOOLCHAINS says where they are").into()
}

/// The toolchains, rustup's own cargo, and this machine's programs.
fn search_path(toolchains: &Path) -> PathBuf {
    let cargo = Command::new("rustup").args(["which", "cargo"]).output().expect("rustup is here");
    let cargo = PathBuf::from(String::from_utf8_lossy(&cargo.stdout).trim());
    let own = [toolchains.join("bin"), cargo.parent().expect("a folder").to_owned()];
    let path: OsString = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path))).expect("a PATH").into()
}

#[test]
#[ignore = "needs cross toolchains and Nix: tests/run --only builds"]
fn the_package_for_a_target_is_built_and_audited() {
    let flake = Flake::new();
    let outcome = flake.build(&[MUSL]);
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
    assert!(outcome.err.contains("with nix (the project builds it that way)"), "{outcome:#?}");
    assert!(outcome.err.contains("nix build .#static"), "{outcome:#?}");
    // The builder's own lines are shown, by the derivation's name.
    assert!(
        outcome.err.contains("app-0.1.0> ") && outcome.err.contains("Compiling app v0.1.0"),
        "{outcome:#?}"
    );
    assert!(outcome.out.contains("-app-0.1.0/bin/app") && outcome.out.contains("portable"), "{outcome:#?}");
}

#[test]
#[ignore = "needs cross toolchains and Nix: tests/run --only builds"]
fn an_attribute_is_built_by_its_name() {
    let flake = Flake::new();
    let outcome = flake.build(&["--attr", "default"]);
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
    // Its loader is in the store, as that of nearly every package: nothing is wrong with that where Nix is.
    assert!(outcome.out.contains("any Linux x86_64 with Nix"), "{outcome:#?}");
    assert!(outcome.out.contains("1 portable (policy nix)"), "{outcome:#?}");
    for elsewhere in [&["--policy", "default"][..], &["--dist", "dist"]] {
        let refused = flake.build(&[&["--attr", "default"], elsewhere].concat());
        assert_eq!(refused.code, Some(1), "{refused:#?}");
        assert!(refused.out.contains("error[interpreter-not-standard]"), "{refused:#?}");
    }
    let wrong = flake.build(&["--attr", "no-such-package"]);
    assert_eq!(wrong.code, Some(1), "{wrong:#?}");
    assert!(
        wrong.out.contains("error[flake-evaluation-failed]") && wrong.out.contains("no-such-package"),
        "{wrong:#?}"
    );
}

#[test]
#[ignore = "needs cross toolchains and Nix: tests/run --only builds"]
fn an_untracked_file_is_named_where_the_flake_reads_it() {
    let flake = Flake::new();
    let text = flake
        .folder
        .read("project/flake.nix")
        .replace("version = \"0.1.0\";", "version = import ./version.nix;");
    flake.folder.write("project/flake.nix", text);
    flake.folder.write("project/version.nix", "\"0.1.0\"\n");
    let failed = flake.build(&["--builder", "nix"]);
    assert_eq!(failed.code, Some(1), "{failed:#?}");
    assert!(failed.out.contains("error[flake-file-untracked]"), "{failed:#?}");
    assert!(failed.out.contains("flake.nix:12:30") && failed.out.contains("git add"), "{failed:#?}");
    flake.git(&["add", "--intent-to-add", "version.nix"]);
    let built = flake.build(&["--builder", "nix"]);
    assert_eq!(built.code, Some(0), "{built:#?}");
}

#[test]
#[ignore = "needs cross toolchains and Nix: tests/run --only builds"]
fn an_evaluation_error_stands_at_its_line() {
    let flake = Flake::new();
    let right = flake.folder.read("project/flake.nix");
    flake.folder.write("project/flake.nix", right.replace("default = app pkgs;", "default = app pkgz;"));
    let failed = flake.build(&["--builder", "nix"]);
    assert_eq!(failed.code, Some(1), "{failed:#?}");
    assert!(failed.out.contains("error[flake-evaluation-failed]"), "{failed:#?}");
    assert!(failed.out.contains("flake.nix:19:"), "{failed:#?}");
    flake.folder.write("project/flake.nix", right);
    assert_eq!(flake.build(&["--builder", "nix"]).code, Some(0));
}

#[test]
#[ignore = "needs cross toolchains and Nix: tests/run --only builds"]
fn a_program_that_does_not_compile_fails_in_the_builder() {
    let flake = Flake::new();
    flake.folder.write("project/src/main.rs", "fn main() { nothing_of_that_name(); }\n");
    let failed = flake.build(&["--builder", "nix"]);
    assert_eq!(failed.code, Some(1), "{failed:#?}");
    assert!(failed.out.contains("error[E0425]"), "{failed:#?}");
}

/// The whole way: mistake, failing build, finding, fix, the same build once more.
#[test]
#[ignore = "needs cross toolchains and Nix: tests/run --only builds"]
fn protobuf_files_and_nobody_who_compiles_them() {
    let files = ["flake.nix", "Cargo.toml", "Cargo.lock", "build.rs", "src/main.rs", "src/greeting.proto"];
    let flake = Flake::of("no-protoc", &files);
    let toolchains = toolchains();
    let fetched = Command::new("cargo")
        .args(["fetch", "--locked", "--quiet"])
        .env("CARGO_HOME", toolchains.join("cargo-home"))
        .current_dir(flake.folder.path("project"))
        .status();
    assert!(fetched.is_ok_and(|status| status.success()), "the crates can be fetched");

    let failed = flake.build(&["--builder", "nix"]);
    assert_eq!(failed.code, Some(1), "{failed:#?}");
    assert!(failed.out.contains("error[protoc-not-found]"), "{failed:#?}");
    assert!(failed.out.contains("flake.nix:10:"), "{failed:#?}");
    let causes = failed.out.lines().filter(|line| line.starts_with("error["));
    assert_eq!(causes.count(), 1, "one cause: {failed:#?}");

    let fixed = flake.portolan(&["fix", "--rule", "protoc-missing"]);
    assert_eq!(fixed.code, Some(0), "{fixed:#?}");
    assert!(flake.folder.read("project/flake.nix").contains("nativeBuildInputs = [ pkgs.protobuf ];"));
    let built = flake.build(&["--builder", "nix"]);
    assert_eq!(built.code, Some(0), "{built:#?}");
}
