//! The cures for native crates, held to cargo: for each row of `knowledge/crates.toml` that is marked verified, a project
//! with the mistake is written and locked; every fix that the program offers for it is applied, and `cargo tree` has to
//! show that the native crate is gone, or builds its own copy.
//!
//! A third of the rows is tried on each run, by the day; `PORTOLAN_REMEDIES=all` tries all of them,
//! `PORTOLAN_REMEDIES=name` those of the crates with that in their name. Needs the registry: without it the test says so
//! and passes.

#![allow(clippy::unwrap_used, clippy::print_stdout, dead_code)]

#[path = "feature_graph/cargo.rs"]
mod cargo;
#[path = "feature_graph/scratch.rs"]
mod scratch;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use portolan::{
    analysis::analyze,
    cargo::graph::Kinds,
    finding::{Applicability, Finding, Fix},
    fix::apply_edits,
    knowledge::{self, Class, NativeKind, Remedy},
    snapshot::{Host, Settings, Snapshot},
    workspace::Vfs,
};

const HOST: &str = "x86_64-unknown-linux-gnu";
const MUSL: &str = "x86_64-unknown-linux-musl";
const RULES: [&str; 4] = ["openssl-sys", "tls-defaults-kept", "system-library", "dynamic-system-library"];

type Fact = (String, String, Option<String>);

#[derive(Default)]
struct Tally {
    rows: AtomicUsize,
    safe: AtomicUsize,
    review: AtomicUsize,
    silent: Mutex<Vec<String>>,
    failures: Mutex<Vec<String>>,
}

/// The native crates that a row's dependency takes from the system.
fn native(remedy: &Remedy) -> Vec<&'static str> {
    let names = remedy.pulls.iter().copied().chain([remedy.crate_name]);
    let known = names.filter_map(knowledge::native_crate);
    known
        .filter(|one| matches!(one.kind, NativeKind::System | NativeKind::Fallback))
        .map(|one| one.name)
        .collect()
}

fn rows() -> Vec<&'static Remedy> {
    let all = knowledge::all_remedies().iter();
    let verified = all.filter(|row| {
        row.verified.is_some_and(|version| version.contains('.') && row.fits(version))
            && !row.code_change
            && row.goal.is_none()
            && row.class != Class::SystemOnly
            && !native(row).is_empty()
    });
    verified.collect()
}

#[test]
#[ignore = "takes minutes and the registry: `tests/run --only remedies`"]
fn fixes_do_what_they_say() {
    let wanted = std::env::var("PORTOLAN_REMEDIES").unwrap_or_default();
    let day = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 86_400;
    let rows = rows();
    assert!(rows.len() > 60, "only {} rows", rows.len());
    let is_due = |position: usize, row: &Remedy| match wanted.as_str() {
        "" => (position as u64 + day).is_multiple_of(3),
        "all" => true,
        name => row.crate_name.contains(name),
    };
    let due: Vec<&Remedy> = rows
        .iter()
        .enumerate()
        .filter(|(position, row)| is_due(*position, row))
        .map(|(_, row)| *row)
        .collect();
    println!("day {day}: {} of {} rows", due.len(), rows.len());
    let homes = scratch::Homes::new();
    if let Err(why) = lock(&homes.folder().join("remedies/online"), &homes, "cfg-if = \"1\"\n") {
        println!("NOT TRIED: there is no registry ({})", why.lines().last().unwrap_or_default());
        return;
    }
    let (tally, next) = (Tally::default(), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(row) = due.get(next.fetch_add(1, Ordering::Relaxed)) {
                    tally.rows.fetch_add(1, Ordering::Relaxed);
                    try_row(row, &homes, &tally);
                }
            });
        }
    });
    let mut failures = tally.failures.into_inner().unwrap();
    failures.sort();
    let mut silent = tally.silent.into_inner().unwrap();
    silent.sort();
    let (safe, review) = (tally.safe.into_inner(), tally.review.into_inner());
    println!("{safe} safe fixes and {review} for review do what they say; no finding: {}", silent.join(", "));
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
    assert!(
        wanted.is_empty() && safe + review >= due.len() / 2 || !wanted.is_empty(),
        "too few fixes were offered"
    );
}

/// Writes a project and has cargo lock and fetch it.
fn lock(root: &Path, homes: &scratch::Homes, dependencies: &str) -> Result<(), String> {
    let _ = fs::remove_dir_all(root);
    fs::create_dir_all(root.join("src")).unwrap();
    fs::write(root.join("src/main.rs"), "fn main() {}\n").unwrap();
    fs::create_dir_all(root.join(".cargo")).unwrap();
    fs::write(root.join(".cargo/config.toml"), format!("[build]\ntarget = \"{MUSL}\"\n")).unwrap();
    let head = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\n\n[dependencies]\n";
    fs::write(root.join("Cargo.toml"), format!("{head}{dependencies}")).unwrap();
    cargo::run(root, homes.whole(), &["fetch", "--quiet", "--target", MUSL]).map(drop)
}

