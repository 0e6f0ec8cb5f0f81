//! What the model says of each target, gathered for one line of the matrix.

use super::native::{self, Native};
use crate::{
    analysis::Analysis,
    finding::Finding,
    project::{Builder, DeclaredAs, LinkerAnswer, ShippedTarget},
    text::Origin,
};

/// One target.
#[derive(Debug)]
pub struct Row {
    /// The target triple.
    pub triple: String,
    /// Rust's promise for it; `None` for a triple that rustc does not have.
    pub tier: Option<u8>,
    /// Where the project names it.
    pub declared: Vec<Declared>,
    /// Its standard library.
    pub std: Fact,
    /// What links it.
    pub linker: Fact,
    /// What compiles its C code.
    pub c_compiler: Fact,
    /// How it is linked to the C library: "static", "dynamic", "unknown".
    pub linkage: &'static str,
    /// Crates that compile or link native code for it.
    pub native: Vec<Native>,
    /// What builds it: "cargo", "zigbuild", "cross", "nix".
    pub builder: &'static str,
}

impl Row {
    /// Whether nothing stands in the way of a build, as far as the files tell; `None` when they do not
    /// tell who links. That nobody says where std comes from is usual: rustup fetches it.
    pub fn is_ready(&self) -> Option<bool> {
        let is_in_order = |fact: &&Fact| !matches!(fact.state, State::Missing | State::Broken);
        if self.tier.is_none() || ![&self.std, &self.linker, &self.c_compiler].iter().all(is_in_order) {
            return Some(false);
        }
        (self.linker.state != State::Unknown).then_some(true)
    }
}

/// One place that names the target.
#[derive(Debug)]
pub struct Declared {
    pub origin: Option<Origin>,
    pub by: &'static str,
}

/// Something that a build needs.
#[derive(Clone, Debug)]
pub struct Fact {
    pub state: State,
    /// The program, or one phrase why.
    pub value: Option<String>,
    pub from: Option<Origin>,
}

impl Fact {
    pub fn new(state: State, value: impl Into<String>) -> Self {
        Self { state, value: Some(value.into()), from: None }
    }

    #[must_use]
    pub fn from(self, origin: Option<&Origin>) -> Self {
        Self { from: origin.cloned(), ..self }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Ok,
    Missing,
    Broken,
    NotNeeded,
    Unknown,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::Broken => "broken",
            Self::NotNeeded => "not-needed",
            Self::Unknown => "unknown",
        }
    }
}

/// A row for each shipped target. The rules judge; the matrix only repeats what they and the model say.
pub fn gather(analysis: &Analysis) -> Vec<Row> {
    analysis.project.targets.iter().map(|target| row(analysis, target)).collect()
}

fn row(analysis: &Analysis, target: &ShippedTarget) -> Row {
    let project = &analysis.project;
    let declared = target
        .declarations
        .iter()
        .map(|declaration| Declared { origin: declaration.origin.clone(), by: declaration.by.label() });
    let linker = linker(analysis, target);
    Row {
        triple: target.triple.clone(),
        tier: target.known.map(|known| known.tier),
        declared: declared.collect(),
        std: std(analysis, target),
        c_compiler: c_compiler(analysis, target),
        linker,
        linkage: project.linkage(&target.triple).label(),
        native: native::crates(project, target),
        builder: project.builder(&target.triple).label(),
    }
}

fn c_compiler(analysis: &Analysis, target: &ShippedTarget) -> Fact {
    match finding(analysis, "missing-c-compiler", &target.triple) {
        Some(_) => Fact { state: State::Missing, value: None, from: None },
        None => native::c_compiler(&analysis.project, target),
    }
}

/// What a rule says against a target.
fn finding<'a>(analysis: &'a Analysis, rule: &str, triple: &str) -> Option<&'a Finding> {
    let is_against =
        |finding: &&Finding| finding.rule == rule && finding.targets.iter().any(|one| one == triple);
    analysis.findings.iter().find(is_against)
}

/// Where the standard library for the target comes from.
fn std(analysis: &Analysis, target: &ShippedTarget) -> Fact {
    let project = &analysis.project;
    let triple = target.triple.as_str();
    if target.known.is_none() {
        return Fact::new(State::Missing, "rustc has no such target");
    }
    let supplied = |by: DeclaredAs| target.declarations.iter().find(|declaration| declaration.by == by);
    for (by, how) in
        [(DeclaredAs::Toolchain, "rustup"), (DeclaredAs::FlakeToolchain, "the flake's toolchain")]
    {
        if let Some(declaration) = supplied(by) {
            return Fact::new(State::Ok, how).from(declaration.origin.as_ref());
        }
    }
    if let Some(finding) = finding(analysis, "toolchain-target-missing", triple) {
        return Fact::new(State::Missing, "not in the toolchain's targets").from(Some(&finding.origin));
    }
    match project.builder(triple) {
        _ if project.host == triple => Fact::new(State::Ok, "the host's"),
        builder @ (Builder::Cross | Builder::Nix) => {
            Fact::new(State::NotNeeded, format!("{} brings it", builder.label()))
        }
        Builder::Cargo | Builder::Zigbuild => Fact::new(State::Unknown, "no file says"),
    }
}

fn linker(analysis: &Analysis, target: &ShippedTarget) -> Fact {
    let triple = target.triple.as_str();
    match analysis.project.linker(triple) {
        LinkerAnswer::Given { value, origin } => {
            let is_here = |finding: &&Finding| Some(&finding.origin) == origin.as_ref();
            let broken = analysis
                .findings
                .iter()
                .filter(|finding| finding.rule == "linker-not-executable")
                .find(is_here);
            let broken = broken.or_else(|| finding(analysis, "linker-not-executable", triple));
            let state = if broken.is_some() { State::Broken } else { State::Ok };
            Fact::new(state, value).from(origin.as_ref())
        }
        LinkerAnswer::Default(why) => Fact::new(State::NotNeeded, why),
        LinkerAnswer::Elsewhere(builder) => {
            Fact::new(State::NotNeeded, format!("{} brings one", builder.label()))
        }
        LinkerAnswer::Unknown(why) => Fact::new(State::Unknown, why),
        LinkerAnswer::Missing if !target.is_built_here() => Fact::new(State::Unknown, "built elsewhere"),
        LinkerAnswer::Missing => Fact { state: State::Missing, value: None, from: None },
    }
}
