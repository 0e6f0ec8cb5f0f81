//! What a fix changes in the packages and shells of a flake: for Nix, and for us.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use portolan::nix::facts::{Derivation, Known, SettingValue, Text, VariableForm};

use super::{
    nix::{Answer, Made},
    projects::{Edited, Project},
    reading::{derivations, show},
};

/// What differs, by attribute path: variables, lists and phases by name, with their values before and behind.
#[derive(Default)]
pub struct Changes {
    pub by_attribute: BTreeMap<String, BTreeMap<String, (String, String)>>,
}

impl Changes {
    pub fn show(&self) -> String {
        let mut out = String::new();
        for (attribute, changes) in &self.by_attribute {
            for (name, (before, after)) in changes {
                writeln!(out, "  {attribute}: {name}: {before:?} -> {after:?}").unwrap();
            }
        }
        out.trim_end().to_owned()
    }
}

/// The flake's outputs themselves.
pub const OUTPUTS: &str = "outputs";

/// What follows from the platform alone.
const OF_PLATFORM: &[&str] = &["name", "PKG_CONFIG_ALLOW_CROSS", "strictDeps", "doCheck", "system"];

/// What Nix says that the fix changes; an error when that is not what it should be.
pub fn compare(edited: &Edited, before: &Answer, after: &Answer) -> Result<Changes, String> {
    let changes = changes(edited, before, after)?;
    let ours = our_changes(&edited.before, &edited.after);
    if edited.changes_nothing {
        return match changes.by_attribute.is_empty() {
            true => Ok(changes),
            false => Err(format!("it is about words alone, and changes\n{}", changes.show())),
        };
    }
    if changes.by_attribute.is_empty() {
        return Err("for Nix, nothing changes".to_owned());
    }
    let nothing = BTreeSet::new();
    for (attribute, changed) in changes.by_attribute.iter().filter(|(attribute, _)| *attribute != OUTPUTS) {
        let known = ours.get(attribute).unwrap_or(&nothing);
        // Of the two names of the hash, the facts may have the old one alone.
        let is_fact = |name: &&String| {
            *name != "cargoHash" || known.contains("cargoHash") || !changed.contains_key("cargoSha256")
        };
        let names: BTreeSet<String> = changed.keys().filter(is_fact).cloned().collect();
        // What was there and is not any more, or the reverse, is no change of a value.
        if names.contains("?") {
            continue;
        }
        if names != *known && !known.contains("?") {
            return Err(format!(
                "{attribute}: {names:?} change for Nix, and {known:?} for us\n{}",
                changes.show()
            ));
        }
    }
    if let Some(more) = ours.keys().find(|attribute| {
        after.outputs.get(*attribute).is_some_and(|made| made.error.is_none())
            && !changes.by_attribute.contains_key(*attribute)
            && !ours[*attribute].contains("?")
    }) {
        return Err(format!("{more} changes for us, and not for Nix"));
    }
    named(edited, &changes)?;
    compilers_exist(&changes)?;
    Ok(changes)
}

/// nixpkgs' compilers have the target's name before theirs exactly when they are cross compilers.
fn compilers_exist(changes: &Changes) -> Result<(), String> {
    for (attribute, changed) in &changes.by_attribute {
        let native = attribute.split('.').nth(1).and_then(native_config);
        for (name, (_, after)) in changed {
            let Some((folder, program)) = after.split_once("⟩/bin/") else { continue };
            let Some((_, config)) = folder.rsplit_once("⟨stdenv.cc=") else { continue };
            let prefix = if Some(config) == native {
                String::new()
            } else {
                format!("{}-", config.trim_end_matches("=static"))
            };
            let tools = ["cc", "gcc", "clang", "c++", "g++", "clang++"];
            if !tools.iter().any(|tool| program == format!("{prefix}{tool}")) {
                return Err(format!("{attribute}: {name} is {after}: there is no {program} in that folder"));
            }
        }
    }
    Ok(())
}

/// What a system's own compiler is for.
fn native_config(system: &str) -> Option<&'static str> {
    Some(match system {
        "x86_64-linux" => "x86_64-unknown-linux-gnu",
        "aarch64-linux" => "aarch64-unknown-linux-gnu",
        "x86_64-darwin" => "x86_64-apple-darwin",
        "aarch64-darwin" => "arm64-apple-darwin",
        _ => return None,
    })
}

