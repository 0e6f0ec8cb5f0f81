//! Functions on attribute sets.

use std::rc::Rc;

use super::{
    Attrs, BUILTIN, Builtin, Evaluator, GLOBAL, LIBRARY, List, Place, Symbol, Thunk, Value, builtin,
};
use crate::nix::{evaluate::Selected, value::Attr};

const BOTH: u8 = BUILTIN | LIBRARY;

pub(super) const TABLE: &[Builtin] = &[
    builtin("attrNames", BOTH, 1, |this, arguments, place| {
        let set = this.argument_value(arguments, 0);
        this.on_attrs(&set, place, |this, attrs| {
            let mut items = Vec::new();
            for (name, attr) in this.sorted(attrs) {
                let text = this.name(name);
                items.push(this.thunk_text(&text, attr.key.unwrap_or(place)));
            }
            Value::List(Rc::new(List { items, rest: Evaluator::open_end(attrs, place) }))
        })
    }),
    builtin("attrValues", BOTH, 1, |this, arguments, place| {
        let set = this.argument_value(arguments, 0);
        this.on_attrs(&set, place, |this, attrs| {
            let items = this.sorted(attrs).into_iter().map(|(_, attr)| attr.thunk);
            let items = items.chain(attrs.computed.iter().map(|(_, attr)| attr.thunk)).collect();
            // Whatever its name is, its value is one of them.
            let rest = attrs.rest.as_ref().and_then(|_| Evaluator::open_end(attrs, place));
            Value::List(Rc::new(List { items, rest }))
        })
    }),
    builtin("mapAttrs", BOTH, 2, |this, arguments, place| {
        let (function, set) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        this.on_attrs(&set, place, |this, attrs| this.map_attrs(&function, attrs, place))
    }),
    builtin("mapAttrs'", LIBRARY, 2, |this, arguments, place| {
        let (function, set) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        this.on_attrs(&set, place, |this, attrs| {
            let pairs = this.map_to_list(&function, attrs, place);
            this.list_to_attrs(&pairs, place)
        })
    }),
    builtin("mapAttrsToList", LIBRARY, 2, |this, arguments, place| {
        let (function, set) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        this.on_attrs(&set, place, |this, attrs| this.map_to_list(&function, attrs, place))
    }),
    builtin("attrsToList", LIBRARY, 1, |this, arguments, place| {
        let set = this.argument_value(arguments, 0);
        this.on_attrs(&set, place, |this, attrs| {
            let function = Evaluator::library_value("nameValuePair", place);
            this.map_to_list(&function, attrs, place)
        })
    }),
    builtin("concatMapAttrs", LIBRARY, 2, |this, arguments, place| {
        let (function, set) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        this.on_attrs(&set, place, |this, attrs| {
            let sets = this.map_to_list(&function, attrs, place);
            this.merge_all(&sets, place)
        })
    }),
    builtin("mergeAttrsList", LIBRARY, 1, |this, arguments, place| {
        let sets = this.argument_value(arguments, 0);
        this.merge_all(&sets, place)
    }),
    builtin("filterAttrs", LIBRARY, 2, |this, arguments, place| {
        let (function, set) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        this.on_attrs(&set, place, |this, attrs| {
            let keep = |this: &mut Evaluator<'_>, name: Symbol, attr: Attr| {
                let name = this.name(name);
                let name = this.thunk_text(&name, place);
                let kept = this.apply_all(&function, &[name, attr.thunk], place);
                Evaluator::condition(&kept) != Some(false)
            };
            let entries = attrs.entries.iter().filter(|(name, attr)| keep(this, *name, *attr)).copied();
            let entries = entries.collect();
            Value::Attrs(Rc::new(Attrs { entries, literal: None, ..(**attrs).clone() }))
        })
    }),
    builtin("listToAttrs", BOTH, 1, |this, arguments, place| {
        let list = this.argument_value(arguments, 0);
        this.list_to_attrs(&list, place)
    }),
    builtin("nameValuePair", LIBRARY, 2, |this, arguments, _| match arguments {
        [name, value] => Value::Attrs(this.attrs_of(vec![("name", *name), ("value", *value)])),
        _ => Value::Null,
    }),
    builtin("genAttrs", LIBRARY, 2, |this, arguments, place| {
        let (names, function) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        this.on_list(&names, place, |this, list| {
            let pairs = list.items.iter().map(|name| (*name, this.later(&function, vec![*name], place)));
            let pairs = pairs.collect();
            this.named_attrs(pairs, list, place)
        })
    }),
    builtin("getAttr", BOTH, 2, |this, arguments, place| {
        let (name, set) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        match this.computed_name(&name, place) {
            Ok(name) => this.select(&set, name, place),
            Err(_) => Value::unknown("an attribute whose name cannot be known here", place),
        }
    }),
    builtin("hasAttr", BOTH, 2, |this, arguments, place| {
        let (name, set) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        match this.computed_name(&name, place) {
            Ok(name) => this.has(&set, name, place),
            Err(_) => Value::unknown("an attribute whose name cannot be known here", place),
        }
    }),
    builtin("removeAttrs", BOTH | GLOBAL, 2, remove_attrs),
    builtin("intersectAttrs", BOTH, 2, |this, arguments, place| {
        let (names, set) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        this.on_attrs(&names, place, |this, names| {
            let mut entries = Vec::new();
            for (name, _) in &names.entries {
                match this.attribute_of(&set, *name, place) {
                    Selected::Absent => {}
                    Selected::Found(value) | Selected::Maybe(value) => {
                        entries.push((*name, Attr::bare(this.ready(value, place))));
                    }
                }
            }
            Value::Attrs(Rc::new(Attrs::from_pairs(entries)))
        })
    }),
    builtin("recursiveUpdate", LIBRARY, 2, |this, arguments, place| {
        let (left, right) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        this.recursive_update(&left, &right, place)
    }),
    builtin("mergeAttrs", LIBRARY, 2, |this, arguments, place| {
        let (left, right) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        this.update(&left, &right, place)
    }),
    builtin("optionalAttrs", LIBRARY, 2, |this, arguments, place| {
        let condition = this.argument_value(arguments, 0);
        this.on_condition(&condition, place, |this, holds| {
            if holds { this.argument_value(arguments, 1) } else { Value::Attrs(Rc::default()) }
        })
    }),
    builtin("attrByPath", LIBRARY, 3, |this, arguments, place| {
        let value = this.argument_value(arguments, 2);
        match this.at_path(arguments, 0, value, place) {
            Some(Selected::Found(value) | Selected::Maybe(value)) => value,
            Some(Selected::Absent) => this.argument_value(arguments, 1),
            None => Value::unknown("a path that cannot be known here", place),
        }
    }),
    builtin("getAttrFromPath", LIBRARY, 2, |this, arguments, place| {
        let value = this.argument_value(arguments, 1);
        match this.at_path(arguments, 0, value, place) {
            Some(Selected::Found(value) | Selected::Maybe(value)) => value,
            Some(Selected::Absent) => Value::error("there is no such attribute"),
            None => Value::unknown("a path that cannot be known here", place),
        }
    }),
    builtin("hasAttrByPath", LIBRARY, 2, |this, arguments, place| {
        let value = this.argument_value(arguments, 1);
        match this.at_path(arguments, 0, value, place) {
            Some(Selected::Found(_)) => Value::Bool(true),
            Some(Selected::Absent) => Value::Bool(false),
            _ => Value::unknown("whether an unknown set has an attribute", place),
        }
    }),
    builtin("setAttrByPath", LIBRARY, 2, |this, arguments, place| {
        let Value::List(path) = this.argument_value(arguments, 0) else {
            return Value::unknown("a path that cannot be known here", place);
        };
        let Some(mut thunk) = arguments.get(1).copied() else { return Value::Null };
        for name in path.items.iter().rev() {
            let name = this.force(*name);
            let Some(name) = Evaluator::literal(&name) else {
                return Value::unknown("a path that cannot be known here", place);
            };
            let set = Value::Attrs(this.attrs_of(vec![(&name, thunk)]));
            thunk = this.ready(set, place);
        }
        this.force(thunk)
    }),
    builtin("attrVals", LIBRARY, 2, |this, arguments, place| {
        let (names, set) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        this.on_list(&names, place, |this, names| {
            let mut items = Vec::new();
            for name in &names.items {
                let name = this.force(*name);
                let value = match this.computed_name(&name, place) {
                    Ok(name) => this.select(&set, name, place),
                    Err(_) => Value::unknown("an attribute whose name cannot be known here", place),
                };
                items.push(this.ready(value, place));
            }
            Value::list(items)
        })
    }),
    builtin("catAttrs", BOTH, 2, |this, arguments, place| {
        let (name, sets) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        let Ok(name) = this.computed_name(&name, place) else {
            return Value::unknown("an attribute whose name cannot be known here", place);
        };
        this.on_list(&sets, place, |this, sets| {
            let mut items = Vec::new();
            for set in &sets.items {
                let set = this.force(*set);
                if let Selected::Found(value) | Selected::Maybe(value) = this.attribute_of(&set, name, place)
                {
                    items.push(this.ready(value, place));
                }
            }
            Value::list(items)
        })
    }),
    builtin("foldlAttrs", LIBRARY, 3, |this, arguments, place| {
        let (function, set) = (this.argument_value(arguments, 0), this.argument_value(arguments, 2));
        let Some(start) = arguments.get(1).copied() else { return Value::Null };
        this.on_attrs(&set, place, |this, attrs| {
            let mut result = start;
            for (name, attr) in this.sorted(attrs) {
                let name = this.name(name);
                let name = this.thunk_text(&name, place);
                let value = this.apply_all(&function, &[result, name, attr.thunk], place);
                result = this.ready(value, place);
            }
            this.force(result)
        })
    }),
    builtin("cartesianProduct", LIBRARY, 1, cartesian_product),
    builtin("cartesianProductOfSets", LIBRARY, 1, cartesian_product),
    builtin("functionArgs", BOTH, 1, |this, arguments, place| {
        let function = this.argument_value(arguments, 0);
        let Some(formals) = this.formals(&function) else {
            return Value::unknown("the arguments of an unknown function", place);
        };
        let mut entries = Vec::new();
        for formal in formals {
            let thunk = this.ready(Value::Bool(formal.has_default), place);
            entries.push((formal.name, Attr::bare(thunk)));
        }
        Value::Attrs(Rc::new(Attrs::from_pairs(entries)))
    }),
];

