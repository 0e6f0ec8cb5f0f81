//! A workspace with the first feature resolver, which mixes the features of tests, build scripts and platforms.
//!
//! ## What it does
//!
//! Finds virtual workspaces (a root without `[package]`) that name no resolver while their members are of the edition of
//! 2021 or later: cargo takes the first one there. Where that brings native code to a shipped target which the newer
//! resolver would not compile, it is a warning; else a hint.
//!
//! ## Why it matters
//!
//! The edition of a package chooses its resolver, but a virtual root has no edition. With the first resolver, a feature
//! that only tests, build scripts or Windows ask for is on in the program for every target: `native-tls` of a test tool
//! makes a static build need OpenSSL. Cargo warns as well: "virtual workspace defaulting to `resolver = "1"`".
//!
//! ## Example
//!
//! ```toml file:Cargo.toml
//! [workspace]
//! members = ["app"]
//! ```
//!
//! ```toml file:app/Cargo.toml
//! [package]
//! name = "app"
//! version = "0.1.0"
//! edition = "2021"
//! ```
//!
//! ## Use instead
//!
//! ```toml file:Cargo.toml
//! [workspace]
//! members = ["app"]
//! resolver = "2"
//! ```
//!
//! ```toml file:app/Cargo.toml
//! [package]
//! name = "app"
//! version = "0.1.0"
//! edition = "2021"
//! ```
//!
//! ## When it stays silent
//!
//! Where `resolver = "1"` is written: somebody chose it. Where the members are of the edition of 2018 or 2015.
//!
//! ## Fix safety
//!
//! For review: features that were on by accident go off.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/cargo/reference/resolver.html#resolver-versions>

use super::{
    FixKind, Rule,
    native::{self, proof},
};
use crate::{
    finding::{Edit, Finding, Fix, Severity},
    fix, knowledge,
    project::Project,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "resolver-1",
    summary: "a workspace with the first feature resolver, which mixes features of tests, build scripts and platforms",
    severity: Severity::Warning,
    fix: FixKind::Review,
    source: include_str!("resolver_1.rs"),
    touches: &["workspace.resolver"],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    finding(project).into_iter().collect()
}

fn finding(project: &Project) -> Option<Finding> {
    let workspace = project.cargo.workspace.as_ref()?;
    let root = &workspace.root;
    let is_virtual = root.package.is_none() && root.resolver.is_none() && root.gaps.is_empty();
    let table = root.source.toml().root.entry("workspace")?;
    let editions = workspace.packages().filter_map(|manifest| manifest.package.as_ref()?.edition.as_ref());
    let newest = editions.map(|edition| edition.value.as_str()).max()?;
    if !is_virtual || newest < "2021" {
        return None;
    }
    let resolver = if newest == "2021" { "2" } else { "3" };
    let file = root.file();
    let value = format!("\"{resolver}\"");
    let edit = fix::toml::set(file, Some(&root.source), &["workspace", "resolver"], &value)?;
    let extra = extra_native_code(project, &edit);
    let (severity, what) = match extra.as_slice() {
        [] => (Severity::Hint, String::new()),
        extra => (Severity::Warning, format!(": it compiles {} for {}", extra[0].1, extra[0].0)),
    };
    let message = format!(
        "this workspace takes the first feature resolver although its members are of the edition of {newest}{what}"
    );
    let origin = crate::text::Origin::new(file.clone(), table.key.span);
    Some(
        Finding::new(RULE.name, severity, origin, message)
            .with_targets(extra.into_iter().map(|(triple, _)| triple))
            .with_help(format!("say `resolver = \"{resolver}\"` in `[workspace]`"))
            .with_fixes([Fix::review(format!("Take resolver {resolver}"), vec![edit])]),
    )
}

/// Native code that is compiled for a shipped target only because of the first resolver.
fn extra_native_code(project: &Project, edit: &Edit) -> Vec<(String, &'static str)> {
    let shipped: Vec<String> = project.targets.iter().map(|target| target.triple.clone()).collect();
    let after = proof::resolve(project, std::slice::from_ref(edit), &shipped, &[]);
    let mut extra = Vec::new();
    for (triple, after) in shipped.into_iter().zip(after.iter()) {
        let found = native::found(project, &triple);
        let gone = found.iter().find(|one| {
            one.confidence == crate::finding::Confidence::Certain
                && knowledge::native_crate(one.known.name).is_some()
                && after.lacks(one.known.name, false)
        });
        extra.extend(gone.map(|one| (triple, one.known.name)));
    }
    extra
}
