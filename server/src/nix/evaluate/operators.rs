//! Operators.

use std::rc::Rc;

use super::super::{
    evaluator::Evaluator,
    files::{File, clean},
    value::{Attrs, List, Literal, Place, ScopeId, StrPiece, Value},
};
use crate::syntax::nix::{Expr, ExprId, Operator};

impl Evaluator<'_> {
    /// A condition's value, if it is known.
    pub(in crate::nix) fn condition(value: &Value) -> Option<bool> {
        match value {
            Value::Bool(decided) => Some(*decided),
            Value::Either(either) => {
                let mut decisions = either.values.iter().map(Self::condition);
                let first = decisions.next()??;
                decisions.all(|other| other == Some(first)).then_some(first)
            }
            _ => None,
        }
    }

    pub(super) fn operator(
        &mut self,
        file: &Rc<File>,
        operator: Operator,
        left: ExprId,
        right: ExprId,
        scope: ScopeId,
        place: Place,
    ) -> Value {
        let left = self.eval(file, left, scope);
        if let Value::Error(_) = left {
            return left;
        }
        let left_holds = Self::condition(&left);
        match (operator, left_holds) {
            (Operator::And, Some(false)) => return Value::Bool(false),
            (Operator::Or, Some(true)) | (Operator::Implies, Some(false)) => return Value::Bool(true),
            _ => {}
        }
        let right = self.eval(file, right, scope);
        // `unknown && false` is false: whatever the unknown is, the error of it aside.
        let right_holds = Self::condition(&right);
        match (operator, right_holds) {
            (Operator::And, Some(false)) => return Value::Bool(false),
            (Operator::Or | Operator::Implies, Some(true)) => return Value::Bool(true),
            _ => {}
        }
        if let Value::Error(_) = right {
            return right;
        }
        match operator {
            Operator::And | Operator::Or | Operator::Implies => match (left_holds, right_holds) {
                (Some(_), Some(right)) => Value::Bool(right),
                _ => Value::unknown("a condition that cannot be known here", place),
            },
            Operator::Equal => self.decision(|this| this.equal(&left, &right), place),
            Operator::NotEqual => self.decision(|this| this.equal(&left, &right).map(|equal| !equal), place),
            Operator::Less => self.decision(|this| this.less(&left, &right), place),
            Operator::More => self.decision(|this| this.less(&right, &left), place),
            Operator::LessOrEqual => self.decision(|this| this.less(&right, &left).map(|more| !more), place),
            Operator::MoreOrEqual => self.decision(|this| this.less(&left, &right).map(|less| !less), place),
            Operator::Concat => self.concat(&left, &right, place),
            Operator::Add => self.add(&left, &right, place),
            Operator::Subtract | Operator::Multiply | Operator::Divide => arithmetic(operator, &left, &right)
                .unwrap_or_else(|| Value::unknown("a number that cannot be known here", place)),
            Operator::Update => self.update(&left, &right, place),
        }
    }

    /// A calculation whose operands may not be known.
    pub(in crate::nix) fn arithmetic_of(
        &mut self,
        operator: Operator,
        left: &Value,
        right: &Value,
        place: Place,
    ) -> Value {
        match (left, right) {
            (Value::Error(_), _) => left.clone(),
            (_, Value::Error(_)) => right.clone(),
            _ => arithmetic(operator, left, right)
                .unwrap_or_else(|| Value::unknown("a number that cannot be known here", place)),
        }
    }

    pub(in crate::nix) fn decision(
        &mut self,
        decide: impl FnOnce(&mut Self) -> Option<bool>,
        place: Place,
    ) -> Value {
        match decide(self) {
            Some(decided) => Value::Bool(decided),
            None => Value::unknown("a comparison with something that cannot be known here", place),
        }
    }

    fn add(&mut self, left: &Value, right: &Value, place: Place) -> Value {
        match (left, right) {
            (Value::Integer(_) | Value::Float(_), Value::Integer(_) | Value::Float(_)) => {
                arithmetic(Operator::Add, left, right).unwrap_or(Value::Null)
            }
            (Value::Path(path), Value::Str(text)) => match text.literal() {
                Some(text) => Value::Path(joined(path, &text)),
                None => Value::unknown("a path that cannot be known here", place),
            },
            (Value::Path(path), Value::Path(other)) => Value::Path(joined(path, &other.to_string_lossy())),
            (Value::Either(either), other) => {
                let values = either.values.iter().map(|value| self.add(value, other, place)).collect();
                Self::either(values, either.place)
            }
            (Value::Error(_), _) => left.clone(),
            (_, Value::Error(_)) => right.clone(),
            (Value::List(_) | Value::Bool(_) | Value::Null | Value::Lambda(_), _)
            | (_, Value::List(_) | Value::Bool(_) | Value::Null | Value::Lambda(_)) => {
                Value::error("something is added that is neither a number nor a string")
            }
            _ => {
                let mut pieces = Vec::new();
                self.coerce(left, place, &mut pieces);
                self.coerce(right, place, &mut pieces);
                Value::string(pieces)
            }
        }
    }

    /// `left ++ right`.
    pub(in crate::nix) fn concat(&mut self, left: &Value, right: &Value, place: Place) -> Value {
        match (left, right) {
            (Value::List(left), Value::List(right)) => {
                if !self.spend(left.items.len() + right.items.len()) {
                    return Value::unknown("the flake takes too much work to evaluate", place);
                }
                let items = left.items.iter().chain(&right.items).copied().collect();
                let rest = right.rest.clone().or_else(|| left.rest.clone());
                Value::List(Rc::new(List { items, rest }))
            }
            (Value::List(known), Value::Neutral(term)) | (Value::Neutral(term), Value::List(known)) => {
                let rest = Some(Rc::clone(term));
                Value::List(Rc::new(List { items: known.items.clone(), rest }))
            }
            (Value::Either(either), other) => {
                let values = either.values.iter().map(|value| self.concat(value, other, place)).collect();
                Self::either(values, either.place)
            }
            (other, Value::Either(either)) => {
                let values = either.values.iter().map(|value| self.concat(other, value, place)).collect();
                Self::either(values, either.place)
            }
            (Value::Error(_), _) => left.clone(),
            (_, Value::Error(_)) => right.clone(),
            (Value::Neutral(term), Value::Neutral(_)) => {
                Value::List(Rc::new(List { items: Vec::new(), rest: Some(Rc::clone(term)) }))
            }
            _ => Value::error("something is joined to a list that is no list"),
        }
    }

    pub(super) fn update_operator(
        &mut self,
        file: &Rc<File>,
        left: ExprId,
        right: ExprId,
        scope: ScopeId,
        place: Place,
    ) -> Value {
        let left_value = self.eval(file, left, scope);
        let right_value = self.eval(file, right, scope);
        let merged = self.update(&left_value, &right_value, place);
        // A fix writes into the literal that stands in this very expression, the right one first: it
        // wins, and belongs to nobody else.
        let is_literal = |expr| matches!(file.tree.expr(expr), Expr::Set(_));
        let preferred = if is_literal(right) {
            literal_of(&right_value)
        } else if is_literal(left) {
            literal_of(&left_value)
        } else {
            None
        };
        match (merged, preferred) {
            (Value::Attrs(attrs), Some(literal)) => {
                Value::Attrs(Rc::new(Attrs { literal: Some(literal), ..Rc::unwrap_or_clone(attrs) }))
            }
            (merged, _) => merged,
        }
    }

    /// `left // right`.
    pub(in crate::nix) fn update(&mut self, left: &Value, right: &Value, place: Place) -> Value {
        match (left, right) {
            (Value::Attrs(left), Value::Attrs(right)) => self.merge(left, right, place),
            (Value::Attrs(left), Value::Neutral(term)) => {
                Value::Attrs(Rc::new(Attrs { rest: Some(Rc::clone(term)), ..(**left).clone() }))
            }
            (Value::Neutral(term), Value::Attrs(right)) => {
                let rest = right.rest.clone().unwrap_or_else(|| Rc::clone(term));
                Value::Attrs(Rc::new(Attrs { rest: Some(rest), ..(**right).clone() }))
            }
            (Value::Neutral(_), Value::Neutral(term)) => {
                Value::Attrs(Rc::new(Attrs { rest: Some(Rc::clone(term)), ..Attrs::default() }))
            }
            (Value::Either(either), other) => {
                let values = either.values.iter().map(|value| self.update(value, other, place)).collect();
                Self::either(values, either.place)
            }
            (other, Value::Either(either)) => {
                let values = either.values.iter().map(|value| self.update(other, value, place)).collect();
                Self::either(values, either.place)
            }
            (Value::Error(_), _) => left.clone(),
            (_, Value::Error(_)) => right.clone(),
            _ => Value::error("something is merged with a set that is no set"),
        }
    }

    fn merge(&mut self, left: &Rc<Attrs>, right: &Rc<Attrs>, place: Place) -> Value {
        if right.is_empty() {
            return Value::Attrs(Rc::clone(left));
        }
        if left.is_empty() {
            return Value::Attrs(Rc::clone(right));
        }
        if !self.spend(left.entries.len() + right.entries.len()) {
            return Value::unknown("the flake takes too much work to evaluate", place);
        }
        let mut entries = Vec::with_capacity(left.entries.len() + right.entries.len());
        let mut lefts = left.entries.iter().peekable();
        for entry in &right.entries {
            while let Some(before) = lefts.next_if(|(name, _)| *name < entry.0) {
                entries.push(*before);
            }
            lefts.next_if(|(name, _)| *name == entry.0);
            entries.push(*entry);
        }
        entries.extend(lefts.copied());
        Value::Attrs(Rc::new(Attrs {
            entries,
            computed: left.computed.iter().chain(&right.computed).cloned().collect(),
            rest: right.rest.clone().or_else(|| left.rest.clone()),
            literal: right.literal.or(left.literal),
        }))
    }
}

