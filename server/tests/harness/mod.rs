//! What a fixture has to stand.
//!
//! 1. The findings of all rules are exactly the marked ones, at exactly the marked places.
//! 2. Each fix, applied alone: the result reads without new syntax errors, the finding is gone, and no new
//!    one has come.
//! 3. All safe fixes, and all fixes, to a fixpoint: nothing is left that they could mend, in whichever order
//!    they are applied; a second run changes nothing.
//! 4. Every comment is still there, line endings are what they were, and the values of a TOML file differ
//!    only at the paths that the rule declares.
//! 5. The same findings come, and the same holds, with CR LF, with a BOM, with text outside of ASCII before
//!    the place, and in the other spellings of TOML (dotted, inline, quoted keys).

// The tests that share it use a part each.
#![allow(dead_code)]

mod fixture;
mod spelling;

pub use fixture::Fixture;

use std::collections::BTreeMap;

use portolan::{
    analysis::analyze,
    finding::{Applicability, Finding, Fix},
    fix::{FixOptions, Overlay, apply_all, apply_edits},
    rules::{FixKind, Rule},
    snapshot::{Read, Snapshot},
    syntax::Source,
    text::FileId,
};

type Check = Result<(), String>;

/// Holds a fixture of `rule` to everything.
pub fn check_fixture(rule: &Rule, fixture: &Fixture) -> Check {
    fixture.check_places()?;
    check_fixes(rule, fixture)?;
    for (name, variant) in fixture.variants() {
        variant.check_places().map_err(|why| format!("-- with {name}\n{why}"))?;
        check_fixes(rule, &variant).map_err(|why| format!("-- with {name}\n{why}"))?;
    }
    if fixture.has_spellings() {
        let plain = kinds(&analyze(&fixture.snapshot()).findings);
        for (name, variant) in spelling::variants(fixture) {
            let found = kinds(&analyze(&variant.snapshot()).findings);
            if found != plain {
                return Err(format!("-- {name}\nfinds {found:?}\nnot   {plain:?}\n{variant}"));
            }
            check_fixes(rule, &variant).map_err(|why| format!("-- {name}\n{why}\n{variant}"))?;
        }
    }
    Ok(())
}

fn kinds(findings: &[Finding]) -> Vec<(&'static str, Vec<String>)> {
    let mut kinds: Vec<_> = findings.iter().map(|finding| (finding.rule, finding.targets.clone())).collect();
    kinds.sort();
    kinds
}

fn check_fixes(rule: &Rule, fixture: &Fixture) -> Check {
    let snapshot = fixture.snapshot();
    let before = analyze(&snapshot).findings;
    for finding in before.iter().filter(|finding| finding.rule == rule.name) {
        for fix in &finding.fixes {
            alone(rule, &snapshot, &before, finding, fix)
                .map_err(|why| format!("fix {:?}: {why}", fix.title))?;
        }
    }
    for unsafe_too in [false, true] {
        together(&snapshot, unsafe_too)?;
    }
    Ok(())
}

/// A snapshot with one fix applied.
fn fixed(snapshot: &Snapshot, fix: &Fix) -> (Snapshot, BTreeMap<FileId, Option<String>>) {
    let mut texts: BTreeMap<FileId, Option<String>> = BTreeMap::new();
    for edit in &fix.edits {
        texts.entry(edit.file.clone()).or_insert_with(|| Some(text(snapshot, &edit.file)));
    }
    for (file, text) in &mut texts {
        let edits: Vec<_> = fix.edits.iter().filter(|edit| edit.file == *file).cloned().collect();
        *text = text.as_ref().map(|text| apply_edits(text, &edits));
    }
    for rename in &fix.renames {
        let moved = text(snapshot, &rename.from);
        texts.insert(rename.from.clone(), None);
        texts.insert(rename.to.clone(), Some(moved));
    }
    (Overlay::over(snapshot, texts.iter().map(|(file, text)| (file, text.as_deref()))), texts)
}

