//! `+crt-static` for a target that does not know it.
//!
//! ## What it does
//!
//! Finds `-C target-feature=+crt-static` where all the targets that it reaches ignore it: Apple's,
//! windows-gnu, wasm32-unknown-unknown (measured with rustc 1.95).
//!
//! ## Why it matters
//!
//! For whoever ships the program and thinks that it is static now: rustc takes the flag and does nothing.
//! A macOS program always needs libSystem; what makes one portable is that no library of it lies in the
//! Nix store or in Homebrew.
//!
//! ## Example
//!
//! ```toml file:.cargo/config.toml
//! [target.aarch64-apple-darwin]
//! rustflags = ["-C", "target-feature=+crt-static"]
//! ```
//!
//! ## Use instead
//!
//! Nothing.
//!
//! ```toml file:.cargo/config.toml
//! [target.x86_64-unknown-linux-gnu]
//! rustflags = ["-C", "target-feature=+crt-static"]
//! ```
//!
//! ## When it stays silent
//!
//! When the flags reach at least one target that respects it: riscv64gc and loongarch64 musl need it,
//! Linux and msvc know it.
//!
//! ## Fix safety
//!
//! Safe: the flag has no effect, so neither has its removal.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/reference/linkage.html#static-and-dynamic-c-runtimes>

use super::{FixKind, Rule, support};
use crate::{
    cargo::config::{Flags, Form, Matcher, TargetTable},
    finding::{Edit, Finding, Fix, Severity},
    fix, knowledge,
    nix::facts::Variable,
    project::{
        Context, Project,
        flags::{self, CrtStatic, Word},
    },
    text::{Origin, Span},
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "crt-static-no-effect",
    summary: "`+crt-static` for a target that does not know it",
    severity: Severity::Hint,
    fix: FixKind::Safe,
    source: include_str!("crt_static_no_effect.rs"),
    touches: &["target.*.rustflags", "build.rustflags"],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let config = &project.cargo.config;
    let mut findings = Vec::new();
    for table in &config.targets {
        if let Some(flags) = &table.rustflags {
            findings.extend(in_config(project, flags, &reached_by(table)));
        }
    }
    // Without build.target the flags reach whatever host or `--target` there is.
    let built: Vec<&str> = config.build_targets.iter().map(|target| target.value.as_str()).collect();
    for flags in &config.build_rustflags {
        findings.extend(in_config(project, flags, &built));
    }
    findings.extend(in_flake(project));
    findings
}

/// The targets that a table is for; a `cfg()` is for all that it matches.
fn reached_by(table: &TargetTable) -> Vec<&str> {
    match &table.matcher {
        Matcher::Triple(triple) => vec![triple],
        Matcher::Cfg(_) => {
            let targets = knowledge::targets().iter().map(|target| target.triple);
            targets.filter(|triple| crate::project::matches(table, triple)).collect()
        }
        Matcher::Invalid(_) => Vec::new(),
    }
}

fn all_ignore(triples: &[&str]) -> bool {
    let ignores =
        |triple: &&str| knowledge::target(triple).is_some_and(|target| !target.crt_static.can_be_on);
    !triples.is_empty() && triples.iter().all(ignores)
}

fn in_config(project: &Project, flags: &Flags, triples: &[&str]) -> Option<Finding> {
    if !all_ignore(triples) {
        return None;
    }
    let words: Vec<Word> = flags
        .values
        .iter()
        .map(|word| Word { text: word.value.clone(), origin: Some(word.origin.clone()) })
        .collect();
    let found = flags::crt_static(&words).filter(|found| found.on)?;
    let edits = remove_from_config(project, flags, &words, found);
    finding(&words, found, triples, edits)
}

fn finding(words: &[Word], found: CrtStatic, triples: &[&str], edits: Option<Vec<Edit>>) -> Option<Finding> {
    let origin = flags::origin_of(words, found.first, found.last)?;
    let shown: Vec<String> = triples.iter().take(3).map(|triple| (*triple).to_owned()).collect();
    let more = if triples.len() > shown.len() { " and others" } else { "" };
    let message =
        format!("`+crt-static` has no effect for {}{more}: rustc ignores it there", support::join(&shown));
    let finding = Finding::new(RULE.name, Severity::Hint, origin, message)
        .with_targets(triples.iter().copied())
        .with_help("remove it; it makes nothing static there")
        .with_fixes(edits.map(|edits| Fix::safe("Remove `+crt-static`", edits)));
    Some(finding)
}

