//! Code for one C library with the loader of another.
//!
//! ## What it does
//!
//! Finds Linux programs whose code speaks to musl while their loader is glibc's, or the other way round, and
//! programs that have all code in them and still ask for a loader.
//!
//! ## Why it matters
//!
//! For everybody who runs it: the two libraries keep their data in different places, so the program ends
//! with a segmentation fault before `main`, or with missing symbols. The link step says nothing. It comes
//! from a linker that does not know the target: the host's `cc` for a musl target without rustc's own start
//! files, or `musl-gcc` with `-static-pie`.
//!
//! ## Example
//!
//! ```console
//! $ portolan audit target/x86_64-unknown-linux-musl/release/app
//! error[musl-with-glibc-interpreter]: app was built for musl, but its loader
//!   /lib64/ld-linux-x86-64.so.2 is glibc's
//! ```
//!
//! ## Use instead
//!
//! Leave out the linker for musl targets of the host's architecture: rustc brings what it needs. For others
//! name a linker that is made for the target, such as `aarch64-linux-musl-gcc` or `zig cc` by cargo-zigbuild.
//!
//! ## References
//!
//! - <https://github.com/rust-lang/rust/issues/95926>

use super::{ArtefactRule, Subject, support};
use crate::{
    audit::artefact::{Image, Kind, Libc, System},
    finding::{Confidence, Finding, Severity},
    knowledge::Target,
};

/// The rule.
pub const RULE: ArtefactRule = ArtefactRule {
    name: "musl-with-glibc-interpreter",
    summary: "code for one C library with the loader of another",
    severity: Severity::Error,
    source: include_str!("musl_with_glibc_interpreter.rs"),
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    subject.images().iter().filter_map(|image| finding(subject, image)).collect()
}

fn finding(subject: &Subject<'_>, image: &Image) -> Option<Finding> {
    let loader = image.interpreter.as_deref()?;
    let of_loader = support::libc_of_loader(loader)?;
    if image.system != System::Linux || image.kind != Kind::Program {
        return None;
    }
    let name = subject.name(image);
    let whose = of_name(of_loader);
    let is_for_musl = subject.request.target.is_some_and(Target::is_musl);
    let (message, confidence) = if support::has_two_libcs(image) {
        let code = image.libc.map_or("another C library", of_name);
        (
            format!(
                "{name} needs {code}, but its loader {loader} is that of {whose}: it crashes when it starts"
            ),
            Confidence::Certain,
        )
    } else if is_for_musl && of_loader == Libc::Glibc {
        (
            format!(
                "{name} was built for musl, but its loader {loader} is that of {whose}: it crashes when it starts"
            ),
            Confidence::Certain,
        )
    } else if image.needed.is_empty() && of_loader == Libc::Glibc {
        (
            format!(
                "{name} needs no library, but asks for the loader of {whose}, {loader}: a static program that was \
                 linked as a dynamic one crashes when it starts"
            ),
            Confidence::Likely,
        )
    } else {
        return None;
    };
    let help = "leave out `linker` for a musl target of the host's architecture, or name a linker that is made for the target";
    Some(subject.finding(&RULE, Severity::Error, message).with_confidence(confidence).with_help(help))
}

fn of_name(libc: Libc) -> &'static str {
    match libc {
        Libc::Glibc => "glibc",
        Libc::Musl => "musl",
        Libc::Bionic => "Android",
    }
}