impl Evaluator<'_> {
    /// What stands for the attributes that a set may have besides those that are known.
    fn open_end(attrs: &Attrs, place: Place) -> Option<Rc<crate::nix::value::Neutral>> {
        if attrs.rest.is_none() && attrs.computed.is_empty() {
            return None;
        }
        Value::unknown("attributes that cannot be known here", place).as_neutral().cloned()
    }

    fn map_attrs(&mut self, function: &Value, attrs: &Attrs, place: Place) -> Value {
        let mut entries = Vec::with_capacity(attrs.entries.len());
        for (symbol, attr) in &attrs.entries {
            let name = self.name(*symbol);
            let name = self.thunk_text(&name, attr.key.unwrap_or(place));
            let thunk = self.later(function, vec![name, attr.thunk], place);
            entries.push((*symbol, attr.with_value(thunk)));
        }
        let mut computed = Vec::new();
        for (text, attr) in &attrs.computed {
            let name = self.ready(Value::Str(Rc::clone(text)), place);
            let thunk = self.later(function, vec![name, attr.thunk], place);
            computed.push((Rc::clone(text), attr.with_value(thunk)));
        }
        let rest = attrs.rest.as_ref().and_then(|_| Self::open_end(attrs, place));
        Value::Attrs(Rc::new(Attrs { entries, computed, rest, literal: None }))
    }

    fn map_to_list(&mut self, function: &Value, attrs: &Attrs, place: Place) -> Value {
        let mut items = Vec::with_capacity(attrs.entries.len());
        for (symbol, attr) in self.sorted(attrs) {
            let name = self.name(symbol);
            let name = self.thunk_text(&name, attr.key.unwrap_or(place));
            items.push(self.later(function, vec![name, attr.thunk], place));
        }
        let rest = Self::open_end(attrs, place);
        Value::List(Rc::new(List { items, rest }))
    }

    fn merge_all(&mut self, sets: &Value, place: Place) -> Value {
        self.on_list(sets, place, |this, sets| {
            let mut all = Value::Attrs(Rc::default());
            for set in &sets.items {
                let set = this.force(*set);
                all = this.update(&all, &set, place);
            }
            if let Some(rest) = &sets.rest {
                all = this.update(&all, &Value::Neutral(Rc::clone(rest)), place);
            }
            all
        })
    }

    /// From `{ name, value }` pairs; of two with one name the first counts.
    pub(super) fn list_to_attrs(&mut self, list: &Value, place: Place) -> Value {
        self.on_list(list, place, |this, list| {
            let mut pairs = Vec::new();
            for item in list.items.iter().rev() {
                let item = this.force(*item);
                if let Value::Error(_) = item {
                    return item;
                }
                let name = this.select_named(&item, "name", place);
                let name_thunk = match item.as_attrs().and_then(|attrs| this.attribute(attrs, "name")) {
                    Some(attr) => attr.thunk,
                    None => this.ready(name, place),
                };
                let value = this.delay_code(place, move |this| this.select_named(&item, "value", place));
                pairs.push((name_thunk, value));
            }
            this.named_attrs(pairs, list, place)
        })
    }

    /// A set from names and values; names that are not wholly known are kept as such.
    fn named_attrs(&mut self, pairs: Vec<(Thunk, Thunk)>, list: &List, place: Place) -> Value {
        let mut entries = Vec::new();
        let mut computed = Vec::new();
        for (name, thunk) in pairs {
            let key = Some(self.place_of(name));
            let name = self.force(name);
            if let Value::Error(_) = name {
                return name;
            }
            let attr = Attr { thunk, key, site: None };
            match self.computed_name(&name, place) {
                Ok(name) => entries.push((name, attr)),
                Err(text) => computed.push((text, attr)),
            }
        }
        let rest = list.rest.clone();
        Value::Attrs(Rc::new(Attrs { computed, rest, ..Attrs::from_pairs(entries) }))
    }

    fn has(&mut self, set: &Value, name: Symbol, place: Place) -> Value {
        match self.attribute_of(set, name, place) {
            Selected::Found(error @ Value::Error(_)) if matches!(set, Value::Error(_)) => error,
            Selected::Found(_) => Value::Bool(true),
            Selected::Absent => Value::Bool(false),
            Selected::Maybe(_) => Value::unknown("whether an unknown set has an attribute", place),
        }
    }

    fn at_path(&mut self, arguments: &[Thunk], index: usize, value: Value, place: Place) -> Option<Selected> {
        let Value::List(path) = self.argument_value(arguments, index) else { return None };
        let mut value = value;
        let mut sure = true;
        for name in &path.items {
            let name = self.force(*name);
            let name = self.computed_name(&name, place).ok()?;
            match self.attribute_of(&value, name, place) {
                Selected::Found(found) => value = found,
                Selected::Maybe(found) => {
                    sure = false;
                    value = found;
                }
                Selected::Absent => return Some(Selected::Absent),
            }
        }
        Some(if sure { Selected::Found(value) } else { Selected::Maybe(value) })
    }

    pub(in crate::nix) fn recursive_update(&mut self, left: &Value, right: &Value, place: Place) -> Value {
        let (Value::Attrs(left_set), Value::Attrs(right_set)) = (left, right) else {
            return self.update(left, right, place);
        };
        let Value::Attrs(merged) = self.update(left, right, place) else { return Value::Null };
        let mut merged = (*merged).clone();
        for (name, attr) in &mut merged.entries {
            if let (Some(old), Some(new)) = (left_set.get(*name), right_set.get(*name)) {
                let (old, new) = (old.thunk, new.thunk);
                attr.thunk = self.delay_code(place, move |this| {
                    let (old, new) = (this.force(old), this.force(new));
                    match (&old, &new) {
                        (Value::Attrs(_), Value::Attrs(_)) => this.recursive_update(&old, &new, place),
                        _ => new,
                    }
                });
            }
        }
        Value::Attrs(Rc::new(merged))
    }
}

