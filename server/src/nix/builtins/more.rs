//! Functions of the language that flakes seldom use.

use std::rc::Rc;

use super::{BUILTIN, Builtin, Evaluator, LIBRARY, Place, Thunk, Value, builtin, pattern};
use crate::nix::value::{Attr, Attrs, Symbol};

const BOTH: u8 = BUILTIN | LIBRARY;

pub(super) const TABLE: &[Builtin] = &[
    builtin("div", BOTH, 2, |this, arguments, place| {
        let (left, right) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        this.arithmetic_of(crate::syntax::nix::Operator::Divide, &left, &right, place)
    }),
    builtin("bitAnd", BOTH, 2, |this, arguments, place| this.integers(arguments, |a, b| a & b, place)),
    builtin("bitOr", BOTH, 2, |this, arguments, place| this.integers(arguments, |a, b| a | b, place)),
    builtin("bitXor", BOTH, 2, |this, arguments, place| this.integers(arguments, |a, b| a ^ b, place)),
    builtin("ceil", BOTH, 1, |this, arguments, place| this.rounded(arguments, f64::ceil, place)),
    builtin("floor", BOTH, 1, |this, arguments, place| this.rounded(arguments, f64::floor, place)),
    builtin("groupBy", BOTH, 2, group_by),
    builtin("zipAttrsWith", BOTH, 2, zip_attrs),
    builtin("genericClosure", BOTH, 1, generic_closure),
    builtin("split", BOTH, 2, split),
    builtin("parseDrvName", BOTH, 1, |this, arguments, place| match this.literal_argument(arguments, 0) {
        Some(name) => {
            let (name, version) = super::packages::name_and_version(&name);
            let name = this.thunk_text(name, place);
            let version = this.thunk_text(version, place);
            Value::Attrs(this.attrs_of(vec![("name", name), ("version", version)]))
        }
        None => Value::unknown("a name that cannot be known here", place),
    }),
    builtin("toJSON", BOTH, 1, |this, arguments, place| {
        let value = this.argument_value(arguments, 0);
        let mut text = String::new();
        match this.json(&value, &mut text, place) {
            Some(()) => Value::text(&text, place),
            None => Evaluator::unknown_text("a value as JSON", place),
        }
    }),
    builtin("toXML", BUILTIN, 1, |_, _, place| Evaluator::unknown_text("a value as XML", place)),
    builtin("toFile", BOTH, 2, |_, _, place| Evaluator::unknown_text("a file in the store", place)),
    builtin("unsafeDiscardOutputDependency", BOTH, 1, |this, arguments, _| this.argument_value(arguments, 0)),
    builtin("appendContext", BOTH, 2, |this, arguments, _| this.argument_value(arguments, 0)),
];

impl Evaluator<'_> {
    #[expect(clippy::cast_possible_truncation, reason = "as Nix does")]
    fn rounded(&mut self, arguments: &[Thunk], round: fn(f64) -> f64, place: Place) -> Value {
        match self.argument_value(arguments, 0) {
            Value::Float(number) => Value::Integer(round(number) as i64),
            Value::Integer(number) => Value::Integer(number),
            other => Self::unknown_from(other, "a number that cannot be known here", place),
        }
    }

    /// Names that a function gives to the items of a list; `None` when one is not known.
    fn grouped(&mut self, function: &Value, items: &[Thunk], place: Place) -> Result<Groups, Value> {
        let mut groups: Groups = Vec::new();
        for item in items {
            if !self.spend(1) {
                return Err(Value::unknown("the flake takes too much work to evaluate", place));
            }
            let name = self.apply(function, *item, place);
            let Value::Str(_) = name else {
                return Err(Self::unknown_from(name, "a name that cannot be known here", place));
            };
            let Ok(name) = self.computed_name(&name, place) else {
                return Err(Value::unknown("a name that cannot be known here", place));
            };
            push_to(&mut groups, name, *item);
        }
        Ok(groups)
    }

    /// Writes JSON as Nix does: names in order, no blanks. `None` when a part is not known.
    fn json(&mut self, value: &Value, into: &mut String, place: Place) -> Option<()> {
        if !self.spend(1) || into.len() > 1_000_000 {
            return None;
        }
        match value {
            Value::Null => into.push_str("null"),
            Value::Bool(decided) => into.push_str(if *decided { "true" } else { "false" }),
            Value::Integer(number) => into.push_str(&number.to_string()),
            Value::Str(text) => into.push_str(&serde_json::to_string(&*text.literal()?).ok()?),
            Value::List(list) => {
                if list.rest.is_some() {
                    return None;
                }
                into.push('[');
                for (index, item) in list.items.iter().enumerate() {
                    if index > 0 {
                        into.push(',');
                    }
                    self.json_of(*item, into, place)?;
                }
                into.push(']');
            }
            Value::Attrs(attrs) => {
                if attrs.rest.is_some() || !attrs.computed.is_empty() {
                    return None;
                }
                let special = ["__toString", "outPath"];
                if special.iter().any(|name| self.attribute(attrs, name).is_some()) {
                    let text = self.text_of(value, place).literal()?;
                    into.push_str(&serde_json::to_string(&*text).ok()?);
                    return Some(());
                }
                into.push('{');
                for (index, (name, attr)) in self.sorted(attrs).into_iter().enumerate() {
                    if index > 0 {
                        into.push(',');
                    }
                    into.push_str(&serde_json::to_string(&*self.name(name)).ok()?);
                    into.push(':');
                    self.json_of(attr.thunk, into, place)?;
                }
                into.push('}');
            }
            // Versions of Nix differ in how they write a float; a path is copied to the store.
            _ => return None,
        }
        Some(())
    }

    fn json_of(&mut self, thunk: Thunk, into: &mut String, place: Place) -> Option<()> {
        let mut written = None;
        self.deeper(place, |this| {
            let value = this.force(thunk);
            written = this.json(&value, into, place);
            Value::Null
        });
        written
    }
}

