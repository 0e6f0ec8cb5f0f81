//! Paths of the Nix store in the data of a binary.
//!
//! ## What it does
//!
//! Finds paths of a Nix or Guix store that stand in the file but not in what the loader reads: in texts and
//! in debug information.
//!
//! ## Why it matters
//!
//! The program starts without them, and most are harmless: names of source files for messages of a panic.
//! But each keeps its whole package in the closure of the program, so that a container becomes hundreds of
//! megabytes larger. And one that the program opens itself (certificates, time zones, another program) is
//! missing on machines without the store.
//!
//! ## Example
//!
//! ```console
//! $ portolan audit --fail-on hint result/bin/app
//! hint[store-reference]: app mentions 2 paths of the Nix store: /nix/store/…-cargo-vendor-dir and
//!   /nix/store/…-nss-cacert-3.101
//! ```
//!
//! ## Use instead
//!
//! Find out where the path comes from (`strings -t d app | grep /nix/store`), and give the program the file
//! in another way. Names of source files go with `strip = true` and `--remap-path-prefix`, or after the
//! build with `remove-references-to -t ${pkgs.foo} $out/bin/app`.

use super::{ArtefactRule, Subject, support};
use crate::{
    audit::artefact::Place,
    finding::{Finding, Severity},
};

/// The rule.
pub const RULE: ArtefactRule = ArtefactRule {
    name: "store-reference",
    summary: "paths of the Nix store in the data of a binary",
    severity: Severity::Hint,
    source: include_str!("store_reference.rs"),
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(binary) = subject.binary().filter(|_| !subject.policy().allows_store) else { return Vec::new() };
    let in_data = binary.store.iter().filter(|reference| reference.place == Place::Data);
    let paths: Vec<&str> = in_data.map(|reference| reference.path.as_str()).collect();
    if paths.is_empty() {
        return Vec::new();
    }
    let count = match (paths.len(), binary.store_is_cut) {
        (1, _) => "a path".to_owned(),
        (count, false) => format!("{count} paths"),
        (count, true) => format!("more than {count} paths"),
    };
    let message = format!(
        "{} mentions {count} of the Nix store: {}; it starts without, but does it open them?",
        subject.artefact.name,
        support::listed(&paths, 3)
    );
    let help = "look where they come from: `strings FILE | grep /nix/store`; `strip = true` and `--remap-path-prefix` remove those of source files";
    vec![subject.finding(&RULE, Severity::Hint, message).with_help(help)]
}