/// The project's files with one fix applied, in the same order; new ones behind them.
pub fn applied(snapshot: &Snapshot, files: &[(String, String)], fix: &Fix) -> Vec<(String, String)> {
    let mut files = files.to_vec();
    for (file, now) in fixed(snapshot, fix).1 {
        let path = file.relative_to(&snapshot.root);
        match (files.iter().position(|(known, _)| *known == path), now) {
            (Some(at), Some(now)) => files[at].1 = now,
            (Some(at), None) => drop(files.remove(at)),
            (None, Some(now)) => files.push((path, now)),
            (None, None) => {}
        }
    }
    files
}

fn text(snapshot: &Snapshot, file: &FileId) -> String {
    match snapshot.files.read(file.path()) {
        Read::Text(source) => source.document().text().to_owned(),
        _ => String::new(),
    }
}

fn alone(rule: &Rule, snapshot: &Snapshot, before: &[Finding], finding: &Finding, fix: &Fix) -> Check {
    let declared = match fix.applicability {
        Applicability::Safe => rule.fix == FixKind::Safe,
        Applicability::Review => rule.fix != FixKind::None,
    };
    if !declared {
        return Err(format!("{} declares {:?} fixes", rule.name, rule.fix));
    }
    let disjoint =
        fix.edits.windows(2).all(|pair| pair[0].file != pair[1].file || pair[0].end <= pair[1].start);
    if !disjoint || (fix.edits.is_empty() && fix.renames.is_empty()) {
        return Err(format!("edits are not sorted and disjoint: {:?}", fix.edits));
    }
    let (after, texts) = fixed(snapshot, fix);
    for (file, now) in &texts {
        let Some(now) = now else { continue };
        let then = text(snapshot, file);
        if !fix.renames.is_empty() {
            continue;
        }
        reads_as_well(file, &then, now)?;
        keeps_what_it_should(rule, file, &then, now)?;
    }
    let findings = analyze(&after).findings;
    let key = |finding: &Finding| (finding.rule, finding.message.clone());
    let count = |findings: &[Finding]| findings.iter().filter(|one| key(one) == key(finding)).count();
    if count(&findings) >= count(before) {
        return Err(format!("the finding is still there: {}\n{texts:#?}", finding.message));
    }
    let new = findings.iter().find(|one| {
        // The same finding may name one target less, or a flag less.
        !before.iter().any(|known| known.rule == one.rule)
    });
    if let Some(new) = new {
        return Err(format!("a new finding came: {} {}\n{texts:#?}", new.rule, new.message));
    }
    Ok(())
}

fn is_rust(file: &FileId) -> bool {
    file.name().ends_with(".rs")
}

fn reads_as_well(file: &FileId, then: &str, now: &str) -> Check {
    if is_rust(file) {
        let reads = |text: &str| text.parse::<proc_macro2::TokenStream>().is_ok();
        return if reads(now) || !reads(then) {
            Ok(())
        } else {
            Err(format!("{file:?} is no Rust any more\n{now}"))
        };
    }
    let errors = |text: &str| {
        let source = Source::from_text(file.clone(), text);
        if file.name().ends_with(".nix") { source.nix().errors.clone() } else { source.toml().errors.clone() }
    };
    if errors(then).is_empty() && !errors(now).is_empty() {
        return Err(format!("{file:?} does not read any more: {:?}\n{now}", errors(now)));
    }
    if !file.name().ends_with(".nix") && file.name() != "rust-toolchain" {
        now.trim_start_matches('\u{feff}')
            .parse::<toml_edit::DocumentMut>()
            .map_err(|error| format!("{file:?} is no TOML any more: {error}\n{now}"))?;
    }
    Ok(())
}

fn comments(file: &FileId, text: &str) -> Vec<String> {
    if is_rust(file) {
        let lines = text.lines().filter_map(|line| Some(line.split_once("//")?.1.trim_end().to_owned()));
        return lines.collect();
    }
    let source = Source::from_text(file.clone(), text);
    let spans = if file.name().ends_with(".nix") { &source.nix().comments } else { &source.toml().comments };
    spans.iter().map(|span| text[span.start()..span.end()].trim_end().to_owned()).collect()
}