/// Each variable that differs is named by the finding, the fix, or a line that it touches.
fn named(edited: &Edited, changes: &Changes) -> Result<(), String> {
    let words = format!("{}\n{}", edited.words, touched_lines(&edited.before, &edited.after));
    for (attribute, changed) in &changes.by_attribute {
        for (name, (before, after)) in changed {
            let is_told = edited.told_changes().any(|told| told == name);
            let is_named = is_told || words.contains(name.as_str()) || is_computed_name(name, &words);
            let items: Vec<&str> = difference(before, after);
            // A list, the platform, a script: what comes or goes is named.
            let is_content_named = !items.is_empty() && items.iter().all(|item| words.contains(item));
            // The same packages from another set.
            let is_set_named =
                without_platforms(before) == without_platforms(after) && words.contains("package set");
            let is_as_a_whole = name == "platform" || name == "?";
            if !is_named && !is_content_named && !is_set_named && !is_as_a_whole {
                return Err(format!(
                    "{attribute}: {name} changes, and the fix does not name it\n{}",
                    changes.show()
                ));
            }
        }
    }
    Ok(())
}

/// `CARGO_TARGET_${…}_LINKER` names `CARGO_TARGET_X_LINKER`, and hashes are what cargoDeps is made with.
fn is_computed_name(name: &str, words: &str) -> bool {
    name == "cargoDeps" && (words.contains("outputHashes") || words.contains("hash"))
        || name.starts_with("CARGO_TARGET_") && words.contains("CARGO_TARGET_${")
}

/// The words that are in one value only, packages by their last name.
fn difference<'t>(before: &'t str, after: &'t str) -> Vec<&'t str> {
    let words = |text: &'t str| -> Vec<&'t str> {
        let word = |c: char| c.is_whitespace() || "⟨⟩/\"'".contains(c);
        text.split(word).filter(|word| !word.is_empty()).collect()
    };
    let (one, other) = (words(before), words(after));
    let only = |these: &[&'t str], those: &[&'t str]| -> Vec<&'t str> {
        these.iter().filter(|word| !those.contains(word)).copied().collect()
    };
    let all = only(&one, &other).into_iter().chain(only(&other, &one));
    all.map(|word| word.split('=').next().and_then(|name| name.rsplit('.').next()).unwrap_or(word)).collect()
}

fn touched_lines(before: &Project, after: &Project) -> String {
    let mut lines = String::new();
    let nix = |project: &Project| -> BTreeMap<String, String> { project.nix_files().cloned().collect() };
    let (before, after) = (nix(before), nix(after));
    for (these, those) in [(&before, &after), (&after, &before)] {
        for (path, text) in these {
            let other: BTreeSet<&str> = those.get(path).into_iter().flat_map(|text| text.lines()).collect();
            for line in text.lines().filter(|line| !other.contains(line)) {
                lines += line;
                lines.push('\n');
            }
        }
    }
    lines
}

fn changes(edited: &Edited, before: &Answer, after: &Answer) -> Result<Changes, String> {
    let mut changes = Changes::default();
    let mut kinds = BTreeMap::new();
    for kind in before.kinds.symmetric_difference(&after.kinds) {
        let (there, gone) = ("there".to_owned(), "not there".to_owned());
        let change = if after.kinds.contains(kind) { (gone, there) } else { (there, gone) };
        kinds.insert(kind.clone(), change);
    }
    if !kinds.is_empty() {
        changes.by_attribute.insert(OUTPUTS.to_owned(), kinds);
    }
    // An output under its new name is the same output.
    let then: BTreeMap<String, &Made> = before
        .outputs
        .iter()
        .map(|(attribute, made)| {
            let moved = modern(attribute).filter(|_| !after.outputs.contains_key(attribute));
            (
                moved
                    .filter(|moved| !before.outputs.contains_key(moved))
                    .unwrap_or_else(|| attribute.clone()),
                made,
            )
        })
        .collect();
    for (attribute, now) in &after.outputs {
        match then.get(attribute) {
            None => return Err(format!("{attribute} is new")),
            Some(then) if then.error.is_none() && now.error.is_some() => {
                return Err(format!("{attribute} does not evaluate any more"));
            }
            Some(then) if then.error.is_some() && now.error.is_none() => {
                let change = ("throws".to_owned(), "evaluates".to_owned());
                changes.by_attribute.insert(attribute.clone(), BTreeMap::from([("?".to_owned(), change)]));
            }
            Some(then) => {
                let changed = changed(then, now);
                if !changed.is_empty() {
                    changes.by_attribute.insert(attribute.clone(), changed);
                }
            }
        }
    }
    for gone in then.keys().filter(|attribute| !after.outputs.contains_key(*attribute)) {
        // A system that the fix leaves out.
        let system = gone.split('.').nth(1).unwrap_or_default();
        if !edited.words.contains(system) {
            return Err(format!("{gone} is gone"));
        }
        let change = (system.to_owned(), "left out".to_owned());
        changes.by_attribute.insert(gone.clone(), BTreeMap::from([("?".to_owned(), change)]));
    }
    Ok(changes)
}

/// What an old kind of output is called today.
fn modern(attribute: &str) -> Option<String> {
    let (kind, system) = attribute.split_once('.')?;
    let kind = match kind {
        "devShell" => "devShells",
        "defaultPackage" => "packages",
        "defaultApp" => "apps",
        _ => return None,
    };
    Some(format!("{kind}.{system}.default"))
}

