//! Programs and libraries that a derivation is given.

use std::rc::Rc;

use super::{
    super::{
        evaluator::Evaluator,
        facts::Input,
        value::{Head, Place, Thunk, Value},
    },
    Output,
    attributes::Given,
};

/// Attributes that are lists of packages.
pub(super) const LISTS: &[&str] = &[
    "packages",
    "nativeBuildInputs",
    "buildInputs",
    "propagatedNativeBuildInputs",
    "propagatedBuildInputs",
    "depsBuildBuild",
    "depsBuildTarget",
    "depsHostHost",
    "depsTargetTarget",
    "nativeCheckInputs",
    "checkInputs",
    "runtimeInputs",
];

/// Lists in lists, and shells that take the inputs of shells.
const MAX_NESTING: usize = 8;

impl Evaluator<'_> {
    pub(super) fn inputs_of(&mut self, given: &mut Given) -> Vec<Input> {
        let mut inputs = Vec::new();
        for via in LISTS {
            if let Some(attr) = self.attribute(&given.attrs, via) {
                given.complete &= self.collect_inputs(attr.thunk, via, MAX_NESTING, &mut inputs);
            }
        }
        if let Some(attr) = self.attribute(&given.attrs, "inputsFrom") {
            given.complete &= self.inputs_from(attr.thunk, MAX_NESTING, &mut inputs);
        }
        // crane's shell takes the inputs of the flake's checks.
        if let Some(attr) = self.attribute(&given.attrs, "checks")
            && let Value::Attrs(checks) = self.force(attr.thunk)
        {
            for (_, attr) in self.sorted(&checks) {
                given.complete &= self.inputs_from(attr.thunk, MAX_NESTING, &mut inputs);
            }
        }
        // Alternatives repeat what they share.
        let mut unique: Vec<Input> = Vec::with_capacity(inputs.len());
        for input in inputs {
            if self.spend(unique.len() / 16) && !unique.contains(&input) {
                unique.push(input);
            }
        }
        unique
    }

    /// Adds what a value holds; false when a part of it cannot be known.
    fn collect_inputs(&mut self, thunk: Thunk, via: &str, depth: usize, into: &mut Vec<Input>) -> bool {
        let value = self.force(thunk);
        let place = self.place_of(thunk);
        self.collect_value(&value, place, via, depth, into)
    }

    fn collect_value(
        &mut self,
        value: &Value,
        place: Place,
        via: &str,
        depth: usize,
        into: &mut Vec<Input>,
    ) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        match value {
            Value::List(list) => {
                let mut complete = list.rest.is_none();
                if let Some(rest) = &list.rest {
                    self.gap(rest.place(), "inputs that cannot be known here");
                }
                for item in &list.items {
                    if !self.spend(4) {
                        return false;
                    }
                    complete &= self.collect_inputs(*item, via, depth, into);
                }
                complete
            }
            Value::Either(either) => {
                let either = Rc::clone(either);
                let mut complete = true;
                for value in &either.values {
                    complete &= self.collect_value(value, place, via, depth, into);
                }
                complete
            }
            Value::Neutral(term) => match self.store_item(term) {
                Some(item) => {
                    into.push(Input { item, via: via.to_owned(), origin: self.origin(place) });
                    true
                }
                None => {
                    self.gap(place, "an input that cannot be known here");
                    false
                }
            },
            Value::Attrs(attrs) => match &attrs.rest {
                Some(rest) => {
                    let rest = Value::Neutral(Rc::clone(rest));
                    self.collect_value(&rest, place, via, depth, into)
                }
                None => true,
            },
            // Null and text are nothing that a program could be found in; an error stops the build.
            _ => true,
        }
    }

    /// The inputs of derivations, as `inputsFrom` takes them over.
    fn inputs_from(&mut self, thunk: Thunk, depth: usize, into: &mut Vec<Input>) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        match self.force(thunk) {
            Value::List(list) => {
                let mut complete = list.rest.is_none();
                for item in &list.items {
                    complete &= self.inputs_from(*item, depth, into);
                }
                complete
            }
            Value::Attrs(attrs) if attrs.rest.is_none() => {
                // `inputsFrom = builtins.attrValues self.checks` is a list; a set is taken as its values.
                let mut complete = true;
                for (_, attr) in self.sorted(&attrs) {
                    complete &= self.inputs_from(attr.thunk, depth, into);
                }
                complete
            }
            value @ (Value::Neutral(_) | Value::Attrs(_) | Value::Either(_)) => {
                // A package of nixpkgs brings inputs that nobody here knows.
                let is_own = match &value {
                    Value::Neutral(term) => match term.bottom() {
                        Head::Packages(_) | Head::Input(_) => term.inner().is_some(),
                        _ => false,
                    },
                    _ => true,
                };
                let place = self.place_of(thunk);
                let output =
                    Output { attribute: String::new(), name: String::new(), system: None, key: place };
                let mut complete = is_own;
                let mut nested = None;
                self.deeper(place, |this| {
                    nested = Some(this.describe(&value, &output));
                    Value::Null
                });
                for derivation in nested.unwrap_or_default() {
                    complete &= derivation.complete && derivation.literal.is_some();
                    into.extend(derivation.inputs);
                }
                complete
            }
            _ => true,
        }
    }
}
