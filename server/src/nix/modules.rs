//! Modules: sets of definitions that are merged, as flake-parts, devenv and others are configured.
//!
//! A module is a set, a function to one, or a path of one. All definitions of an option are merged:
//! lists are joined, sets are merged name by name, of other values the most important one counts.

use std::rc::Rc;

use super::{
    evaluate::Selected,
    evaluator::Evaluator,
    value::{Attr, Attrs, Head, List, Neutral, Place, StrPiece, Symbol, Thunk, Value},
};

/// Modules that import each other without end.
const MAX_MODULES: usize = 400;

/// How important a definition is that says nothing about it.
const USUAL_PRIORITY: i64 = 100;

/// Options with free names, outputs of the flake among them: what is not in them is not there.
const CLOSED: &[&str] =
    &["packages", "devShells", "checks", "apps", "legacyPackages", "systems", "flake", "env"];

/// Keys of a module that are no definitions.
const NOT_DEFINITIONS: &[&str] =
    &["imports", "options", "config", "_file", "key", "_class", "disabledModules", "freeformType", "meta"];

/// What modules come to.
#[derive(Clone, Debug)]
pub(super) struct Modules {
    /// All definitions, merged, with the defaults of the options that are declared.
    pub(super) config: Value,
    /// What the modules were called with.
    pub(super) arguments: Thunk,
    /// Each module's definitions.
    pub(super) definitions: Vec<Value>,
    /// Each module's declarations of options.
    pub(super) options: Vec<Value>,
    /// A module that nobody here knows.
    pub(super) rest: Option<Rc<Neutral>>,
}

#[derive(Default)]
struct Collected {
    definitions: Vec<Value>,
    options: Vec<Value>,
    rest: Option<Rc<Neutral>>,
    paths: Vec<Rc<std::path::Path>>,
    count: usize,
}

