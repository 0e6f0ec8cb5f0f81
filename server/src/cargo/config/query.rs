//! What the configuration comes to for one target.
//!
//! Measured, strongest first. Linker: `CARGO_TARGET_<TRIPLE>_LINKER`, `target.<triple>.linker` of any file,
//! `target.'cfg(…)'.linker` (two that match are refused). The variables are those that cargo is started
//! with; `[env]` does not reach cargo itself. Flags: only the first of four sources counts, see
//! [`Rustflags`].

use std::path::PathBuf;

use cargo_platform::Cfg;

use super::{
    Config, EnvEntry, Flags, Form, Given, Linker, Matcher, Program, Rustflags, TargetTable, chain::plain,
    sections,
};
use crate::{
    cargo::{By, Sourced},
    knowledge,
    text::Origin,
};

/// The variable that cargo reads for `target.<triple>.<key>`: upper case, with `-` and `.` turned into `_`
/// (measured with cargo 1.95 on `thumbv8m.main-none-eabi`).
pub fn variable(triple: &str, key: &str) -> String {
    format!("CARGO_TARGET_{}_{key}", triple.replace(['-', '.'], "_")).to_uppercase()
}

impl Config {
    /// The linker that cargo hands to rustc for a target; `None` when it leaves the choice to rustc.
    /// Measured: `-C linker` among the flags is stronger still, because rustc gets the flags last.
    pub fn linker(&self, triple: &str) -> Option<Linker> {
        let name = variable(triple, "linker");
        if let Some(value) = self.environment.get(&name) {
            let program = self.program(value, None);
            let by = By::Environment(name.clone());
            return Some(Linker { value: value.clone(), program, by, setting: name, rivals: Vec::new() });
        }
        let mut exact =
            self.targets.iter().filter(|table| table.matcher == Matcher::Triple(triple.to_owned()));
        if let Some(linker) = exact.find_map(|table| self.linker_of(table)) {
            return Some(linker);
        }
        let cfgs = knowledge::target(triple).map(knowledge::Target::cfgs)?;
        let mut found: Vec<(&str, Linker)> = Vec::new();
        for table in self.targets.iter().filter(|table| table.matches_cfg(cfgs)) {
            let key = table.key.value.as_str();
            // The same key in a weaker file is the same setting, and hidden.
            if found.iter().all(|(known, _)| *known != key) {
                found.extend(self.linker_of(table).map(|linker| (key, linker)));
            }
        }
        found.sort_by_key(|(key, _)| *key);
        let mut found = found.into_iter().map(|(_, linker)| linker);
        let mut linker = found.next()?;
        linker.rivals = found.filter_map(|rival| rival.by.origin().cloned()).collect();
        Some(linker)
    }

    /// The linker that one table names.
    pub fn linker_of(&self, table: &TargetTable) -> Option<Linker> {
        let Sourced { value, origin } = table.linker.clone()?;
        let setting = format!("target.{}.linker", table.key.value);
        let program = self.program(&value, Some(table.file));
        Some(Linker { value, program, by: By::File(origin), setting, rivals: Vec::new() })
    }

    /// What a program's name leads to: with a slash in it, it is meant from the folder that holds `.cargo`,
    /// in a variable from the folder that cargo is started in.
    pub fn program(&self, value: &str, file: Option<usize>) -> Program {
        if !value.contains('/') {
            return Program::Name(value.to_owned());
        }
        let base = file.and_then(|file| self.files.get(file)).map_or(&self.folder, |file| &file.base);
        Program::Path(plain(&base.join(value)))
    }

    /// The value of an `[env]` entry as the programs see it that cargo starts: a path is made absolute.
    pub fn env_value(&self, entry: &EnvEntry) -> String {
        match self.files.get(entry.file) {
            Some(file) if entry.relative => file.base.join(&entry.value.value).to_string_lossy().into_owned(),
            _ => entry.value.value.clone(),
        }
    }

    /// The entry of `[env]` with that name.
    pub fn env(&self, name: &str) -> Option<&EnvEntry> {
        self.env.iter().find(|entry| entry.name.value == name)
    }

    /// The tables whose key is that triple, or an expression that holds for it.
    pub fn tables_for(&self, triple: &str) -> Vec<&TargetTable> {
        let cfgs = knowledge::target(triple).map(knowledge::Target::cfgs).unwrap_or_default();
        self.targets.iter().filter(|table| table.is_for(triple, cfgs)).collect()
    }

