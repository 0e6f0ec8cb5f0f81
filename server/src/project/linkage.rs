//! Which flags reach rustc for a target, and what they make of its linkage.

use super::{
    Context, Project,
    environment::target_variable,
    flags::{Word, crt_static, words_of_text},
};
use crate::{
    cargo::config::{FlagSource, Form, Matcher, Scope, TargetTable},
    knowledge,
    text::Origin,
};

/// Flags for rustc from one place.
#[derive(Clone, Debug)]
pub struct FlagSet {
    /// The source.
    pub source: FlagSource,
    /// Where they hold.
    pub context: Context,
    /// The setting's name for people: "build.rustflags", "RUSTFLAGS".
    pub setting: String,
    /// The words.
    pub words: Vec<Word>,
    /// Whether all of them are known.
    pub is_complete: bool,
    /// How a configuration file writes them; `None` for a variable.
    pub form: Option<Form>,
    /// Where in cargo's chain the file stands; `None` for a variable.
    pub scope: Option<Scope>,
    /// The key, or the variable's name; `None` for this machine's environment.
    pub key: Option<Origin>,
    /// The whole value.
    pub value: Option<Origin>,
}

impl FlagSet {
    /// The place to show a finding about the whole set.
    pub fn origin(&self) -> Option<&Origin> {
        self.value.as_ref().or(self.key.as_ref())
    }
}

/// How a program for a target is linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linkage {
    /// No libraries are needed at run time.
    Static,
    /// The C library, at least, is needed at run time.
    Dynamic,
    /// It cannot be known.
    Unknown,
}

