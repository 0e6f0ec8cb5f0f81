//! Which questions are asked of Nix, and in which order.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use super::{
    MayRun, Note, Options, Outcome, answer,
    nix::{self, Failure},
};
use crate::{
    nix::{
        FlakeFacts,
        facts::{Builder, Derivation, Known, VariableForm},
        read_flake, settled,
    },
    snapshot::{Read, Snapshot},
    text::FileId,
};

/// What is asked of a set of derivations.
const COLLECT: &str = include_str!("collect.nix");
/// The names of a kind of outputs, by system.
const NAMES: &str = "set: builtins.mapAttrs (_: outputs: let names = builtins.attrNames outputs; tried = \
                     builtins.tryEval (builtins.deepSeq names names); in if tried.success then tried.value else null) set";

/// How many sets of outputs one look asks about: each costs an evaluation of nixpkgs.
const MAX_GROUPS: usize = 12;
/// How many outputs are asked about one by one, when one of their set cannot be evaluated.
const MAX_SINGLE: usize = 24;

/// How many dev shells are asked for their environment.
const MAX_ENVIRONMENTS: usize = 4;

/// Outputs with a common path: "packages.x86_64-linux" and the names below it. An old `devShell.x86_64-linux` is a
/// group without names.
type Groups = BTreeMap<String, BTreeSet<String>>;

/// Asks Nix about the flake of the project.
pub(super) fn ask_nix(snapshot: &Snapshot, options: &Options, may_run: MayRun<'_>, outcome: &mut Outcome) {
    // What is known without Nix, whatever it said before.
    let plain = Snapshot { settled: Arc::default(), ..snapshot.clone() };
    let Some(facts) = read_flake(&plain) else { return };
    if is_broken(&facts, &plain) {
        return;
    }
    let system = this_system();
    let mut asker = Asker { folder: &plain.root, options, may_run, outcome };
    asker.outcome.settled.files = files(&facts, &plain);
    // A failure that concerns all questions ends the asking; what was answered before stays.
    if let Err(failure) = asker.ask(&facts, &system) {
        asker.note("the flake", failure);
    }
    if asker.outcome.settled.outputs.is_empty() {
        return;
    }
    let differences = settled::differences(&facts, &asker.outcome.settled);
    asker.outcome.notes.extend(differences.into_iter().map(|what| Note::Bug { what }));
}

/// A flake that is being typed is not worth a question.
fn is_broken(facts: &FlakeFacts, snapshot: &Snapshot) -> bool {
    let read = |file: &FileId| snapshot.files.read(file.path());
    facts
        .files
        .iter()
        .filter_map(|file| read(file).text().cloned())
        .any(|source| source.file().name().ends_with(".nix") && !source.nix().errors.is_empty())
}

/// The files that the answers depend on: what our evaluation looked at, and the locks.
fn files(facts: &FlakeFacts, snapshot: &Snapshot) -> Vec<(FileId, Option<Arc<crate::syntax::Source>>)> {
    let locks = ["flake.lock", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "rust-toolchain"];
    let mut files: Vec<FileId> = facts.files.clone();
    files.extend(locks.iter().map(|name| FileId::new(snapshot.root.join(name))));
    files.sort();
    files.dedup();
    let text = |file: &FileId| match snapshot.files.read(file.path()) {
        Read::Text(source) => Some(source),
        Read::Absent | Read::Unreadable(_) => None,
    };
    files.into_iter().map(|file| (file.clone(), text(&file))).collect()
}

/// Nix's name of the machine that this is.
fn this_system() -> String {
    let os = if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS };
    let arch = if cfg!(target_arch = "x86") { "i686" } else { std::env::consts::ARCH };
    format!("{arch}-{os}")
}

struct Asker<'a> {
    folder: &'a Path,
    options: &'a Options,
    may_run: MayRun<'a>,
    outcome: &'a mut Outcome,
}

