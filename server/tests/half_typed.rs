//! What people see while they type: every prefix of every file of every fixture is looked at. Nothing may
//! panic, and a file that is broken right now never makes a rule claim that something is missing.

#![allow(clippy::unwrap_used)]

use std::{collections::BTreeSet, fs, path::Path, thread};

use portolan::{
    analysis::analyze,
    finding::Confidence,
    snapshot::{MemoryFiles, Snapshot},
};

/// The files of each fixture, with the marks still in them: they are comments.
fn fixtures() -> Vec<(String, Vec<(String, String)>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/rules");
    let mut found = Vec::new();
    for folder in fs::read_dir(root).unwrap() {
        for case in fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = case.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let files = text.split("#- ").skip(1).filter_map(|part| {
                let (name, text) = part.split_once('\n')?;
                Some((name.trim().to_owned(), text.to_owned()))
            });
            found.push((path.display().to_string(), files.collect()));
        }
    }
    found.sort();
    assert!(found.len() > 100);
    found
}

fn snapshot(files: &[(String, String)], changed: &str, text: &str) -> Snapshot {
    let mut memory = MemoryFiles::new("/project");
    for (name, original) in files {
        let text = if name == changed { text } else { original.as_str() };
        memory = match name.strip_prefix("$CARGO_HOME/") {
            Some(path) => memory.with_registry(path, text),
            None => memory.with(name, text),
        };
    }
    memory.snapshot()
}

/// Rules that say that something is not there.
const ABSENCE: &[&str] = &["missing-linker", "toolchain-target-missing", "crt-static-absent"];

fn claims(snapshot: &Snapshot) -> BTreeSet<(&'static str, Vec<String>)> {
    let findings = analyze(snapshot).findings;
    let absent = findings
        .into_iter()
        .filter(|finding| ABSENCE.contains(&finding.rule) && finding.confidence > Confidence::Possible);
    absent.map(|finding| (finding.rule, finding.targets)).collect()
}

#[test]
fn every_prefix_of_every_file() {
    // The threads of tests are small; the program's own have more stack.
    let work = || {
        for (path, files) in fixtures() {
            for (name, text) in files.iter().filter(|(name, _)| !name.ends_with(".rs")) {
                let whole = claims(&snapshot(&files, name, text));
                for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
                    let now = snapshot(&files, name, &text[..end]);
                    let is_broken = name.ends_with(".nix") && {
                        let source =
                            now.files.read(&Path::new("/project").join(name)).text().cloned().unwrap();
                        !source.nix().errors.is_empty()
                    };
                    // A flake that cannot be read hides what it says; it does not say nothing.
                    let claimed = claims(&now);
                    let new = claimed.iter().find(|claim| is_broken && !whole.contains(claim));
                    assert!(
                        new.is_none(),
                        "{path}: {name} cut at byte {end} claims {new:?}\n{}",
                        &text[..end]
                    );
                }
            }
        }
    };
    thread::Builder::new().stack_size(256 * 1024 * 1024).spawn(work).unwrap().join().unwrap();
}
