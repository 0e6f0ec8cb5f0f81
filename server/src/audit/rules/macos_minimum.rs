//! A program that needs a newer macOS than it should.
//!
//! ## What it does
//!
//! Reads the oldest macOS that a binary says it is for (`LC_BUILD_VERSION`, `LC_VERSION_MIN_MACOSX`), and
//! compares it with the policy: `--policy macos-11`, or `macos = "11.0"` in a file. Does the same for the
//! version of Windows in the header of a program, with `--policy windows-10`.
//!
//! ## Why it matters
//!
//! For everybody with an older system: the loader refuses the program, or it ends at the first function that
//! is not there. The figure is that of `MACOSX_DEPLOYMENT_TARGET`; C code that is compiled without it takes
//! the version of the machine that built it.
//!
//! ## Example
//!
//! ```console
//! $ portolan audit --policy macos-11 target/release/app
//! error[macos-minimum]: app needs macOS 15.0, and macos-11 allows 11.0
//! ```
//!
//! ## Use instead
//!
//! ```toml
//! # .cargo/config.toml
//! [env]
//! MACOSX_DEPLOYMENT_TARGET = "11.0"
//! ```
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/rustc/platform-support/apple-darwin.html#os-version>

use super::{ArtefactRule, Subject};
use crate::{
    audit::{
        artefact::{Image, System},
        runs_on,
    },
    finding::{Finding, Severity},
};

/// The rule.
pub const RULE: ArtefactRule = ArtefactRule {
    name: "macos-minimum",
    summary: "a program that needs a newer macOS (or Windows) than it should",
    severity: Severity::Error,
    source: include_str!("macos_minimum.rs"),
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    subject.images().iter().filter_map(|image| finding(subject, image)).collect()
}

fn finding(subject: &Subject<'_>, image: &Image) -> Option<Finding> {
    let policy = subject.policy();
    let (needed, allowed, help) = match image.system {
        System::MacOs => {
            let (needed, allowed) = (image.minimum?.version, policy.macos?);
            if needed <= allowed {
                return None;
            }
            let help =
                format!("build with MACOSX_DEPLOYMENT_TARGET={allowed}, C code and all: `cargo clean` first");
            (format!("macOS {needed}"), allowed.to_string(), help)
        }
        System::Windows => {
            let (needed, allowed) = (runs_on::effective_windows(image), policy.windows?);
            if needed <= allowed {
                return None;
            }
            let help = "build for a target that is made for it, such as x86_64-win7-windows-msvc".to_owned();
            (runs_on::windows(needed), runs_on::windows(allowed), help)
        }
        _ => return None,
    };
    let name = subject.name(image);
    let (severity, message) = if policy.is_strict {
        (Severity::Error, format!("{name} needs {needed}, and {} allows {allowed}", policy.name))
    } else {
        (
            Severity::Hint,
            format!("{name} needs {needed}: older systems that still get updates do not start it"),
        )
    };
    Some(subject.finding(&RULE, severity, message).with_help(help))
}
