//! What people see while they type: prefixes of every file of every fixture are looked at. Nothing may
//! panic, and a file that is broken right now never makes a rule claim that something is missing.
//!
//! `PORTOLAN_PREFIXES=1` takes every prefix (minutes), the default every eleventh, from a place that differs
//! from file to file.

#![allow(clippy::unwrap_used)]

use std::{collections::BTreeSet, fs, path::Path, thread};

use portolan::{
    analysis::analyze,
    finding::Confidence,
    rules::OF_ABSENCE,
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

/// Every how many bytes a file is cut.
fn stride() -> usize {
    std::env::var("PORTOLAN_PREFIXES").ok().and_then(|stride| stride.parse().ok()).unwrap_or(11)
}

fn claims(snapshot: &Snapshot) -> BTreeSet<(&'static str, Vec<String>)> {
    let findings = analyze(snapshot).findings;
    let absent = findings
        .into_iter()
        .filter(|finding| OF_ABSENCE.contains(&finding.rule) && finding.confidence > Confidence::Possible);
    absent.map(|finding| (finding.rule, finding.targets)).collect()
}

/// Looks at the prefixes of one fixture.
fn look(case: usize, path: &str, files: &[(String, String)]) {
    let stride = stride();
    for (name, text) in files.iter().filter(|(name, _)| !name.ends_with(".rs")) {
        let whole = claims(&snapshot(files, name, text));
        let cuts = (case % stride..text.len()).step_by(stride);
        for end in cuts.filter(|end| text.is_char_boundary(*end)) {
            let now = snapshot(files, name, &text[..end]);
            let is_broken = name.ends_with(".nix") && {
                let source = now.files.read(&Path::new("/project").join(name)).text().cloned().unwrap();
                !source.nix().errors.is_empty()
            };
            // A flake that cannot be read hides what it says; it does not say nothing.
            let claimed = claims(&now);
            let new = claimed.iter().find(|claim| is_broken && !whole.contains(claim));
            assert!(new.is_none(), "{path}: {name} cut at byte {end} claims {new:?}\n{}", &text[..end]);
        }
    }
}

#[test]
fn prefixes_of_every_file() {
    let fixtures = fixtures();
    thread::scope(|scope| {
        // The threads of tests are small; the program's own have more stack.
        let work = |half: usize| {
            let fixtures = &fixtures;
            let cases = move || {
                for (case, (path, files)) in fixtures.iter().enumerate().skip(half).step_by(2) {
                    look(case, path, files);
                }
            };
            thread::Builder::new().stack_size(256 * 1024 * 1024).spawn_scoped(scope, cases).unwrap()
        };
        for thread in [work(0), work(1)] {
            thread.join().unwrap();
        }
    });
}
