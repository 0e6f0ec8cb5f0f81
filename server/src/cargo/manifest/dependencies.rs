//! Dependencies in all their tables and spellings.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Dependency, DependencyKind, DependencySource, Inherited, PlatformKey, Spelling,
    read::{Inheritance, absolute},
};
use crate::{
    cargo::{Sourced, platform, values::Reader},
    syntax::toml::{Data, Entry, Table, TableKind, Value},
};

/// The names of the tables; those with an underscore are deprecated and still read.
const TABLES: [(&str, DependencyKind); 5] = [
    ("dependencies", DependencyKind::Normal),
    ("dev-dependencies", DependencyKind::Dev),
    ("dev_dependencies", DependencyKind::Dev),
    ("build-dependencies", DependencyKind::Build),
    ("build_dependencies", DependencyKind::Build),
];

/// All dependencies of a manifest, in the order of the text.
pub(super) fn of_manifest(reader: Reader<'_>, folder: &Path, from: &Inheritance) -> Vec<Dependency> {
    let root = reader.root();
    let context = Context { reader, folder, from };
    let mut dependencies = Vec::new();
    context.tables(root, None, &mut dependencies);
    let platforms = root.get("target").and_then(Value::as_table);
    for entry in platforms.map(|table| table.entries.as_slice()).unwrap_or_default() {
        if let Some(table) = entry.value.as_table() {
            let key = reader.key(entry);
            let platform = platform::platform(&key.value);
            context.tables(table, Some(&PlatformKey { key, platform }), &mut dependencies);
        }
    }
    dependencies.sort_by_key(|dependency| dependency.key.origin.span);
    dependencies
}

/// `[workspace.dependencies]`.
pub(super) fn of_workspace(
    reader: Reader<'_>,
    workspace: &Table,
    folder: &Path,
) -> HashMap<String, Arc<Dependency>> {
    let from = Inheritance::default();
    let context = Context { reader, folder, from: &from };
    let table = workspace.get("dependencies").and_then(Value::as_table);
    let entries = table.map(|table| table.entries.as_slice()).unwrap_or_default();
    let shared = entries.iter().map(|entry| context.dependency(entry, DependencyKind::Normal, None));
    shared.map(|dependency| (dependency.key.value.clone(), Arc::new(dependency))).collect()
}

/// The folder of a dependency that lies in `root`.
pub(in crate::cargo) fn local_dependency<'a>(dependency: &'a Dependency, root: &Path) -> Option<&'a PathBuf> {
    match &dependency.source {
        DependencySource::Path(path) => Some(path).filter(|path| path.starts_with(root)),
        DependencySource::Registry | DependencySource::OtherRegistry(_) | DependencySource::Git(_) => None,
    }
}

/// Where a dependency's code comes from, by the keys of its table.
pub(super) fn source(value: &Value, folder: &Path) -> DependencySource {
    let text = |key| value.as_table().and_then(|table| table.get(key)?.as_str());
    if let Some(url) = text("git") {
        DependencySource::Git(url.to_owned())
    } else if let Some(path) = text("path") {
        DependencySource::Path(absolute(folder, path))
    } else if let Some(registry) =
        text("registry").or_else(|| text("registry-index")).filter(|name| *name != "crates-io")
    {
        DependencySource::OtherRegistry(registry.to_owned())
    } else {
        DependencySource::Registry
    }
}

struct Context<'a> {
    reader: Reader<'a>,
    folder: &'a Path,
    from: &'a Inheritance,
}

impl Context<'_> {
    fn tables(&self, parent: &Table, platform: Option<&PlatformKey>, found: &mut Vec<Dependency>) {
        for (name, kind) in TABLES {
            let table = parent.get(name).and_then(Value::as_table);
            let entries = table.map(|table| table.entries.as_slice()).unwrap_or_default();
            found.extend(entries.iter().map(|entry| self.dependency(entry, kind, platform)));
        }
    }

    fn dependency(&self, entry: &Entry, kind: DependencyKind, platform: Option<&PlatformKey>) -> Dependency {
        let Self { reader, folder, .. } = *self;
        let key = reader.key(entry);
        let table = entry.value.as_table();
        let string = |key| table.and_then(|table| reader.string_at(table, key));
        let boolean = |key| table.and_then(|table| reader.boolean_at(table, key));
        let features_value = table.and_then(|table| table.get("features"));
        let inherited = table.and_then(|table| self.inherited(&key.value, table));
        let root = inherited.as_ref().and_then(|inherited| inherited.entry.clone());
        let package = string("package");
        let mut dependency = Dependency {
            crate_name: package.as_ref().unwrap_or(&key).value.clone(),
            package,
            kind,
            platform: platform.cloned(),
            spelling: spelling(&entry.value),
            statement: reader.origin(entry.statement),
            value: reader.origin(entry.value.span),
            requirement: reader.string(&entry.value).or_else(|| string("version")),
            source: source(&entry.value, folder),
            features: features_value.map(|value| reader.strings(value)).unwrap_or_default(),
            features_value: features_value.map(|value| reader.origin(value.span)),
            default_features: boolean("default-features").or_else(|| boolean("default_features")),
            optional: boolean("optional"),
            inherited: inherited.map(Arc::new),
            key,
        };
        if let Some(root) = root {
            inherit(&mut dependency, &root);
        }
        dependency
    }

    /// What `workspace = true` stands for.
    fn inherited(&self, key: &str, table: &Table) -> Option<Inherited> {
        let asked = table.entry("workspace").filter(|entry| entry.value.as_bool() == Some(true))?;
        let by = self.reader.origin(asked.statement);
        let entry = self.from.dependencies.get(key).cloned();
        Some(Inherited { by, entry })
    }
}

/// Takes in the root's entry: its crate, source and version, and its features behind the member's own.
fn inherit(dependency: &mut Dependency, root: &Dependency) {
    dependency.crate_name.clone_from(&root.crate_name);
    dependency.source.clone_from(&root.source);
    dependency.requirement.clone_from(&root.requirement);
    dependency.features.extend(root.features.iter().cloned());
}

fn spelling(value: &Value) -> Spelling {
    match &value.data {
        Data::Table(table) => match table.kind {
            TableKind::Inline => Spelling::Inline,
            TableKind::Dotted => Spelling::Dotted,
            _ => Spelling::Table,
        },
        _ => Spelling::String,
    }
}

impl Dependency {
    /// Whether its default features are on.
    ///
    /// Measured for `workspace = true`: `default-features = false` in a member counts only when the root
    /// says so too; otherwise it is ignored, and from the edition of 2024 on refused. `true` in a member
    /// turns them on whatever the root says.
    pub fn has_default_features(&self) -> bool {
        let own = self.default_features.as_ref().map(|value| value.value);
        let Some(inherited) = &self.inherited else { return own.unwrap_or(true) };
        let root = inherited.entry.as_ref().and_then(|entry| entry.default_features.as_ref());
        own == Some(true) || root.is_none_or(|root| root.value)
    }

    /// The place of a `default-features = false` that cargo ignores, see [`Self::has_default_features`].
    pub fn ignored_default_features(&self) -> Option<&Sourced<bool>> {
        self.default_features.as_ref().filter(|own| !own.value && self.has_default_features())
    }

    /// Whether it is asked for with that feature, by its own list or the inherited one.
    pub fn has_feature(&self, name: &str) -> bool {
        self.features.iter().any(|feature| feature.value == name)
    }

    /// Whether it is compiled only when a feature asks for it.
    pub fn is_optional(&self) -> bool {
        self.optional.as_ref().is_some_and(|optional| optional.value)
    }
}