fn changed(then: &Made, now: &Made) -> BTreeMap<String, (String, String)> {
    let mut changed = BTreeMap::new();
    let other_platform = then.platform != now.platform;
    if other_platform {
        changed
            .insert("platform".to_owned(), (format!("{:?}", then.platform), format!("{:?}", now.platform)));
    }
    let names: BTreeSet<&String> = then.env.keys().chain(now.env.keys()).collect();
    for name in names {
        if other_platform && OF_PLATFORM.contains(&name.as_str()) {
            continue;
        }
        let value = |made: &Made| {
            let value = made.env.get(name)?;
            // Everything comes from the other package set.
            Some(if other_platform { without_platforms(value) } else { value.clone() })
        };
        let (before, after) = (value(then), value(now));
        // A script may have one line break more.
        let words = |value: &Option<String>| {
            value.as_ref().map(|text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        };
        if words(&before) != words(&after) {
            let shown = |value: Option<String>| value.unwrap_or_else(|| "not set".to_owned());
            changed.insert(name.clone(), (shown(before), shown(after)));
        }
    }
    changed
}

/// "⟨rustc=x86_64-unknown-linux-musl=static⟩" as "⟨rustc⟩", and without what only some platforms get.
fn without_platforms(value: &str) -> String {
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, inner)) = rest.split_once('⟨') {
        let (name, behind) = inner.split_once('⟩').unwrap_or((inner, ""));
        out += before;
        let name = name.split('=').next().unwrap_or(name);
        if name != "windows.pthreads" {
            out.extend(["⟨", name, "⟩"]);
        }
        rest = behind;
    }
    out += rest;
    out.trim().to_owned()
}

/// By attribute path: names of what changes for us; "?" when a value before or behind is not known.
fn our_changes(before: &Project, after: &Project) -> BTreeMap<String, BTreeSet<String>> {
    let (then, now) = (before.facts(), after.facts());
    let mut all = BTreeMap::new();
    for app in &now.apps {
        let known = then.apps.iter().find(|known| known.attribute == app.attribute);
        if known.is_some_and(|known| show(&known.program) != show(&app.program)) {
            all.insert(app.attribute.clone(), BTreeSet::from(["program".to_owned()]));
        }
    }
    for derivation in derivations(&now) {
        let is_it = |known: &&Derivation| {
            known.attribute == derivation.attribute
                || modern(&known.attribute).as_ref() == Some(&derivation.attribute)
        };
        let known = derivations(&then).find(is_it);
        let Some(known) = known else { continue };
        // Of another package set everything comes from there.
        let same_platform = known.platform.config == derivation.platform.config
            && known.platform.is_static == derivation.platform.is_static;
        let (one, other) = (shape(known, same_platform), shape(derivation, same_platform));
        let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
        let changed: BTreeSet<String> =
            names.into_iter().filter(|name| one.get(*name) != other.get(*name)).cloned().collect();
        if !changed.is_empty() {
            all.insert(derivation.attribute.clone(), changed);
        }
    }
    all
}

fn shape(derivation: &Derivation, with_platforms: bool) -> BTreeMap<String, String> {
    let show = |text: &Text| show(text).split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shape = BTreeMap::new();
    for variable in derivation.env.iter().filter(|variable| variable.form != VariableForm::Export) {
        if let Known::Value(name) = &variable.name {
            // `env` comes last, and is first.
            shape.insert(name.clone(), show(&variable.value));
        }
    }
    for setting in &derivation.settings {
        let value = match &setting.value {
            SettingValue::Text(text) => show(text),
            other => format!("{other:?}"),
        };
        shape.insert(setting.name.clone(), value);
    }
    if let Some(lock) = &derivation.cargo_lock {
        let names: Vec<&str> = lock.hashes.iter().map(|(name, _)| name.as_str()).collect();
        shape.insert("cargoDeps".to_owned(), names.join(" "));
    }
    for phase in &derivation.phases {
        shape.insert(phase.name.clone(), show(&phase.text));
    }
    let is_shell = derivation.attribute.starts_with("devShell");
    for input in &derivation.inputs {
        let list = match input.via.as_str() {
            "packages" if is_shell => "nativeBuildInputs",
            via => via,
        };
        let items: &mut String = shape.entry(list.to_owned()).or_default();
        write!(items, "{} ", input.item.attribute).unwrap();
        if with_platforms {
            let platform = &input.item.platform;
            write!(items, "{:?} {:?} ", platform.config, platform.is_static).unwrap();
        }
    }
    let platform = &derivation.platform;
    shape.insert(
        "platform".to_owned(),
        format!("{:?} {:?} {:?}", platform.config, platform.triple, platform.is_static),
    );
    shape
}
