//! Functions on systems: flake-utils, `lib.systems`, and what platforms can do.

use std::rc::Rc;

use super::{
    Attrs, BUILTIN, Builtin, Evaluator, FLAKE_UTILS, LIBRARY, PACKAGES, Place, Selected, Thunk, Value,
    builtin,
};
use crate::nix::{
    package_set::PackageSet,
    platform::{self, DEFAULT_SYSTEMS, FLAKE_EXPOSED, Machine},
    value::{Attr, Head, Partial, Symbol},
};

pub(super) const TABLE: &[Builtin] = &[
    builtin("eachSystem", FLAKE_UTILS, 2, |this, arguments, place| {
        let (systems, function) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        this.on_list(&systems, place, |this, systems| {
            this.each_system(&systems.items, &mut |this, system| this.apply(&function, system, place), place)
        })
    }),
    builtin("eachDefaultSystem", FLAKE_UTILS, 1, |this, arguments, place| {
        let function = this.argument_value(arguments, 0);
        this.each_default_system(&function, place)
    }),
    builtin("eachSystemMap", FLAKE_UTILS, 2, |this, arguments, place| {
        match super::find(LIBRARY, "genAttrs") {
            Some(generate) => (generate.run)(this, arguments, place),
            None => Value::Null,
        }
    }),
    builtin("eachDefaultSystemMap", FLAKE_UTILS, 1, |this, arguments, place| {
        let systems = this.text_list(DEFAULT_SYSTEMS, place);
        let systems = this.ready(systems, place);
        match (super::find(LIBRARY, "genAttrs"), arguments) {
            (Some(generate), [function]) => (generate.run)(this, &[systems, *function], place),
            _ => Value::Null,
        }
    }),
    builtin("eachSystemPassThrough", FLAKE_UTILS, 2, |this, arguments, place| {
        let (systems, function) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        this.on_list(&systems, place, |this, systems| {
            let mut all = Value::Attrs(Rc::default());
            for system in &systems.items {
                let outputs = this.apply(&function, *system, place);
                all = this.update(&all, &outputs, place);
            }
            all
        })
    }),
    builtin("eachDefaultSystemPassThrough", FLAKE_UTILS, 1, |this, arguments, place| {
        let function = this.argument_value(arguments, 0);
        let mut all = Value::Attrs(Rc::default());
        for system in DEFAULT_SYSTEMS {
            let system = this.thunk_text(system, place);
            let outputs = this.apply(&function, system, place);
            all = this.update(&all, &outputs, place);
        }
        all
    }),
    builtin("simpleFlake", FLAKE_UTILS, 1, simple_flake),
    builtin("flattenTree", FLAKE_UTILS, 1, |this, arguments, _| this.argument_value(arguments, 0)),
    builtin("filterPackages", FLAKE_UTILS, 2, |this, arguments, _| this.argument_value(arguments, 1)),
    builtin("mkApp", FLAKE_UTILS, 1, |this, arguments, place| {
        let given = this.argument_value(arguments, 0);
        let package = this.delay_code(place, move |this| this.app_program(&given, place));
        let kind = this.thunk_text("app", place);
        Value::Attrs(this.attrs_of(vec![("type", kind), ("program", package)]))
    }),
    builtin("canExecute", PACKAGES, 2, |this, arguments, place| {
        let (one, other) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        let (one, other) = (this.machine(&one, place), this.machine(&other, place));
        match (one.parsed(), other.parsed()) {
            (Some(one), Some(other)) => {
                let same_kernel = one.os() == other.os();
                let runs = one.cpu_name() == other.cpu_name()
                    || (one.cpu_name() == "x86_64" && other.cpu_name() == "i686");
                Value::Bool(same_kernel && runs)
            }
            _ => Value::unknown("whether one platform can run the other's programs", place),
        }
    }),
    builtin("toRustTarget", PACKAGES, 1, rust_name),
    builtin("toRustTargetSpec", PACKAGES, 1, rust_name),
    builtin("toRustTargetForUseInEnvVars", PACKAGES, 1, |this, arguments, place| {
        let machine = this.argument_value(arguments, 0);
        match this.machine(&machine, place).triple() {
            Some(triple) => Value::text(&triple.to_uppercase().replace('-', "_"), place),
            None => Evaluator::unknown_triple(place),
        }
    }),
    builtin("elaborate", PACKAGES, 1, |this, arguments, place| {
        let machine = this.argument_value(arguments, 0);
        let machine = this.machine(&machine, place);
        Value::head(Head::Platform(Rc::new(machine)), place)
    }),
    builtin("equals", PACKAGES, 2, |this, arguments, place| {
        let (one, other) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        this.decision(|this| this.equal(&one, &other), place)
    }),
    builtin("derivation", BUILTIN | super::GLOBAL, 1, |this, arguments, place| {
        let head = Value::head(Head::Builtins, place);
        let name = this.symbol("derivation");
        match (head.as_neutral().map(|head| head.select(name, place)), arguments.first()) {
            (Some(Value::Neutral(term)), Some(argument)) => term.apply(*argument, place),
            _ => Value::Null,
        }
    }),
];

