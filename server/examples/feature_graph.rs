//! How long the feature graph of a project takes: `cargo run --release --example feature_graph FOLDER [TARGET [CRATE…]]`.
//!
//! With crates, the ways to them are printed too.

#![allow(clippy::print_stdout)]

use std::{path::PathBuf, time::Instant};

use portolan::{
    cargo::{
        self,
        graph::{self, Question, Resolution},
    },
    snapshot::{Settings, Snapshot},
    workspace::{Vfs, host},
};

const ROUNDS: u32 = 50;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let root = PathBuf::from(arguments.next().unwrap_or_else(|| ".".to_owned()));
    let root = std::fs::canonicalize(&root).unwrap_or(root);
    let host = host::detect();
    let target = arguments.next().unwrap_or_else(|| host.triple.clone());
    let crates: Vec<String> = arguments.collect();
    let towards: Vec<&str> = crates.iter().map(String::as_str).collect();
    let files = Vfs::new(&root, host.cargo_home.as_deref()).snapshot();
    let triple = host.triple.clone();
    let snapshot = Snapshot {
        root: root.into(),
        files,
        host: host.into(),
        settings: Settings::default().into(),
        settled: std::sync::Arc::default(),
    };

    let started = Instant::now();
    let facts = cargo::read(&snapshot);
    println!("files read in {:?}; {} locked packages", started.elapsed(), packages(&facts));
    let whole = Question::build(&target, &triple);
    for (name, question) in [("towards the crates", whole.towards(&towards)), ("all", whole)] {
        let started = Instant::now();
        let first = graph::resolve(&snapshot, &facts, &question);
        let cold = started.elapsed();
        let started = Instant::now();
        for _ in 0..ROUNDS {
            std::hint::black_box(graph::resolve(&snapshot, &facts, &question));
        }
        let warm = started.elapsed() / ROUNDS;
        println!(
            "{name}: first {cold:?}, again {warm:?}; {} compiled, {} gaps",
            first.packages.len(),
            first.gaps.len()
        );
        for gap in first.gaps.iter().take(3) {
            println!("  {}", gap.explain());
        }
        if name != "all" {
            for name in &crates {
                show(&first, name);
            }
        }
    }
}

fn packages(facts: &cargo::CargoFacts) -> usize {
    facts.lock.lock().map_or(0, |lock| lock.packages.len())
}

fn show(resolution: &Resolution, name: &str) {
    for for_host in [false, true] {
        for package in resolution.find(name, for_host) {
            let side = if for_host { "host" } else { "target" };
            println!(
                "{name} {} for the {side}, {:?}: {:?}",
                package.version, package.certainty, package.features
            );
        }
        for direct in resolution.direct(name, for_host).iter() {
            println!("  {} {:?}", direct.path.join(" → "), direct.features);
        }
    }
}
