//! flake-parts: a flake made of modules.

use std::rc::Rc;

use super::{
    builtins,
    evaluate::Selected,
    evaluator::Evaluator,
    value::{Attr, Attrs, Head, Neutral, Partial, Place, Symbol, Thunk, Value},
};

/// What per-system outputs are kept under `self'` and `config`.
const KINDS: &[&str] = &["packages", "devShells", "checks", "apps", "legacyPackages", "formatter"];

/// Modules that import each other without end.
const MAX_MODULES: usize = 200;

/// What the modules say, so far.
#[derive(Default)]
struct Modules {
    systems: Vec<Thunk>,
    per_system: Vec<Thunk>,
    flake: Vec<Value>,
    rest: Option<Rc<Neutral>>,
    count: usize,
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
        match (&*text, builtins::package_function("mkFlake")) {
            ("mkFlake", Some(builtin)) => {
                Selected::Found(Value::Builtin(Rc::new(Partial { builtin, arguments: Vec::new() })))
            }
            _ => Selected::Maybe(term.select(name, place)),
        }
    }

    /// `mkFlake { inherit inputs; } module`.
    pub(super) fn flake_of_modules(&mut self, given: &Value, module: &Value, place: Place) -> Value {
        let mut modules = Modules::default();
        let arguments = self.module_arguments(given, place);
        self.collect_module(module, arguments, &mut modules, place);
        let per_system = std::mem::take(&mut modules.per_system);
        let systems = std::mem::take(&mut modules.systems);
        if systems.is_empty() && !per_system.is_empty() {
            self.gap(place, "the flake's systems cannot be known here");
            let unknown = Value::unknown("the flake's systems cannot be known here", place);
            modules.rest = modules.rest.or_else(|| unknown.as_neutral().cloned());
        }
        let mut outputs = self.each_system(
            &systems,
            &mut |this, system| this.system_outputs(&per_system, system, arguments, place),
            place,
        );
        for flake in modules.flake {
            outputs = self.recursive_update(&outputs, &flake, place);
        }
        match (outputs, modules.rest) {
            (Value::Attrs(outputs), Some(rest)) => {
                Value::Attrs(Rc::new(Attrs { rest: Some(rest), ..Rc::unwrap_or_clone(outputs) }))
            }
            (outputs, _) => outputs,
        }
    }

    /// What a module that is a function is called with.
    fn module_arguments(&mut self, given: &Value, place: Place) -> Thunk {
        let inputs = self.select_named(given, "inputs", place);
        let inputs = self.ready(inputs, place);
        let lib = self.ready(Value::head(Head::Library, place), place);
        let flake = self.ready(Value::head(Head::Flake, place), place);
        let known = self.attrs_of(vec![("inputs", inputs), ("lib", lib), ("self", flake)]);
        let special = match self.select_named(given, "specialArgs", place) {
            special @ Value::Attrs(_) => special,
            _ => Value::Attrs(Rc::default()),
        };
        let rest = Value::unknown("an argument of the flake's modules", place).as_neutral().cloned();
        let known = Value::Attrs(Rc::new(Attrs { rest, ..(*known).clone() }));
        let all = self.update(&known, &special, place);
        self.ready(all, place)
    }

    fn collect_module(&mut self, module: &Value, arguments: Thunk, into: &mut Modules, place: Place) {
        into.count += 1;
        if into.count > MAX_MODULES || !self.spend(10) {
            return;
        }
        let module = match self.path_of(module) {
            Some(path) => self.import_path(&path, place),
            None => module.clone(),
        };
        let module = match module {
            Value::Lambda(_) => self.apply(&module, arguments, place),
            module => module,
        };
        match module {
            Value::Attrs(attrs) => self.collect_module_attrs(&attrs, arguments, into, place),
            Value::Either(either) => {
                let merged = self.merged_alternatives(&either.values, place);
                if let Value::Attrs(attrs) = merged {
                    self.collect_module_attrs(&attrs, arguments, into, place);
                }
            }
            Value::Neutral(term) => {
                // A module of an input: it may add outputs, most add none that matter here.
                into.rest = Some(term);
            }
            _ => {}
        }
    }

    fn collect_module_attrs(&mut self, attrs: &Attrs, arguments: Thunk, into: &mut Modules, place: Place) {
        if let Some(attr) = self.attribute(attrs, "systems")
            && let Value::List(systems) = self.force(attr.thunk)
        {
            into.systems.extend(&systems.items);
        }
        if let Some(attr) = self.attribute(attrs, "perSystem") {
            into.per_system.push(attr.thunk);
        }
        if let Some(attr) = self.attribute(attrs, "flake") {
            let flake = self.force(attr.thunk);
            into.flake.push(flake);
        }
        if let Some(attr) = self.attribute(attrs, "config") {
            let config = self.force(attr.thunk);
            self.collect_module(&config, arguments, into, place);
        }
        if let Some(attr) = self.attribute(attrs, "imports") {
            match self.force(attr.thunk) {
                Value::List(imports) => {
                    for module in &imports.items {
                        let module = self.force(*module);
                        self.collect_module(&module, arguments, into, place);
                    }
                    into.rest = into.rest.take().or_else(|| imports.rest.clone());
                }
                Value::Neutral(term) => into.rest = Some(term),
                _ => {}
            }
        }
    }

    /// What all `perSystem`s come to for one system.
    fn system_outputs(&mut self, modules: &[Thunk], system: Thunk, arguments: Thunk, place: Place) -> Value {
        let first = self.system_arguments(system, arguments, place);
        let outputs = self.per_system(modules, first, place);
        // `_module.args.pkgs = import nixpkgs { … }` changes what all modules are called with: then once
        // more, with what those come to themselves.
        let Some(told) = self.told_arguments(&outputs) else { return outputs };
        let final_arguments = self.delay_code(place, {
            let told = Value::Attrs(Rc::clone(&told));
            move |_| told
        });
        let mut entries = Vec::new();
        for (name, _) in &told.entries {
            let name = *name;
            let thunk = self.delay_code(place, move |this| {
                let told = this.force(final_arguments);
                this.select(&told, name, place)
            });
            entries.push((name, Attr::bare(thunk)));
        }
        let known = self.force(first);
        let all = self.update(&known, &Value::Attrs(Rc::new(Attrs::from_pairs(entries))), place);
        let second = self.ready(all, place);
        let outputs = self.per_system(modules, second, place);
        if let Some(told) = self.told_arguments(&outputs) {
            self.fill(final_arguments, Value::Attrs(told));
        }
        outputs
    }

    fn per_system(&mut self, modules: &[Thunk], arguments: Thunk, place: Place) -> Value {
        let mut all = Value::Attrs(Rc::default());
        for module in modules {
            let module = self.force(*module);
            let outputs = match &module {
                Value::Lambda(_) => self.apply(&module, arguments, place),
                other => other.clone(),
            };
            let outputs = match outputs {
                Value::Either(either) => self.merged_alternatives(&either.values, place),
                outputs => outputs,
            };
            all = self.recursive_update(&all, &outputs, place);
        }
        all
    }

    /// `_module.args`
    fn told_arguments(&mut self, outputs: &Value) -> Option<Rc<Attrs>> {
        let mut value = outputs.clone();
        for name in ["_module", "args"] {
            let attr = self.attribute(value.as_attrs()?, name)?;
            value = self.force(attr.thunk);
        }
        value.as_attrs().cloned()
    }

    fn system_arguments(&mut self, system: Thunk, arguments: Thunk, place: Place) -> Thunk {
        let inputs = self.force(arguments);
        let inputs = self.select_named(&inputs, "inputs", place);
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
        let config = self.own_outputs(system, place);
        let inputs_of_system =
            self.delay_code(place, move |this| this.inputs_of_system(inputs, system, place));
        let known = self.attrs_of(vec![
            ("system", system),
            ("pkgs", pkgs),
            ("self'", own),
            ("config", config),
            ("inputs'", inputs_of_system),
        ]);
        let outer = self.force(arguments);
        let all = self.update(&outer, &Value::Attrs(known), place);
        self.ready(all, place)
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
        let rest = Value::unknown("an option of the flake's modules", place).as_neutral().cloned();
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
