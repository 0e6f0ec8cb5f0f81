//! The pages of the rules for binaries.

use std::path::Path;

use portolan::{audit::rules::ARTEFACT_RULES, rules::RULES};

#[test]
fn pages_are_complete() {
    for rule in ARTEFACT_RULES {
        let page = rule.page();
        for heading in ["## What it does", "## Why it matters", "## Example", "## Use instead"] {
            assert!(page.contains(heading), "the page of {} lacks {heading}", rule.name);
        }
        assert!(!rule.summary.is_empty() && rule.url().contains("/audit/rules/"), "{}", rule.name);
    }
}

#[test]
fn names_are_sorted_unique_and_those_of_their_files() {
    assert!(ARTEFACT_RULES.windows(2).all(|pair| pair[0].name < pair[1].name));
    for rule in ARTEFACT_RULES {
        assert!(RULES.iter().all(|other| other.name != rule.name), "{} is the name of two rules", rule.name);
        let file = format!("src/audit/rules/{}.rs", rule.name.replace('-', "_"));
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(file).exists(), "{}", rule.name);
    }
}
