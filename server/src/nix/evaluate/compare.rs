//! Comparing values, as far as they are known.

use super::super::{
    evaluator::Evaluator,
    value::{Attrs, Head, List, Neutral, Value},
};

impl Evaluator<'_> {
    /// `left == right`, if it can be known.
    pub(in crate::nix) fn equal(&mut self, left: &Value, right: &Value) -> Option<bool> {
        if !self.spend(1) {
            return None;
        }
        match (left, right) {
            (Value::Either(either), other) | (other, Value::Either(either)) => {
                let mut answers = either.values.iter().map(|value| self.equal(value, other));
                let first = answers.next()??;
                let same = answers.all(|answer| answer == Some(first));
                same.then_some(first)
            }
            (Value::Error(_), _) | (_, Value::Error(_)) => None,
            (Value::Neutral(left), Value::Neutral(right)) => match (&**left, &**right) {
                (Neutral::Head(Head::Platform(left), _), Neutral::Head(Head::Platform(right), _)) => {
                    (left.config.is_some() && right.config.is_some()).then(|| left == right)
                }
                _ => None,
            },
            // A package, a platform, a flake input: certainly not null.
            (Value::Neutral(term), Value::Null) | (Value::Null, Value::Neutral(term)) => {
                match term.bottom() {
                    Head::Unknown(_) | Head::Config(_) => None,
                    Head::Input(_) | Head::Packages(_) if !matches!(&**term, Neutral::Head(..)) => None,
                    _ => Some(false),
                }
            }
            (Value::Neutral(_), _) | (_, Value::Neutral(_)) => None,
            (Value::Null, Value::Null) => Some(true),
            (Value::Bool(left), Value::Bool(right)) => Some(left == right),
            (Value::Integer(left), Value::Integer(right)) => Some(left == right),
            (Value::Float(left), Value::Float(right)) => Some(same_number(*left, *right)),
            #[expect(clippy::cast_precision_loss, reason = "as Nix does")]
            (Value::Integer(left), Value::Float(right)) | (Value::Float(right), Value::Integer(left)) => {
                Some(same_number(*left as f64, *right))
            }
            (Value::Str(left), Value::Str(right)) => {
                let (left, right) = (left.literal()?, right.literal()?);
                // Characters are compared, or were joined, at some 500 a step.
                self.spend((left.len() + right.len()) / 512).then_some(left == right)
            }
            (Value::Path(left), Value::Path(right)) => Some(left == right),
            (Value::List(left), Value::List(right)) => {
                let (left, right) = (left.clone(), right.clone());
                self.same_items(&left, &right)
            }
            (Value::Attrs(left), Value::Attrs(right)) => {
                let (left, right) = (left.clone(), right.clone());
                self.same_attributes(&left, &right)
            }
            // Functions are never equal.
            _ => Some(false),
        }
    }

    fn same_items(&mut self, left: &List, right: &List) -> Option<bool> {
        if left.rest.is_some() || right.rest.is_some() {
            return None;
        }
        if left.items.len() != right.items.len() {
            return Some(false);
        }
        let mut sure = true;
        for (left, right) in left.items.iter().zip(&right.items) {
            match self.equal_thunks(*left, *right) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => sure = false,
            }
        }
        sure.then_some(true)
    }

    fn same_attributes(&mut self, left: &Attrs, right: &Attrs) -> Option<bool> {
        if left.rest.is_some()
            || right.rest.is_some()
            || !left.computed.is_empty()
            || !right.computed.is_empty()
        {
            return None;
        }
        let names = |attrs: &Attrs| attrs.entries.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        if names(left) != names(right) {
            return Some(false);
        }
        let mut sure = true;
        for ((_, left), (_, right)) in left.entries.iter().zip(&right.entries) {
            match self.equal_thunks(left.thunk, right.thunk) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => sure = false,
            }
        }
        sure.then_some(true)
    }

    fn equal_thunks(
        &mut self,
        left: super::super::value::Thunk,
        right: super::super::value::Thunk,
    ) -> Option<bool> {
        let place = self.place_of(left);
        let mut answer = None;
        // Sets inside sets recurse, and `rec { x = { inherit x; }; }` without end.
        self.deeper(place, |this| {
            let (left, right) = (this.force(left), this.force(right));
            answer = this.equal(&left, &right);
            Value::Null
        });
        answer
    }

    /// `left < right`, if it can be known.
    pub(in crate::nix) fn less(&mut self, left: &Value, right: &Value) -> Option<bool> {
        match (left, right) {
            (Value::Integer(left), Value::Integer(right)) => Some(left < right),
            (Value::Float(left), Value::Float(right)) => Some(left < right),
            #[expect(clippy::cast_precision_loss, reason = "as Nix does")]
            (Value::Integer(left), Value::Float(right)) => Some((*left as f64) < *right),
            #[expect(clippy::cast_precision_loss, reason = "as Nix does")]
            (Value::Float(left), Value::Integer(right)) => Some(*left < (*right as f64)),
            (Value::Str(left), Value::Str(right)) => Some(left.literal()? < right.literal()?),
            (Value::Path(left), Value::Path(right)) => Some(left < right),
            (Value::List(left), Value::List(right)) => {
                let (left, right) = (left.clone(), right.clone());
                for (left, right) in left.items.iter().zip(&right.items) {
                    if self.equal_thunks(*left, *right)? {
                        continue;
                    }
                    let (left, right) = (self.force(*left), self.force(*right));
                    return self.less_items(&left, &right);
                }
                Some(left.items.len() < right.items.len())
            }
            _ => None,
        }
    }

    fn less_items(&mut self, left: &Value, right: &Value) -> Option<bool> {
        let mut answer = None;
        self.deeper(super::super::value::Place::NOWHERE, |this| {
            answer = this.less(left, right);
            Value::Null
        });
        answer
    }
}

#[expect(clippy::float_cmp, reason = "the language compares so")]
fn same_number(left: f64, right: f64) -> bool {
    left == right
}