fn remove_from_config(
    project: &Project,
    flags: &Flags,
    words: &[Word],
    found: CrtStatic,
) -> Option<Vec<Edit>> {
    let located = support::locate(project, &flags.value)?;
    if !found.alone {
        return without_feature(words, found).map(|edit| vec![edit]);
    }
    if found.last + 1 - found.first == words.len() {
        let (key, folders) = located.path.split_last()?;
        let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
        let parent = located.source.toml().root.path(&folders)?.as_table()?;
        return Some(vec![fix::toml::remove(&located.source, parent, parent.entry(key)?)?]);
    }
    match flags.form {
        Form::Array => Some(vec![fix::toml::remove_elements(
            &located.source,
            located.value()?,
            found.first,
            found.last,
        )?]),
        Form::String => remove_words(words, found).map(|edit| vec![edit]),
    }
}

/// `-C target-feature=+avx,+crt-static` keeps `+avx`.
fn without_feature(words: &[Word], found: CrtStatic) -> Option<Edit> {
    let word = words.get(found.last)?;
    let origin = word.origin.as_ref()?;
    let (head, features) = word.text.rsplit_once('=')?;
    let kept: Vec<&str> =
        features.split(',').filter(|feature| !feature.trim().ends_with("crt-static")).collect();
    let at = origin.span.end().checked_sub(word.text.len())?;
    // Quotes may stand around the word; the last characters are the features either way.
    let quote = usize::from(origin.span.len() > word.text.len());
    let span = Span::new(at - quote + head.len() + 1, origin.span.end() - quote);
    Some(fix::toml::replace(&origin.file, span, kept.join(",")))
}

/// Removes words from a string, with the blank that parts them from the next, or the last, word.
fn remove_words(words: &[Word], found: CrtStatic) -> Option<Edit> {
    let origin = flags::origin_of(words, found.first, found.last)?;
    let start_of =
        |index: usize| words.get(index).and_then(|word| word.origin.as_ref()).map(|origin| origin.span);
    let span = match (start_of(found.last + 1), found.first.checked_sub(1).and_then(start_of)) {
        (Some(next), _) => Span::new(origin.span.start(), next.start()),
        (None, Some(previous)) => Span::new(previous.end(), origin.span.end()),
        (None, None) => origin.span,
    };
    Some(fix::toml::replace(&origin.file, span, ""))
}

/// Flags in packages, each place once: it has no effect if no system that it is evaluated for knows it.
fn in_flake(project: &Project) -> Vec<Finding> {
    let mut places: Vec<(Origin, &Variable, Vec<&str>)> = Vec::new();
    for supplied in project.variables() {
        let Some(name) = supplied.variable.name.value().filter(|name| name.ends_with("RUSTFLAGS")) else {
            continue;
        };
        let triples = reached(project, supplied.context, name);
        let origin = &supplied.variable.value_origin;
        match places.iter_mut().find(|(known, ..)| known == origin) {
            Some((.., known)) => known.extend(triples),
            None => places.push((origin.clone(), supplied.variable, triples)),
        }
    }
    let findings = places.into_iter().filter_map(|(_, variable, mut triples)| {
        triples.sort_unstable();
        triples.dedup();
        let (words, _) = flags::words_of_text(&variable.value);
        let found = flags::crt_static(&words).filter(|found| found.on && all_ignore(&triples))?;
        finding(&words, found, &triples, remove_from_flake(project, variable, &words, found))
    });
    findings.collect()
}

/// The targets that a variable's flags reach in a context; an empty name stands for one not known.
fn reached<'p>(project: &'p Project, context: Context, name: &str) -> Vec<&'p str> {
    let middle = name.strip_prefix("CARGO_TARGET_").and_then(|rest| rest.strip_suffix("_RUSTFLAGS"));
    if let Some(target) = middle.and_then(knowledge::by_environment_name) {
        return vec![target.triple];
    }
    let package = project.derivation(context).filter(|_| matches!(context, Context::Package(_)));
    let Some(package) = package else { return vec![""] };
    if package.targets.is_empty() {
        return vec![package.platform.triple.as_deref().unwrap_or_default()];
    }
    package
        .targets
        .iter()
        .map(|target| support::single_literal(target).map_or("", |(text, _)| text))
        .collect()
}

fn remove_from_flake(
    project: &Project,
    variable: &Variable,
    words: &[Word],
    found: CrtStatic,
) -> Option<Vec<Edit>> {
    if !found.alone {
        return without_feature(words, found).map(|edit| vec![edit]);
    }
    if found.last + 1 - found.first == words.len() {
        let binding = variable.binding.as_ref()?;
        let source = project.source(&binding.file)?;
        return Some(vec![fix::toml::remove_lines(source.document(), binding.span)]);
    }
    // Several words of one string literal; elements of a list have places that do not touch.
    let origin = flags::origin_of(words, found.first, found.last)?;
    let between = project.text_at(&origin);
    let is_one_string = !between.contains(['"', '\'', '\n']);
    if is_one_string { remove_words(words, found).map(|edit| vec![edit]) } else { None }
}
