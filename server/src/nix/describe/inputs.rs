//! Programs and libraries that a derivation is given.

use std::rc::Rc;

use super::{
    super::{
        evaluator::Evaluator,
        facts::{Gap, Input},
        value::{Head, Neutral, Place, Thunk, Value},
    },
    Output,
    attributes::Given,
};

/// Attributes that are lists of packages.
pub(in crate::nix) const LISTS: &[&str] = &[
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

/// What `inputsFrom` takes over.
const MERGED: [&str; 4] =
    ["nativeBuildInputs", "buildInputs", "propagatedNativeBuildInputs", "propagatedBuildInputs"];

/// Lists in lists, and shells that take the inputs of shells.
const MAX_NESTING: usize = 8;

/// What was found, and what cannot be known.
#[derive(Default)]
struct Found {
    inputs: Vec<Input>,
    unknown: Vec<Gap>,
}

impl Evaluator<'_> {
    pub(super) fn inputs_of(&mut self, given: &mut Given) -> Vec<Input> {
        let mut found = Found { inputs: Vec::new(), unknown: std::mem::take(&mut given.unknown) };
        for via in LISTS {
            if let Some(attr) = self.attribute(&given.attrs, via) {
                self.collect_inputs(attr.thunk, via, MAX_NESTING, &mut found);
            }
        }
        for from in ["inputsFrom", "packagesFrom"] {
            if let Some(attr) = self.attribute(&given.attrs, from) {
                self.inputs_from(attr.thunk, MAX_NESTING, &mut found);
            }
        }
        // crane's shell takes the inputs of the flake's checks.
        if let Some(attr) = self.attribute(&given.attrs, "checks")
            && let Value::Attrs(checks) = self.force(attr.thunk)
        {
            for (_, attr) in self.sorted(&checks) {
                self.inputs_from(attr.thunk, MAX_NESTING, &mut found);
            }
        }
        given.unknown = found.unknown;
        // Alternatives repeat what they share.
        let mut unique: Vec<Input> = Vec::with_capacity(found.inputs.len());
        for input in found.inputs {
            if self.spend(unique.len() / 16) && !unique.contains(&input) {
                unique.push(input);
            }
        }
        unique
    }

    /// Adds what a value holds.
    fn collect_inputs(&mut self, thunk: Thunk, via: &str, depth: usize, into: &mut Found) {
        let value = self.force(thunk);
        let place = self.place_of(thunk);
        self.collect_value(&value, place, via, depth, into);
    }

    fn collect_value(&mut self, value: &Value, place: Place, via: &str, depth: usize, into: &mut Found) {
        let Some(depth) = depth.checked_sub(1) else {
            return self.unknown_part(&mut into.unknown, place, "lists in lists without end");
        };
        match value {
            Value::List(list) => {
                if let Some(rest) = &list.rest {
                    let at = rest.place();
                    let rest = Value::Neutral(Rc::clone(rest));
                    self.unknown_value(&mut into.unknown, &rest, at, "inputs that cannot be known here");
                }
                for item in &list.items {
                    if !self.spend(4) {
                        return;
                    }
                    self.collect_inputs(*item, via, depth, into);
                }
            }
            Value::Either(either) => {
                let either = Rc::clone(either);
                for value in &either.values {
                    self.collect_value(value, place, via, depth, into);
                }
            }
            Value::Neutral(term) => match self.store_item(term) {
                Some(item) => {
                    into.inputs.push(Input { item, via: via.to_owned(), origin: self.origin(place) });
                }
                None => {
                    let why = "an input that cannot be known here";
                    self.unknown_value(&mut into.unknown, value, place, why);
                }
            },
            Value::Attrs(attrs) => {
                if let Some(rest) = &attrs.rest {
                    let rest = Value::Neutral(Rc::clone(rest));
                    self.collect_value(&rest, place, via, depth, into);
                }
            }
            // Null and text are nothing that a program could be found in; an error stops the build.
            _ => {}
        }
    }

    /// The inputs of derivations, as `inputsFrom` takes them over.
    fn inputs_from(&mut self, thunk: Thunk, depth: usize, into: &mut Found) {
        let place = self.place_of(thunk);
        let Some(depth) = depth.checked_sub(1) else {
            return self.unknown_part(&mut into.unknown, place, "shells of shells without end");
        };
        match self.force(thunk) {
            Value::List(list) => {
                if let Some(rest) = &list.rest {
                    let rest = Value::Neutral(Rc::clone(rest));
                    self.unknown_value(&mut into.unknown, &rest, place, FROM_UNKNOWN);
                }
                for item in &list.items {
                    self.inputs_from(*item, depth, into);
                }
            }
            Value::Attrs(attrs) if attrs.rest.is_none() => {
                // A plain set is asked for the same attributes as a derivation. So `attrValues self.checks`, which is
                // the systems and not the checks, gives nothing.
                for via in MERGED {
                    if let Some(attr) = self.attribute(&attrs, via) {
                        self.collect_inputs(attr.thunk, via, depth, into);
                    }
                }
            }
            value @ (Value::Neutral(_) | Value::Attrs(_) | Value::Either(_)) => {
                let output =
                    Output { attribute: String::new(), name: String::new(), system: None, key: place };
                let mut nested = None;
                self.deeper(place, |this| {
                    nested = Some(this.describe(&value, &output));
                    Value::Null
                });
                // A package that nixpkgs or another flake makes brings inputs that nobody here knows.
                if !self.is_made_here(&value) {
                    self.unknown_value(&mut into.unknown, &value, place, FROM_UNKNOWN);
                }
                for derivation in nested.unwrap_or_default() {
                    into.unknown.extend(derivation.unknown);
                    into.inputs.extend(derivation.inputs);
                }
            }
            _ => {}
        }
    }

    /// Whether the flake itself gives the attributes of a derivation.
    fn is_made_here(&mut self, value: &Value) -> bool {
        let mut at = match value {
            Value::Neutral(term) => Some(term),
            Value::Attrs(attrs) => attrs.rest.as_ref(),
            _ => return true,
        };
        if at.is_some_and(|term| matches!(term.bottom(), Head::Unknown(_) | Head::Config(_))) {
            return false;
        }
        while let Some(term) = at {
            if let Neutral::Apply { argument, .. } = &**term
                && matches!(self.force(*argument), Value::Attrs(_) | Value::Lambda(_) | Value::Either(_))
            {
                return true;
            }
            at = term.inner();
        }
        false
    }
}

/// Why inputs may be missing that `inputsFrom` brings.
const FROM_UNKNOWN: &str = "inputs of something that cannot be known here";
