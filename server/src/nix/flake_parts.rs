//! flake-parts: a flake made of modules.

use std::{cell::RefCell, rc::Rc};

use super::{
    builtins,
    evaluate::Selected,
    evaluator::Evaluator,
    inputs::flake_parts_by_name,
    modules::Modules,
    value::{Attrs, Head, Neutral, Partial, Place, Symbol, Thunk, Value},
};

/// What per-system outputs are kept under `self'` and `inputs'`.
pub(super) const KINDS: &[&str] = &["packages", "devShells", "checks", "apps", "legacyPackages", "formatter"];

/// A flake made of modules, as far as it is evaluated.
#[derive(Debug)]
pub(super) struct FlakeModules {
    /// What the modules at the top are called with.
    arguments: Thunk,
    /// All `perSystem`s.
    per_system: Vec<Value>,
    /// What they come to, by system.
    systems: RefCell<Vec<(Option<std::sync::Arc<str>>, Modules)>>,
}

impl Evaluator<'_> {
    /// An attribute of `flake-parts.lib`.
    pub(super) fn flake_parts_attribute(
        &mut self,
        term: &Rc<Neutral>,
        name: Symbol,
        place: Place,
    ) -> Selected {
        let text = self.name(name);
        let is_known = matches!(
            &*text,
            "mkFlake"
                | "mkPerSystemOption"
                | "mkPerSystemType"
                | "mkTransposedPerSystemModule"
                | "mkSubmoduleOptions"
                | "importApply"
        );
        match builtins::package_function(&text).filter(|_| is_known) {
            Some(builtin) => {
                Selected::Found(Value::Builtin(Rc::new(Partial { builtin, arguments: Vec::new() })))
            }
            None => Selected::Maybe(term.select(name, place)),
        }
    }

    /// `mkFlake { inherit inputs; } module`.
    pub(super) fn flake_of_modules(&mut self, given: &Value, module: &Value, place: Place) -> Value {
        let known = self.flake_arguments(given, place);
        let mut all = self.evaluate_modules(std::slice::from_ref(module), &known, place);
        // Parts of the flake that only development needs: here they are modules like all others.
        let partitions = self.partitions(&all.config);
        if !partitions.is_empty() {
            let modules: Vec<Value> = [module.clone()].into_iter().chain(partitions).collect();
            all = self.evaluate_modules(&modules, &known, place);
        }
        let mut rest = all.rest.take();
        let per_system = self.per_system_modules(&all);
        let state =
            Rc::new(FlakeModules { arguments: all.arguments, per_system, systems: RefCell::default() });
        self.flake_modules = Some(Rc::clone(&state));
        let own = all.config.as_attrs().and_then(|config| self.attribute(config, "flake"));
        let own = own.map(|attr| self.force(attr.thunk));
        // `systems = self.lib.systems`: the flake refers to what its modules say of it.
        self.flake_so_far.clone_from(&own);
        let systems = self.systems_of(&all.config);
        if systems.is_empty() && !state.per_system.is_empty() {
            self.gap(place, "the flake's systems cannot be known here");
            let unknown = Value::unknown("the flake's systems cannot be known here", place);
            rest = rest.or_else(|| unknown.as_neutral().cloned());
        }
        let mut outputs = self.each_system(
            &systems,
            &mut |this, system| {
                let modules = this.system_modules(&state, system, place);
                rest = rest.take().or(modules.rest);
                modules.config
            },
            place,
        );
        if let Some(flake) = own {
            outputs = self.merge_definitions(vec![outputs, flake], place);
        }
        match (outputs, rest) {
            (Value::Attrs(outputs), Some(rest)) => {
                Value::Attrs(Rc::new(Attrs { rest: Some(rest), ..Rc::unwrap_or_clone(outputs) }))
            }
            (outputs, _) => outputs,
        }
    }

    fn systems_of(&mut self, config: &Value) -> Vec<Thunk> {
        let Some(attr) = config.as_attrs().and_then(|config| self.attribute(config, "systems")) else {
            return Vec::new();
        };
        match self.force(attr.thunk) {
            Value::List(systems) => systems.items.clone(),
            Value::Either(either) => {
                let lists = either.values.iter().filter_map(|value| match value {
                    Value::List(list) => Some(list.items.clone()),
                    _ => None,
                });
                lists.max_by_key(Vec::len).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    /// `partitions.NAME.module`
    fn partitions(&mut self, config: &Value) -> Vec<Value> {
        let Some(attr) = config.as_attrs().and_then(|config| self.attribute(config, "partitions")) else {
            return Vec::new();
        };
        let Value::Attrs(partitions) = self.force(attr.thunk) else { return Vec::new() };
        let mut modules = Vec::new();
        for (_, attr) in self.sorted(&partitions) {
            if let Value::Attrs(partition) = self.force(attr.thunk)
                && let Some(module) = self.attribute(&partition, "module")
            {
                modules.push(self.force(module.thunk));
            }
        }
        modules
    }

    /// What the modules at the top are called with.
    fn flake_arguments(&mut self, given: &Value, place: Place) -> Rc<Attrs> {
        let inputs = self.select_named(given, "inputs", place);
        let inputs = self.ready(inputs, place);
        let lib = self.ready(Value::head(Head::Library, place), place);
        let flake = self.ready(Value::head(Head::Flake, place), place);
        let parts = Value::head(Head::Input(flake_parts_by_name()), place);
        let parts_lib = self.select_named(&parts, "lib", place);
        let parts_lib = self.ready(parts_lib, place);
        let mut pairs =
            vec![("inputs", inputs), ("lib", lib), ("self", flake), ("flake-parts-lib", parts_lib)];
        for name in ["withSystem", "moduleWithSystem", "getSystem", "getSystemIgnoreWarning"] {
            if let Some(builtin) = builtins::package_function(name) {
                let function = Value::Builtin(Rc::new(Partial { builtin, arguments: Vec::new() }));
                pairs.push((name, self.ready(function, place)));
            }
        }
        let known = self.attrs_of(pairs);
        match self.select_named(given, "specialArgs", place) {
            Value::Attrs(special) => {
                let entries = known.entries.iter().chain(&special.entries).copied().collect();
                Rc::new(Attrs::from_pairs(entries))
            }
            _ => known,
        }
    }

    /// All `perSystem`s: definitions, and what declares options for them.
    fn per_system_modules(&mut self, all: &Modules) -> Vec<Value> {
        let mut modules = Vec::new();
        for options in &all.options {
            if let Some(attr) = options.as_attrs().and_then(|options| self.attribute(options, "perSystem"))
                && let Value::Attrs(option) = self.force(attr.thunk)
                && let Some(module) = self.attribute(&option, "module")
            {
                modules.push(self.force(module.thunk));
            }
        }
        for definition in &all.definitions {
            let definition = match definition {
                Value::Either(either) => self.merged_alternatives(&either.values, either.place),
                definition => definition.clone(),
            };
            if let Some(attr) = definition.as_attrs().and_then(|attrs| self.attribute(attrs, "perSystem")) {
                modules.push(self.force(attr.thunk));
            }
        }
        modules
    }

    /// What all `perSystem`s come to for one system.
    fn system_modules(&mut self, state: &Rc<FlakeModules>, system: Thunk, place: Place) -> Modules {
        let name = self.force(system);
        let name = Self::literal(&name);
        let known = state.systems.borrow().iter().find(|(known, _)| *known == name).cloned();
        if let Some((_, modules)) = known {
            return modules;
        }
        let arguments = self.system_arguments(system, state.arguments, place);
        let modules = self.evaluate_modules(&state.per_system, &arguments, place);
        state.systems.borrow_mut().push((name, modules.clone()));
        modules
    }

    fn system_arguments(&mut self, system: Thunk, outer: Thunk, place: Place) -> Rc<Attrs> {
        let outer = self.force(outer);
        let inputs = self.select_named(&outer, "inputs", place);
        let inputs = self.ready(inputs, place);
        let pkgs = self.delay_code(place, move |this| {
            let inputs = this.force(inputs);
            let nixpkgs = this.select_named(&inputs, "nixpkgs", place);
            let nixpkgs = match nixpkgs {
                Value::Error(_) => Value::head(Head::Input(super::inputs::nixpkgs_by_name("nixpkgs")), place),
                nixpkgs => nixpkgs,
            };
            this.below_system(&nixpkgs, "legacyPackages", system, place)
        });
        let own = self.own_outputs(system, place);
        let inputs_of_system =
            self.delay_code(place, move |this| this.inputs_of_system(inputs, system, place));
        let known = self.attrs_of(vec![
            ("system", system),
            ("pkgs", pkgs),
            ("self'", own),
            ("inputs'", inputs_of_system),
        ]);
        match outer {
            Value::Attrs(outer) => {
                let entries = outer.entries.iter().chain(&known.entries).copied().collect();
                Rc::new(Attrs::from_pairs(entries))
            }
            _ => known,
        }
    }

    /// The arguments of a system's modules, for `withSystem`.
    pub(super) fn arguments_of_system(&mut self, system: Thunk, place: Place) -> Option<Thunk> {
        let state = self.flake_modules.clone()?;
        Some(self.system_modules(&state, system, place).arguments)
    }

    /// The configuration of a system, for `getSystem`.
    pub(super) fn config_of_system(&mut self, system: Thunk, place: Place) -> Option<Value> {
        let arguments = self.arguments_of_system(system, place)?;
        let arguments = self.force(arguments);
        Some(self.select_named(&arguments, "config", place))
    }

    /// `value.kind.SYSTEM`.
    fn below_system(&mut self, value: &Value, kind: &str, system: Thunk, place: Place) -> Value {
        let below = self.select_named(value, kind, place);
        let system = self.force(system);
        match Self::literal(&system) {
            Some(system) => self.select_named(&below, &system, place),
            None => Value::unknown("a system whose name cannot be known here", place),
        }
    }

    /// The flake's own outputs for one system: `self'`.
    fn own_outputs(&mut self, system: Thunk, place: Place) -> Thunk {
        let mut pairs = Vec::new();
        for kind in KINDS {
            let thunk = self.delay_code(place, move |this| {
                let flake = Value::head(Head::Flake, place);
                this.below_system(&flake, kind, system, place)
            });
            pairs.push((*kind, thunk));
        }
        let known = self.attrs_of(pairs);
        let rest = Value::unknown("an output of the flake", place).as_neutral().cloned();
        self.ready(Value::Attrs(Rc::new(Attrs { rest, ..(*known).clone() })), place)
    }

    /// The inputs' outputs for one system: `inputs'`.
    fn inputs_of_system(&mut self, inputs: Thunk, system: Thunk, place: Place) -> Value {
        let Value::Attrs(inputs) = self.force(inputs) else {
            return Value::unknown("the flake's inputs", place);
        };
        let mut entries = Vec::new();
        for (name, attr) in &inputs.entries {
            let input = attr.thunk;
            let mut pairs = Vec::new();
            for kind in KINDS {
                let thunk = self.delay_code(place, move |this| {
                    let input = this.force(input);
                    this.below_system(&input, kind, system, place)
                });
                pairs.push((*kind, thunk));
            }
            let outputs = Value::Attrs(self.attrs_of(pairs));
            entries.push((*name, attr.with_value(self.ready(outputs, place))));
        }
        Value::Attrs(Rc::new(Attrs::from_pairs(entries)))
    }
}
