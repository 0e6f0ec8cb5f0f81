//! Functions on arguments.

use std::rc::Rc;

use super::{
    super::{
        evaluator::{Evaluator, Scope},
        files::File,
        value::{Attr, Attrs, Closure, Partial, Place, ScopeId, Thunk, Value},
    },
    Selected,
};
use crate::syntax::nix::{Expr, Formal, Lambda, NameId, Parameter};

impl Evaluator<'_> {
    /// `function argument`.
    pub(in crate::nix) fn apply(&mut self, function: &Value, argument: Thunk, place: Place) -> Value {
        self.deeper(place, |this| match function {
            Value::Lambda(closure) => this.call(closure, argument, place),
            Value::Builtin(partial) => this.apply_builtin(partial, argument, place),
            Value::Neutral(term) => this.apply_term(term, argument, place),
            Value::Either(either) => {
                let values = either.values.iter().map(|function| this.apply(function, argument, place));
                let values = values.collect();
                Evaluator::either(values, place)
            }
            Value::Attrs(attrs) => this.apply_functor(function, attrs, argument, place),
            Value::Error(_) => function.clone(),
            _ => Value::error("something is called that is no function"),
        })
    }

    pub(in crate::nix) fn apply_all(&mut self, function: &Value, arguments: &[Thunk], place: Place) -> Value {
        let mut value = function.clone();
        for argument in arguments {
            value = self.apply(&value, *argument, place);
        }
        value
    }

    fn apply_builtin(&mut self, partial: &Partial, argument: Thunk, place: Place) -> Value {
        let mut arguments = partial.arguments.clone();
        arguments.push(argument);
        if arguments.len() < partial.builtin.arity {
            return Value::Builtin(Rc::new(Partial { builtin: partial.builtin, arguments }));
        }
        (partial.builtin.run)(self, &arguments, place)
    }

    fn apply_functor(&mut self, set: &Value, attrs: &Attrs, argument: Thunk, place: Place) -> Value {
        if let Some(functor) = self.attribute(attrs, "__functor") {
            let functor = self.force(functor.thunk);
            let this = self.ready(set.clone(), place);
            let bound = self.apply(&functor, this, place);
            return self.apply(&bound, argument, place);
        }
        match &attrs.rest {
            Some(rest) => {
                let rest = Rc::clone(rest);
                self.apply_term(&rest, argument, place)
            }
            None => Value::error("a set is called as a function"),
        }
    }

    fn call(&mut self, closure: &Closure, argument: Thunk, place: Place) -> Value {
        let Some(file) = self.files.get(closure.file.0 as usize).map(Rc::clone) else { return Value::Null };
        let Expr::Lambda(lambda) = file.tree.expr(closure.expr) else { return Value::Null };
        let scope = match &lambda.parameter {
            Parameter::Name(name) => {
                let name = file.symbol(*name);
                self.push_scope(Scope::One { parent: closure.scope, name, thunk: argument })
            }
            Parameter::Pattern { formals, whole, .. } => {
                let scope = self.push_scope(Scope::Attrs { parent: closure.scope, attrs: Rc::default() });
                let given = self.force(argument);
                if let Value::Error(_) = given {
                    return given;
                }
                let mut bound = Vec::with_capacity(formals.len() + 1);
                for formal in formals {
                    let name = file.symbol(formal.name);
                    match self.bind(&given, formal, name, &file, scope, place) {
                        Some(thunk) => bound.push((name, Attr::bare(thunk))),
                        None => {
                            let name = self.name(name);
                            return Value::error(&format!("the function is called without {name}"));
                        }
                    }
                }
                if let Some(whole) = whole {
                    bound.push((file.symbol(*whole), Attr::bare(argument)));
                }
                self.set_scope_attrs(scope, Rc::new(Attrs::from_pairs(bound)));
                scope
            }
        };
        self.eval(&file, lambda.body, scope)
    }

    /// The value of one name of a pattern.
    fn bind(
        &mut self,
        given: &Value,
        formal: &Formal,
        name: NameId,
        file: &Rc<File>,
        scope: ScopeId,
        place: Place,
    ) -> Option<Thunk> {
        if let Value::Attrs(attrs) = given {
            if let Some(attr) = attrs.get(name) {
                return Some(attr.thunk);
            }
            if attrs.rest.is_none() {
                return formal.default.map(|default| self.delay(file, default, scope));
            }
        }
        // The argument is not wholly known. Looking into it now may go in circles: look when it is needed.
        let given = given.clone();
        let default = formal.default.map(|default| self.delay(file, default, scope));
        let at = file.at(formal.span);
        Some(self.delay_code(at, move |this| match (this.attribute_of(&given, name, place), default) {
            (Selected::Found(value), _) | (Selected::Maybe(value), None) => value,
            (Selected::Absent, None) => Value::error("an argument is missing"),
            (Selected::Absent, Some(default)) => this.force(default),
            (Selected::Maybe(value), Some(default)) => {
                let default = this.force(default);
                Evaluator::either(vec![value, default], at)
            }
        }))
    }

    /// The names that a function takes out of its argument.
    pub(in crate::nix) fn formals(&self, function: &Value) -> Option<Vec<FormalName>> {
        self.with_lambda(function, |file, lambda| match &lambda.parameter {
            Parameter::Name(_) => Vec::new(),
            Parameter::Pattern { formals, .. } => {
                let is_null = |expr| match file.tree.expr(expr) {
                    Expr::Variable(name) => file.tree.names().get(*name) == "null",
                    _ => false,
                };
                let name = |formal: &Formal| FormalName {
                    name: file.symbol(formal.name),
                    has_default: formal.default.is_some(),
                    default_is_null: formal.default.is_some_and(is_null),
                };
                formals.iter().map(name).collect()
            }
        })
    }

    /// The name of a function's parameter; `None` for a pattern.
    pub(in crate::nix) fn parameter_name(&self, function: &Value) -> Option<NameId> {
        let name = self.with_lambda(function, |file, lambda| match lambda.parameter {
            Parameter::Name(name) => Some(file.symbol(name)),
            Parameter::Pattern { .. } => None,
        });
        name.flatten()
    }

    fn with_lambda<R>(&self, function: &Value, look: impl FnOnce(&File, &Lambda) -> R) -> Option<R> {
        let Value::Lambda(closure) = function else { return None };
        let file = self.files.get(closure.file.0 as usize)?;
        match file.tree.expr(closure.expr) {
            Expr::Lambda(lambda) => Some(look(file, lambda)),
            _ => None,
        }
    }
}

/// One name of a function's pattern.
#[derive(Clone, Copy, Debug)]
pub(in crate::nix) struct FormalName {
    pub(in crate::nix) name: NameId,
    pub(in crate::nix) has_default: bool,
    pub(in crate::nix) default_is_null: bool,
}
