//! The attributes that a builder is given in the end: its arguments, with all overrides.

use std::rc::Rc;

use super::{
    super::{
        evaluator::Evaluator,
        facts::Builder,
        value::{Attrs, Thunk, Value},
    },
    term::Call,
};

/// What a builder is given.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    pub(super) attrs: Attrs,
    /// Whether nothing that cannot be known was merged in.
    pub(super) complete: bool,
}

impl Evaluator<'_> {
    pub(super) fn given(&mut self, call: &Call, builder: &Builder) -> Given {
        let mut given = Given { attrs: Attrs::default(), complete: true };
        // The set of attributes is the last argument that is one (`runCommand "name" { … } "script"`).
        let mut has_set = false;
        let mut has_unknown = false;
        for argument in &call.main.arguments {
            let value = self.force(*argument);
            let value = match value {
                Value::Lambda(_) => self.fixed_point(&value, call.place),
                value => value,
            };
            match value {
                Value::Attrs(attrs) => {
                    has_set = true;
                    given.take(&attrs);
                }
                Value::Either(either) => match self.merged_alternatives(&either.values, either.place) {
                    Value::Attrs(attrs) => given.take(&attrs),
                    _ => given.complete = false,
                },
                Value::Str(_) | Value::Path(_) | Value::List(_) => {
                    self.take_script(&mut given, *argument, builder);
                }
                _ => has_unknown = true,
            }
        }
        // An unknown name or script hides no attributes.
        given.complete &= has_set || !has_unknown;
        for change in &call.attribute_overrides {
            self.override_attributes(&mut given, *change, call);
        }
        if given.attrs.rest.is_some() {
            given.complete = false;
        }
        if !given.complete {
            self.gap(call.place, "attributes that cannot be known are merged in");
        }
        given
    }

    /// `overrideAttrs change`: a set, `old: { … }` or `final: old: { … }`.
    fn override_attributes(&mut self, given: &mut Given, change: Thunk, call: &Call) {
        let old = Value::Attrs(Rc::new(given.attrs.clone()));
        let old_thunk = self.ready(old.clone(), call.place);
        let mut change = self.force(change);
        if let Value::Lambda(_) = change {
            change = self.apply(&change, old_thunk, call.place);
        }
        if let Value::Lambda(_) = change {
            change = self.apply(&change, old_thunk, call.place);
        }
        match self.update(&old, &change, call.place) {
            Value::Attrs(attrs) => given.attrs = Rc::unwrap_or_clone(attrs),
            Value::Either(either) => match self.merged_alternatives(&either.values, either.place) {
                Value::Attrs(attrs) => given.attrs = Rc::unwrap_or_clone(attrs),
                _ => given.complete = false,
            },
            _ => given.complete = false,
        }
    }

    /// `writeShellScriptBin "name" "text"`: the text is a script.
    fn take_script(&mut self, given: &mut Given, argument: Thunk, builder: &Builder) {
        let Builder::Other(name) = builder else { return };
        if !name.starts_with("write") && !name.starts_with("runCommand") {
            return;
        }
        let key = if self.attribute(&given.attrs, "name").is_none() { "name" } else { "text" };
        let added = self.attrs_of(vec![(key, argument)]);
        if let Value::Attrs(all) = self.update(
            &Value::Attrs(Rc::new(given.attrs.clone())),
            &Value::Attrs(added),
            self.place_of(argument),
        ) {
            given.attrs = Rc::unwrap_or_clone(all);
        }
    }
}

impl Given {
    fn take(&mut self, attrs: &Rc<Attrs>) {
        if self.attrs.is_empty() {
            self.attrs = (**attrs).clone();
            return;
        }
        for (name, attr) in &attrs.entries {
            match self.attrs.entries.binary_search_by_key(name, |(name, _)| *name) {
                Ok(index) => {
                    if let Some(entry) = self.attrs.entries.get_mut(index) {
                        entry.1 = *attr;
                    }
                }
                Err(index) => self.attrs.entries.insert(index, (*name, *attr)),
            }
        }
        self.attrs.computed.extend(attrs.computed.iter().cloned());
        self.attrs.rest = self.attrs.rest.take().or_else(|| attrs.rest.clone());
        self.attrs.literal = attrs.literal.or(self.attrs.literal);
    }
}