    /// The targets that a plain `cargo build` builds, joined with `CARGO_BUILD_TARGET`: the variable
    /// replaces a string and is added to an array.
    pub fn built_targets(&self) -> Vec<(String, By)> {
        let mut targets: Vec<(String, By)> = Vec::new();
        let name = "CARGO_BUILD_TARGET";
        let variable = self.environment.get(name).map(String::as_str).unwrap_or_default();
        if self.build_target_form == Some(Form::Array) || variable.is_empty() {
            let files = self.build_targets.iter();
            targets.extend(files.map(|target| (target.value.clone(), By::File(target.origin.clone()))));
        }
        for triple in variable.split_whitespace() {
            if targets.iter().all(|(known, _)| known != triple) {
                targets.push((triple.to_owned(), By::Environment(name.to_owned())));
            }
        }
        targets
    }

    /// Where cargo puts what it makes, if something names a place. Measured: `CARGO_TARGET_DIR`, then
    /// `CARGO_BUILD_TARGET_DIR`, then `build.target-dir`; a variable is meant from the folder that cargo is started in.
    /// `build.build-dir` moves nothing but what lies in between.
    pub fn target_folder(&self) -> Option<PathBuf> {
        let variables = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"];
        let mut named = variables.iter().filter_map(|name| self.environment.get(*name));
        match named.find(|path| !path.is_empty()) {
            Some(path) => Some(plain(&self.folder.join(path))),
            None => self.target_folder.clone(),
        }
    }

    /// The flags that rustc gets for a target, by their four sources.
    pub fn rustflags(&self, triple: &str) -> Rustflags {
        let words = |text: &String| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let encoded = self.environment.get("CARGO_ENCODED_RUSTFLAGS").map(|text| {
            text.split('\u{1f}').filter(|_| !text.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        });
        let cfgs = knowledge::target(triple).map(knowledge::Target::cfgs);
        let mut build = given(&self.build_rustflags);
        build.extend(self.given_by_variable("CARGO_BUILD_RUSTFLAGS"));
        Rustflags {
            encoded,
            environment: self.environment.get("RUSTFLAGS").map(words),
            target: self.target_rustflags(triple, cfgs.unwrap_or_default()),
            build,
            uncertain: cfgs.is_none()
                && self
                    .targets
                    .iter()
                    .any(|table| table.rustflags.is_some() && matches!(table.matcher, Matcher::Cfg(_))),
        }
    }

    /// Joined in this order: the triple's own, its variable's, then those of the matching expressions,
    /// sorted by the text of their keys.
    fn target_rustflags(&self, triple: &str, cfgs: &[Cfg]) -> Vec<Given> {
        let mut flags = given(&self.joined(|table| table.matcher == Matcher::Triple(triple.to_owned())));
        flags.extend(self.given_by_variable(&variable(triple, "rustflags")));
        let mut keys: Vec<&str> = self
            .targets
            .iter()
            .filter(|table| table.rustflags.is_some() && table.matches_cfg(cfgs))
            .map(|table| table.key.value.as_str())
            .collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            flags.extend(given(&self.joined(|table| table.key.value == key)));
        }
        flags
    }

    /// The flags of the tables that are the same setting in several files.
    fn joined(&self, same: impl Fn(&TargetTable) -> bool) -> Vec<Flags> {
        let lists = self.targets.iter().filter(|table| same(table));
        sections::join(lists.filter_map(|table| table.rustflags.clone()).collect(), &mut Vec::new())
    }

    fn given_by_variable(&self, name: &str) -> Vec<Given> {
        let words = self.environment.get(name).map(String::as_str).unwrap_or_default().split_whitespace();
        words.map(|flag| Given { flag: flag.to_owned(), by: By::Environment(name.to_owned()) }).collect()
    }
}

fn given(lists: &[Flags]) -> Vec<Given> {
    let words = lists.iter().flat_map(|list| &list.values);
    words.map(|word| Given { flag: word.value.clone(), by: By::File(word.origin.clone()) }).collect()
}

impl TargetTable {
    /// Whether the table's key is that triple, or an expression that holds for these values.
    pub fn is_for(&self, triple: &str, cfgs: &[Cfg]) -> bool {
        self.matches_cfg(cfgs) || matches!(&self.matcher, Matcher::Triple(key) if key == triple)
    }

    fn matches_cfg(&self, cfgs: &[Cfg]) -> bool {
        matches!(&self.matcher, Matcher::Cfg(expression) if !cfgs.is_empty() && expression.matches(cfgs))
    }
}

impl Linker {
    /// The place that names it.
    pub fn origin(&self) -> Option<&Origin> {
        self.by.origin()
    }
}