fn try_row(row: &Remedy, homes: &scratch::Homes, tally: &Tally) {
    let version = row.verified.unwrap_or_default();
    let name = format!("{} {} {:?}", row.crate_name, version, row.applies_to);
    let fail = |why: String| tally.failures.lock().unwrap().push(format!("== {name}: {why}"));
    let features: Vec<String> =
        row.applies_to.iter().take(1).map(|feature| format!("\"{feature}\"")).collect();
    let dependency = format!(
        "{} = {{ version = \"={version}\", features = [{}] }}\n",
        row.crate_name,
        features.join(", ")
    );
    let folder = name.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let root = homes.folder().join("remedies").join(folder);
    if let Err(why) = lock(&root, homes, &dependency) {
        return fail(format!("cannot be locked: {why}"));
    }
    let findings = look(&root, homes);
    let own: Vec<&Finding> = findings.iter().filter(|finding| RULES.contains(&finding.rule)).collect();
    if own.is_empty() {
        let before = tree(&root, homes).unwrap_or_default();
        match native(row).into_iter().find(|native| takes_from_system(&before, native)) {
            // Taken where pkg-config finds it: a matter of dynamic programs only.
            Some(native) if knowledge::native_crate(native).unwrap().kind == NativeKind::Fallback => {
                tally.silent.lock().unwrap().push(row.crate_name.to_owned());
            }
            Some(native) => fail(format!("{native} is not found")),
            None => tally.silent.lock().unwrap().push(row.crate_name.to_owned()),
        }
        return;
    }
    for finding in own {
        if finding.fixes.is_empty() {
            fail(format!("no fix for: {}", finding.message));
        }
        for fix in &finding.fixes {
            match try_fix(&root, homes, &dependency, finding, fix) {
                Ok(()) if fix.applicability == Applicability::Safe => {
                    tally.safe.fetch_add(1, Ordering::Relaxed)
                }
                Ok(()) => tally.review.fetch_add(1, Ordering::Relaxed),
                Err(why) => {
                    fail(format!("{:?} ({:?}): {why}", fix.title, fix.applicability));
                    0
                }
            };
        }
    }
}

/// Applies a fix to a fresh copy, brings the lock file up to date, and asks cargo.
fn try_fix(
    root: &Path,
    homes: &scratch::Homes,
    dependency: &str,
    finding: &Finding,
    fix: &Fix,
) -> Result<(), String> {
    let copy = PathBuf::from(format!("{}-fixed", root.display()));
    lock(&copy, homes, dependency)?;
    let mut edits: BTreeMap<PathBuf, Vec<_>> = BTreeMap::new();
    for edit in &fix.edits {
        let path = edit.file.path().strip_prefix(root).map_err(|error| error.to_string())?;
        edits.entry(copy.join(path)).or_default().push(edit.clone());
    }
    for (path, edits) in edits {
        let text = fs::read_to_string(&path).unwrap_or_default();
        fs::write(&path, apply_edits(&text, &edits)).unwrap();
    }
    cargo::run(&copy, homes.whole(), &["fetch", "--quiet", "--target", MUSL])?;
    let native = named(finding).ok_or("the message names no native crate")?;
    let after = tree(&copy, homes)?;
    let manifest = fs::read_to_string(copy.join("Cargo.toml")).unwrap_or_default();
    if takes_from_system(&after, native) {
        Err(format!("{native} is still the system's\n{manifest}"))
    } else {
        Ok(())
    }
}

/// The native crate at the end of the way in a message.
fn named(finding: &Finding) -> Option<&'static str> {
    let way = finding.message.rsplit("→ ").next()?;
    let word = way.split([' ', ':']).next()?;
    knowledge::native_crate(word).map(|known| known.name)
}

/// Whether a crate is compiled, and without one of the features that bring its own copy.
fn takes_from_system(tree: &BTreeSet<Fact>, name: &str) -> bool {
    let known = knowledge::native_crate(name).unwrap();
    let of_crate = || tree.iter().filter(|(package, _, _)| package == name);
    let has = |feature: &&str| of_crate().any(|(_, _, known)| known.as_deref() == Some(*feature));
    of_crate().next().is_some() && !known.bundled.iter().any(has) && !known.unlinked.iter().any(has)
}

fn tree(root: &Path, homes: &scratch::Homes) -> Result<BTreeSet<Fact>, String> {
    cargo::tree(root, homes.whole(), MUSL, Kinds::Build, true)
}

fn look(root: &Path, homes: &scratch::Homes) -> Vec<Finding> {
    let snapshot = Snapshot {
        root: root.into(),
        files: Vfs::new(root, Some(homes.whole())).snapshot(),
        host: Host::foreign(HOST).into(),
        settings: Settings::default().into(),
        settled: std::sync::Arc::default(),
    };
    analyze(&snapshot).findings
}
