//! The rules for finished binaries: pure functions from what stands in a file to findings, one file each.
//!
//! They are apart from the rules of a project ([`crate::rules`]): `check` never runs them, `portolan audit`
//! runs only them. Their pages are kept the same way.

pub mod glibc_floor;
pub mod interpreter_not_standard;
pub mod macos_minimum;
pub mod macos_unsigned;
pub mod musl_with_glibc_interpreter;
pub mod runtime_dll;
pub mod store_library;
pub mod store_reference;
pub(super) mod support;
pub mod unexpected_library;
pub mod unreadable_artifact;
pub mod wasm_imports;
pub mod wrong_architecture;

use super::{
    artefact::{Artefact, Binary, Image},
    judgement::Request,
    policy::Policy,
};
use crate::{
    finding::{Finding, Severity},
    rules::page,
    text::{Origin, Span},
};

/// Every rule, by name.
pub const ARTEFACT_RULES: &[ArtefactRule] = &[
    glibc_floor::RULE,
    interpreter_not_standard::RULE,
    macos_minimum::RULE,
    macos_unsigned::RULE,
    musl_with_glibc_interpreter::RULE,
    runtime_dll::RULE,
    store_library::RULE,
    store_reference::RULE,
    unexpected_library::RULE,
    unreadable_artifact::RULE,
    wasm_imports::RULE,
    wrong_architecture::RULE,
];

/// One rule for binaries.
#[derive(Clone, Copy, Debug)]
pub struct ArtefactRule {
    /// Its name; scripts know it, so it never changes.
    pub name: &'static str,
    /// One line: what it finds.
    pub summary: &'static str,
    /// The severity of its usual finding.
    pub severity: Severity,
    /// The source of its module (`include_str!`); the `//!` comment in it is the rule's page.
    pub source: &'static str,
    /// Looks at a binary.
    pub check: fn(&Subject<'_>) -> Vec<Finding>,
}

impl ArtefactRule {
    /// Its page, as Markdown.
    pub fn page(&self) -> String {
        page::of(self.source)
    }

    /// Address of its page in the published docs.
    pub fn url(&self) -> String {
        page::url("audit/rules", self.name)
    }
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The file.
    pub artefact: &'a Artefact,
    /// What it is held to.
    pub request: &'a Request<'a>,
}

impl<'a> Subject<'a> {
    fn binary(&self) -> Option<&'a Binary> {
        self.artefact.content.as_ref().ok()
    }

    fn images(&self) -> &'a [Image] {
        self.binary().map(|binary| binary.images.as_slice()).unwrap_or_default()
    }

    fn policy(&self) -> &'a Policy {
        self.request.policy
    }

    /// "app", or "the arm64 code of app" where there is other code beside it.
    fn name(&self, image: &Image) -> String {
        match self.images() {
            [_, _, ..] => format!("the {} code of {}", support::arch(image), self.artefact.name),
            _ => self.artefact.name.clone(),
        }
    }

    fn finding(&self, rule: &ArtefactRule, severity: Severity, message: String) -> Finding {
        let origin = Origin::new(self.request.file.clone(), Span::new(0, 0));
        let targets = self.request.target.map(|target| target.triple);
        Finding::new(rule.name, severity, origin, message).with_targets(targets)
    }
}

/// The rule of that name.
pub fn find(name: &str) -> Option<&'static ArtefactRule> {
    ARTEFACT_RULES.iter().find(|rule| rule.name == name)
}

/// All that the rules have to say of a binary, unsorted.
pub fn run(subject: &Subject<'_>) -> Vec<Finding> {
    ARTEFACT_RULES.iter().flat_map(|rule| (rule.check)(subject)).collect()
}
