//! Every rule against its fixtures and the examples of its page, through one harness: see
//! `harness/mod.rs` for what each fixture has to stand.

#![allow(clippy::unwrap_used)]

mod harness;

use std::{fs, path::Path};

use harness::{Fixture, check_fixture};
use portolan::rules::RULES;

fn fixtures() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/rules")
}

#[test]
fn fixtures_of_all_rules() {
    let mut failures = Vec::new();
    let mut count = 0;
    let only = std::env::var("FIXTURE").unwrap_or_default();
    for rule in RULES {
        let folder = fixtures().join(rule.name);
        let mut cases: Vec<_> =
            fs::read_dir(&folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
        cases.sort();
        for case in cases {
            let name = format!("{}/{}", rule.name, case.file_stem().unwrap().to_string_lossy());
            if !name.contains(&only) {
                continue;
            }
            count += 1;
            let fixture = Fixture::parse(&fs::read_to_string(&case).unwrap());
            if let Err(why) = check_fixture(rule, &fixture) {
                failures.push(format!("== {name}\n{why}"));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} fixtures failed\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_rule_has_fixtures_both_ways() {
    for rule in RULES {
        let folder = fixtures().join(rule.name);
        let cases: Vec<Fixture> = fs::read_dir(&folder)
            .unwrap_or_else(|_| panic!("{} has no fixtures in {}", rule.name, folder.display()))
            .map(|entry| Fixture::parse(&fs::read_to_string(entry.unwrap().path()).unwrap()))
            .collect();
        let fires = cases.iter().filter(|case| case.expects(rule.name)).count();
        assert!(fires > 0, "{} has no fixture in which it fires", rule.name);
        assert!(fires < cases.len(), "{} has no fixture in which it must not fire", rule.name);
    }
}

#[test]
fn pages_are_complete_and_their_examples_true() {
    for rule in RULES {
        let page = rule.page();
        assert!(!rule.summary.is_empty() && page.lines().count() > 10, "{} has no page", rule.name);
        for heading in ["## What it does", "## Why it matters", "## Example"] {
            assert!(page.contains(heading), "the page of {} lacks {heading}", rule.name);
        }
        if rule.fix != portolan::rules::FixKind::None {
            assert!(page.contains("## Fix safety"), "the page of {} lacks ## Fix safety", rule.name);
        }
        let bad = Fixture::from_page(&page, "## Example");
        assert!(bad.finds(rule.name), "the example of {} raises nothing", rule.name);
        let good = Fixture::from_page(&page, "## Use instead");
        assert!(!good.finds(rule.name), "what the page of {} advises raises it", rule.name);
    }
}

#[test]
fn rules_are_sorted_and_their_names_are_their_files() {
    assert!(RULES.windows(2).all(|pair| pair[0].name < pair[1].name));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    for rule in RULES {
        let file = rule.name.replace('-', "_");
        let exists = folder.join(format!("{file}.rs")).exists() || folder.join(&file).join("mod.rs").exists();
        assert!(exists, "{} has no file of its name", rule.name);
    }
}
