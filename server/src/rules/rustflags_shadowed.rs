//! Flags for rustc that never reach it.
//!
//! ## What it does
//!
//! cargo takes rustc's flags from the first of four sources and ignores the others:
//!
//! 1. `CARGO_ENCODED_RUSTFLAGS`
//! 2. `RUSTFLAGS`, even when it is empty
//! 3. all matching `target.*.rustflags` joined, with `CARGO_TARGET_<TRIPLE>_RUSTFLAGS`
//! 4. `build.rustflags`, with `CARGO_BUILD_RUSTFLAGS`
//!
//! The rule finds flags of a later source that an earlier one hides.
//!
//! ## Why it matters
//!
//! For whoever relies on the lost flag: cargo says nothing. When it is `+crt-static`, the program is
//! dynamic all of a sudden.
//!
//! ## Example
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! rustflags = ["--cfg", "tokio_unstable"]
//!
//! [target.x86_64-pc-windows-msvc]
//! rustflags = ["-C", "target-feature=+crt-static"]
//! ```
//!
//! ## Use instead
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! rustflags = ["--cfg", "tokio_unstable"]
//!
//! [target.x86_64-pc-windows-msvc]
//! rustflags = ["-C", "target-feature=+crt-static", "--cfg", "tokio_unstable"]
//! ```
//!
//! ## When it stays silent
//!
//! When the winning source repeats the same flags, when no target gets both, when the winning flags are
//! not known in full, and for a Nix package whose source may leave out `.cargo`.
//!
//! ## Fix safety
//!
//! For review: the flags start to count where they did not before.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/cargo/reference/config.html#buildrustflags>

use std::collections::BTreeMap;

use super::{FixKind, Rule, support};
use crate::{
    cargo::config::{Form, Matcher, Scope},
    finding::{Confidence, Finding, Fix, Severity},
    fix, knowledge,
    nix::facts::SourceTree,
    project::{Context, Declaration, FlagSet, FlagSource, Project, flags, flags::Word},
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "rustflags-shadowed",
    summary: "flags for rustc that another source of flags hides",
    severity: Severity::Warning,
    fix: FixKind::Review,
    source: include_str!("rustflags_shadowed.rs"),
    touches: &["target.*.rustflags"],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for triple in triples(project) {
        let sets = project.flag_sets(&triple);
        // This machine's own variables are its user's matter.
        let mut by_context: BTreeMap<Context, Vec<&FlagSet>> =
            BTreeMap::from([(Context::Ambient, Vec::new())]);
        for set in sets.iter().filter(|set| set.key.is_some()) {
            by_context.entry(set.context).or_default().push(set);
        }
        let everywhere = by_context.get(&Context::Ambient).cloned().unwrap_or_default();
        for (context, own) in by_context {
            let own = if context == Context::Ambient { Vec::new() } else { own };
            let all: Vec<&FlagSet> = everywhere.iter().copied().chain(own).collect();
            for found in in_context(project, &triple, context, &all) {
                merge(&mut findings, found);
            }
        }
    }
    findings
}

/// Every target that some flags may be for: shipped ones, the host, and what `cfg()` tables match.
fn triples(project: &Project) -> Vec<String> {
    let mut triples: Vec<String> = project.targets.iter().map(|target| target.triple.clone()).collect();
    triples.push(project.host.clone());
    for table in &project.cargo.config.targets {
        let is_matched = triples.iter().any(|triple| crate::project::matches(table, triple));
        if let (Matcher::Cfg(_), false) = (&table.matcher, is_matched) {
            // One that everybody knows stands for all.
            let first = knowledge::targets().iter().filter(|target| target.tier <= 2);
            let first = first
                .filter(|target| crate::project::matches(table, target.triple))
                .min_by_key(|target| target.tier);
            triples.extend(first.map(|target| target.triple.to_owned()));
        }
    }
    triples.sort();
    triples.dedup();
    triples
}

fn in_context(project: &Project, triple: &str, context: Context, all: &[&FlagSet]) -> Vec<Finding> {
    if matches!(context, Context::Package(_)) && !sees_config(project, context) {
        return Vec::new();
    }
    if context != Context::Ambient && !is_built_there(project, triple, context) {
        return Vec::new();
    }
    // A variable hides the rest even when it is empty; an empty list does not (measured with cargo 1.95).
    let counts = |set: &&FlagSet| {
        !set.words.is_empty() || matches!(set.source, FlagSource::Encoded | FlagSource::Environment)
    };
    let sets: Vec<&FlagSet> = all.iter().copied().filter(counts).collect();
    let Some(strongest) = sets.iter().map(|set| set.source).min() else { return Vec::new() };
    let winning: Vec<&FlagSet> = sets.iter().copied().filter(|set| set.source == strongest).collect();
    if winning.iter().any(|set| !set.is_complete) {
        return Vec::new();
    }
    let kept: Vec<&Word> = winning.iter().flat_map(|set| &set.words).collect();
    let lost = sets.iter().filter(|set| set.source != strongest && is_shared(set));
    lost.filter_map(|set| finding(project, triple, context, &winning, &kept, set)).collect()
}