fn literal_of(value: &Value) -> Option<Literal> {
    value.as_attrs().and_then(|attrs| attrs.literal)
}

fn joined(path: &std::path::Path, text: &str) -> Rc<std::path::Path> {
    let mut joined = path.to_string_lossy().into_owned();
    joined.push_str(text);
    Rc::from(clean(std::path::Path::new(&joined)))
}

#[expect(clippy::cast_precision_loss, reason = "as Nix does")]
fn arithmetic(operator: Operator, left: &Value, right: &Value) -> Option<Value> {
    if let (Value::Integer(left), Value::Integer(right)) = (left, right) {
        return Some(match operator {
            Operator::Add => Value::Integer(left.wrapping_add(*right)),
            Operator::Subtract => Value::Integer(left.wrapping_sub(*right)),
            Operator::Multiply => Value::Integer(left.wrapping_mul(*right)),
            _ if *right == 0 => Value::error("division by zero"),
            _ => Value::Integer(left.wrapping_div(*right)),
        });
    }
    let number = |value: &Value| match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    };
    let (left, right) = (number(left)?, number(right)?);
    Some(Value::Float(match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        _ => left / right,
    }))
}

/// The pieces of a path that a string starts with: the path itself, and what is appended to it.
pub(in crate::nix) fn source_path(pieces: &[StrPiece]) -> Option<Rc<std::path::Path>> {
    let (first, rest) = pieces.split_first()?;
    let StrPiece::Source { path, .. } = first else { return None };
    let mut text = String::new();
    for piece in rest {
        match piece {
            StrPiece::Literal { text: part, .. } => text.push_str(part),
            _ => return None,
        }
    }
    Some(joined(path, &text))
}
