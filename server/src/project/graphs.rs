//! What cargo compiles for each target, resolved when it is first asked for.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use super::Project;
use crate::{
    cargo::graph::{self, Lockfile, Question, Resolution},
    knowledge,
};

/// Crates besides those that link native libraries which rules ask for.
const TOOLS: [&str; 14] = [
    "axum-server",
    "bindgen",
    "cc",
    "clang-sys",
    "cmake",
    "prost-build",
    "protobuf-codegen",
    "protox",
    "redis",
    "rustls",
    "tokio-tungstenite",
    "tonic-build",
    "tonic-prost-build",
    "tungstenite",
];

/// Targets that fixes ask about: what has to be spared there.
const OTHERS: [&str; 2] = ["aarch64-apple-darwin", "x86_64-pc-windows-msvc"];

/// The graphs that somebody has asked for, by target.
#[derive(Debug, Default)]
pub struct Graphs(Mutex<BTreeMap<String, Arc<Resolution>>>);

impl Project {
    /// What `cargo build --workspace --target TRIPLE` compiles of the crates that bring native code or need tools, and
    /// the ways to them.
    pub fn graph(&self, triple: &str) -> Arc<Resolution> {
        let kept = self.graphs.0.lock().unwrap_or_else(PoisonError::into_inner).get(triple).cloned();
        if let Some(graph) = kept {
            return graph;
        }
        // Resolved without the lock: who comes second finds the same.
        let targets = self.asked_together(triple);
        let each = self.graphs_of(&targets, towards());
        let mut kept = self.graphs.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (target, graph) in targets.iter().zip(each.iter()) {
            kept.entry((*target).to_owned()).or_insert_with(|| Arc::clone(graph));
        }
        kept.get(triple).cloned().unwrap_or_default()
    }

    /// The same of other crates.
    pub fn graph_towards(&self, triple: &str, crates: &[&str]) -> Arc<Resolution> {
        let targets = self.asked_together(triple);
        let position = targets.iter().position(|target| *target == triple).unwrap_or_default();
        self.graphs_of(&targets, crates).get(position).cloned().unwrap_or_default()
    }

    fn graphs_of(&self, targets: &[&str], crates: &[&str]) -> Arc<[Arc<Resolution>]> {
        let question = Question::build("", &self.host).towards(crates);
        graph::resolve_kept(&self.snapshot, &self.cargo, &question, targets, Lockfile::Completed)
    }

    /// The targets that are resolved in one pass with one of them: all that rules ask about.
    fn asked_together<'t>(&'t self, triple: &'t str) -> Vec<&'t str> {
        let shipped = self.targets.iter().map(|target| target.triple.as_str());
        let all: BTreeSet<&str> = shipped.chain([self.host.as_str()]).chain(OTHERS).collect();
        let all: Vec<&str> = all.into_iter().collect();
        let same = all.chunks(graph::MAX_TARGETS).find(|some| some.contains(&triple));
        same.map_or_else(|| vec![triple], <[&str]>::to_vec)
    }
}

/// Crates that link native libraries, those that bring their sources, and those that build scripts use.
fn towards() -> &'static [&'static str] {
    static TOWARDS: OnceLock<Vec<&'static str>> = OnceLock::new();
    TOWARDS.get_or_init(|| {
        let natives = knowledge::native_crates();
        let sources = natives.iter().flat_map(|one| one.sources.iter().copied());
        natives.iter().map(|one| one.name).chain(sources).chain(TOOLS).collect()
    })
}
