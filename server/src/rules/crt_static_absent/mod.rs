//! A program that needs a C library at run time, where a static one was meant.
//!
//! ## What it does
//!
//! Finds the five ways in which `crt-static` gets lost:
//!
//! - a shipped `*-windows-msvc` target that nothing sets `+crt-static` for (cargo's files, dist or the jobs of a
//!   release workflow name it);
//! - a musl target that rustc links **dynamically** by default (riscv64gc, loongarch64, powerpc64, mips,
//!   s390x, …: the table of measured defaults decides, never the suffix);
//! - a Nix package for musl from a package set that is not static (`pkgsMusl`, `pkgsCross.musl64`,
//!   `crossSystem` without `isStatic`);
//! - a package that is given `glibc.static`, or is called `*-static`, without `+crt-static`;
//! - `-crt-static` for a target that is static by default.
//!
//! ## Why it matters
//!
//! For whoever runs the program elsewhere: on a fresh Windows it stops with "VCRUNTIME140.dll was not
//! found", on Linux with "No such file or directory", because the loader of musl or of the Nix store is
//! not there.
//!
//! ## Example
//!
//! ```toml file:rust-toolchain.toml
//! [toolchain]
//! channel = "1.95"
//! targets = ["x86_64-pc-windows-msvc"]
//! ```
//!
//! ## Use instead
//!
//! ```toml file:rust-toolchain.toml
//! [toolchain]
//! channel = "1.95"
//! targets = ["x86_64-pc-windows-msvc"]
//! ```
//!
//! ```toml file:.cargo/config.toml
//! [target.'cfg(all(windows, target_env = "msvc"))']
//! rustflags = ["-C", "target-feature=+crt-static"]
//! ```
//!
//! ## When it stays silent
//!
//! For x86_64, aarch64 and arm musl with plain rustc (static already), for workspaces that make no
//! program, for `pkgsStatic`, for flags that are not known, and for a `-crt-static` with a comment beside
//! it: somebody has thought about it. For msvc also where a workflow sets the flag for the releases, where dist
//! builds them, which sets it by itself, and where a build script does (`static_vcruntime`, tauri-build).
//!
//! ## Fix safety
//!
//! Safe for msvc and for musl targets in cargo's configuration: the flag changes nothing but the linkage.
//! When the project has `build.rustflags`, they are repeated in the new table, because cargo takes only one
//! of the two. In Nix it is for review: another package set rebuilds everything. So it is where nothing but a workflow
//! names the target.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/reference/linkage.html#static-and-dynamic-c-runtimes>
//! - <https://learn.microsoft.com/cpp/windows/latest-supported-vc-redist>

mod config;
mod packages;

use super::{FixKind, Rule};
use crate::{
    finding::{Finding, Severity},
    project::Project,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "crt-static-absent",
    summary: "a program that needs a C library at run time, where a static one was meant",
    severity: Severity::Warning,
    fix: FixKind::Safe,
    source: include_str!("mod.rs"),
    touches: &["target.*.rustflags"],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let mut findings = config::dynamic_by_default(project);
    findings.extend(config::turned_off(project));
    findings.extend(packages::not_static(project));
    findings.extend(packages::named_static(project));
    findings
}
