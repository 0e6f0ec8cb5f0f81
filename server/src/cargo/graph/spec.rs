//! What one package declares, in the form that features are resolved on.

use std::{collections::HashSet, ops::Range};

use cargo_platform::Platform;
use semver::VersionReq;

use crate::cargo::manifest::{Dependency, DependencyKind, DependencySource, Feature};

/// What one package declares.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Whether it is a procedural macro.
    pub(super) proc_macro: ProcMacro,
    /// Its dependencies, by key. Those for tests only are there for packages of the workspace alone.
    pub(super) dependencies: Vec<Declared>,
    /// Its features with those that optional dependencies stand for, by name.
    features: Vec<(Box<str>, Vec<Value>)>,
    /// How many features it asks for, of all its dependencies together.
    pub(super) wishes: usize,
}

/// Whether a package is a procedural macro: compiled for the host, whatever the target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProcMacro {
    /// No.
    No,
    /// Only the index is at hand, which does not say, and it looks like one.
    Likely,
    /// Yes.
    Yes,
}

/// Crates that procedural macros are written with, and little else is.
pub(super) const HELPERS: [&str; 7] =
    ["proc-macro2", "quote", "syn", "darling", "proc-macro-error", "proc-macro-error2", "venial"];

/// One dependency.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The name that features know it by.
    pub(super) key: Box<str>,
    pub(super) crate_name: Box<str>,
    /// Which versions will do; `None` for any.
    pub(super) requirement: Option<VersionReq>,
    /// Whether it comes from a folder or a repository.
    pub(super) is_foreign: bool,
    pub(super) kind: DependencyKind,
    pub(super) when: When,
    pub(super) is_optional: bool,
    pub(super) has_default_features: bool,
    pub(super) features: Vec<Wish>,
    /// The number of its "default" among all that the package asks for; its features follow.
    pub(super) place: usize,
}

/// For which targets.
#[derive(Clone, Debug)]
pub enum When {
    /// All.
    Always,
    /// Those.
    On(Platform),
    /// The key of its table cannot be read.
    Unknown,
}

/// A feature as others ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// `name`.
    Feature(Box<str>),
    /// `dep:name`.
    Dependency(Box<str>),
    /// `name/feature`, `name?/feature`.
    Of {
        /// The key of the dependency.
        key: Box<str>,
        /// Its feature.
        feature: Box<str>,
        /// Whether it has a `?`: only if something else turns the dependency on.
        is_weak: bool,
    },
}

impl Wish {
    pub(super) fn parse(text: &str) -> Self {
        match text.split_once('/') {
            Some((key, feature)) => {
                let weak = key.strip_suffix('?');
                Self::Of { key: weak.unwrap_or(key).into(), feature: feature.into(), is_weak: weak.is_some() }
            }
            None => match text.strip_prefix("dep:") {
                Some(key) => Self::Dependency(key.into()),
                None => Self::Feature(text.into()),
            },
        }
    }
}

/// What a feature turns on, within its package.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// A feature, by its position.
    Feature(usize),
    /// A feature that there is not; cargo refuses it.
    Unknown,
    /// The dependencies of one key.
    Dependency(Range<usize>),
    /// A feature of the dependencies of one key. `place` is the number of the first one's among all that the package
    /// asks for; the others follow.
    Of { dependencies: Range<usize>, feature: Box<str>, is_weak: bool, place: usize },
}