impl Linkage {
    /// For people and JSON.
    pub fn label(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Dynamic => "dynamic",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether a `[target.KEY]` table is for a triple.
pub fn matches(table: &TargetTable, triple: &str) -> bool {
    match &table.matcher {
        Matcher::Triple(key) => key == triple,
        Matcher::Cfg(expression) => {
            knowledge::target(triple).is_some_and(|target| expression.matches(target.cfgs()))
        }
        Matcher::Invalid(_) => false,
    }
}

impl Project {
    /// Every set of flags that may reach rustc for `triple`, in any context. Which of them wins is the
    /// matter of [`FlagSource`]'s order within one context.
    pub fn flag_sets(&self, triple: &str) -> Vec<FlagSet> {
        let mut sets = self.config_flag_sets(triple);
        sets.extend(self.variable_flag_sets(triple, None));
        sets
    }

    /// The sets of flags that may reach rustc for `triple` in one shell or package.
    pub fn flag_sets_in(&self, context: Context, triple: &str) -> Vec<FlagSet> {
        let mut sets = self.config_flag_sets(triple);
        sets.extend(self.variable_flag_sets(triple, Some(context)));
        sets
    }

    /// The sets of cargo's configuration that hold for `triple`.
    pub fn config_flag_sets(&self, triple: &str) -> Vec<FlagSet> {
        let config = &self.cargo.config;
        let scope = |file: usize| config.files.get(file).map(|file| file.scope);
        let tables = config.targets.iter().filter(|table| matches(table, triple));
        let target = tables.filter_map(|table| {
            let flags = table.rustflags.as_ref()?;
            let setting = format!("target.{}.rustflags", crate::fix::toml::key(&table.key.value));
            Some(config_set(flags, FlagSource::Target, setting, scope(table.file)))
        });
        let build = config.build_rustflags.iter().map(|flags| {
            let file = config.files.iter().position(|file| *file.file() == flags.key.file);
            config_set(flags, FlagSource::Build, "build.rustflags".to_owned(), file.and_then(scope))
        });
        target.chain(build).collect()
    }

    /// The sets of shells and packages (or of one) and of this machine's environment that hold for `triple`.
    fn variable_flag_sets(&self, triple: &str, only: Option<Context>) -> Vec<FlagSet> {
        let names = [
            ("CARGO_ENCODED_RUSTFLAGS".to_owned(), FlagSource::Encoded),
            ("RUSTFLAGS".to_owned(), FlagSource::Environment),
            (target_variable(triple, "RUSTFLAGS"), FlagSource::Target),
            ("CARGO_BUILD_RUSTFLAGS".to_owned(), FlagSource::Build),
        ];
        let mut sets = Vec::new();
        for (name, source) in &names {
            for supplied in self.variables_named_in(name, only) {
                if !self.is_built_in(supplied.context, triple) {
                    continue;
                }
                let (words, is_complete) = words_of_text(&supplied.variable.value);
                sets.push(FlagSet {
                    source: *source,
                    context: supplied.context,
                    setting: name.clone(),
                    words,
                    is_complete,
                    form: None,
                    scope: None,
                    key: Some(supplied.variable.name_origin.clone()),
                    value: Some(supplied.variable.value_origin.clone()),
                });
            }
            if let Some(value) = self.host_variable(name) {
                let separator = if *source == FlagSource::Encoded { '\u{1f}' } else { ' ' };
                let words = value.split(separator).filter(|word| !word.is_empty());
                sets.push(FlagSet {
                    source: *source,
                    context: Context::Ambient,
                    setting: name.clone(),
                    words: words.map(|text| Word { text: text.to_owned(), origin: None }).collect(),
                    is_complete: true,
                    form: None,
                    scope: None,
                    key: None,
                    value: None,
                });
            }
        }
        sets
    }

    /// Whether cargo builds `triple` in a context: everything in a shell, in a package what it is for.
    pub fn is_built_in(&self, context: Context, triple: &str) -> bool {
        match context {
            Context::Ambient | Context::Shell(_) => true,
            Context::Package(_) => self.derivation(context).is_some_and(|package| {
                if package.targets.is_empty() {
                    package.platform.triple.as_deref().is_none_or(|platform| platform == triple)
                } else {
                    package
                        .targets
                        .iter()
                        .any(|target| target.literal().is_none_or(|target| target == triple))
                }
            }),
        }
    }

    /// The flags that turn `crt-static` on for `triple`, in any context.
    pub fn crt_static_on(&self, triple: &str) -> Option<FlagSet> {
        self.flag_sets(triple).into_iter().find(|set| crt_static(&set.words).is_some_and(|found| found.on))
    }

    /// How cargo links a program for `triple`, outside of Nix packages.
    pub fn linkage(&self, triple: &str) -> Linkage {
        self.linkage_by(triple).0
    }

    /// The same, with the flags that say so; none where it is rustc's default, or not known.
    pub fn linkage_by(&self, triple: &str) -> (Linkage, Option<FlagSet>) {
        let Some(target) = knowledge::target(triple) else { return (Linkage::Unknown, None) };
        let sets: Vec<FlagSet> = self
            .flag_sets(triple)
            .into_iter()
            .filter(|set| !matches!(set.context, Context::Package(_)))
            .collect();
        let is_known = sets.iter().all(|set| set.is_complete);
        let mut said = sets.into_iter().filter_map(|set| Some((crt_static(&set.words)?.on, set)));
        match said.next_back() {
            Some((true, set)) if target.crt_static.can_be_on => (Linkage::Static, Some(set)),
            Some((false, set)) if target.crt_static.can_be_on => (Linkage::Dynamic, Some(set)),
            _ if !is_known && target.crt_static.can_be_on => (Linkage::Unknown, None),
            _ if target.crt_static.default => (Linkage::Static, None),
            _ if target.arch.starts_with("wasm") || target.os == "none" => (Linkage::Static, None),
            _ => (Linkage::Dynamic, None),
        }
    }
}

fn config_set(
    flags: &crate::cargo::config::Flags,
    source: FlagSource,
    setting: String,
    scope: Option<Scope>,
) -> FlagSet {
    let words = flags.values.iter();
    FlagSet {
        source,
        context: Context::Ambient,
        setting,
        words: words
            .map(|word| Word { text: word.value.clone(), origin: Some(word.origin.clone()) })
            .collect(),
        is_complete: true,
        form: Some(flags.form),
        scope,
        key: Some(flags.key.clone()),
        value: Some(flags.value.clone()),
    }
}
