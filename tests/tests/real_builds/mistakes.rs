//! Mistake, finding, failing build, the log's cause, fix, the same build once more, audit.

use super::{
    logs,
    project::Project,
    toolchain::{self, QEMU, Rust},
};

/// One mistake, and what has to become of it.
struct Mistake {
    /// The project in `fixtures/builds`.
    fixture: &'static str,
    rust: Rust,
    /// What is given to `cargo build` and to `portolan build`.
    build: &'static [&'static str],
    /// The rule that finds it.
    rule: &'static str,
    /// The file, the line, and the text that is marked.
    place: (&'static str, u64, &'static str),
    /// What `portolan log` and `portolan build` call the failure.
    failure: &'static str,
    /// The program, and for which target it is.
    program: (&'static str, &'static str),
    runner: &'static [&'static str],
    says: &'static str,
}

impl Mistake {
    /// The whole way, with something done to the copy before.
    fn prove(&self, prepare: impl FnOnce(&Project)) {
        let project = Project::new(self.fixture, self.rust);
        prepare(&project);
        let (file, line, marked) = self.place;
        assert_eq!(
            project.findings(self.rule),
            [(file.to_owned(), line, marked.to_owned())],
            "{}",
            self.rule
        );

        for form in [["--color", "never"], ["--color", "always"], ["--message-format", "json"]] {
            let built = project.cargo(&[&["build"], self.build, &form].concat());
            assert!(!built.succeeded, "the mistake is none: {}", built.log);
            for (dress, log) in logs::dressed(&built.log) {
                assert_eq!(project.failures(&log), [self.failure], "{dress}:\n{log}");
            }
        }
        let ours = [&["--builder", "cargo", "--debug"], self.build].concat();
        project.fails(&ours, self.failure, &format!("{file}:{line}:"));

        let fixed = project.portolan(&["fix", "--unsafe", "--rule", self.rule]);
        assert_eq!(fixed.code, Some(0), "{fixed:?}");
        assert_eq!(project.findings(self.rule), [], "the fix fixes nothing: {fixed:?}");

        let built = project.cargo(&[&["build"], self.build].concat());
        assert!(built.succeeded, "{}\nafter {fixed:?}\nthe build fails:\n{}", self.rule, built.log);
        for (dress, log) in logs::dressed(&built.log) {
            assert_eq!(project.failures(&log), [""; 0], "{dress}:\n{log}");
        }
        project.build(&ours);

        let (program, target) = self.program;
        let audit = project.audit(program, &["--target", target]);
        assert!(audit["verdict"] == "portable" || audit["verdict"] == "limited", "{audit}");
        assert_eq!(project.says(program, self.runner), self.says);
    }
}

/// A build for arm64 by what the project's configuration says.
const FOR_ARM: Mistake = Mistake {
    fixture: "",
    rust: Rust::Side,
    build: &[],
    rule: "",
    place: ("", 0, ""),
    failure: "",
    program: ("target/aarch64-unknown-linux-gnu/debug/app", "aarch64-unknown-linux-gnu"),
    runner: QEMU,
    says: "hello from aarch64",
};

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn no_linker() {
    let mistake = Mistake {
        fixture: "no-linker",
        rule: "missing-linker",
        place: (".cargo/config.toml", 3, "\"aarch64-unknown-linux-gnu\""),
        failure: "linker-wrong-architecture",
        ..FOR_ARM
    };
    mistake.prove(|_| {});
}

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn linker_is_a_folder() {
    let mistake = Mistake {
        fixture: "linker-is-folder",
        rule: "linker-not-executable",
        place: (".cargo/config.toml", 5, "\"toolchain/bin\""),
        failure: "linker-cannot-run",
        ..FOR_ARM
    };
    mistake.prove(|project| {
        let gcc = project.path("toolchain/bin/aarch64-unknown-linux-gnu-gcc");
        toolchain::write_program(&gcc, "exec aarch64-linux-gnu-gcc \"$@\"");
    });
}

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn std_missing() {
    let mistake = Mistake {
        fixture: "std-missing",
        rust: Rust::AsToolchainFile,
        rule: "toolchain-target-missing",
        place: ("rust-toolchain.toml", 3, "[\"x86_64-unknown-linux-musl\"]"),
        failure: "target-std-missing",
        ..FOR_ARM
    };
    mistake.prove(|_| {});
}

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn unknown_triple() {
    let mistake = Mistake {
        fixture: "unknown-triple",
        rule: "unknown-target",
        place: (".cargo/config.toml", 2, "\"aarch64-linux-gnu\""),
        failure: "unknown-target",
        ..FOR_ARM
    };
    mistake.prove(|_| {});
}

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn static_glibc_with_a_procedural_macro() {
    let mistake = Mistake {
        fixture: "crt-static-proc-macro",
        rust: Rust::Host,
        rule: "crt-static-needs-target",
        place: (".cargo/config.toml", 2, "\"-C\", \"target-feature=+crt-static\""),
        failure: "crt-static-crate-type",
        program: ("target/x86_64-unknown-linux-gnu/debug/app", "x86_64-unknown-linux-gnu"),
        runner: &[],
        says: "hello from x86_64",
        ..FOR_ARM
    };
    mistake.prove(|_| {});
}

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn openssl_of_another_machine() {
    let mistake = Mistake {
        fixture: "openssl-sys",
        rule: "openssl-sys",
        place: ("Cargo.toml", 7, "reqwest"),
        failure: "openssl-not-found",
        says: "hello from aarch64, true",
        ..FOR_ARM
    };
    mistake.prove(|_| {});
}

#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn no_c_compiler() {
    let mistake = Mistake {
        fixture: "no-c-compiler",
        rule: "missing-c-compiler",
        place: (".cargo/config.toml", 3, "\"x86_64-unknown-linux-musl\""),
        failure: "c-compiler-not-found",
        program: ("target/x86_64-unknown-linux-musl/debug/app", "x86_64-unknown-linux-musl"),
        runner: &[],
        says: "hello 5 from x86_64",
        ..FOR_ARM
    };
    // A compiler that links, under a name that the cc crate does not look for.
    mistake.prove(|project| {
        let compiler = project.path("toolchain/bin/x86_64-linux-musl-cc");
        toolchain::write_program(&compiler, "exec cargo-zigbuild zig cc -- -target x86_64-linux-musl \"$@\"");
    });
}

/// Without a flake there is nowhere to write it down: who builds has to install it.
#[test]
#[ignore = "needs cross toolchains: tests/run --only builds"]
fn no_protoc() {
    let project = Project::new("no-protoc", Rust::Host);
    std::fs::remove_file(project.path("flake.nix")).unwrap();
    let ours = ["--builder", "cargo", "--debug"];
    let failed = project.fails(&ours, "protoc-not-found", "Cargo.toml:2:");
    assert!(failed.out.contains("protobuf-compiler"), "how to get it: {failed:#?}");
    assert!(!failed.out.contains("finds this before"), "no check does: {failed:#?}");
    let protoc = project.path("bin/protoc");
    toolchain::write_program(&protoc, "exec python3 -m grpc_tools.protoc \"$@\"");
    let built = project.portolan_with(&[&["build"], &ours[..]].concat(), |command| {
        command.env("PROTOC", &protoc);
    });
    assert_eq!(built.code, Some(0), "{built:#?}");
    assert_eq!(project.says("target/debug/app", &[]), "hello world from x86_64");
}
