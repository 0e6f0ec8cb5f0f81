//! What cargo compiles for each target, resolved when it is first asked for.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::Project;
use crate::{
    cargo::graph::{self, Question, Resolution},
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

/// The graphs that somebody has asked for, by target.
#[derive(Debug, Default)]
pub struct Graphs(Mutex<BTreeMap<String, Arc<Resolution>>>);

impl Project {
    /// What `cargo build --workspace --target TRIPLE` compiles: the crates that bring native code or need tools, and
    /// the ways to them.
    pub fn graph(&self, triple: &str) -> Arc<Resolution> {
        let kept = self.graphs.0.lock().unwrap_or_else(PoisonError::into_inner).get(triple).cloned();
        if let Some(graph) = kept {
            return graph;
        }
        // Resolved without the lock: who comes second finds the same.
        let natives = knowledge::native_crates();
        let sources = natives.iter().flat_map(|one| one.sources.iter().copied());
        let towards: Vec<&str> = natives.iter().map(|one| one.name).chain(sources).chain(TOOLS).collect();
        let question = Question::build(triple, &self.host).towards(&towards);
        let graph = graph::resolve_kept(&self.snapshot, &self.cargo, &question);
        let mut kept = self.graphs.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(kept.entry(triple.to_owned()).or_insert(graph))
    }
}
