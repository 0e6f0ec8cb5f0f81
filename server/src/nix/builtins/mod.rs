//! The functions of the language, of nixpkgs' `lib` and of flake-utils that flakes really use. All
//! others are neutral: their calls keep their arguments, and nothing is concluded from them.

mod attributes;
mod data;
mod files;
mod functions;
mod lists;
mod modules;
mod more;
mod packages;
mod pattern;
mod strings;
mod systems;

use std::{collections::HashMap, rc::Rc, sync::OnceLock};

use super::{
    evaluate::Selected,
    evaluator::Evaluator,
    value::{Attrs, Head, List, Neutral, Partial, Place, Symbol, Thunk, Value},
};

/// A function that we know.
pub(super) struct Builtin {
    pub(super) name: &'static str,
    /// Where it can be had: a sum of [`BUILTIN`], [`GLOBAL`], [`LIBRARY`], [`PACKAGES`], [`FLAKE_UTILS`].
    spaces: u8,
    pub(super) arity: usize,
    pub(super) run: fn(&mut Evaluator<'_>, &[Thunk], Place) -> Value,
}

impl std::fmt::Debug for Builtin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// In `builtins`.
const BUILTIN: u8 = 1;
/// In every scope.
const GLOBAL: u8 = 2;
/// In nixpkgs' `lib`.
const LIBRARY: u8 = 4;
/// Of a package set or platform, which is its first argument.
const PACKAGES: u8 = 8;
/// In `flake-utils.lib`.
const FLAKE_UTILS: u8 = 16;

const fn builtin(
    name: &'static str,
    spaces: u8,
    arity: usize,
    run: fn(&mut Evaluator<'_>, &[Thunk], Place) -> Value,
) -> Builtin {
    Builtin { name, spaces, arity, run }
}

type Index = HashMap<(u8, &'static str), &'static Builtin>;

fn find(space: u8, name: &str) -> Option<&'static Builtin> {
    static INDEX: OnceLock<Index> = OnceLock::new();
    let index = INDEX.get_or_init(|| {
        let tables = [
            attributes::TABLE,
            files::TABLE,
            functions::TABLE,
            lists::TABLE,
            modules::TABLE,
            more::TABLE,
            packages::TABLE,
            strings::TABLE,
            systems::TABLE,
        ];
        let mut index = HashMap::new();
        for builtin in tables.into_iter().flatten() {
            for space in [BUILTIN, GLOBAL, LIBRARY, PACKAGES, FLAKE_UTILS] {
                if builtin.spaces & space != 0 {
                    index.insert((space, builtin.name), builtin);
                }
            }
        }
        index
    });
    index.get(&(space, name)).copied()
}

/// A function that belongs to a package set.
pub(super) fn package_function(name: &str) -> Option<&'static Builtin> {
    find(PACKAGES, name)
}

/// A function that belongs to a platform.
pub(super) fn platform_function(name: &str) -> Option<&'static Builtin> {
    find(PACKAGES, name)
}

fn function(builtin: &'static Builtin) -> Value {
    Value::Builtin(Rc::new(Partial { builtin, arguments: Vec::new() }))
}

/// Functions of every scope that fetch something: their calls stay as they are.
const FETCHERS: &[&str] = &[
    "fetchTarball",
    "fetchGit",
    "fetchTree",
    "fetchMercurial",
    "fetchurl",
    "fetchClosure",
    "derivationStrict",
];

/// Parts of `lib` whose functions are in `lib` itself as well.
const NAMESPACES: &[&str] = &[
    "asserts",
    "attrsets",
    "customisation",
    "debug",
    "derivations",
    "filesystem",
    "fixedPoints",
    "lists",
    "meta",
    "modules",
    "sources",
    "strings",
    "trivial",
    "versions",
];

