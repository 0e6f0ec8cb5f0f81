//! Answers of Nix in the place of what was guessed.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{
        describe::{is_script, is_variable},
        facts::{
            Builder, Derivation, FlakeFacts, Gap, Input, Known, Phase, Platform, SourceTree, Text, Variable,
            VariableForm,
        },
    },
    Output, Settled, exports, store,
};
use crate::{
    snapshot::Snapshot,
    text::{Origin, Span},
};

/// Variables that nixpkgs' builders add themselves: nobody has written them.
const OF_BUILDERS: &[&str] = &["PKG_CONFIG_ALLOW_CROSS", "RUST_LOG"];

/// Puts what Nix said in the place of what was guessed, if it was asked about these very files.
pub fn settle(mut facts: FlakeFacts, settled: &Settled, snapshot: &Snapshot) -> FlakeFacts {
    if settled.is_empty() || !settled.holds_for(snapshot) {
        return facts;
    }
    list(&mut facts, settled);
    facts.failing.retain(|(attribute, _)| !settled.outputs.contains_key(attribute));
    let mut told = BTreeSet::new();
    for derivation in facts.packages.iter_mut().chain(&mut facts.shells) {
        if let Some(output) = settled.outputs.get(&derivation.attribute) {
            settle_derivation(derivation, output, &mut told);
        }
    }
    facts.told = told.into_iter().collect();
    let all_known = facts.packages.iter().chain(&facts.shells).all(|derivation| derivation.complete);
    if facts.complete && all_known {
        facts.gaps.clear();
    }
    facts
}

/// Where what was read as certain is not what Nix says: a mistake of ours.
pub fn differences(facts: &FlakeFacts, settled: &Settled) -> Vec<String> {
    let mut found = Vec::new();
    let mut all: Vec<&Derivation> = facts.packages.iter().chain(&facts.shells).collect();
    // Alternatives have one attribute path: any of them may be right.
    all.dedup_by(|one, other| one.attribute == other.attribute);
    let is_single = |derivation: &&&Derivation| {
        let same = |other: &&Derivation| other.attribute == derivation.attribute;
        facts.packages.iter().chain(&facts.shells).filter(same).count() == 1
    };
    for derivation in all.iter().filter(is_single) {
        let Some(output) = settled.outputs.get(&derivation.attribute) else { continue };
        let at = &derivation.attribute;
        if let (Some(ours), Some(theirs)) = (&derivation.platform.config, &output.platform)
            && *ours != theirs.config
        {
            found.push(format!("{at} is for {} and was read as for {ours}", theirs.config));
        }
        let of_env = names(derivation, VariableForm::Env);
        for variable in &derivation.env {
            let (Known::Value(name), form) = (&variable.name, variable.form) else { continue };
            let is_shadowed = form == VariableForm::Attribute && of_env.contains(name);
            if form == VariableForm::Export || is_shadowed || variable.value.has_unknown() {
                continue;
            }
            match output.env.get(name) {
                Some(value) if !store::agrees(&variable.value, value) => {
                    found.push(format!("{at}: {name} is {value:?} and was read as something else"));
                }
                None if is_variable(name)
                    && !output.failed.contains(name)
                    && !variable.value.pieces.is_empty() =>
                {
                    found.push(format!("{at}: {name} was read as a variable and is none"));
                }
                _ => {}
            }
        }
    }
    found
}

fn names(derivation: &Derivation, form: VariableForm) -> BTreeSet<String> {
    let of_form = derivation.env.iter().filter(|variable| variable.form == form);
    of_form.filter_map(|variable| variable.name.value().cloned()).collect()
}