fn remove_attrs(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let (set, names) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
    let Value::List(names) = names else {
        return Value::unknown("a set that cannot be known here", place);
    };
    let mut removed = Vec::new();
    for name in &names.items {
        let name = this.force(*name);
        if let Ok(name) = this.computed_name(&name, place) {
            removed.push(name);
        }
    }
    this.on_attrs(&set, place, |_, attrs| {
        let entries = attrs.entries.iter().filter(|(name, _)| !removed.contains(name)).copied().collect();
        Value::Attrs(Rc::new(Attrs { entries, ..(**attrs).clone() }))
    })
}

/// All sets that take one item of each list.
fn cartesian_product(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let set = this.argument_value(arguments, 0);
    this.on_attrs(&set, place, |this, attrs| {
        let mut products: Vec<Vec<(Symbol, Attr)>> = vec![Vec::new()];
        for (name, attr) in this.sorted(attrs) {
            let Value::List(list) = this.force(attr.thunk) else {
                return Value::unknown("a list that cannot be known here", place);
            };
            let mut longer = Vec::new();
            for product in &products {
                for item in &list.items {
                    if !this.spend(product.len() + 1) {
                        return Value::unknown("the flake takes too much work to evaluate", place);
                    }
                    let mut product = product.clone();
                    product.push((name, attr.with_value(*item)));
                    longer.push(product);
                }
            }
            products = longer;
        }
        let mut items = Vec::new();
        for product in products {
            items.push(this.ready(Value::Attrs(Rc::new(Attrs::from_pairs(product))), place));
        }
        Value::list(items)
    })
}