/// One kind of outputs (`packages`), by system.
struct Kind {
    name: Symbol,
    key: Option<Place>,
    systems: Vec<(Symbol, Attr)>,
}

impl Evaluator<'_> {
    /// `{ packages.SYSTEM = …; devShells.SYSTEM = …; }` from a function of the system.
    pub(in crate::nix) fn each_system(
        &mut self,
        systems: &[Thunk],
        outputs_of: &mut dyn FnMut(&mut Self, Thunk) -> Value,
        place: Place,
    ) -> Value {
        let mut kinds: Vec<Kind> = Vec::new();
        let mut rest = None;
        for system in systems {
            let name = self.force(*system);
            let Ok(name) = self.computed_name(&name, place) else {
                self.gap(place, "a system whose name cannot be known here");
                rest = Value::unknown("the outputs of an unknown system", place).as_neutral().cloned();
                continue;
            };
            let outputs = match outputs_of(self, *system) {
                Value::Either(either) => self.merged_alternatives(&either.values, place),
                outputs => outputs,
            };
            match outputs {
                Value::Attrs(outputs) => {
                    for (kind, attr) in &outputs.entries {
                        let entry = (name, Attr { site: None, ..*attr });
                        match kinds.iter_mut().find(|known| known.name == *kind) {
                            Some(known) => known.systems.push(entry),
                            None => kinds.push(Kind { name: *kind, key: attr.key, systems: vec![entry] }),
                        }
                    }
                    rest = rest.or_else(|| outputs.rest.clone());
                }
                Value::Neutral(term) => rest = Some(term),
                _ => {}
            }
        }
        let mut entries = Vec::new();
        for Kind { name: kind, key, systems } in kinds {
            let thunk = self.ready(Value::Attrs(Rc::new(Attrs::from_pairs(systems))), place);
            entries.push((kind, Attr { thunk, key, site: None }));
        }
        Value::Attrs(Rc::new(Attrs { rest, ..Attrs::from_pairs(entries) }))
    }

    pub(in crate::nix) fn each_default_system(&mut self, function: &Value, place: Place) -> Value {
        let systems: Vec<Thunk> =
            DEFAULT_SYSTEMS.iter().map(|system| self.thunk_text(system, place)).collect();
        self.each_system(&systems, &mut |this, system| this.apply(function, system, place), place)
    }

    /// One set of all alternatives: what differs between them stays a choice.
    pub(in crate::nix) fn merged_alternatives(&mut self, values: &[Value], place: Place) -> Value {
        let mut merged: Option<Attrs> = None;
        for value in values {
            let attrs = match value {
                Value::Attrs(attrs) => (**attrs).clone(),
                Value::Neutral(term) => Attrs { rest: Some(Rc::clone(term)), ..Attrs::default() },
                _ => continue,
            };
            merged = Some(match merged {
                None => attrs,
                Some(before) => self.either_attrs(before, &attrs, place),
            });
        }
        merged.map_or_else(
            || Value::unknown("a set that cannot be known here", place),
            |attrs| Value::Attrs(Rc::new(attrs)),
        )
    }

    fn either_attrs(&mut self, before: Attrs, more: &Attrs, place: Place) -> Attrs {
        let mut all = before;
        for (name, attr) in &more.entries {
            match all.entries.binary_search_by_key(name, |(name, _)| *name) {
                Ok(index) => {
                    if let Some((_, known)) = all.entries.get_mut(index)
                        && known.thunk != attr.thunk
                    {
                        let (one, other) = (known.thunk, attr.thunk);
                        let at = self.place_of(one);
                        known.thunk = self.delay_code(at, move |this| {
                            let values = vec![this.force(one), this.force(other)];
                            Evaluator::either(values, place)
                        });
                    }
                }
                Err(index) => all.entries.insert(index, (*name, *attr)),
            }
        }
        all.computed.extend(more.computed.iter().cloned());
        all.rest = all.rest.or_else(|| more.rest.clone());
        all.literal = all.literal.or(more.literal);
        all
    }

    fn unknown_triple(place: Place) -> Value {
        Self::unknown_text("rustc's name of a platform that cannot be known here", place)
    }

    /// `pkgs.rust.toRustTarget` and its like.
    pub(in crate::nix) fn rust_function(
        &mut self,
        _: &Rc<PackageSet>,
        name: Symbol,
        _: Place,
    ) -> Option<Selected> {
        let name = self.name(name);
        let builtin = name.starts_with("toRustTarget").then(|| super::find(PACKAGES, &name)).flatten()?;
        Some(Selected::Found(Value::Builtin(Rc::new(Partial { builtin, arguments: Vec::new() }))))
    }

    /// `lib.systems.name`.
    pub(in crate::nix) fn systems_attribute(&mut self, name: Symbol, place: Place) -> Option<Value> {
        let name = self.name(name);
        match &*name {
            "flakeExposed" => Some(self.text_list(FLAKE_EXPOSED, place)),
            "elaborate" | "equals" => super::find(PACKAGES, &name).map(super::function),
            _ => None,
        }
    }

    /// `lib.platforms.name`: the systems of a kind, as far as flakes are for them.
    pub(in crate::nix) fn platform_list(&mut self, name: &str, place: Place) -> Option<Value> {
        let is_of_kind = |system: &&&str| match name {
            "all" => true,
            "unix" => !system.ends_with("-windows"),
            "aarch64" => system.starts_with("aarch64"),
            "x86_64" => system.starts_with("x86_64"),
            "x86" => system.starts_with("x86_64") || system.starts_with("i686"),
            kernel => system.rsplit('-').next() == Some(kernel),
        };
        if !matches!(name, "all" | "unix" | "linux" | "darwin" | "freebsd" | "aarch64" | "x86_64" | "x86") {
            return None;
        }
        let systems: Vec<&str> = FLAKE_EXPOSED.iter().filter(is_of_kind).copied().collect();
        Some(self.text_list(&systems, place))
    }

    /// `lib.systems.examples.name`.
    pub(in crate::nix) fn example_system(&mut self, name: &str, place: Place) -> Option<Value> {
        let config = platform::cross_config(name)?;
        let mut pairs = vec![("config", self.thunk_text(config, place))];
        if platform::cross_is_static(name) {
            pairs.push(("isStatic", self.ready(Value::Bool(true), place)));
        }
        if let Some(triple) = platform::cross_triple(name) {
            let triple = self.thunk_text(&triple, place);
            let rust = Value::Attrs(self.attrs_of(vec![("rustcTarget", triple)]));
            pairs.push(("rust", self.ready(rust, place)));
        }
        if name.starts_with("ucrt") {
            pairs.push(("libc", self.thunk_text("ucrt", place)));
        }
        Some(Value::Attrs(self.attrs_of(pairs)))
    }
}

