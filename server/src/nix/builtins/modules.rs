//! Functions of modules: `lib.mkIf` and its like, `lib.evalModules`, and flake-parts' own.

use std::rc::Rc;

use super::{Attrs, Builtin, Evaluator, LIBRARY, PACKAGES, Place, Thunk, Value, builtin};

pub(super) const TABLE: &[Builtin] = &[
    builtin("mkIf", LIBRARY, 2, |this, arguments, place| {
        let condition = this.argument_value(arguments, 0);
        this.on_condition(&condition, place, |this, holds| {
            let content = this.argument_value(arguments, 1);
            match (holds, content) {
                (true, content) => content,
                (false, Value::List(_)) => Value::list(Vec::new()),
                (false, Value::Str(_)) => Value::string(Vec::new()),
                (false, _) => Value::Attrs(Rc::default()),
            }
        })
    }),
    builtin("mkMerge", LIBRARY, 1, |this, arguments, place| {
        let parts = this.argument_value(arguments, 0);
        this.on_list(&parts, place, |this, parts| {
            let definitions = parts.items.iter().map(|part| this.force(*part)).collect();
            this.merge_definitions(definitions, place)
        })
    }),
    builtin("mkForce", LIBRARY, 1, |this, arguments, place| this.with_priority(arguments, 0, 50, place)),
    builtin("mkDefault", LIBRARY, 1, |this, arguments, place| this.with_priority(arguments, 0, 1000, place)),
    builtin("mkOptionDefault", LIBRARY, 1, |this, arguments, place| {
        this.with_priority(arguments, 0, 1500, place)
    }),
    builtin("mkOverride", LIBRARY, 2, |this, arguments, place| match this.argument_value(arguments, 0) {
        Value::Integer(priority) => this.with_priority(arguments, 1, priority, place),
        _ => this.argument_value(arguments, 1),
    }),
    builtin("mkBefore", LIBRARY, 1, |this, arguments, _| this.argument_value(arguments, 0)),
    builtin("mkAfter", LIBRARY, 1, |this, arguments, _| this.argument_value(arguments, 0)),
    builtin("mkOrder", LIBRARY, 2, |this, arguments, _| this.argument_value(arguments, 1)),
    builtin("mkOption", LIBRARY, 1, |this, arguments, place| {
        let given = this.argument_value(arguments, 0);
        let kind = this.thunk_text("option", place);
        let kind = Value::Attrs(this.attrs_of(vec![("_type", kind)]));
        this.update(&kind, &given, place)
    }),
    builtin("mkEnableOption", LIBRARY, 1, |this, _, place| {
        let (kind, default) = (this.thunk_text("option", place), this.ready(Value::Bool(false), place));
        Value::Attrs(this.attrs_of(vec![("_type", kind), ("default", default)]))
    }),
    builtin("mkPackageOption", LIBRARY, 3, |this, arguments, place| {
        let (packages, name) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        let name = match &name {
            Value::List(path) => path.items.first().map_or(Value::Null, |name| this.force(*name)),
            name => name.clone(),
        };
        let default = this.delay_code(place, move |this| match this.computed_name(&name, place) {
            Ok(name) => this.select(&packages, name, place),
            Err(_) => Value::unknown("a package that cannot be known here", place),
        });
        let kind = this.thunk_text("option", place);
        Value::Attrs(this.attrs_of(vec![("_type", kind), ("default", default)]))
    }),
    builtin("evalModules", LIBRARY, 1, |this, arguments, place| {
        let given = this.argument_value(arguments, 0);
        let modules = this.select_named(&given, "modules", place);
        let special = this.symbol("specialArgs");
        let special = match this.attribute_of(&given, special, place) {
            super::Selected::Found(Value::Attrs(special)) => special,
            _ => Rc::default(),
        };
        this.on_list(&modules, place, |this, modules| {
            let modules: Vec<Value> = modules.items.iter().map(|module| this.force(*module)).collect();
            let lib = this.ready(Value::head(super::Head::Library, place), place);
            let known = this.attrs_of(vec![("lib", lib)]);
            let entries = known.entries.iter().chain(&special.entries).copied().collect();
            let known = Rc::new(Attrs::from_pairs(entries));
            let evaluated = this.evaluate_modules(&modules, &known, place);
            let config = this.ready(evaluated.config, place);
            let config = this.ready(Value::head(super::Head::Config(config), place), place);
            let known = this.attrs_of(vec![("config", config)]);
            let rest = Value::unknown("what modules come to", place).as_neutral().cloned();
            Value::Attrs(Rc::new(Attrs { rest, ..(*known).clone() }))
        })
    }),
    builtin("mkFlake", PACKAGES, 2, |this, arguments, place| {
        let (given, module) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        this.flake_of_modules(&given, &module, place)
    }),
    builtin("mkPerSystemOption", PACKAGES, 1, per_system_option),
    builtin("mkPerSystemType", PACKAGES, 1, per_system_option),
    // It declares outputs of kinds that hold no packages and shells.
    builtin("mkTransposedPerSystemModule", PACKAGES, 1, |_, _, _| Value::Attrs(Rc::default())),
    builtin("mkSubmoduleOptions", PACKAGES, 1, |this, arguments, _| this.argument_value(arguments, 0)),
    builtin("importApply", PACKAGES, 2, |this, arguments, place| {
        let path = this.argument_value(arguments, 0);
        match (this.path_of(&path), arguments.get(1)) {
            (Some(path), Some(argument)) => {
                let function = this.import_path(&path, place);
                this.apply(&function, *argument, place)
            }
            _ => Value::unknown("an import that cannot be known here", place),
        }
    }),
    builtin("withSystem", PACKAGES, 2, |this, arguments, place| {
        let function = this.argument_value(arguments, 1);
        let given = arguments.first().and_then(|system| this.arguments_of_system(*system, place));
        match given {
            Some(given) => this.apply(&function, given, place),
            None => Value::unknown("what modules come to for a system", place),
        }
    }),
    builtin("moduleWithSystem", PACKAGES, 1, |_, _, _| Value::Attrs(Rc::default())),
    builtin("getSystem", PACKAGES, 1, system_configuration),
    builtin("getSystemIgnoreWarning", PACKAGES, 1, system_configuration),
];

fn per_system_option(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let Some(module) = arguments.first().copied() else { return Value::Null };
    let kind = this.thunk_text("option of each system", place);
    Value::Attrs(this.attrs_of(vec![("_type", kind), ("module", module)]))
}

fn system_configuration(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let config = arguments.first().and_then(|system| this.config_of_system(*system, place));
    config.unwrap_or_else(|| Value::unknown("what modules come to for a system", place))
}

impl Evaluator<'_> {
    /// A definition with its importance.
    fn with_priority(&mut self, arguments: &[Thunk], index: usize, priority: i64, place: Place) -> Value {
        let Some(content) = arguments.get(index).copied() else { return Value::Null };
        let (kind, priority) =
            (self.thunk_text("override", place), self.ready(Value::Integer(priority), place));
        let marks = vec![("_type", kind), ("priority", priority), ("content", content)];
        Value::Attrs(self.attrs_of(marks))
    }
}
