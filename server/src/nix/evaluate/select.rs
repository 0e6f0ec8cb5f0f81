//! Attributes of values.

use std::rc::Rc;

use super::super::{
    evaluator::Evaluator,
    files::File,
    value::{Place, ScopeId, Symbol, Value},
};
use crate::{
    syntax::nix::{AttrName, ExprId, NameKind},
    text::Span,
};

/// What asking for an attribute comes to.
#[derive(Clone, Debug)]
pub(in crate::nix) enum Selected {
    /// It is there.
    Found(Value),
    /// It is not there.
    Absent,
    /// It may be there, and is this then.
    Maybe(Value),
}

impl Evaluator<'_> {
    /// `value.name`, without a word on what happens when it is not there.
    pub(in crate::nix) fn attribute_of(&mut self, value: &Value, name: Symbol, place: Place) -> Selected {
        self.spend(1);
        match value {
            Value::Attrs(attrs) => match (attrs.get(name), &attrs.rest) {
                (Some(attr), _) => {
                    let thunk = attr.thunk;
                    Selected::Found(self.force(thunk))
                }
                (None, Some(rest)) => {
                    let rest = Value::Neutral(Rc::clone(rest));
                    self.attribute_of(&rest, name, place)
                }
                (None, None) if attrs.computed.is_empty() => Selected::Absent,
                (None, None) => {
                    Selected::Maybe(Value::unknown("an attribute whose name cannot be known here", place))
                }
            },
            Value::Neutral(term) => self.attribute_of_term(term, name, place),
            Value::Either(either) => self.attribute_of_alternatives(&either.values, name, place),
            Value::Error(_) => Selected::Found(value.clone()),
            _ => Selected::Absent,
        }
    }

    fn attribute_of_alternatives(&mut self, values: &[Value], name: Symbol, place: Place) -> Selected {
        let mut found = Vec::new();
        let mut sure = true;
        for value in values {
            match self.attribute_of(value, name, place) {
                Selected::Found(value) => found.push(value),
                Selected::Maybe(value) => {
                    sure = false;
                    found.push(value);
                }
                Selected::Absent => sure = false,
            }
        }
        if found.is_empty() {
            return Selected::Absent;
        }
        let value = Self::either(found, place);
        if sure { Selected::Found(value) } else { Selected::Maybe(value) }
    }

    /// `value.name`; an error when it is certainly not there.
    pub(in crate::nix) fn select(&mut self, value: &Value, name: Symbol, place: Place) -> Value {
        match self.attribute_of(value, name, place) {
            Selected::Found(value) | Selected::Maybe(value) => value,
            Selected::Absent => {
                let name = self.name(name);
                Value::error(&format!("there is no attribute {name}"))
            }
        }
    }

    pub(in crate::nix) fn select_named(&mut self, value: &Value, name: &str, place: Place) -> Value {
        let name = self.symbol(name);
        self.select(value, name, place)
    }

    /// `base.path or default`.
    pub(super) fn select_path(
        &mut self,
        file: &Rc<File>,
        base: ExprId,
        path: &[AttrName],
        default: Option<ExprId>,
        scope: ScopeId,
        place: Place,
    ) -> Value {
        let mut value = self.eval(file, base, scope);
        let mut sure = true;
        for name in path {
            let span = Span { start: place.span.start, end: name.span.end };
            let at = file.at(span);
            let symbol = match self.attribute_name(file, name, scope) {
                Ok(symbol) => symbol,
                Err(why) => {
                    value = Self::unknown_from(why, "an attribute whose name cannot be known here", at);
                    break;
                }
            };
            match self.attribute_of(&value, symbol, at) {
                Selected::Found(found) => value = found,
                Selected::Maybe(found) => {
                    sure = false;
                    value = found;
                }
                Selected::Absent => {
                    return match default {
                        Some(default) => self.eval(file, default, scope),
                        None => {
                            let name = self.name(symbol);
                            Value::error(&format!("there is no attribute {name}"))
                        }
                    };
                }
            }
        }
        match default {
            Some(default) if !sure && !Self::is_package_like(&value) => {
                let default = self.eval(file, default, scope);
                Self::either(vec![value, default], place)
            }
            _ => value,
        }
    }

    /// Something of a package set: there, as far as anybody can tell.
    fn is_package_like(value: &Value) -> bool {
        use super::super::value::Head;
        value.as_neutral().is_some_and(|term| matches!(term.bottom(), Head::Packages(_)))
    }

    pub(super) fn has_path(
        &mut self,
        file: &Rc<File>,
        base: Value,
        path: &[AttrName],
        scope: ScopeId,
        place: Place,
    ) -> Value {
        let mut value = base;
        let mut sure = true;
        for name in path {
            let Ok(symbol) = self.attribute_name(file, name, scope) else {
                return Value::unknown("an attribute whose name cannot be known here", place);
            };
            match self.attribute_of(&value, symbol, place) {
                Selected::Found(found) => value = found,
                Selected::Maybe(found) => {
                    sure = false;
                    value = found;
                }
                Selected::Absent => return Value::Bool(false),
            }
        }
        if sure {
            return Value::Bool(true);
        }
        Value::unknown("whether an unknown set has an attribute", place)
    }

    fn attribute_name(&mut self, file: &Rc<File>, name: &AttrName, scope: ScopeId) -> Result<Symbol, Value> {
        match name.kind {
            NameKind::Static(name) => Ok(file.symbol(name)),
            NameKind::Dynamic(expr) => {
                let value = self.eval(file, expr, scope);
                self.computed_name(&value, file.place(expr)).map_err(|_| value)
            }
        }
    }
}