fn keeps_what_it_should(rule: &Rule, file: &FileId, then: &str, now: &str) -> Check {
    if rule.name != "unused-suppression" {
        let mut kept = comments(file, now);
        for comment in comments(file, then) {
            let Some(at) = kept.iter().position(|one| *one == comment) else {
                return Err(format!("the comment {comment:?} is gone\n{now}"));
            };
            kept.remove(at);
        }
    }
    let (lf, crlf) = (then.matches('\n').count(), then.matches("\r\n").count());
    if lf > 0 && crlf == lf && now.matches('\n').count() != now.matches("\r\n").count() {
        return Err(format!("line endings are mixed\n{now:?}"));
    }
    if then.starts_with('\u{feff}') != now.starts_with('\u{feff}') {
        return Err("the BOM is gone".to_owned());
    }
    if file.name().ends_with(".nix") || is_rust(file) {
        return Ok(());
    }
    for path in spelling::changed_paths(then, now) {
        if !rule.touches.iter().any(|pattern| touches(pattern, &path)) {
            return Err(format!(
                "{} is changed, which {} does not declare\n{now}",
                path.join("."),
                rule.name
            ));
        }
    }
    Ok(())
}

/// Whether a changed path lies below a declared one: `*` stands for one key, or for the rest of one.
fn touches(pattern: &str, path: &[String]) -> bool {
    let parts: Vec<&str> = pattern.split('.').collect();
    let fits = |part: &str, key: &str| match part.split_once('*') {
        Some((head, tail)) => {
            key.len() >= head.len() + tail.len() && key.starts_with(head) && key.ends_with(tail)
        }
        None => part == key,
    };
    path.windows(parts.len().min(path.len())).any(|window| {
        window.len() == parts.len() && parts.iter().zip(window).all(|(part, key)| fits(part, key))
    })
}

/// All fixes of a kind to the end: nothing is left, the order does not matter, a second run does nothing.
fn together(snapshot: &Snapshot, unsafe_too: bool) -> Check {
    let options = FixOptions { rule: None, unsafe_too };
    let outcome = apply_all(snapshot, &options);
    let lowest = if unsafe_too { Applicability::Review } else { Applicability::Safe };
    let fixable = |finding: &&Finding| finding.fixes.iter().any(|fix| fix.applicability >= lowest);
    if let Some(left) = outcome.remaining.iter().find(fixable) {
        return Err(format!(
            "applying everything leaves {}: {}\n{:#?}",
            left.rule, left.message, outcome.changes
        ));
    }
    let mut texts: BTreeMap<FileId, Option<String>> = BTreeMap::new();
    for change in &outcome.changes {
        texts.insert(change.file.clone(), None);
    }
    for change in &outcome.changes {
        let file = change.renamed_to.as_ref().unwrap_or(&change.file);
        texts.insert(file.clone(), Some(change.after.clone()));
    }
    let after = Overlay::over(snapshot, texts.iter().map(|(file, text)| (file, text.as_deref())));
    let again = apply_all(&after, &options);
    if !again.changes.is_empty() {
        return Err(format!("a second run changes something: {:#?}", again.changes));
    }
    if unsafe_too {
        // Reviewed fixes are alternatives; their order is the reader's choice.
        return Ok(());
    }
    for backwards in [false, true] {
        let one_by_one = one_by_one(snapshot, backwards);
        if one_by_one != texts {
            return Err(format!(
                "the order of fixes matters (backwards: {backwards})\n{one_by_one:#?}\n{texts:#?}"
            ));
        }
    }
    Ok(())
}

/// Applies safe fixes one at a time, the first or the last that is offered.
fn one_by_one(snapshot: &Snapshot, backwards: bool) -> BTreeMap<FileId, Option<String>> {
    let mut texts: BTreeMap<FileId, Option<String>> = BTreeMap::new();
    for _ in 0..50 {
        let now = Overlay::over(snapshot, texts.iter().map(|(file, text)| (file, text.as_deref())));
        let findings = analyze(&now).findings;
        let mut fixes = findings
            .iter()
            .filter_map(|finding| finding.fixes.iter().find(|fix| fix.applicability == Applicability::Safe));
        let Some(fix) = (if backwards { fixes.next_back() } else { fixes.next() }) else { break };
        texts.extend(fixed(&now, fix).1);
    }
    texts
}
