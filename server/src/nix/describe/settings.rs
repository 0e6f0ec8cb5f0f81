//! Attributes that builders read themselves, and what a package is built from.

use std::rc::Rc;

use super::{
    super::{
        evaluator::Evaluator,
        usage::{Setting, SettingValue, SourceTree},
        value::{Attr, Head, InputKind, Neutral, StrPiece, Thunk, Value},
    },
    attributes::Given,
};

/// The attributes that rules ask for.
const SETTINGS: &[&str] = &[
    "auditable",
    "buildAndTestSubdir",
    "buildFeatures",
    "buildNoDefaultFeatures",
    "cargoBuildFeatures",
    "cargoBuildFlags",
    "cargoBuildNoDefaultFeatures",
    "cargoExtraArgs",
    "cargoHash",
    "cargoRoot",
    "cargoSha256",
    "cargoTestExtraArgs",
    "doCheck",
    "doInstallCheck",
    "dontFixup",
    "sourceRoot",
];

/// How functions begin that fetch something from elsewhere.
const FETCHER: &str = "fetch";

/// How many filters may stand around a source.
const MAX_FILTERS: usize = 8;

impl Evaluator<'_> {
    pub(super) fn settings(&mut self, given: &Given) -> Vec<Setting> {
        let mut settings = Vec::new();
        for name in SETTINGS {
            if let Some(attr) = self.attribute(&given.attrs, name) {
                settings.push(self.setting(name, attr));
            }
        }
        if let Some(attr) = self.attribute(&given.attrs, "meta") {
            let meta = self.force(attr.thunk);
            if let Value::Attrs(meta) = &meta
                && let Some(attr) = self.attribute(meta, "mainProgram")
            {
                settings.push(self.setting("meta.mainProgram", attr));
            }
        }
        settings
    }

    fn setting(&mut self, name: &str, attr: Attr) -> Setting {
        let place = self.place_of(attr.thunk);
        let value = match self.force(attr.thunk) {
            Value::Bool(decided) => SettingValue::Bool(decided),
            Value::Str(text) => SettingValue::Text(self.fact_text(&text)),
            _ => SettingValue::Unknown,
        };
        Setting {
            name: name.to_owned(),
            value,
            key: self.origin(attr.key.unwrap_or(place)),
            origin: self.origin(place),
        }
    }

    pub(super) fn source_tree(&mut self, given: &Given) -> SourceTree {
        let attr = self.attribute(&given.attrs, "src").or_else(|| self.attribute(&given.attrs, "root"));
        attr.map_or(SourceTree::Unknown, |attr| self.source_of(attr.thunk, MAX_FILTERS))
    }

    /// Whether `.cargo` is surely in the source.
    pub(super) fn has_cargo_config(&mut self, given: &Given) -> bool {
        let attr = self.attribute(&given.attrs, "src").or_else(|| self.attribute(&given.attrs, "root"));
        attr.is_some_and(|attr| self.keeps_all(attr.thunk, MAX_FILTERS))
    }

    /// Whether a source is a folder as it is, or stands behind filters that keep cargo's configuration.
    fn keeps_all(&mut self, thunk: Thunk, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let is_marked = |this: &Self, path: &Rc<std::path::Path>| {
            this.filtered.iter().any(|marked| Rc::ptr_eq(marked, path))
        };
        match self.force(thunk) {
            Value::Path(path) => !is_marked(self, &path),
            Value::Str(text) => match text.pieces.as_slice() {
                [StrPiece::Source { path, .. }] => !is_marked(self, path),
                _ => false,
            },
            Value::Neutral(term) => match &*term {
                Neutral::Head(Head::Flake, _) => true,
                Neutral::Apply { function, argument, .. } if self.is_clean_of_crane(function) => {
                    self.keeps_all(*argument, depth)
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// `craneLib.cleanCargoSource` keeps every `.toml` and `.cargo/config`, and `craneLib.path` all.
    fn is_clean_of_crane(&self, function: &Rc<Neutral>) -> bool {
        let is_crane = matches!(function.bottom(), Head::Input(input) if input.kind == InputKind::Crane);
        let Neutral::Select { name, .. } = &**function.plain() else { return false };
        is_crane && matches!(self.names.get(*name), "cleanCargoSource" | "path")
    }

    fn source_of(&mut self, thunk: Thunk, depth: usize) -> SourceTree {
        let value = self.force(thunk);
        self.source_of_value(&value, depth)
    }

    fn source_of_value(&mut self, value: &Value, depth: usize) -> SourceTree {
        let Some(depth) = depth.checked_sub(1) else { return SourceTree::Unknown };
        match value {
            Value::Path(path) => self.folder(path),
            Value::Str(text) => match text.pieces.first() {
                Some(StrPiece::Source { path, .. }) if text.pieces.len() == 1 => {
                    self.folder(&Rc::clone(path))
                }
                _ => SourceTree::Unknown,
            },
            // `builtins.path { path = ./.; }`, `lib.cleanSourceWith { src = ./.; }`
            Value::Attrs(attrs) => {
                let attrs = Rc::clone(attrs);
                let inner = ["src", "root", "path", "outPath", "origSrc"]
                    .iter()
                    .find_map(|name| self.attribute(&attrs, name));
                match (inner, &attrs.rest) {
                    (Some(inner), _) => self.source_of(inner.thunk, depth),
                    (None, Some(rest)) => self.source_of_term(&Rc::clone(rest), depth),
                    (None, None) => SourceTree::Unknown,
                }
            }
            Value::Neutral(term) => self.source_of_term(term, depth),
            _ => SourceTree::Unknown,
        }
    }

    /// A source behind filters: `craneLib.cleanCargoSource ./.`, `fetchFromGitHub { … }`, `self`.
    fn source_of_term(&mut self, term: &Rc<Neutral>, depth: usize) -> SourceTree {
        let term = term.plain();
        if let Neutral::Head(Head::Flake, _) = &**term {
            return SourceTree::Project(self.root().to_path_buf());
        }
        let mut found = SourceTree::Unknown;
        let mut at = Some(term);
        while let Some(step) = at {
            match &**step {
                Neutral::Select { name, .. } => {
                    let name = self.name(*name);
                    if name.starts_with(FETCHER) {
                        return SourceTree::Foreign;
                    }
                }
                Neutral::Apply { argument, .. } if found == SourceTree::Unknown => {
                    found = self.source_of(*argument, depth);
                }
                _ => {}
            }
            at = step.inner();
        }
        match (&found, term.bottom()) {
            // Another flake, or a tree that is locked as an input.
            (SourceTree::Unknown, Head::Input(_)) if !has_call(term) => SourceTree::Foreign,
            _ => found,
        }
    }

    fn folder(&self, path: &std::path::Path) -> SourceTree {
        if path.starts_with(self.root()) {
            SourceTree::Project(path.to_path_buf())
        } else {
            SourceTree::Foreign
        }
    }
}

fn has_call(term: &Rc<Neutral>) -> bool {
    let mut at = Some(term);
    while let Some(step) = at {
        if matches!(&**step, Neutral::Apply { .. }) {
            return true;
        }
        at = step.inner();
    }
    false
}