/// The outputs that there are, no more and no less.
fn list(facts: &mut FlakeFacts, settled: &Settled) {
    let origin = facts
        .gaps
        .first()
        .map(|gap| gap.origin.clone())
        .or_else(|| facts.files.first().map(|file| Origin::new(file.clone(), Span::at(0))));
    let Some(origin) = origin else { return };
    for (group, names) in &settled.names {
        let Some((kind, system)) = group.split_once('.') else { continue };
        let is_shell = kind.starts_with("devShell");
        let known = if is_shell { &mut facts.shells } else { &mut facts.packages };
        let in_group =
            |attribute: &str| attribute.strip_prefix(group.as_str())?.strip_prefix('.').map(str::to_owned);
        known.retain(|derivation| in_group(&derivation.attribute).is_none_or(|name| names.contains(&name)));
        for name in names {
            let attribute = format!("{group}.{name}");
            // What Nix does not say more of may be anything.
            if settled.outputs.contains_key(&attribute)
                && !known.iter().any(|derivation| derivation.attribute == attribute)
            {
                known.push(unseen(attribute, name, system, is_shell, &origin));
            }
        }
        known.sort_by(|left, right| {
            (&left.system, &left.name, &left.attribute).cmp(&(&right.system, &right.name, &right.attribute))
        });
        if !facts.systems.iter().any(|known| known == system) && !names.is_empty() {
            facts.systems.push(system.to_owned());
            facts.systems.sort();
        }
    }
    if ["packages", "devShells"].iter().all(|kind| settled.kinds.contains(*kind)) {
        facts.complete = true;
    }
}

/// An output that only Nix knows of.
fn unseen(attribute: String, name: &str, system: &str, is_shell: bool, origin: &Origin) -> Derivation {
    let why = "only Nix knows what makes it".to_owned();
    let gap = Gap { origin: origin.clone(), why: why.clone() };
    Derivation {
        attribute,
        name: name.to_owned(),
        package_name: None,
        system: Some(system.to_owned()),
        origin: origin.clone(),
        function: String::new(),
        source: SourceTree::Unknown,
        has_cargo_config: false,
        settings: Vec::new(),
        builder: if is_shell { Builder::Shell } else { Builder::Unknown(why.clone()) },
        platform: Platform { is_static: Known::Unknown(why), ..Platform::default() },
        env: Vec::new(),
        inputs: Vec::new(),
        phases: Vec::new(),
        toolchain: super::super::facts::Toolchain::Unknown,
        targets: Vec::new(),
        cargo_lock: None,
        complete: false,
        unknown: vec![gap],
        literal: None,
    }
}

/// Puts the answers about one derivation in their places, and notes those.
fn settle_derivation(derivation: &mut Derivation, output: &Output, told: &mut BTreeSet<Origin>) {
    if let Some(platform) = &output.platform {
        derivation.platform.config = Some(platform.config.clone());
        derivation.platform.triple = platform.triple.clone().or(derivation.platform.triple.take());
        derivation.platform.is_static = Known::Value(platform.is_static);
        // A native pkgsMusl is native for nixpkgs, and other than the system's own for us.
        derivation.platform.is_cross |= platform.is_cross;
    }
    derivation.package_name = derivation.package_name.take().or_else(|| output.name.clone());
    variables(derivation, output, told);
    scripts(derivation, output, told);
    if !derivation.complete {
        told.insert(derivation.origin.clone());
        inputs(derivation, output);
    }
    exports::of_hooks(derivation, output, told);
    // Whatever Nix could not give may still be anything.
    derivation.complete |= output.failed.is_empty();
    if derivation.complete {
        derivation.unknown.clear();
    }
    if matches!(derivation.builder, Builder::Unknown(_)) && derivation.attribute.starts_with("devShell") {
        derivation.builder = Builder::Shell;
    }
}

