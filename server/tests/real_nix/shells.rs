//! The environment that `nix develop` would give, before and after a fix, of real flakes with real inputs.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use serde_json::Value;

use super::{
    changes::{Changes, OUTPUTS},
    nix::{Nix, message, with_names},
    projects::{Edited, Project},
};

pub struct Shells<'n> {
    nix: &'n Nix,
    inputs: BTreeMap<String, PathBuf>,
    /// How many pairs of environments were compared.
    pub count: usize,
}

/// Variables that differ from run to run, or follow from the shell as a whole.
const OF_THE_RUN: &[&str] =
    &["out", "BASHPID", "EPOCHREALTIME", "EPOCHSECONDS", "RANDOM", "SECONDS", "SRANDOM", "LINENO", "PPID"];

impl<'n> Shells<'n> {
    pub fn new(nix: &'n Nix) -> Self {
        Self { nix, inputs: nix.inputs(), count: 0 }
    }

    /// What the environments of the changed shells differ in beyond the changes of their derivations.
    pub fn compare(&mut self, edited: &Edited, changes: &Changes) -> Vec<String> {
        // A shell of another system cannot be made here.
        let system = format!("{}-linux", std::env::consts::ARCH);
        let shells: Vec<&String> = changes
            .by_attribute
            .keys()
            .filter(|attribute| attribute.starts_with("devShell") && attribute.contains(&system))
            .collect();
        let mut failures = Vec::new();
        for attribute in shells {
            let changed = &changes.by_attribute[attribute];
            // What did not evaluate, or had another name, has no environment to compare with.
            if changes.by_attribute.contains_key(OUTPUTS)
                || changed.contains_key("?")
                || changed.contains_key("platform")
            {
                continue;
            }
            let then = match self.environment(&edited.before, "before", attribute) {
                Ok(then) => then,
                Err(why) => {
                    failures.push(format!("{attribute}: {why}"));
                    continue;
                }
            };
            match self.environment(&edited.after, "after", attribute) {
                Ok(now) => {
                    self.count += 1;
                    let names: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
                    let differ: BTreeSet<&String> =
                        names.into_iter().filter(|name| then.get(*name) != now.get(*name)).collect();
                    let wanted: BTreeSet<&String> = changed.keys().collect();
                    if differ != wanted {
                        failures.push(format!(
                            "{attribute}: in the shell {differ:?} differ, and in its derivation {wanted:?}"
                        ));
                    }
                }
                Err(why) => failures.push(format!("{attribute}, mended: {why}")),
            }
        }
        failures
    }

    fn environment(
        &self,
        project: &Project,
        name: &str,
        attribute: &str,
    ) -> Result<BTreeMap<String, String>, String> {
        let folder = self.nix.write(project, name);
        // Inputs are the stand-ins, whatever the lock says; the fixtures' locks hold what matters to a rule only.
        let _ = std::fs::remove_file(folder.join("flake.lock"));
        let mut command = self.nix.command("nix");
        command.args(["print-dev-env", "--json", "--no-write-lock-file"]);
        for (input, path) in &self.inputs {
            command.args(["--override-input", input, &format!("path:{}", path.display())]);
        }
        command.arg(format!("path:{}#{attribute}", folder.display()));
        let output = command.output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(format!("nix print-dev-env: {}", message(&output)));
        }
        let json: Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
        let variables = json["variables"].as_object().ok_or("no variables")?;
        let exported = variables.iter().filter(|(name, variable)| {
            variable["type"] == "exported" && !OF_THE_RUN.contains(&name.as_str())
        });
        Ok(exported
            .map(|(name, variable)| {
                (name.clone(), with_names(variable["value"].as_str().unwrap_or_default()))
            })
            .collect())
    }
}
