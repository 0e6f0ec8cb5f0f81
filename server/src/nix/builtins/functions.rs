//! Functions on functions, types and conditions.

use std::rc::Rc;

use super::{BUILTIN, Builtin, Evaluator, GLOBAL, LIBRARY, Partial, Place, Thunk, Value, builtin, find};
use crate::nix::value::Head;

const BOTH: u8 = BUILTIN | LIBRARY;

pub(super) const TABLE: &[Builtin] = &[
    builtin("throw", BOTH | GLOBAL, 1, |_, _, _| Value::error("the flake gives up here (throw)")),
    builtin("abort", BUILTIN | GLOBAL, 1, |_, _, _| Value::error("the flake gives up here (abort)")),
    builtin("trace", BUILTIN, 2, second),
    builtin("traceVal", LIBRARY, 1, first),
    builtin("traceValSeq", LIBRARY, 1, first),
    builtin("warn", BOTH, 2, second),
    builtin("info", LIBRARY, 2, second),
    builtin("seq", BUILTIN, 2, second),
    builtin("deepSeq", BUILTIN, 2, second),
    builtin("addErrorContext", BUILTIN, 2, second),
    builtin("warnIf", LIBRARY, 3, third),
    builtin("warnIfNot", LIBRARY, 3, third),
    builtin("throwIf", LIBRARY, 3, |this, arguments, place| this.guarded(arguments, true, place)),
    builtin("throwIfNot", LIBRARY, 3, |this, arguments, place| this.guarded(arguments, false, place)),
    builtin("assertMsg", LIBRARY, 2, |this, arguments, place| {
        let condition = this.argument_value(arguments, 0);
        match Evaluator::condition(&condition) {
            Some(false) => Value::error("an assertion fails"),
            Some(true) => Value::Bool(true),
            None => Evaluator::unknown_from(condition, "a condition that cannot be known here", place),
        }
    }),
    builtin("tryEval", BUILTIN, 1, |this, arguments, place| {
        let value = this.argument_value(arguments, 0);
        let success = !matches!(value, Value::Error(_));
        let success = this.ready(Value::Bool(success), place);
        let value = match value {
            Value::Error(_) => this.ready(Value::Bool(false), place),
            value => this.ready(value, place),
        };
        Value::Attrs(this.attrs_of(vec![("success", success), ("value", value)]))
    }),
    builtin("isNull", BUILTIN | GLOBAL, 1, |this, arguments, place| {
        let value = this.argument_value(arguments, 0);
        this.decision(|this| this.equal(&value, &Value::Null), place)
    }),
    builtin("isAttrs", BOTH, 1, |this, arguments, place| this.is_type(arguments, "set", place)),
    builtin("isList", BOTH, 1, |this, arguments, place| this.is_type(arguments, "list", place)),
    builtin("isString", BOTH, 1, |this, arguments, place| this.is_type(arguments, "string", place)),
    builtin("isBool", BOTH, 1, |this, arguments, place| this.is_type(arguments, "bool", place)),
    builtin("isInt", BOTH, 1, |this, arguments, place| this.is_type(arguments, "int", place)),
    builtin("isFloat", BOTH, 1, |this, arguments, place| this.is_type(arguments, "float", place)),
    builtin("isPath", BOTH, 1, |this, arguments, place| this.is_type(arguments, "path", place)),
    builtin("isFunction", BOTH, 1, |this, arguments, place| this.is_type(arguments, "lambda", place)),
    builtin("typeOf", BUILTIN, 1, |this, arguments, place| {
        let value = this.argument_value(arguments, 0);
        match type_of(&value) {
            Some(name) => Value::text(name, place),
            None => Value::unknown("the type of something that cannot be known here", place),
        }
    }),
    builtin("isDerivation", LIBRARY, 1, |this, arguments, place| match this.argument_value(arguments, 0) {
        Value::Neutral(term) => match term.bottom() {
            Head::Packages(_) if term.inner().is_some() => Value::Bool(true),
            _ => Value::unknown("whether something is a derivation", place),
        },
        Value::Attrs(attrs) => match this.attribute(&attrs, "type") {
            Some(kind) => {
                let kind = this.force(kind.thunk);
                let derivation = Value::text("derivation", place);
                this.decision(|this| this.equal(&kind, &derivation), place)
            }
            None if attrs.rest.is_some() => Value::unknown("whether something is a derivation", place),
            None => Value::Bool(false),
        },
        Value::Error(why) => Value::Error(why),
        _ => Value::Bool(false),
    }),
    builtin("id", LIBRARY, 1, first),
    builtin("const", LIBRARY, 2, first),
    builtin("flip", LIBRARY, 3, |this, arguments, place| match arguments {
        [function, left, right] => {
            let function = this.force(*function);
            this.apply_all(&function, &[*right, *left], place)
        }
        _ => Value::Null,
    }),
    builtin("pipe", LIBRARY, 2, |this, arguments, place| {
        let functions = this.argument_value(arguments, 1);
        let Some(start) = arguments.first().copied() else { return Value::Null };
        this.on_list(&functions, place, |this, functions| {
            let mut value = start;
            for function in &functions.items {
                let function = this.force(*function);
                value = this.later(&function, vec![value], place);
            }
            this.force(value)
        })
    }),
    builtin("fix", LIBRARY, 1, |this, arguments, place| {
        let function = this.argument_value(arguments, 0);
        this.fixed_point(&function, place)
    }),
    builtin("fix'", LIBRARY, 1, |this, arguments, place| {
        let function = this.argument_value(arguments, 0);
        this.fixed_point(&function, place)
    }),
    builtin("extends", LIBRARY, 3, |this, arguments, place| match arguments {
        [overlay, base, last] => {
            let base = this.force(*base);
            let previous = this.apply(&base, *last, place);
            let before = this.ready(previous.clone(), place);
            let overlay = this.force(*overlay);
            let changes = this.apply_all(&overlay, &[*last, before], place);
            this.update(&previous, &changes, place)
        }
        _ => Value::Null,
    }),
    builtin("composeExtensions", LIBRARY, 4, |this, arguments, place| match arguments {
        [first, second, last, previous] => this.compose(&[*first, *second], *last, *previous, place),
        _ => Value::Null,
    }),
    builtin("composeManyExtensions", LIBRARY, 3, |this, arguments, place| {
        let Value::List(overlays) = this.argument_value(arguments, 0) else {
            return Value::unknown("overlays that cannot be known here", place);
        };
        match arguments {
            [_, last, previous] => this.compose(&overlays.items, *last, *previous, place),
            _ => Value::Null,
        }
    }),
    builtin("recurseIntoAttrs", LIBRARY, 1, first),
    builtin("dontRecurseIntoAttrs", LIBRARY, 1, first),
    builtin("hydraJob", LIBRARY, 1, first),
    builtin("hiPrio", LIBRARY, 1, first),
    builtin("lowPrio", LIBRARY, 1, first),
    builtin("setPrio", LIBRARY, 2, second),
    builtin("setFunctionArgs", LIBRARY, 2, first),
    builtin("toFunction", LIBRARY, 1, |this, arguments, place| match this.argument_value(arguments, 0) {
        function @ (Value::Lambda(_) | Value::Builtin(_) | Value::Neutral(_)) => function,
        value => {
            let value = this.ready(value, place);
            match find(LIBRARY, "const") {
                Some(builtin) => Value::Builtin(Rc::new(Partial { builtin, arguments: vec![value] })),
                None => Value::Null,
            }
        }
    }),
    builtin("makeOverridable", LIBRARY, 2, |this, arguments, place| {
        let (function, given) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        match (given, arguments.first()) {
            (Value::Attrs(given), Some(thunk)) => this.call_overridable(&function, *thunk, given, place),
            _ => this.apply_all(&function, arguments.get(1..).unwrap_or_default(), place),
        }
    }),
    builtin("add", BOTH, 2, |this, arguments, place| this.integers(arguments, i64::wrapping_add, place)),
    builtin("sub", BOTH, 2, |this, arguments, place| this.integers(arguments, i64::wrapping_sub, place)),
    builtin("mul", BOTH, 2, |this, arguments, place| this.integers(arguments, i64::wrapping_mul, place)),
    builtin("min", LIBRARY, 2, |this, arguments, place| this.integers(arguments, i64::min, place)),
    builtin("max", LIBRARY, 2, |this, arguments, place| this.integers(arguments, i64::max, place)),
    builtin("lessThan", BOTH, 2, |this, arguments, place| {
        let (left, right) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        this.decision(|this| this.less(&left, &right), place)
    }),
    builtin("and", LIBRARY, 2, |this, arguments, place| {
        this.both(arguments, |left, right| left && right, place)
    }),
    builtin("or", LIBRARY, 2, |this, arguments, place| {
        this.both(arguments, |left, right| left || right, place)
    }),
    builtin("xor", LIBRARY, 2, |this, arguments, place| {
        this.both(arguments, |left, right| left != right, place)
    }),
];