impl Asker<'_> {
    fn ask(&mut self, facts: &FlakeFacts, system: &str) -> Result<(), Failure> {
        let mut groups = groups_of(facts);
        if !facts.complete {
            for kind in ["packages", "devShells"] {
                self.list(kind, &mut groups)?;
            }
        }
        let mut wanted = self.wanted(facts, &groups, system);
        let left_out = wanted.len().saturating_sub(MAX_GROUPS);
        wanted.truncate(MAX_GROUPS);
        for (group, names) in wanted {
            self.group(&group, &names)?;
        }
        if left_out > 0 {
            self.outcome.notes.push(Note::NotAsked { groups: left_out });
        }
        self.environments(system)
    }

    /// What the dev shells of this machine export, those that somebody has entered before.
    fn environments(&mut self, system: &str) -> Result<(), Failure> {
        let of_here = format!("devShells.{system}.");
        let shells: Vec<String> = self
            .outcome
            .settled
            .outputs
            .keys()
            .filter(|attribute| attribute.starts_with(&of_here))
            .take(MAX_ENVIRONMENTS)
            .cloned()
            .collect();
        for attribute in shells {
            let name = attribute.strip_prefix(&of_here).unwrap_or_default();
            let path = format!("devShells.{}.{}", quote(system), quote(name));
            let call = nix::environment(self.folder, &path, self.options);
            match nix::evaluate(&call, self.may_run) {
                Ok(value) => {
                    if let Some(output) = self.outcome.settled.outputs.get_mut(&attribute) {
                        output.exported = answer::exported(&value);
                    }
                }
                Err(Failure::NotBuilt) => {
                    tracing::info!(attribute, "the shell was never entered on this machine");
                }
                // What the shell is was told before: only what its hooks export stays open.
                Err(Failure::Error(why)) => tracing::info!(attribute, why, "no environment"),
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }

    /// The names of all outputs of a kind.
    fn list(&mut self, kind: &str, groups: &mut Groups) -> Result<(), Failure> {
        let call = nix::invocation(self.folder, kind, NAMES, self.options);
        match nix::evaluate(&call, self.may_run) {
            Ok(value) => {
                let systems = answer::names(&value);
                let all_told = systems.values().all(Option::is_some);
                groups.retain(|group, _| group.strip_prefix(kind).is_none_or(|rest| !rest.starts_with('.')));
                for (system, names) in systems {
                    let Some(names) = names else { continue };
                    let group = format!("{kind}.{system}");
                    self.outcome.settled.names.insert(group.clone(), names.clone());
                    groups.insert(group, names);
                }
                if all_told {
                    self.outcome.settled.kinds.insert(kind.to_owned());
                }
                Ok(())
            }
            Err(Failure::NoAttribute) => {
                self.outcome.settled.kinds.insert(kind.to_owned());
                Ok(())
            }
            Err(Failure::Error(why)) => {
                self.note(kind, Failure::Error(why));
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }

    /// The groups worth a question, those of this machine first.
    fn wanted(&self, facts: &FlakeFacts, groups: &Groups, system: &str) -> Vec<(String, BTreeSet<String>)> {
        let derivations: Vec<&Derivation> = facts.packages.iter().chain(&facts.shells).collect();
        let is_open = |group: &str, names: &BTreeSet<String>| {
            let attributes = attributes(group, names);
            attributes.iter().any(|attribute| {
                let known = derivations.iter().find(|derivation| derivation.attribute == *attribute);
                known.is_none_or(|derivation| !is_known(derivation))
            })
        };
        let is_here = |group: &str| group.split('.').nth(1) == Some(system);
        let mut wanted: Vec<(String, BTreeSet<String>)> = groups
            .iter()
            .filter(|(group, names)| is_open(group, names) || (is_here(group) && !self.options.only_unknown))
            .map(|(group, names)| (group.clone(), names.clone()))
            .collect();
        wanted.sort_by_key(|(group, _)| !is_here(group));
        wanted
    }

    /// Asks about a group at once, and where that fails about each of it.
    fn group(&mut self, group: &str, names: &BTreeSet<String>) -> Result<(), Failure> {
        if group.starts_with("devShell.") || group.starts_with("defaultPackage.") {
            return self.single(group, &quoted(group));
        }
        let call = nix::invocation(self.folder, &quoted(group), COLLECT, self.options);
        match nix::evaluate(&call, self.may_run) {
            Ok(value) => {
                for (name, output) in answer::outputs(&value) {
                    let attribute = format!("{group}.{name}");
                    match output {
                        Some(output) => drop(self.outcome.settled.outputs.insert(attribute, output)),
                        None => {
                            self.note(
                                &attribute,
                                Failure::Error("it throws, or is no derivation".to_owned()),
                            );
                        }
                    }
                }
                Ok(())
            }
            Err(Failure::Error(_)) => {
                for name in names.iter().take(MAX_SINGLE) {
                    self.single(&format!("{group}.{name}"), &format!("{}.{}", quoted(group), quote(name)))?;
                }
                Ok(())
            }
            // A flake that changed meanwhile.
            Err(Failure::NoAttribute) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    fn single(&mut self, attribute: &str, path: &str) -> Result<(), Failure> {
        let function = format!("drv: ({COLLECT}) {{ it = drv; }}");
        let call = nix::invocation(self.folder, path, &function, self.options);
        match nix::evaluate(&call, self.may_run) {
            Ok(value) => {
                if let Some(Some(output)) = answer::outputs(&value).remove("it") {
                    self.outcome.settled.outputs.insert(attribute.to_owned(), output);
                }
                Ok(())
            }
            Err(Failure::Error(why)) => {
                self.note(attribute, Failure::Error(why));
                Ok(())
            }
            Err(Failure::NoAttribute) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    fn note(&mut self, what: &str, failure: Failure) {
        let what = what.to_owned();
        self.outcome.notes.push(match failure {
            Failure::NoNix => Note::Missing { program: "nix" },
            Failure::Offline => Note::Offline,
            Failure::TookTooLong => Note::TookTooLong { what, limit: self.options.limit },
            Failure::Error(why) => Note::Failed { what, why },
            // Whoever stopped it knows.
            Failure::Stopped | Failure::NoAttribute | Failure::NotBuilt => return,
        });
    }
}

/// The outputs that we know of, by what they have in common.
fn groups_of(facts: &FlakeFacts) -> Groups {
    let mut groups = Groups::new();
    for derivation in facts.packages.iter().chain(&facts.shells) {
        let mut parts = derivation.attribute.splitn(3, '.');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(kind @ ("packages" | "devShells")), Some(system), Some(name)) => {
                groups.entry(format!("{kind}.{system}")).or_default().insert(name.to_owned());
            }
            (Some("defaultPackage" | "devShell"), Some(_), None) => {
                groups.entry(derivation.attribute.clone()).or_default();
            }
            _ => {}
        }
    }
    groups
}

/// The attribute paths of a group.
fn attributes(group: &str, names: &BTreeSet<String>) -> Vec<String> {
    if names.is_empty() {
        return vec![group.to_owned()];
    }
    names.iter().map(|name| format!("{group}.{name}")).collect()
}

/// "packages.x86_64-linux" as Nix reads attribute paths.
fn quoted(group: &str) -> String {
    group.split('.').map(quote).collect::<Vec<_>>().join(".")
}

fn quote(name: &str) -> String {
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\\\"")) }
}

/// Whether there is nothing to ask about.
fn is_known(derivation: &Derivation) -> bool {
    let variables = derivation.env.iter().filter(|variable| variable.form != VariableForm::Export);
    derivation.complete
        && derivation.platform.config.is_some()
        && derivation.platform.is_static.value().is_some()
        && !matches!(derivation.builder, Builder::Unknown(_))
        && variables
            .into_iter()
            .all(|variable| matches!(variable.name, Known::Value(_)) && !variable.value.has_unknown())
        && !derivation.phases.iter().any(|phase| phase.text.has_unknown())
}