/// Names with the items that have them.
type Groups = Vec<(Symbol, Vec<Thunk>)>;

fn push_to(groups: &mut Groups, name: Symbol, item: Thunk) {
    match groups.binary_search_by_key(&name, |(known, _)| *known) {
        Ok(index) => {
            if let Some((_, items)) = groups.get_mut(index) {
                items.push(item);
            }
        }
        Err(index) => groups.insert(index, (name, vec![item])),
    }
}

fn group_by(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let (function, list) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
    this.on_list(&list, place, |this, list| {
        if list.rest.is_some() {
            return Value::unknown("groups of a list that cannot be known here", place);
        }
        let groups = match this.grouped(&function, &list.items, place) {
            Ok(groups) => groups,
            Err(other) => return other,
        };
        let group = |(name, items)| (name, Attr::bare(this.ready(Value::list(items), place)));
        let entries = groups.into_iter().map(group).collect();
        Value::Attrs(Rc::new(Attrs::from_pairs(entries)))
    })
}

fn zip_attrs(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let (function, sets) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
    this.on_list(&sets, place, |this, sets| {
        let mut groups: Groups = Vec::new();
        for set in &sets.items {
            let set = match this.force(*set) {
                Value::Attrs(set) if set.rest.is_none() && set.computed.is_empty() => set,
                other => return Evaluator::unknown_from(other, "a set that cannot be known here", place),
            };
            if sets.rest.is_some() || !this.spend(1 + set.entries.len()) {
                return Value::unknown("sets that cannot be known here", place);
            }
            for (name, attr) in &set.entries {
                push_to(&mut groups, *name, attr.thunk);
            }
        }
        let mut entries = Vec::with_capacity(groups.len());
        for (name, items) in groups {
            let text = this.name(name);
            let text = this.thunk_text(&text, place);
            let items = this.ready(Value::list(items), place);
            entries.push((name, Attr::bare(this.later(&function, vec![text, items], place))));
        }
        Value::Attrs(Rc::new(Attrs::from_pairs(entries)))
    })
}

/// `genericClosure { startSet; operator; }`: items by their `key`, each once, in the order they are found.
fn generic_closure(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let given = this.argument_value(arguments, 0);
    let start = this.select_named(&given, "startSet", place);
    let operator = this.select_named(&given, "operator", place);
    let unknown = |value: Value| Evaluator::unknown_from(value, "a closure that cannot be known here", place);
    let mut waiting: std::collections::VecDeque<Thunk> = match start {
        Value::List(list) if list.rest.is_none() => list.items.iter().copied().collect(),
        other => return unknown(other),
    };
    let mut keys: Vec<Value> = Vec::new();
    let mut items = Vec::new();
    while let Some(item) = waiting.pop_front() {
        if !this.spend(4 + keys.len() / 8) {
            return Value::unknown("the flake takes too much work to evaluate", place);
        }
        let value = this.force(item);
        let key = this.select_named(&value, "key", place);
        let mut is_known = false;
        for known in &keys {
            match this.equal(known, &key) {
                Some(true) => is_known = true,
                Some(false) => {}
                None => return unknown(key),
            }
        }
        if is_known {
            continue;
        }
        keys.push(key);
        items.push(item);
        match this.apply(&operator, item, place) {
            Value::List(more) if more.rest.is_none() => waiting.extend(&more.items),
            other => return unknown(other),
        }
    }
    Value::list(items)
}

/// `builtins.split`: what lies between matches, and the groups of each match.
fn split(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let (pattern, text) = (this.literal_argument(arguments, 0), this.literal_argument(arguments, 1));
    let (Some(pattern), Some(text)) = (pattern, text) else {
        return Value::unknown("a string that cannot be known here", place);
    };
    let mut work = 0;
    let parts = pattern::split(&pattern, &text, &mut work);
    this.spend(work / pattern::STEPS_A_UNIT);
    let Some(parts) = parts else {
        return Value::unknown("a regular expression that is not read here", place);
    };
    let mut items = Vec::new();
    for part in parts {
        if !this.spend(1) {
            return Value::unknown("the flake takes too much work to evaluate", place);
        }
        items.push(match part {
            pattern::Part::Text(text) => this.thunk_text(&text, place),
            pattern::Part::Groups(groups) => {
                let mut list = Vec::with_capacity(groups.len());
                for group in groups {
                    list.push(match group {
                        Some(group) => this.thunk_text(&group, place),
                        None => this.ready(Value::Null, place),
                    });
                }
                this.ready(Value::list(list), place)
            }
        });
    }
    Value::list(items)
}