impl Spec {
    /// Sorts and connects what was declared.
    pub(super) fn new<'f, V: IntoIterator<Item = &'f str>>(
        proc_macro: ProcMacro,
        mut dependencies: Vec<Declared>,
        features: impl IntoIterator<Item = (&'f str, V)>,
    ) -> Self {
        // Stable: dependencies of one key stay in the order of the text.
        dependencies.sort_by(|one, other| one.key.cmp(&other.key));
        let mut wishes = 0;
        for dependency in &mut dependencies {
            dependency.place = wishes;
            wishes += 1 + dependency.features.len();
        }
        let mut declared: Vec<(Box<str>, Vec<Wish>)> = features
            .into_iter()
            .map(|(name, values)| (name.into(), values.into_iter().map(Wish::parse).collect()))
            .collect();
        declared.extend(implicit(&dependencies, &declared));
        declared.sort_by(|one, other| one.0.cmp(&other.0));
        declared.dedup_by(|one, other| one.0 == other.0);
        let mut spec = Self {
            proc_macro,
            dependencies,
            features: declared.iter().map(|(name, _)| (name.clone(), Vec::new())).collect(),
            wishes: 0,
        };
        let values: Vec<Vec<Value>> = declared
            .into_iter()
            .map(|(_, all)| all.iter().map(|wish| spec.value(wish, &mut wishes)).collect())
            .collect();
        spec.wishes = wishes;
        for ((_, slot), values) in spec.features.iter_mut().zip(values) {
            *slot = values;
        }
        spec
    }

    /// What a manifest declares.
    pub(super) fn of_manifest(
        is_proc_macro: bool,
        dependencies: &[Dependency],
        features: &[Feature],
        with_dev: bool,
    ) -> Self {
        let proc_macro = if is_proc_macro { ProcMacro::Yes } else { ProcMacro::No };
        let wanted = dependencies.iter().filter(|one| with_dev || one.kind != DependencyKind::Dev);
        let declared = wanted.map(Declared::of).collect();
        let features = features.iter().map(|feature| {
            (feature.name.value.as_str(), feature.values.iter().map(|value| value.value.as_str()))
        });
        Self::new(proc_macro, declared, features)
    }

    /// What a wish means here.
    fn value(&self, wish: &Wish, wishes: &mut usize) -> Value {
        match wish {
            Wish::Feature(name) => self.feature(name).map_or(Value::Unknown, Value::Feature),
            Wish::Dependency(key) => Value::Dependency(self.of_key(key)),
            Wish::Of { key, feature, is_weak } => {
                let dependencies = self.of_key(key);
                let place = *wishes;
                *wishes += dependencies.len();
                Value::Of { dependencies, feature: feature.clone(), is_weak: *is_weak, place }
            }
        }
    }

    /// The names of all features, sorted.
    pub(super) fn feature_names(&self) -> impl Iterator<Item = &str> {
        self.features.iter().map(|(name, _)| &**name)
    }

    /// The position of a feature.
    pub(super) fn feature(&self, name: &str) -> Option<usize> {
        self.features.binary_search_by(|(known, _)| (**known).cmp(name)).ok()
    }

    pub(super) fn feature_count(&self) -> usize {
        self.features.len()
    }

    pub(super) fn feature_name(&self, position: usize) -> Option<&str> {
        self.features.get(position).map(|(name, _)| &**name)
    }

    /// What a feature turns on.
    pub(super) fn values(&self, feature: usize) -> &[Value] {
        self.features.get(feature).map(|(_, values)| values.as_slice()).unwrap_or_default()
    }

    /// The positions of the dependencies of one key.
    pub(super) fn of_key(&self, key: &str) -> Range<usize> {
        let start = self.dependencies.partition_point(|one| *one.key < *key);
        let rest = self.dependencies.get(start..).unwrap_or_default();
        start..start + rest.iter().take_while(|one| *one.key == *key).count()
    }
}

/// An optional dependency is a feature of its own name, unless `dep:` speaks of it somewhere.
fn implicit(dependencies: &[Declared], features: &[(Box<str>, Vec<Wish>)]) -> Vec<(Box<str>, Vec<Wish>)> {
    let names = features.iter().map(|(name, _)| &**name);
    let wishes = features.iter().flat_map(|(_, wishes)| wishes);
    let spoken_of = wishes.filter_map(|wish| match wish {
        Wish::Dependency(key) => Some(&**key),
        Wish::Feature(_) | Wish::Of { .. } => None,
    });
    let taken: HashSet<&str> = names.chain(spoken_of).collect();
    let optional = dependencies.iter().filter(|one| one.is_optional && !taken.contains(&*one.key));
    optional.map(|one| (one.key.clone(), vec![Wish::Dependency(one.key.clone())])).collect()
}

impl Declared {
    fn of(dependency: &Dependency) -> Self {
        let requirement = dependency.requirement.as_ref();
        Self {
            key: dependency.key.value.as_str().into(),
            crate_name: dependency.crate_name.as_str().into(),
            requirement: requirement.and_then(|text| VersionReq::parse(&text.value).ok()),
            is_foreign: dependency.source != DependencySource::Registry,
            kind: dependency.kind,
            when: match &dependency.platform {
                None => When::Always,
                Some(key) => key.platform.clone().map_or(When::Unknown, When::On),
            },
            is_optional: dependency.is_optional(),
            has_default_features: dependency.has_default_features(),
            features: dependency.features.iter().map(|feature| Wish::parse(&feature.value)).collect(),
            place: 0,
        }
    }
}
