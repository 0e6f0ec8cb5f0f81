//! Tests that this machine cannot run.
//!
//! ## What it does
//!
//! Finds a target that builds here by default (`build.target`, `CARGO_BUILD_TARGET`, a dev shell), that this host
//! cannot execute, and for which no runner is named, in a project with tests.
//!
//! ## Why it matters
//!
//! For whoever types `cargo test` or `cargo run`: the build is good, and then comes "Exec format error". With an
//! emulator as the runner the tests run as if the target were here.
//!
//! ## Example
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! target = "aarch64-unknown-linux-gnu"
//!
//! [target.aarch64-unknown-linux-gnu]
//! linker = "aarch64-linux-gnu-gcc"
//! ```
//!
//! ```toml file:Cargo.toml
//! [package]
//! name = "app"
//! version = "0.1.0"
//! edition = "2024"
//!
//! [[test]]
//! name = "smoke"
//! path = "smoke.rs"
//! ```
//!
//! ## Use instead
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! target = "aarch64-unknown-linux-gnu"
//!
//! [target.aarch64-unknown-linux-gnu]
//! linker = "aarch64-linux-gnu-gcc"
//! runner = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]
//! ```
//!
//! ## When it stays silent
//!
//! When a runner is named anywhere, when cross builds the target (it brings one), when the target runs here (32
//! bit on 64, musl on glibc), when no emulator runs it, and when the project has no tests of its own.
//!
//! ## Fix safety
//!
//! For review: the emulator has to be installed (`qemu-user`, `wine`, `wasmtime`).
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/cargo/reference/config.html#targettriplerunner>

use super::{FixKind, Rule};
use crate::{
    cargo::{Manifest, Workspace},
    finding::{Confidence, Finding, Fix, Severity},
    fix,
    knowledge::Target,
    nix::facts::Known,
    project::{Builder, DeclaredAs, Project, ShippedTarget, environment::target_variable, matches},
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "runner-missing",
    summary: "tests for a target that this host cannot run, and no runner",
    severity: Severity::Hint,
    fix: FixKind::Review,
    source: include_str!("runner_missing.rs"),
    touches: &["target.*.runner"],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let Some(host) = project.host_target() else { return Vec::new() };
    if !has_tests(project) {
        return Vec::new();
    }
    project.targets.iter().filter_map(|target| finding(project, host, target)).collect()
}

fn finding(project: &Project, host: &Target, target: &ShippedTarget) -> Option<Finding> {
    let known = target.known.filter(|known| !runs_on(host, known))?;
    let by_default = |by: DeclaredAs| {
        matches!(by, DeclaredAs::BuildTarget | DeclaredAs::BuildTargetVariable | DeclaredAs::DevShell)
    };
    let declared = target.declarations.iter().find(|one| by_default(one.by) && one.origin.is_some())?;
    if has_runner(project, known) || project.builder(known.triple) == Builder::Cross {
        return None;
    }
    let emulator = emulator(host, known)?;
    let variable = target_variable(known.triple, "RUNNER");
    let message = format!(
        "`cargo test` cannot run programs for {} on {}, and no runner is named",
        known.triple, host.triple
    );
    let command = emulator.join(" ");
    let (file, source) = project.config_to_edit();
    let words: Vec<String> = emulator.iter().map(|word| fix::toml::quote(word)).collect();
    let value = if let [one] = words.as_slice() { one.clone() } else { format!("[{}]", words.join(", ")) };
    // A dev shell has its emulator at another place than the host; there the variable is the better home.
    let edit = (declared.by == DeclaredAs::BuildTarget)
        .then(|| fix::toml::set(&file, source.as_deref(), &["target", known.triple, "runner"], &value))
        .flatten();
    let finding = Finding::new(RULE.name, Severity::Hint, declared.origin.clone()?, message)
        .with_confidence(Confidence::Likely)
        .with_targets([known.triple])
        .with_help(format!(
            "name one as `target.{}.runner` or in {variable}, such as `{command}`",
            known.triple
        ))
        .with_fixes(edit.map(|edit| Fix::review(format!("Run it with `{command}`"), vec![edit])));
    Some(finding)
}

/// Whether the host's kernel and processor execute a target's programs.
fn runs_on(host: &Target, target: &Target) -> bool {
    let same_system = host.os == target.os;
    let same_processor = host.arch == target.arch
        || (host.arch == "x86_64" && target.arch == "x86")
        // Rosetta.
        || (host.os == "macos" && host.arch == "aarch64" && target.arch == "x86_64");
    same_system && same_processor
}

/// What runs a target's programs on this kind of host.
fn emulator(host: &Target, target: &Target) -> Option<Vec<String>> {
    if target.os.starts_with("wasi") {
        return Some(vec!["wasmtime".to_owned()]);
    }
    match (host.os, target.os) {
        ("linux" | "macos", "windows") if target.arch == host.arch => Some(vec!["wine".to_owned()]),
        ("linux", "linux") => {
            let qemu = vec![format!("qemu-{}", qemu_name(target)?)];
            // A dynamic program needs its loader; Debian's cross libraries lie there.
            let sysroot = target.debian_linker().and_then(|linker| linker.strip_suffix("-gcc"));
            let sysroot = sysroot.filter(|_| target.is_glibc()).map(|name| format!("/usr/{name}"));
            Some(
                qemu.into_iter()
                    .chain(sysroot.into_iter().flat_map(|folder| ["-L".to_owned(), folder]))
                    .collect(),
            )
        }
        _ => None,
    }
}

/// The processor's name in qemu's programs.
fn qemu_name(target: &Target) -> Option<&'static str> {
    let is_little = target.endian == "little";
    Some(match target.arch {
        "aarch64" if is_little => "aarch64",
        "arm" if is_little => "arm",
        "riscv64" => "riscv64",
        "riscv32" => "riscv32",
        "loongarch64" => "loongarch64",
        "s390x" => "s390x",
        "powerpc" => "ppc",
        "powerpc64" if is_little => "ppc64le",
        "powerpc64" => "ppc64",
        "mips" if is_little => "mipsel",
        "mips" => "mips",
        "mips64" if is_little => "mips64el",
        "mips64" => "mips64",
        "sparc64" => "sparc64",
        _ => return None,
    })
}

fn has_runner(project: &Project, target: &Target) -> bool {
    let named =
        |name: &str| project.variables_named(name).next().is_some() || project.host_variable(name).is_some();
    let computed = project.variables().any(|one| matches!(one.variable.name, Known::Unknown(_)));
    let mut tables = project.cargo.config.targets.iter();
    computed
        || named(&target_variable(target.triple, "RUNNER"))
        || tables.any(|table| table.runner.is_some() && matches(table, target.triple))
}

/// Whether a package of the workspace has integration tests, declared or in `tests/`.
fn has_tests(project: &Project) -> bool {
    let is_source = |name: &String| name.ends_with(".rs");
    let has = |manifest: &Manifest| {
        let folder = manifest.folder.join("tests");
        let files = project.snapshot.files.list(&folder).unwrap_or_default();
        manifest.source.toml().root.path(&["test"]).is_some() || files.iter().any(is_source)
    };
    project.cargo.workspace.iter().flat_map(Workspace::packages).any(has)
}
