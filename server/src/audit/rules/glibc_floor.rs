//! A program that needs a newer glibc than it should.
//!
//! ## What it does
//!
//! Reads the versions of symbols that a binary needs of glibc, takes the highest, and compares it with the
//! policy: `--policy glibc-2.17`, `manylinux2014`, or a file. Symbols that are only weakly needed do not
//! count: glibc starts a program without them. Without a policy a glibc newer than that of the oldest
//! distribution with updates is worth a hint.
//!
//! ## Why it matters
//!
//! For everybody with an older distribution than the one it was built on: the loader refuses the program
//! with ``version `GLIBC_2.34' not found``. What counts is the glibc of the machine that linked it, so an
//! update of the CI's image raises it unasked.
//!
//! ## Example
//!
//! ```console
//! $ portolan audit --policy glibc-2.17 target/release/app
//! error[glibc-floor]: app needs glibc 2.34 (libc.so.6), and glibc-2.17 allows 2.17: it does not start on
//!   RHEL 7 and 8, Debian 9, 10 and 11, …
//! ```
//!
//! ## Use instead
//!
//! Link against an old glibc:
//!
//! ```console
//! $ cargo zigbuild --release --target x86_64-unknown-linux-gnu.2.17
//! ```
//!
//! or build in a container of an old distribution, or for musl, where there is no such version.
//!
//! ## References
//!
//! - <https://github.com/rust-cross/cargo-zigbuild#specify-glibc-version>
//! - <https://peps.python.org/pep-0600/>

use super::{ArtefactRule, Subject, support};
use crate::{
    audit::{
        artefact::{Image, System},
        version::Version,
    },
    finding::{Finding, Severity},
    knowledge,
};

/// The rule.
pub const RULE: ArtefactRule = ArtefactRule {
    name: "glibc-floor",
    summary: "a program that needs a newer glibc than it should",
    severity: Severity::Error,
    source: include_str!("glibc_floor.rs"),
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    subject.images().iter().filter_map(|image| finding(subject, image)).collect()
}

fn finding(subject: &Subject<'_>, image: &Image) -> Option<Finding> {
    let policy = subject.policy();
    let (needed, allowed) = (image.glibc()?, policy.glibc?);
    if image.system != System::Linux || needed <= allowed {
        return None;
    }
    let name = subject.name(image);
    let libraries = needing(image, needed);
    let left_out = left_out(image, allowed, needed);
    let fails =
        if left_out.is_empty() { String::new() } else { format!(": it does not start on {left_out}") };
    let (severity, message) = if policy.is_strict {
        let message = format!(
            "{name} needs glibc {needed} ({}), and {} allows {allowed}{fails}",
            support::listed(&libraries, 3),
            policy.name
        );
        (Severity::Error, message)
    } else {
        (Severity::Hint, format!("{name} needs glibc {needed} ({}){fails}", support::listed(&libraries, 3)))
    };
    let floor = if policy.is_strict { allowed } else { Version::new(2, 17, 0) };
    let triple = support::usual_loader(image).map_or("TARGET", |(_, target)| target.triple);
    let help = format!(
        "link against an older glibc with `cargo zigbuild --target {triple}.{floor}`, build in a container of an old \
         distribution, or build for musl"
    );
    Some(subject.finding(&RULE, severity, message).with_help(help))
}

/// The libraries that need the highest version.
fn needing(image: &Image, highest: Version) -> Vec<&str> {
    let needing = image.versions.iter().filter(|version| {
        !version.is_weak && (version.of("GLIBC") == Some(highest) || version.name == "GLIBC_ABI_DT_RELR")
    });
    let mut names: Vec<&str> = needing.map(|version| version.library.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The releases that the policy means and the program leaves out: "RHEL 7 and 8, Debian 10".
fn left_out(image: &Image, allowed: Version, needed: Version) -> String {
    let of_distribution = |distribution: &knowledge::Distribution| {
        let releases = distribution.releases_for(&image.arch).iter().filter(|release| {
            Version::parse(release.glibc).is_some_and(|glibc| glibc >= allowed && glibc < needed)
        });
        let releases: Vec<&str> = releases.map(|release| release.name).collect();
        (!releases.is_empty()).then(|| format!("{} {}", distribution.name, support::listed(&releases, 4)))
    };
    // Fedora's releases live for a year: nobody builds for them.
    let lasting = knowledge::distributions().iter().filter(|distribution| distribution.name != "Fedora");
    lasting.filter_map(of_distribution).collect::<Vec<_>>().join(", ")
}