/// Whether cargo really builds a target in a shell or package: its own platform, or what is named for it
/// or for every build. A `[target.T]` table alone says that T is built somewhere.
fn is_built_there(project: &Project, triple: &str, context: Context) -> bool {
    let platform = project.derivation(context).and_then(|derivation| derivation.platform.triple.as_deref());
    let named = project.target(triple).into_iter().flat_map(|target| &target.declarations);
    let is_named = |one: &Declaration| match one.context {
        Context::Ambient => one.by.is_built_here() && !matches!(context, Context::Package(_)),
        other => other == context,
    };
    platform == Some(triple) || named.into_iter().any(is_named)
}

/// A machine's own configuration is not the project's mistake.
fn is_shared(set: &FlagSet) -> bool {
    set.scope.is_none_or(|scope| scope == Scope::Project)
}

/// Whether a package's source surely holds the folder's `.cargo`.
fn sees_config(project: &Project, context: Context) -> bool {
    project.derivation(context).is_some_and(|package| {
        package.has_cargo_config && package.source == SourceTree::Project(project.root().to_path_buf())
    })
}

fn finding(
    project: &Project,
    triple: &str,
    context: Context,
    winning: &[&FlagSet],
    kept: &[&Word],
    set: &FlagSet,
) -> Option<Finding> {
    let lost = lost_words(&set.words, kept);
    let first = winning.first()?;
    // One of several variables of the same shell hides the other: that is not the configuration's matter.
    if lost.is_empty() || set.words.is_empty() {
        return None;
    }
    let loses_crt_static = flags::crt_static(&set.words).is_some_and(|found| found.on)
        && !winning.iter().any(|set| flags::crt_static(&set.words).is_some())
        && knowledge::target(triple).is_some_and(|target| target.crt_static.can_be_on);
    let severity = if loses_crt_static { Severity::Error } else { Severity::Warning };
    let place = project.derivation(context).map(|one| format!(" in {}", one.attribute)).unwrap_or_default();
    let message = format!(
        "{} is ignored for {triple}{place}: cargo takes only {}, so `{}` is lost",
        set.setting,
        first.setting,
        lost.join(" ")
    );
    let origin = set.origin()?.clone();
    let mut finding = Finding::new(RULE.name, severity, origin, message)
        .with_targets([triple])
        .with_help(format!("repeat the flags in {}", first.setting))
        .with_fixes(repeat(project, first, &lost));
    if project.target(triple).is_none() {
        finding = finding.with_confidence(Confidence::Likely);
    }
    if let Some(place) = first.origin() {
        finding = finding.with_related(place.clone(), format!("{} wins", first.setting));
    }
    Some(finding)
}

/// The options of `words` that `kept` does not have. `-C x` is one option.
fn lost_words(words: &[Word], kept: &[&Word]) -> Vec<String> {
    let texts = |words: &mut dyn Iterator<Item = String>| words.collect::<Vec<String>>();
    let options = |words: Vec<String>| {
        let mut options: Vec<Vec<String>> = Vec::new();
        for word in words {
            let takes_next = |option: &Vec<String>| {
                option.len() == 1
                    && matches!(
                        option[0].as_str(),
                        "-C" | "--cfg"
                            | "-L"
                            | "-l"
                            | "-Z"
                            | "-A"
                            | "-D"
                            | "-W"
                            | "-F"
                            | "--check-cfg"
                            | "--codegen"
                    )
            };
            match options.last_mut() {
                Some(last) if takes_next(last) => last.push(word),
                _ => options.push(vec![word]),
            }
        }
        options
    };
    let normal = |option: &[String]| option.concat().replace("--codegen=", "-C").replace("--codegen", "-C");
    let kept = options(texts(&mut kept.iter().map(|word| word.text.clone())));
    let kept: Vec<String> = kept.iter().map(|option| normal(option)).collect();
    let all = options(texts(&mut words.iter().map(|word| word.text.clone())));
    all.into_iter().filter(|option| !kept.contains(&normal(option))).flatten().collect()
}

/// Adds the lost flags to the winning ones, where those are an array in cargo's configuration.
fn repeat(project: &Project, winning: &FlagSet, lost: &[String]) -> Option<Fix> {
    if winning.form != Some(Form::Array) || winning.scope != Some(Scope::Project) {
        return None;
    }
    let located = support::locate(project, winning.value.as_ref()?)?;
    let words: Vec<String> = lost.iter().map(|word| fix::toml::quote(word)).collect();
    let edits = fix::toml::push(&located.source, located.value()?, &words.join(", "))?;
    Some(Fix::review(format!("Repeat the flags in {}", winning.setting), edits))
}

/// One place is wrong once, for all the targets that it is wrong for.
fn merge(findings: &mut Vec<Finding>, found: Finding) {
    let same = findings.iter_mut().find(|known| known.origin == found.origin);
    match same {
        Some(known) => {
            known.severity = known.severity.max(found.severity);
            known.confidence = known.confidence.max(found.confidence);
            known.targets.extend(found.targets);
            known.targets.sort();
            known.targets.dedup();
        }
        None => findings.push(found),
    }
}
