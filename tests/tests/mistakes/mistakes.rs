//! Mistake, finding, failing build, the log's cause, fix, the same build once more, audit.

use super::{
    logs,
    project::Project,
    toolchain::{self, Rust},
};

/// What runs programs for arm64 on Linux.
const QEMU: &[&str] = &["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"];

/// One mistake, and what has to become of it.
struct Mistake {
    /// The project in `fixtures/builds`.
    fixture: &'static str,
    rust: Rust,
    /// What is given to cargo.
    build: &'static [&'static str],
    /// The rule that finds it.
    rule: &'static str,
    /// The file, and the text that is marked.
    place: (&'static str, &'static str),
    /// What `portolan log` calls the failure.
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
        let (file, marked) = self.place;
        assert_eq!(project.findings(self.rule), [(file.to_owned(), marked.to_owned())], "{}", self.rule);

        for colour in ["never", "always"] {
            let built = project.build(&[self.build, &["--color", colour]].concat());
            assert!(!built.succeeded, "the mistake is none: {}", built.log);
            self.name(&project, &built.log);
        }
        let json = project.build(&[self.build, &["--message-format", "json"]].concat());
        self.name(&project, &json.log);

        let fixed = project.portolan(&["fix", "--unsafe", "--rule", self.rule]);
        assert_eq!(fixed.code, Some(0), "{fixed:?}");
        assert_eq!(project.findings(self.rule), [], "the fix fixes nothing: {fixed:?}");

        let built = project.build(self.build);
        assert!(built.succeeded, "{}\nafter {fixed:?}\nthe build fails:\n{}", self.rule, built.log);
        for (dress, log) in logs::dressed(&built.log) {
            assert_eq!(project.failures(&log), [""; 0], "{dress}:\n{log}");
        }

        let (program, target) = self.program;
        let audit = project.audit(program, &["--target", target]);
        assert!(audit["verdict"] == "portable" || audit["verdict"] == "limited", "{audit}");
        assert_eq!(project.run(self.runner, program), self.says);
    }

    /// The failure, and nothing else, is named in every dress.
    fn name(&self, project: &Project, log: &str) {
        for (dress, log) in logs::dressed(log) {
            assert_eq!(project.failures(&log), [self.failure], "{dress}:\n{log}");
        }
    }
}

const ARM: (&str, &str) = ("target/aarch64-unknown-linux-gnu/debug/app", "aarch64-unknown-linux-gnu");

/// A build for arm64 by what the project's configuration says.
const FOR_ARM: Mistake = Mistake {
    fixture: "",
    rust: Rust::Side,
    build: &["build"],
    rule: "",
    place: (".cargo/config.toml", "\"aarch64-unknown-linux-gnu\""),
    failure: "",
    program: ARM,
    runner: QEMU,
    says: "hello from aarch64",
};

#[test]
fn no_linker() {
    let mistake = Mistake {
        fixture: "no-linker",
        rule: "missing-linker",
        failure: "linker-wrong-architecture",
        ..FOR_ARM
    };
    mistake.prove(|_| {});
}

#[test]
fn linker_is_a_folder() {
    let mistake = Mistake {
        fixture: "linker-is-folder",
        rule: "linker-not-executable",
        place: (".cargo/config.toml", "\"toolchain/bin\""),
        failure: "linker-cannot-run",
        ..FOR_ARM
    };
    mistake.prove(|project| {
        let gcc = project.path("toolchain/bin/aarch64-linux-gnu-gcc");
        std::fs::create_dir_all(gcc.parent().unwrap()).unwrap();
        std::fs::write(&gcc, "#!/bin/sh\nexec aarch64-linux-gnu-gcc \"$@\"\n").unwrap();
        toolchain::make_executable(&gcc);
    });
}

#[test]
fn std_missing() {
    let mistake = Mistake {
        fixture: "std-missing",
        rust: Rust::AsToolchainFile,
        rule: "toolchain-target-missing",
        place: ("rust-toolchain.toml", "[\"x86_64-unknown-linux-musl\"]"),
        failure: "target-std-missing",
        ..FOR_ARM
    };
    mistake.prove(|_| {});
}

#[test]
fn unknown_triple() {
    let mistake = Mistake {
        fixture: "unknown-triple",
        rule: "unknown-target",
        place: (".cargo/config.toml", "\"aarch64-linux-gnu\""),
        failure: "unknown-target",
        ..FOR_ARM
    };
    mistake.prove(|_| {});
}

#[test]
fn static_glibc_with_a_procedural_macro() {
    let mistake = Mistake {
        fixture: "crt-static-proc-macro",
        rust: Rust::Host,
        rule: "crt-static-needs-target",
        place: (".cargo/config.toml", "\"-C\", \"target-feature=+crt-static\""),
        failure: "crt-static-crate-type",
        program: ("target/x86_64-unknown-linux-gnu/debug/app", "x86_64-unknown-linux-gnu"),
        runner: &[],
        says: "hello from x86_64",
        ..FOR_ARM
    };
    mistake.prove(|_| {});
}

#[test]
fn openssl_of_another_machine() {
    let mistake = Mistake {
        fixture: "openssl-sys",
        rule: "openssl-sys",
        place: ("Cargo.toml", "reqwest"),
        failure: "openssl-not-found",
        says: "hello from aarch64, true",
        ..FOR_ARM
    };
    mistake.prove(|_| {});
}
