//! A binary for another machine than it was meant for.
//!
//! ## What it does
//!
//! Compares the architecture and the system of a binary with the target that it was built for
//! (`--target aarch64-unknown-linux-gnu`, or the target of the build that Portolan ran) and with the
//! policy's architecture. Finds programs whose loader is that of another architecture, too.
//!
//! ## Why it matters
//!
//! For everybody who downloads it: `cannot execute binary file: Exec format error`. It comes from a file that
//! was copied from `target/release` instead of `target/TRIPLE/release`, or from a package that the emulated
//! half of a matrix built natively.
//!
//! ## Example
//!
//! ```console
//! $ portolan audit --target aarch64-unknown-linux-gnu target/release/app
//! error[wrong-architecture]: app is a program for Linux x86_64, not for aarch64-unknown-linux-gnu
//! ```
//!
//! ## Use instead
//!
//! Take the file from `target/aarch64-unknown-linux-gnu/release`: with `--target`, or with `build.target` in
//! the configuration, cargo writes there.

use super::{ArtefactRule, Subject, support};
use crate::{
    audit::artefact::{Image, Kind, System},
    finding::{Finding, Severity},
    knowledge::{self, Target},
};

/// The rule.
pub const RULE: ArtefactRule = ArtefactRule {
    name: "wrong-architecture",
    summary: "a binary for another machine than it was meant for",
    severity: Severity::Error,
    source: include_str!("wrong_architecture.rs"),
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let target = subject.request.target.and_then(|target| for_target(subject, target));
    let policy = subject.policy().arch.and_then(|arch| for_policy(subject, arch));
    let loaders = subject.images().iter().filter_map(|image| foreign_loader(subject, image));
    target.into_iter().chain(policy).chain(loaders).collect()
}

fn for_target(subject: &Subject<'_>, target: &Target) -> Option<Finding> {
    let images = subject.images();
    if images.is_empty() || images.iter().any(|image| fits(image, target)) {
        return None;
    }
    let message = format!("{} is {}, not for {}", subject.artefact.name, described(images), target.triple);
    let help = format!(
        "take the file from target/{}/release, and look whether the build says `--target`",
        target.triple
    );
    Some(subject.finding(&RULE, Severity::Error, message).with_help(help))
}

fn for_policy(subject: &Subject<'_>, arch: &str) -> Option<Finding> {
    let images = subject.images();
    if images.is_empty() || images.iter().any(|image| image.arch == arch) {
        return None;
    }
    let policy = &subject.policy().name;
    let message = format!("{} is {}, and {policy} is for {arch}", subject.artefact.name, described(images));
    let help = "name the policy without the architecture, or take the file that was built for it";
    Some(subject.finding(&RULE, Severity::Error, message).with_help(help))
}

fn described(images: &[Image]) -> String {
    let arches: Vec<String> = images.iter().map(support::arch).collect();
    let arches: Vec<&str> = arches.iter().map(String::as_str).collect();
    let (kind, system) = images.first().map_or(("program", ""), |image| {
        (if image.kind == Kind::Program { "program" } else { "library" }, image.system.name())
    });
    format!("a {kind} for {system} {}", support::listed(&arches, 4))
}

fn fits(image: &Image, target: &Target) -> bool {
    // "mips64r6" is a mips64 for ELF.
    let arch = target.arch == image.arch || target.arch.strip_suffix("r6") == Some(&image.arch);
    let system = match image.system {
        System::Wasm => target.is_wasm(),
        // No field of ELF says which of the smaller systems a static program is for.
        System::Linux => {
            target.os == "linux" || !(target.is_apple() || target.is_windows() || is_named_by_elf(target))
        }
        system => system.target_os().is_none_or(|os| os == target.os),
    };
    let endian = if image.is_big_endian { "big" } else { "little" };
    arch && system && target.endian == endian && target.pointer_width == image.pointer_width
}

fn is_named_by_elf(target: &Target) -> bool {
    // Not Android, whose libraries may look like those of any Linux.
    matches!(target.os, "freebsd" | "netbsd" | "openbsd" | "dragonfly" | "uefi") || target.is_wasm()
}

/// A loader that belongs to other targets, and to none with the image's architecture.
fn foreign_loader(subject: &Subject<'_>, image: &Image) -> Option<Finding> {
    let path = image.interpreter.as_deref()?;
    let mut owners =
        knowledge::targets().iter().filter(|target| target.names.loader == Some(path)).peekable();
    let owner = owners.peek().copied()?;
    if image.system != System::Linux || owners.any(|target| fits(image, target)) {
        return None;
    }
    let message = format!(
        "{} is code for {}, but its loader {path} is that of {}",
        subject.name(image),
        support::arch(image),
        owner.triple
    );
    let help = "set the loader of its own architecture, or look which linker was used";
    Some(subject.finding(&RULE, Severity::Error, message).with_help(help))
}