fn rust_name(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let machine = this.argument_value(arguments, 0);
    match this.machine(&machine, place).triple() {
        Some(triple) => Value::text(&triple, place),
        None => Evaluator::unknown_triple(place),
    }
}

/// `simpleFlake { self, nixpkgs, overlay, shell, name, … }`: every system's packages come from an overlay.
fn simple_flake(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let given = this.argument_value(arguments, 0);
    let Value::Attrs(given) = given else { return Value::unknown("a flake made by simpleFlake", place) };
    let shell = this.attribute(&given, "shell").map(|attr| attr.thunk);
    let mut systems = Vec::new();
    for system in DEFAULT_SYSTEMS {
        let set = PackageSet::native(Machine::from_system(system));
        let mut overlays = Vec::new();
        for name in ["preOverlays", "overlay"] {
            if let Some(attr) = this.attribute(&given, name) {
                match this.force(attr.thunk) {
                    Value::List(list) => overlays.extend(list.items.iter().map(|item| this.force(*item))),
                    Value::Null => {}
                    overlay => overlays.push(overlay),
                }
            }
        }
        let packages = this.extended_set(&set, overlays, place);
        if let Some(shell) = shell {
            let packages = packages.clone();
            let value = this.delay_code(place, move |this| {
                let function = this.force(shell);
                let function = match this.path_of(&function) {
                    Some(path) => this.import_path(&path, place),
                    None => function,
                };
                let pkgs = this.ready(packages, place);
                let argument = Value::Attrs(this.attrs_of(vec![("pkgs", pkgs)]));
                let argument = this.ready(argument, place);
                let shell = this.apply(&function, argument, place);
                let shell = this.ready(shell, place);
                Value::Attrs(this.attrs_of(vec![("default", shell)]))
            });
            systems.push((*system, value));
        }
    }
    let shells = Value::Attrs(this.attrs_of(systems));
    let shells = this.ready(shells, place);
    let Value::Attrs(outputs) = Value::Attrs(this.attrs_of(vec![("devShells", shells)])) else {
        return Value::Null;
    };
    let rest = Value::unknown("packages of an overlay", place).as_neutral().cloned();
    Value::Attrs(Rc::new(Attrs { rest, ..(*outputs).clone() }))
}