impl Evaluator<'_> {
    /// The function of a name in a space; each is looked up once.
    fn find_cached(&mut self, space: u8, name: Symbol) -> Option<&'static Builtin> {
        let known =
            self.functions.get(name.index()).and_then(|known| known.iter().find(|(of, _)| *of == space));
        if let Some((_, known)) = known {
            return *known;
        }
        let found = find(space, self.names.get(name));
        if self.functions.len() <= name.index() {
            self.functions.resize_with(name.index() + 1, Vec::new);
        }
        if let Some(known) = self.functions.get_mut(name.index()) {
            known.push((space, found));
        }
        found
    }

    /// A name of the language itself.
    pub(super) fn global_symbol(&mut self, symbol: Symbol, place: Place) -> Option<Value> {
        let name = self.names.get(symbol);
        let is_word = matches!(name, "true" | "false" | "null" | "builtins");
        if is_word || name.starts_with("__") || FETCHERS.contains(&name) {
            let name = self.name(symbol);
            return self.global(&name, place);
        }
        self.find_cached(GLOBAL, symbol).map(function)
    }

    /// The same by its text.
    pub(super) fn global(&mut self, name: &str, place: Place) -> Option<Value> {
        match name {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            "null" => Some(Value::Null),
            "builtins" => Some(Value::head(Head::Builtins, place)),
            _ => {
                let known = match name.strip_prefix("__") {
                    Some(name) => find(BUILTIN, name),
                    None => find(GLOBAL, name),
                };
                if FETCHERS.contains(&name) {
                    let name = self.symbol(name);
                    let builtins = Value::head(Head::Builtins, place);
                    return builtins.as_neutral().map(|builtins| builtins.select(name, place));
                }
                known.map(function)
            }
        }
    }

    /// An attribute of `builtins`.
    pub(super) fn builtins_attribute(&mut self, term: &Rc<Neutral>, name: Symbol, place: Place) -> Selected {
        let text = self.name(name);
        match &*text {
            "currentSystem" => Selected::Maybe(Value::unknown("the system of whoever evaluates it", place)),
            "nixVersion" => Selected::Found(Self::unknown_text("Nix's version", place)),
            "storeDir" => Selected::Found(Value::text("/nix/store", place)),
            "builtins" | "true" | "false" | "null" => match self.global(&text, place) {
                Some(value) => Selected::Found(value),
                None => Selected::Absent,
            },
            _ => match self.find_cached(BUILTIN, name) {
                Some(builtin) => Selected::Found(function(builtin)),
                None => Selected::Maybe(term.select(name, place)),
            },
        }
    }

    /// An attribute of nixpkgs' `lib`.
    pub(super) fn library_attribute(&mut self, term: &Rc<Neutral>, name: Symbol, place: Place) -> Selected {
        let text = self.name(name);
        if let Some(builtin) = self.find_cached(LIBRARY, name) {
            return Selected::Found(function(builtin));
        }
        if NAMESPACES.contains(&&*text) {
            return Selected::Found(Value::Neutral(Rc::clone(term)));
        }
        match self.library_model(term, name, place) {
            Some(value) => Selected::Found(value),
            None => Selected::Maybe(term.select(name, place)),
        }
    }

    pub(super) fn library_value(name: &str, place: Place) -> Value {
        find(LIBRARY, name).map_or_else(|| Value::unknown("a function of lib", place), function)
    }

    /// An attribute of `flake-utils.lib`.
    pub(super) fn flake_utils_attribute(
        &mut self,
        term: &Rc<Neutral>,
        name: Symbol,
        place: Place,
    ) -> Selected {
        let text = self.name(name);
        if let Some(builtin) = find(FLAKE_UTILS, &text) {
            return Selected::Found(function(builtin));
        }
        match &*text {
            "defaultSystems" => Selected::Found(self.text_list(super::platform::DEFAULT_SYSTEMS, place)),
            "allSystems" => Selected::Found(self.text_list(super::platform::FLAKE_EXPOSED, place)),
            "system" => {
                let systems = super::platform::FLAKE_EXPOSED;
                let pairs = systems.iter().map(|system| (*system, self.thunk_text(system, place))).collect();
                Selected::Found(Value::Attrs(self.attrs_of(pairs)))
            }
            _ => Selected::Maybe(term.select(name, place)),
        }
    }

    // What the functions share.

    fn argument_value(&mut self, arguments: &[Thunk], index: usize) -> Value {
        arguments.get(index).map_or(Value::Null, |thunk| self.force(*thunk))
    }

    /// Does something with each alternative of a value.
    fn each(
        &mut self,
        value: &Value,
        place: Place,
        run: &mut dyn FnMut(&mut Self, &Value) -> Value,
    ) -> Value {
        match value {
            Value::Either(either) => {
                let values = either.values.iter().map(|value| run(self, value)).collect();
                Self::either(values, place)
            }
            Value::Error(_) => value.clone(),
            value => run(self, value),
        }
    }

    /// Does something with a list; what is no list becomes unknown.
    fn on_list(
        &mut self,
        value: &Value,
        place: Place,
        mut run: impl FnMut(&mut Self, &Rc<List>) -> Value,
    ) -> Value {
        self.each(value, place, &mut |this, value| match value {
            Value::List(list) => {
                this.spend(list.items.len());
                let list = Rc::clone(list);
                run(this, &list)
            }
            _ => Value::unknown("a list that cannot be known here", place),
        })
    }

    /// Does something with a set; what is no set becomes unknown.
    fn on_attrs(
        &mut self,
        value: &Value,
        place: Place,
        mut run: impl FnMut(&mut Self, &Rc<Attrs>) -> Value,
    ) -> Value {
        self.each(value, place, &mut |this, value| match value {
            Value::Attrs(attrs) => {
                this.spend(attrs.entries.len());
                let attrs = Rc::clone(attrs);
                run(this, &attrs)
            }
            _ => Value::unknown("a set that cannot be known here", place),
        })
    }

    /// Does something with a condition; both ways when it cannot be decided.
    fn on_condition(
        &mut self,
        condition: &Value,
        place: Place,
        mut run: impl FnMut(&mut Self, bool) -> Value,
    ) -> Value {
        match Self::condition(condition) {
            Some(decided) => run(self, decided),
            None if matches!(condition, Value::Error(_)) => condition.clone(),
            None => {
                let values = vec![run(self, true), run(self, false)];
                Self::either(values, place)
            }
        }
    }

    /// A call for later.
    fn later(&mut self, function: &Value, arguments: Vec<Thunk>, place: Place) -> Thunk {
        let function = function.clone();
        self.delay_code(place, move |this| this.apply_all(&function, &arguments, place))
    }

    /// A set's attributes in the order of their names.
    pub(super) fn sorted(&self, attrs: &Attrs) -> Vec<(Symbol, super::value::Attr)> {
        let mut entries = attrs.entries.clone();
        entries.sort_by(|(left, _), (right, _)| self.names.get(*left).cmp(self.names.get(*right)));
        entries
    }
}
