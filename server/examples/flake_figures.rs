//! How much of real flakes is understood: `cargo run --release --example flake_figures -- FOLDER…`
//!
//! One line per folder that holds a flake.nix: what it comes to, and which share of it stays unknown.

#![allow(clippy::print_stdout)]

use std::{path::Path, time::Instant};

use portolan::{
    nix::{
        facts::{Builder, Derivation, FlakeFacts, Known, Text},
        read_flake,
    },
    snapshot::MemoryFiles,
};

/// What the evaluation may ask for; nothing else of a project is read.
const KINDS: &[&str] = &[".nix", ".toml", ".lock", ".json", "rust-toolchain"];

fn main() {
    println!(
        "{:<32} {:>7} {:>9} {:>8} {:>8} {:>8} {:>8} {:>9} {:>9} {:>5}",
        "flake",
        "files",
        "complete",
        "packages",
        "unknown",
        "shells",
        "partial",
        "variables",
        "unknown",
        "ms"
    );
    let run = || std::env::args().skip(1).for_each(|folder| figures(Path::new(&folder)));
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(run);
    if thread.is_ok_and(|thread| thread.join().is_err()) {
        println!("the evaluation failed");
    }
}

fn figures(folder: &Path) {
    let files = collect(folder, folder, MemoryFiles::new("/project"));
    let snapshot = files.snapshot();
    let started = Instant::now();
    let facts = read_flake(&snapshot);
    let took = started.elapsed().as_secs_f64() * 1e3;
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let Some(facts) = facts else {
        println!("{name:<32} no flake.nix");
        return;
    };
    let all: Vec<&Derivation> = facts.packages.iter().chain(&facts.shells).collect();
    let unknown_builders =
        all.iter().filter(|derivation| matches!(derivation.builder, Builder::Unknown(_))).count();
    let partial = all.iter().filter(|derivation| !derivation.complete).count();
    let variables: usize = all.iter().map(|derivation| derivation.env.len()).sum();
    let unknown_variables: usize = all.iter().map(|derivation| unknown_variables(derivation)).sum();
    println!(
        "{name:<32} {:>7} {:>9} {:>8} {:>7}% {:>8} {:>7}% {:>9} {:>8}% {:>5.1}",
        facts.files.len(),
        facts.complete,
        facts.packages.len(),
        percent(unknown_builders, all.len()),
        facts.shells.len(),
        percent(partial, all.len()),
        variables,
        percent(unknown_variables, variables),
        took,
    );
    gaps(&facts);
}

fn unknown_variables(derivation: &Derivation) -> usize {
    let is_unknown = |name: &Known<String>, value: &Text| name.value().is_none() || value.has_unknown();
    derivation.env.iter().filter(|variable| is_unknown(&variable.name, &variable.value)).count()
}

fn percent(part: usize, whole: usize) -> usize {
    (part * 100).checked_div(whole).unwrap_or(0)
}

/// The first reasons why something is not known.
fn gaps(facts: &FlakeFacts) {
    for gap in facts.gaps.iter().take(3) {
        println!("    {}:{} {}", gap.origin.file.name(), gap.origin.span.start(), gap.why);
    }
}

fn collect(root: &Path, folder: &Path, files: MemoryFiles) -> MemoryFiles {
    let Ok(entries) = std::fs::read_dir(folder) else { return files };
    entries.flatten().fold(files, |files, entry| {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            return if name.starts_with('.') { files } else { collect(root, &path, files) };
        }
        let is_wanted = KINDS.iter().any(|kind| name.ends_with(kind));
        match (is_wanted, path.strip_prefix(root), std::fs::read_to_string(&path)) {
            (true, Ok(relative), Ok(text)) => files.with(relative, text),
            _ => files,
        }
    })
}
