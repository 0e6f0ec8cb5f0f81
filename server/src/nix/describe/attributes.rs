//! The attributes that a builder is given in the end: its arguments, with all overrides.

use std::rc::Rc;

use super::{
    super::{
        evaluator::Evaluator,
        facts::{Builder, Gap},
        value::{Attrs, Head, Neutral, Place, Thunk, Value},
    },
    term::Call,
};

/// What a builder is given.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    pub(super) attrs: Attrs,
    /// What cannot be known of them.
    pub(super) unknown: Vec<Gap>,
}

/// Why attributes may be missing.
const MERGED: &str = "attributes that cannot be known are merged in";

impl Evaluator<'_> {
    /// Notes that a part of a derivation cannot be known.
    pub(super) fn unknown_part(&mut self, unknown: &mut Vec<Gap>, place: Place, why: &str) {
        let gap = Gap { origin: self.origin(place), why: why.to_owned() };
        if unknown.len() < 50 && !unknown.contains(&gap) {
            self.gap(place, why);
            unknown.push(gap);
        }
    }

    /// The same, with what is known of the reason.
    pub(super) fn unknown_value(&mut self, unknown: &mut Vec<Gap>, value: &Value, place: Place, why: &str) {
        let reason = match value {
            Value::Neutral(term) => self.reason(term),
            Value::Error(error) => Some(error.to_string()),
            _ => None,
        };
        match reason {
            Some(reason) => self.unknown_part(unknown, place, &format!("{why}: {reason}")),
            None => self.unknown_part(unknown, place, why),
        }
    }

    /// Why a term is not known, in the words of whoever wrote the flake.
    pub(super) fn reason(&mut self, term: &Rc<Neutral>) -> Option<String> {
        let mut names = Vec::new();
        let mut at = Some(term);
        while let Some(term) = at {
            if let Neutral::Select { name, .. } = &**term {
                names.push(self.name(*name));
            }
            at = term.inner();
        }
        names.reverse();
        let path: String = names.iter().flat_map(|name| [".", &**name]).collect();
        match term.bottom() {
            Head::Unknown(why) => Some(why.to_string()),
            Head::Config(_) => Some(format!("the modules' option config{path}")),
            Head::Input(input) => Some(format!("the flake input {}{path}", input.name)),
            Head::Packages(_) => Some(format!("nixpkgs' {}", path.trim_start_matches('.'))),
            _ => None,
        }
    }

    pub(super) fn given(&mut self, call: &Call, builder: &Builder) -> Given {
        let mut given = Given { attrs: Attrs::default(), unknown: Vec::new() };
        // The set of attributes is the last argument that is one (`runCommand "name" { … } "script"`).
        let mut has_set = false;
        let mut has_unknown = None;
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
                    _ => self.unknown_part(&mut given.unknown, either.place, MERGED),
                },
                Value::Str(_) | Value::Path(_) | Value::List(_) => {
                    self.take_script(&mut given, *argument, builder);
                }
                other => has_unknown = Some(other),
            }
        }
        // An unknown name or script hides no attributes.
        if let Some(unknown) = has_unknown.filter(|_| !has_set) {
            self.unknown_value(&mut given.unknown, &unknown, call.place, MERGED);
        }
        for change in &call.attribute_overrides {
            self.override_attributes(&mut given, *change, call);
        }
        if let Some(rest) = given.attrs.rest.clone() {
            let place = rest.place();
            self.unknown_value(&mut given.unknown, &Value::Neutral(rest), place, MERGED);
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
                _ => self.unknown_part(&mut given.unknown, either.place, MERGED),
            },
            other => self.unknown_value(&mut given.unknown, &other, call.place, MERGED),
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
