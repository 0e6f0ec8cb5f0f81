//! From the trees of the chain's files to the settings in them, merged as cargo merges them.
//!
//! Measured: of two strings the one in the stronger file counts; two arrays are joined, the weaker file's
//! words first; a string in one file and an array in another is refused, and with it every command.

use std::collections::HashSet;

use super::{
    Alias, Config, EnvEntry, Flags, Form, TargetTable,
    chain::{Chain, plain},
};
use crate::{
    cargo::{Gap, Sourced, platform, values::Reader},
    syntax::toml::{Data, Entry, Table, TableKind, Value},
};

/// Reads all files of a chain.
pub(super) fn read(chain: Chain) -> Config {
    let Chain { files, gaps, .. } = chain;
    let mut sections = Sections { config: Config { gaps, ..Config::default() }, ..Sections::default() };
    for (index, file) in files.iter().enumerate() {
        sections.file(index, Reader::new(&file.source));
        // A path in a file is meant from the folder that holds `.cargo`.
        let named =
            || Some(plain(&file.base.join(file.tree().root.path(&["build", "target-dir"])?.as_str()?)));
        sections.config.target_folder = sections.config.target_folder.take().or_else(named);
    }
    let Sections { mut config, build_targets, build_rustflags, .. } = sections;
    config.build_target_form = build_targets.first().map(|list| list.form);
    config.build_targets =
        join(build_targets, &mut config.gaps).into_iter().flat_map(|list| list.values).collect();
    config.build_rustflags = join(build_rustflags, &mut config.gaps);
    config.env.sort_by(|one, other| one.name.value.cmp(&other.name.value));
    config.aliases.sort_by(|one, other| one.name.value.cmp(&other.name.value));
    config.files = files;
    config
}

/// Lists of one key in several files, strongest first, as cargo takes them together: in the order in which
/// it joins them, weakest first.
pub(super) fn join(lists: Vec<Flags>, gaps: &mut Vec<Gap>) -> Vec<Flags> {
    let Some(form) = lists.first().map(|strongest| strongest.form) else { return Vec::new() };
    for other in lists.iter().filter(|list| list.form != form) {
        let why = "is a string here and an array in another file: cargo refuses the whole configuration";
        gaps.push(Gap::at(other.value.clone(), why));
    }
    match form {
        Form::String => lists.into_iter().take(1).collect(),
        Form::Array => lists.into_iter().filter(|list| list.form == form).rev().collect(),
    }
}

/// What was gathered so far, strongest first.
#[derive(Default)]
struct Sections {
    config: Config,
    build_targets: Vec<Flags>,
    build_rustflags: Vec<Flags>,
    /// The names of the aliases and variables so far.
    aliases: HashSet<String>,
    variables: HashSet<String>,
}

impl Sections {
    fn file(&mut self, index: usize, reader: Reader<'_>) {
        let root = reader.root();
        if let Some(build) = self.table(reader, root, "build") {
            if let Some(entry) = build.entry("target") {
                self.build_targets.extend(build_target(reader, entry));
            }
            if let Some(flags) = self.flags(reader, build, "rustflags") {
                self.build_rustflags.push(flags);
            }
        }
        for entry in self.entries(reader, root, "target") {
            match &entry.value.data {
                Data::Table(table) => self.target(index, reader, entry, table),
                // A key that is still being typed has an error of its own.
                Data::Invalid => {}
                _ => self.refuse(reader, &entry.value, "is no table"),
            }
        }
        for entry in self.entries(reader, root, "env") {
            self.env(index, reader, entry);
        }
        for entry in self.entries(reader, root, "alias") {
            let name = reader.key(entry);
            match reader.flags(entry) {
                Some(words) => {
                    if self.aliases.insert(name.value.clone()) {
                        self.config.aliases.push(Alias { name, words });
                    }
                }
                None => self.refuse(reader, &entry.value, "is no string and no array of strings"),
            }
        }
    }

    fn target(&mut self, file: usize, reader: Reader<'_>, entry: &Entry, table: &Table) {
        let key = reader.key(entry);
        let header = match table.kind {
            TableKind::Header | TableKind::ArrayElement => table.span,
            _ => entry.statement,
        };
        let target = TargetTable {
            matcher: platform::matcher(&key.value),
            key,
            header: reader.origin(header),
            file,
            linker: self.string(reader, table, "linker"),
            runner: self.flags(reader, table, "runner"),
            rustflags: self.flags(reader, table, "rustflags"),
            ar: self.string(reader, table, "ar"),
        };
        self.config.targets.push(target);
    }

    fn env(&mut self, file: usize, reader: Reader<'_>, entry: &Entry) {
        let name = reader.key(entry);
        // Of two strings the stronger counts, of two tables each key of the stronger: no variable is
        // set in more than one file in practice, so the whole entry of the stronger file is taken.
        if self.variables.contains(&name.value) {
            return;
        }
        let boolean = |table: &Table, key| table.get(key).and_then(Value::as_bool).unwrap_or_default();
        let (value, force, relative) = match &entry.value.data {
            Data::String(_) => (reader.string(&entry.value), false, false),
            Data::Table(table) => {
                (reader.string_at(table, "value"), boolean(table, "force"), boolean(table, "relative"))
            }
            _ => (None, false, false),
        };
        match value {
            Some(value) => {
                self.variables.insert(name.value.clone());
                self.config.env.push(EnvEntry { name, value, force, relative, file });
            }
            None => self.refuse(reader, &entry.value, "is no string and no table with a value"),
        }
    }

    fn table<'a>(&mut self, reader: Reader<'_>, table: &'a Table, key: &str) -> Option<&'a Table> {
        let value = table.get(key)?;
        if value.as_table().is_none() {
            self.refuse(reader, value, "is no table");
        }
        value.as_table()
    }

    fn entries<'a>(&mut self, reader: Reader<'_>, table: &'a Table, key: &str) -> &'a [Entry] {
        self.table(reader, table, key).map(|table| table.entries.as_slice()).unwrap_or_default()
    }

    fn string(&mut self, reader: Reader<'_>, table: &Table, key: &str) -> Option<Sourced<String>> {
        let value = table.get(key)?;
        let string = reader.string(value);
        if string.is_none() {
            self.refuse(reader, value, "is no string");
        }
        string
    }

    fn flags(&mut self, reader: Reader<'_>, table: &Table, key: &str) -> Option<Flags> {
        let entry = table.entry(key)?;
        let flags = reader.flags(entry);
        if flags.is_none() {
            self.refuse(reader, &entry.value, "is no string and no array of strings");
        }
        flags
    }

    /// Notes a value of the wrong kind, for which cargo refuses every command.
    fn refuse(&mut self, reader: Reader<'_>, value: &Value, why: &str) {
        if !matches!(value.data, Data::Invalid) {
            let why = format!("{why}: cargo refuses the whole configuration");
            self.config.gaps.push(Gap::at(reader.origin(value.span), why));
        }
    }
}

/// `build.target`: one triple as a string, which is not split, or an array of them.
fn build_target(reader: Reader<'_>, entry: &Entry) -> Option<Flags> {
    let form = match entry.value.data {
        Data::String(_) => Form::String,
        Data::Array(_) => Form::Array,
        _ => return None,
    };
    let key = reader.origin(entry.key.span);
    let value = reader.origin(entry.value.span);
    Some(Flags { values: reader.one_or_more(&entry.value), form, key, value })
}