fn variables(derivation: &mut Derivation, output: &Output, told: &mut BTreeSet<Origin>) {
    let named: BTreeSet<String> =
        derivation.env.iter().filter_map(|variable| variable.name.value().cloned()).collect();
    // `env.NAME` comes before `NAME`, which then says nothing.
    let of_env = names(derivation, VariableForm::Env);
    let is_export = |variable: &Variable| variable.form == VariableForm::Export;
    // Computed names: whatever of Nix's fits the known parts.
    let open: BTreeMap<&String, &String> =
        output.env.iter().filter(|(name, _)| !named.contains(*name) && is_written(name)).collect();
    let mut taken = BTreeSet::new();
    let mut settled = Vec::new();
    for variable in std::mem::take(&mut derivation.env) {
        match &variable.name {
            _ if is_export(&variable) => settled.push(variable),
            Known::Value(name) if variable.form == VariableForm::Attribute && of_env.contains(name) => {
                settled.push(variable);
            }
            Known::Value(name) => match output.env.get(name) {
                Some(value) => {
                    let value = value_of(&variable.value, value, &variable.value_origin, told);
                    settled.push(Variable { value, ..variable });
                }
                // `NAME = null;` is none, and what could not be given stays.
                None if !output.failed.contains(name) && !is_script(name) => {}
                None => settled.push(variable),
            },
            Known::Unknown(pattern) => {
                for (name, value) in open.iter().filter(|(name, _)| fits(pattern, name)) {
                    if taken.insert((*name).clone()) {
                        told.insert(variable.name_origin.clone());
                        let value = value_of(&variable.value, value, &variable.value_origin, told);
                        settled.push(Variable {
                            name: Known::Value((*name).clone()),
                            value,
                            ..variable.clone()
                        });
                    }
                }
            }
        }
    }
    // What was merged in unseen.
    if !derivation.complete {
        let unseen = open.iter().filter(|(name, _)| !taken.contains(**name));
        settled.extend(unseen.map(|(name, value)| Variable {
            name: Known::Value((*name).clone()),
            name_origin: derivation.origin.clone(),
            value: store::text(value, &derivation.origin),
            value_origin: derivation.origin.clone(),
            form: VariableForm::Attribute,
            binding: None,
        }));
    }
    derivation.env = settled;
    let is_target =
        |variable: &&Variable| variable.name.value().is_some_and(|name| name == "CARGO_BUILD_TARGET");
    let builds = matches!(derivation.builder, Builder::Crane | Builder::Naersk);
    if let Some(target) = derivation.env.iter().find(is_target).filter(|_| builds) {
        derivation.targets.retain(|known| !known.has_unknown());
        if !derivation.targets.contains(&target.value) {
            derivation.targets.push(target.value.clone());
        }
    }
}

/// Whether a variable of a derivation is one that somebody wrote.
fn is_written(name: &str) -> bool {
    is_variable(name) && !OF_BUILDERS.contains(&name)
}

/// What was read keeps its pieces and their places; an unknown gives way, and so does a mistake of ours.
fn value_of(read: &Text, answer: &str, origin: &Origin, told: &mut BTreeSet<Origin>) -> Text {
    if !read.has_unknown() && store::agrees(read, answer) {
        return read.clone();
    }
    told.insert(origin.clone());
    store::text(answer, origin)
}

/// Whether a name fits a computed one, `CARGO_TARGET_${…}_LINKER`.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split("${…}");
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    for (position, part) in parts.iter().enumerate() {
        if position + 1 == parts.len() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty()
}

fn scripts(derivation: &mut Derivation, output: &Output, told: &mut BTreeSet<Origin>) {
    let mut replaced = Vec::new();
    for phase in &mut derivation.phases {
        if let Some(text) = output.scripts.get(&phase.name) {
            let value = value_of(&phase.text, text, &phase.origin, told);
            if value != phase.text {
                replaced.push((text, phase.origin.clone()));
                phase.text = value;
            }
        }
    }
    for (text, origin) in replaced {
        exports::of_script(derivation, text, &origin, told);
    }
    if derivation.complete {
        return;
    }
    for (name, text) in &output.scripts {
        if !text.is_empty() && !derivation.phases.iter().any(|phase| phase.name == *name) {
            let origin = derivation.origin.clone();
            exports::of_script(derivation, text, &origin, told);
            let text = store::text(text, &origin);
            derivation.phases.push(Phase { name: name.clone(), text, origin });
        }
    }
}

/// Inputs that were merged in unseen.
fn inputs(derivation: &mut Derivation, output: &Output) {
    for (via, items) in &output.inputs {
        for (name, chosen) in items {
            let mut item = store::item(name);
            item.output = Some(chosen.clone()).filter(|output| output != "out").or(item.output);
            // Of a cross set, what has no platform in its name is the builder's.
            if item.platform.config.is_none() && !derivation.platform.is_cross {
                item.platform = derivation.platform.clone();
            }
            let last = |attribute: &str| attribute.rsplit('.').next().unwrap_or_default().to_owned();
            let known =
                derivation.inputs.iter().any(|input| last(&input.item.attribute) == last(&item.attribute));
            if !known {
                derivation.inputs.push(Input { item, via: via.clone(), origin: derivation.origin.clone() });
            }
        }
    }
}