fn first(this: &mut Evaluator<'_>, arguments: &[Thunk], _: Place) -> Value {
    this.argument_value(arguments, 0)
}

fn second(this: &mut Evaluator<'_>, arguments: &[Thunk], _: Place) -> Value {
    this.argument_value(arguments, 1)
}

fn third(this: &mut Evaluator<'_>, arguments: &[Thunk], _: Place) -> Value {
    this.argument_value(arguments, 2)
}

fn type_of(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Integer(_) => "int",
        Value::Float(_) => "float",
        Value::Str(_) => "string",
        Value::Path(_) => "path",
        Value::List(_) => "list",
        Value::Attrs(_) => "set",
        Value::Lambda(_) | Value::Builtin(_) => "lambda",
        Value::Neutral(term) => match term.bottom() {
            // Package sets, packages and platforms are sets.
            Head::Packages(_) | Head::Platform(_) | Head::Input(_) if term.inner().is_none() => "set",
            _ => return None,
        },
        Value::Either(_) | Value::Error(_) => return None,
    })
}

impl Evaluator<'_> {
    fn is_type(&mut self, arguments: &[Thunk], name: &str, place: Place) -> Value {
        let value = self.argument_value(arguments, 0);
        self.each(&value, place, &mut |_, value| match type_of(value) {
            Some(found) => Value::Bool(found == name),
            None => Value::unknown("the type of something that cannot be known here", place),
        })
    }

    /// The third argument, unless the condition is `stops`.
    fn guarded(&mut self, arguments: &[Thunk], stops: bool, _: Place) -> Value {
        let condition = self.argument_value(arguments, 0);
        if Self::condition(&condition) == Some(stops) {
            return Value::error("the flake gives up here (throw)");
        }
        self.argument_value(arguments, 2)
    }

    pub(super) fn integers(&mut self, arguments: &[Thunk], run: fn(i64, i64) -> i64, place: Place) -> Value {
        match (self.argument_value(arguments, 0), self.argument_value(arguments, 1)) {
            (Value::Integer(left), Value::Integer(right)) => Value::Integer(run(left, right)),
            _ => Value::unknown("a number that cannot be known here", place),
        }
    }

    fn both(&mut self, arguments: &[Thunk], run: fn(bool, bool) -> bool, place: Place) -> Value {
        let (left, right) = (self.argument_value(arguments, 0), self.argument_value(arguments, 1));
        match (Self::condition(&left), Self::condition(&right)) {
            (Some(left), Some(right)) => Value::Bool(run(left, right)),
            _ => Value::unknown("a condition that cannot be known here", place),
        }
    }

    /// What a function comes to that is given its own result.
    pub(in crate::nix) fn fixed_point(&mut self, function: &Value, place: Place) -> Value {
        let itself = self.promise(place);
        let value = self.apply(function, itself, place);
        self.fill(itself, value.clone());
        value
    }

    /// Overlays one after the other, merged.
    fn compose(&mut self, overlays: &[Thunk], last: Thunk, previous: Thunk, place: Place) -> Value {
        let mut before = self.force(previous);
        let mut changes = Value::Attrs(Rc::default());
        for overlay in overlays {
            let overlay = self.force(*overlay);
            let previous = self.ready(before.clone(), place);
            let change = self.apply_all(&overlay, &[last, previous], place);
            before = self.update(&before, &change, place);
            changes = self.update(&changes, &change, place);
        }
        changes
    }
}