impl Evaluator<'_> {
    /// Evaluates modules, `known` being the arguments that they get besides `config`.
    pub(super) fn evaluate_modules(&mut self, modules: &[Value], known: &Rc<Attrs>, place: Place) -> Modules {
        let outer = std::mem::take(&mut self.asked_too_early);
        let mut all = self.module_round(modules, known, None, None, place);
        // `_module.args.pkgs = import nixpkgs { … }` changes what all modules are called with: then once
        // more, with what those come to themselves. `mkIf config.x.enable { … }` decides what there is to
        // merge: then once more, with what was merged without an answer.
        let told = self.told_arguments(&all.config);
        if told.is_some() || self.asked_too_early {
            let earlier = self.asked_too_early.then_some(&all);
            all = self.module_round(modules, known, told.as_ref(), earlier, place);
        }
        self.asked_too_early = outer;
        all
    }

    fn module_round(
        &mut self,
        modules: &[Value],
        known: &Rc<Attrs>,
        told: Option<&Rc<Attrs>>,
        earlier: Option<&Modules>,
        place: Place,
    ) -> Modules {
        let config = self.promise(place);
        if let Some(earlier) = earlier {
            self.earlier_configs.push((config, earlier.config.clone()));
            let declared = Self::names_of_options(&earlier.options);
            self.declared_options.push((config, declared));
        }
        let (config_name, options_name) = (self.symbol("config"), self.symbol("options"));
        let head = self.ready(Value::head(Head::Config(config), place), place);
        let options = self.ready(Value::unknown("the options of the flake's modules", place), place);
        let mut entries = known.entries.clone();
        entries.push((config_name, Attr::bare(head)));
        entries.push((options_name, Attr::bare(options)));
        let final_arguments = told.map(|told| self.ready(Value::Attrs(Rc::clone(told)), place));
        if let (Some(told), Some(final_arguments)) = (told, final_arguments) {
            for (name, _) in &told.entries {
                let name = *name;
                let thunk = self.delay_code(place, move |this| {
                    let told = this.force(final_arguments);
                    this.select(&told, name, place)
                });
                entries.push((name, Attr::bare(thunk)));
            }
        }
        let rest = Value::unknown("an argument of the flake's modules", place).as_neutral().cloned();
        let arguments = Value::Attrs(Rc::new(Attrs { rest, ..Attrs::from_pairs(entries) }));
        let arguments = self.ready(arguments, place);
        let mut all = Collected::default();
        for module in modules {
            self.collect_module(module, arguments, &mut all, place);
        }
        let merged = self.merge_definitions(all.definitions.clone(), place);
        let mut value = match merged {
            Value::Attrs(_) => merged,
            other => self.update(&Value::Attrs(Rc::default()), &other, place),
        };
        for options in &all.options {
            value = self.with_defaults(options, value, place);
        }
        let declared = Self::names_of_options(&all.options);
        self.declared_options.push((config, declared));
        self.fill(config, value.clone());
        if let Some(final_arguments) = final_arguments
            && let Some(told) = self.told_arguments(&value)
        {
            self.fill(final_arguments, Value::Attrs(told));
        }
        Modules {
            config: value,
            arguments,
            definitions: all.definitions,
            options: all.options,
            rest: all.rest,
        }
    }

    fn names_of_options(options: &[Value]) -> Vec<Symbol> {
        let declared = options.iter().filter_map(Value::as_attrs).flat_map(|options| &options.entries);
        declared.map(|(name, _)| *name).collect()
    }

    /// `_module.args`
    fn told_arguments(&mut self, config: &Value) -> Option<Rc<Attrs>> {
        let mut value = config.clone();
        for name in ["_module", "args"] {
            let attr = self.attribute(value.as_attrs()?, name)?;
            value = self.force(attr.thunk);
        }
        value.as_attrs().cloned()
    }

    // Collecting.

    fn collect_module(&mut self, module: &Value, arguments: Thunk, into: &mut Collected, place: Place) {
        into.count += 1;
        if into.count > MAX_MODULES || !self.spend(10) {
            return;
        }
        let mut module = module.clone();
        if let Some(path) = self.path_of(&module) {
            // A file counts once, however often it is imported.
            if into.paths.contains(&path) {
                return;
            }
            module = self.import_path(&path, place);
            into.paths.push(path);
        }
        // `"${inputs.x}/flake-module.nix"` is the module of that input.
        if let Value::Str(text) = &module
            && let Some(StrPiece::Store { item, .. }) = text.pieces.first()
            && let Head::Input(input) = item.bottom()
        {
            let (input, item) = (Rc::clone(input), Rc::clone(item));
            let name = self.symbol("flakeModule");
            module = match self.model_attribute(&item, &input, name, place) {
                Selected::Found(module) | Selected::Maybe(module) => module,
                Selected::Absent => Value::Neutral(item),
            };
        }
        if matches!(module, Value::Lambda(_)) || self.is_functor(&module) {
            module = self.apply(&module, arguments, place);
        }
        match module {
            Value::Attrs(attrs) => self.collect_attrs(&attrs, arguments, into, place),
            Value::Either(either) => {
                if let Value::Attrs(attrs) = self.merged_alternatives(&either.values, place) {
                    self.collect_attrs(&attrs, arguments, into, place);
                }
            }
            // A module of an input: it may add outputs, most add none that matter here.
            Value::Neutral(term) if !self.is_quiet_module(&term) => into.rest = Some(term),
            Value::Lambda(_) => {
                into.rest = Value::unknown("a module that is no set", place).as_neutral().cloned();
            }
            _ => {}
        }
    }

    fn is_functor(&self, value: &Value) -> bool {
        value.as_attrs().is_some_and(|attrs| self.attribute(attrs, "__functor").is_some())
    }

    fn collect_attrs(&mut self, attrs: &Rc<Attrs>, arguments: Thunk, into: &mut Collected, place: Place) {
        // `mkMerge [ … ]` and `mkIf` around a whole module come as plain sets; `mkForce` as a mark.
        let attrs = match self.marked(attrs) {
            Some((_, content)) => match self.force(content) {
                Value::Attrs(attrs) => attrs,
                _ => return,
            },
            None => Rc::clone(attrs),
        };
        if let Some(attr) = self.attribute(&attrs, "imports") {
            match self.force(attr.thunk) {
                Value::List(imports) => {
                    for module in &imports.items {
                        let module = self.force(*module);
                        self.collect_module(&module, arguments, into, place);
                    }
                    into.rest = into.rest.take().or_else(|| imports.rest.clone());
                }
                Value::Either(either) => {
                    for value in &either.values {
                        let Value::List(imports) = value else { continue };
                        for module in &imports.items {
                            let module = self.force(*module);
                            self.collect_module(&module, arguments, into, place);
                        }
                    }
                }
                Value::Neutral(term) => into.rest = Some(term),
                _ => {}
            }
        }
        if let Some(attr) = self.attribute(&attrs, "options") {
            into.options.push(self.force(attr.thunk));
        }
        let has_config = match self.attribute(&attrs, "config") {
            Some(attr) => {
                let config = self.force(attr.thunk);
                into.definitions.push(config);
                true
            }
            None => false,
        };
        let is_definition = |name: &Symbol| !NOT_DEFINITIONS.contains(&self.names.get(*name));
        let entries: Vec<_> = attrs.entries.iter().filter(|(name, _)| is_definition(name)).copied().collect();
        if !entries.is_empty() || (!has_config && attrs.rest.is_some()) {
            let own = Attrs { entries, literal: attrs.literal, ..(*attrs).clone() };
            into.definitions.push(Value::Attrs(Rc::new(own)));
        }
    }

    // Merging.

    /// `mkForce content` and its like: how important it is, and the content.
    fn marked(&mut self, attrs: &Attrs) -> Option<(i64, Thunk)> {
        let kind = self.attribute(attrs, "_type")?;
        let kind = self.force(kind.thunk);
        let kind = Self::literal(&kind)?;
        let content = self.attribute(attrs, "content")?.thunk;
        if &*kind != "override" {
            return None;
        }
        let priority = self.attribute(attrs, "priority")?.thunk;
        match self.force(priority) {
            Value::Integer(priority) => Some((priority, content)),
            _ => Some((USUAL_PRIORITY, content)),
        }
    }

    /// What several definitions of one option come to; those that count for more stand last.
    pub(super) fn merge_definitions(&mut self, definitions: Vec<Value>, place: Place) -> Value {
        let mut all: Vec<(i64, Value)> = Vec::with_capacity(definitions.len());
        for definition in definitions {
            let definition = match definition {
                Value::Either(either) => self.merged_choice(&either.values, either.place),
                definition => definition,
            };
            let marked = match &definition {
                Value::Attrs(attrs) => self.marked(&Rc::clone(attrs)),
                _ => None,
            };
            match marked {
                Some((priority, content)) => {
                    let content = self.force(content);
                    all.push((priority, content));
                }
                None => all.push((USUAL_PRIORITY, definition)),
            }
        }
        let Some(most) = all.iter().map(|(priority, _)| *priority).min() else {
            return Value::Attrs(Rc::default());
        };
        let mut values: Vec<Value> =
            all.into_iter().filter(|(priority, _)| *priority == most).map(|(_, value)| value).collect();
        if values.len() == 1 {
            return match values.pop() {
                Some(Value::Attrs(attrs)) => self.settled(&attrs),
                value => value.unwrap_or(Value::Null),
            };
        }
        if values.iter().any(|value| matches!(value, Value::Attrs(_))) {
            return self.merge_sets(&values);
        }
        if values.iter().any(|value| matches!(value, Value::List(_))) {
            let mut joined = Value::List(Rc::new(List::default()));
            for value in &values {
                joined = self.concat(&joined, value, place);
            }
            return joined;
        }
        if values.iter().all(|value| matches!(value, Value::Str(_))) {
            return self.merge_texts(&values, place);
        }
        values.pop().unwrap_or(Value::Null)
    }

    /// An undecided `mkIf` of sets is a set of undecided attributes; of anything else it stays a choice.
    fn merged_choice(&mut self, values: &[Value], place: Place) -> Value {
        if values.iter().any(|value| matches!(value, Value::Attrs(_))) {
            return self.merged_alternatives(values, place);
        }
        Self::either(values.to_vec(), place)
    }

    fn merge_sets(&mut self, values: &[Value]) -> Value {
        let mut names: Vec<(Symbol, Vec<Attr>)> = Vec::new();
        let mut computed = Vec::new();
        let mut rest = None;
        let mut literal = None;
        for value in values {
            match value {
                Value::Attrs(attrs) => {
                    self.spend(attrs.entries.len());
                    for (name, attr) in &attrs.entries {
                        match names.binary_search_by_key(name, |(name, _)| *name) {
                            Ok(index) => {
                                if let Some((_, attrs)) = names.get_mut(index) {
                                    attrs.push(*attr);
                                }
                            }
                            Err(index) => names.insert(index, (*name, vec![*attr])),
                        }
                    }
                    computed.extend(attrs.computed.iter().cloned());
                    rest = rest.or_else(|| attrs.rest.clone());
                    literal = attrs.literal.or(literal);
                }
                Value::Neutral(term) => rest = Some(Rc::clone(term)),
                _ => {}
            }
        }
        let mut entries = Vec::with_capacity(names.len());
        for (name, attrs) in names {
            let Some(last) = attrs.last().copied() else { continue };
            let at = self.place_of(last.thunk);
            let thunks: Vec<Thunk> = attrs.iter().map(|attr| attr.thunk).collect();
            let thunk = self.delay_code(at, move |this| {
                let values = thunks.iter().map(|thunk| this.force(*thunk)).collect();
                this.merge_definitions(values, at)
            });
            entries.push((name, Attr { thunk, ..last }));
        }
        Value::Attrs(Rc::new(Attrs { entries, computed, rest, literal }))
    }

    /// One definition: its parts may still be marked.
    fn settled(&mut self, attrs: &Rc<Attrs>) -> Value {
        // A package with attributes of its own is no set of options.
        if attrs.rest.as_deref().is_some_and(|rest| !matches!(rest.bottom(), Head::Unknown(_))) {
            return Value::Attrs(Rc::clone(attrs));
        }
        self.merge_sets(&[Value::Attrs(Rc::clone(attrs))])
    }

    /// Options of lines of text: one after the other.
    fn merge_texts(&mut self, values: &[Value], place: Place) -> Value {
        let mut pieces: Vec<StrPiece> = Vec::new();
        for value in values {
            if !pieces.is_empty() {
                pieces.push(StrPiece::Literal { text: std::sync::Arc::from("\n"), place });
            }
            pieces.extend(self.text_of(value, place).pieces.iter().cloned());
        }
        self.spend(pieces.len());
        Value::string(pieces)
    }

    // Options.

    /// A configuration with the defaults of what a tree of options declares.
    fn with_defaults(&mut self, options: &Value, config: Value, place: Place) -> Value {
        let (Value::Attrs(options), Value::Attrs(known)) = (options, &config) else { return config };
        if !self.spend(1 + options.entries.len()) {
            return config;
        }
        let mut all = (**known).clone();
        for (name, attr) in &options.entries {
            let Value::Attrs(option) = self.force(attr.thunk) else { continue };
            let defined = known.get(*name).copied();
            let thunk = if self.is_option(&option) {
                let value = match (defined, self.attribute(&option, "default")) {
                    (Some(defined), _) => defined.thunk,
                    (None, Some(default)) => default.thunk,
                    (None, None) => match self.empty_value(&option) {
                        Some(empty) => self.ready(empty, place),
                        None => continue,
                    },
                };
                match self.attribute(&option, "type") {
                    Some(kind) => {
                        let at = self.place_of(value);
                        self.delay_code(at, move |this| {
                            let (kind, value) = (this.force(kind.thunk), this.force(value));
                            this.typed(&kind, value, place)
                        })
                    }
                    None => value,
                }
            } else {
                let at = self.place_of(attr.thunk);
                let option = Value::Attrs(option);
                self.delay_code(at, move |this| {
                    let defined = match defined {
                        Some(defined) => this.force(defined.thunk),
                        None => Value::Attrs(Rc::default()),
                    };
                    this.with_defaults(&option, defined, place)
                })
            };
            let attr = Attr { thunk, ..defined.unwrap_or(Attr::bare(thunk)) };
            match all.entries.binary_search_by_key(name, |(name, _)| *name) {
                Ok(index) => {
                    if let Some((_, known)) = all.entries.get_mut(index) {
                        *known = attr;
                    }
                }
                Err(index) => all.entries.insert(index, (*name, attr)),
            }
        }
        Value::Attrs(Rc::new(all))
    }

    /// What an option comes to that nobody defines: sets and lists are empty.
    fn empty_value(&mut self, option: &Attrs) -> Option<Value> {
        let kind = self.attribute(option, "type")?;
        let Value::Neutral(kind) = self.force(kind.thunk) else { return None };
        let function = match &*kind {
            Neutral::Apply { function, .. } => function.plain(),
            _ => &kind,
        };
        let Neutral::Select { name, .. } = &**function else { return None };
        match self.names.get(*name) {
            "attrsOf" | "lazyAttrsOf" | "attrs" | "submodule" => Some(Value::Attrs(Rc::default())),
            "listOf" => Some(Value::list(Vec::new())),
            _ => None,
        }
    }

    /// A value of a type: submodules have options of their own.
    fn typed(&mut self, kind: &Value, value: Value, place: Place) -> Value {
        let Value::Neutral(term) = kind else { return value };
        let Neutral::Apply { function, argument, .. } = &**term else { return value };
        let Neutral::Select { name, .. } = &**function.plain() else { return value };
        let argument = *argument;
        match (self.names.get(*name), value) {
            ("attrsOf" | "lazyAttrsOf", Value::Attrs(attrs)) => {
                let mut all = (*attrs).clone();
                let inner = argument;
                for (name, attr) in &mut all.entries {
                    let (thunk, name) = (attr.thunk, *name);
                    let at = self.place_of(thunk);
                    attr.thunk = self.delay_code(at, move |this| {
                        let (kind, value) = (this.force(inner), this.force(thunk));
                        this.typed_named(&kind, value, Some(name), place)
                    });
                }
                Value::Attrs(Rc::new(all))
            }
            ("nullOr" | "uniq" | "unique", value) => {
                let kind = self.force(argument);
                self.typed(&kind, value, place)
            }
            ("submodule", value @ Value::Attrs(_)) => self.submodule(argument, value, None, place),
            (_, value) => value,
        }
    }

    fn typed_named(&mut self, kind: &Value, value: Value, name: Option<Symbol>, place: Place) -> Value {
        if let Value::Neutral(term) = kind
            && let Neutral::Apply { function, argument, .. } = &**term
            && let Neutral::Select { name: function, .. } = &**function.plain()
            && self.names.get(*function) == "submodule"
        {
            return self.submodule(*argument, value, name, place);
        }
        self.typed(kind, value, place)
    }

    fn submodule(&mut self, module: Thunk, value: Value, name: Option<Symbol>, place: Place) -> Value {
        let module = self.force(module);
        let lib = self.ready(Value::head(Head::Library, place), place);
        let mut pairs = vec![("lib", lib)];
        if let Some(name) = name {
            let name = self.name(name);
            pairs.push(("name", self.thunk_text(&name, place)));
        }
        let known = self.attrs_of(pairs);
        let mut config = Value::Null;
        self.deeper(place, |this| {
            config = this.evaluate_modules(&[module, value], &known, place).config;
            Value::Null
        });
        config
    }

    fn is_option(&mut self, attrs: &Attrs) -> bool {
        let Some(kind) = self.attribute(attrs, "_type") else { return false };
        let kind = self.force(kind.thunk);
        Self::literal(&kind).is_some_and(|kind| kind.starts_with("option"))
    }

    // `config`.

    /// `config.name`: what the modules define, else what only real modules know.
    pub(super) fn config_attribute(
        &mut self,
        term: &Rc<Neutral>,
        config: Thunk,
        name: Symbol,
        place: Place,
    ) -> Selected {
        let open = term.select(name, place);
        // For our models: what is known, as if it were all.
        if self.names.get(name) == "__closed" {
            return match self.known_config(config) {
                Some(known) => Selected::Found(known),
                None => Selected::Maybe(open),
            };
        }
        // While the modules are still being merged, nothing is known yet.
        let Some(known) = self.known_config(config) else { return Selected::Maybe(open) };
        match self.attribute_of(&known, name, place) {
            // What is declared by modules of the flake is known as a whole.
            Selected::Found(value)
                if CLOSED.contains(&self.names.get(name)) || self.is_declared(config, name) =>
            {
                Selected::Found(value)
            }
            Selected::Found(value) => Selected::Found(self.opened(value, &open, place)),
            Selected::Maybe(value) => Selected::Maybe(value),
            Selected::Absent => Selected::Maybe(open),
        }
    }

    /// What the modules come to, as far as they are merged: while they are, what they came to the time before.
    fn known_config(&mut self, config: Thunk) -> Option<Value> {
        if let Some(known) = self.known(config) {
            return Some(known.clone());
        }
        let earlier =
            self.earlier_configs.iter().rfind(|(of, _)| *of == config).map(|(_, value)| value.clone());
        if earlier.is_none() {
            self.asked_too_early = true;
        }
        earlier
    }

    fn is_declared(&self, config: Thunk, name: Symbol) -> bool {
        self.declared_options.iter().any(|(of, names)| *of == config && names.contains(&name))
    }

    /// A set of which more may be known elsewhere, all the way down.
    pub(super) fn opened(&mut self, value: Value, more: &Value, place: Place) -> Value {
        let (Value::Attrs(attrs), Value::Neutral(term)) = (&value, more) else { return value };
        if attrs.rest.is_some() || !self.spend(1 + attrs.entries.len()) {
            return value;
        }
        let mut entries = Vec::with_capacity(attrs.entries.len());
        for (name, attr) in &attrs.entries {
            let (inner, more) = (attr.thunk, term.select(*name, place));
            let at = self.place_of(inner);
            let thunk = self.delay_code(at, move |this| {
                let value = this.force(inner);
                this.opened(value, &more, place)
            });
            entries.push((*name, Attr { thunk, ..*attr }));
        }
        let rest = Some(Rc::clone(term));
        Value::Attrs(Rc::new(Attrs { entries, rest, ..(**attrs).clone() }))
    }
}
