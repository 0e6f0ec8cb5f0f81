//! A binary held to a policy.

use super::{
    artefact::Artefact,
    policy::Policy,
    rules::{self, Subject},
    runs_on::{runs_on, runs_with_store},
};
use crate::{
    finding::{Finding, Severity},
    knowledge::Target,
    text::FileId,
};

/// What a binary is held to.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The file that findings name.
    pub file: &'a FileId,
    /// What it may need.
    pub policy: &'a Policy,
    /// The target that it was built for, where that is known.
    pub target: Option<&'static Target>,
}

/// How far a binary gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It runs wherever its policy means it to.
    Portable,
    /// It runs there, but not on all machines, or not without help.
    Limited,
    /// It does not run there.
    NotPortable,
    /// Nobody can say: this is never a pass.
    Unreadable,
}

impl Verdict {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Limited => "limited",
            Self::NotPortable => "not-portable",
            Self::Unreadable => "unreadable",
        }
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Audit {
    /// How far it gets.
    pub verdict: Verdict,
    /// Systems that it runs on, best known first; empty when there are none outside of where it was built.
    pub runs_on: Vec<String>,
    /// What stands in the way, sorted.
    pub findings: Vec<Finding>,
}

/// Holds a binary to a policy.
pub fn judge(artefact: &Artefact, request: &Request<'_>) -> Audit {
    let mut findings = rules::run(&Subject { artefact, request });
    findings.sort_by(|one, other| {
        let key = |finding: &Finding| (std::cmp::Reverse(finding.severity), finding.rule);
        key(one).cmp(&key(other)).then_with(|| one.message.cmp(&other.message))
    });
    let verdict = match (&artefact.content, findings.iter().filter(|f| limits(f)).map(|f| f.severity).max()) {
        (Err(_), _) => Verdict::Unreadable,
        (Ok(_), Some(Severity::Error)) => Verdict::NotPortable,
        (Ok(_), Some(_)) => Verdict::Limited,
        (Ok(_), None) => Verdict::Portable,
    };
    let systems = if request.policy.allows_store { runs_with_store } else { runs_on };
    let runs_on = artefact.content.as_ref().map(systems).unwrap_or_default();
    Audit { verdict, runs_on, findings }
}

/// A path in the data keeps nobody from starting the program.
fn limits(finding: &Finding) -> bool {
    finding.rule != rules::store_reference::RULE.name || finding.severity > Severity::Hint
}
