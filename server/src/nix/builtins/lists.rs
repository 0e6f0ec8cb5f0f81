//! Functions on lists.

use std::rc::Rc;

use super::super::evaluator::TOO_MUCH_WORK;
use super::{BUILTIN, Builtin, Evaluator, GLOBAL, LIBRARY, List, Place, Thunk, Value, builtin};

const BOTH: u8 = BUILTIN | LIBRARY;

pub(super) const TABLE: &[Builtin] = &[
    builtin("map", BOTH | GLOBAL, 2, |this, arguments, place| {
        let (function, list) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        this.map(&function, &list, place)
    }),
    builtin("forEach", LIBRARY, 2, |this, arguments, place| {
        let (list, function) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        this.map(&function, &list, place)
    }),
    builtin("imap0", LIBRARY, 2, |this, arguments, place| this.indexed_map(arguments, 0, place)),
    builtin("imap1", LIBRARY, 2, |this, arguments, place| this.indexed_map(arguments, 1, place)),
    builtin("filter", BOTH, 2, filter),
    builtin("partition", BOTH, 2, partition),
    builtin("head", BOTH, 1, |this, arguments, place| this.item(arguments, <[Thunk]>::first, place)),
    builtin("last", LIBRARY, 1, |this, arguments, place| this.item(arguments, <[Thunk]>::last, place)),
    builtin("tail", BOTH, 1, |this, arguments, place| {
        this.sublist(arguments, 0, place, |items| items.get(1..).unwrap_or_default())
    }),
    builtin("init", LIBRARY, 1, |this, arguments, place| {
        this.sublist(arguments, 0, place, |items| items.split_last().map_or(&[], |(_, rest)| rest))
    }),
    builtin("take", LIBRARY, 2, |this, arguments, place| {
        let count = this.count(arguments, 0);
        this.sublist(arguments, 1, place, |items| items.get(..count.min(items.len())).unwrap_or_default())
    }),
    builtin("drop", LIBRARY, 2, |this, arguments, place| {
        let count = this.count(arguments, 0);
        this.sublist(arguments, 1, place, |items| items.get(count.min(items.len())..).unwrap_or_default())
    }),
    builtin("elemAt", BOTH, 2, element_at),
    builtin("elem", BOTH, 2, element),
    builtin("length", BOTH, 1, |this, arguments, place| {
        let list = this.argument_value(arguments, 0);
        this.on_list(&list, place, |_, list| match list.rest {
            Some(_) => Value::unknown("the length of a list that cannot be known here", place),
            None => Value::Integer(i64::try_from(list.items.len()).unwrap_or(i64::MAX)),
        })
    }),
    builtin("concatLists", BOTH, 1, |this, arguments, place| {
        let lists = this.argument_value(arguments, 0);
        this.concat_lists(&lists, place)
    }),
    builtin("concatMap", BOTH, 2, |this, arguments, place| {
        let (function, list) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        let lists = this.map(&function, &list, place);
        this.concat_lists(&lists, place)
    }),
    builtin("flatten", LIBRARY, 1, |this, arguments, place| {
        let value = this.argument_value(arguments, 0);
        let mut list = List::default();
        this.flatten(&value, arguments.first().copied(), &mut list, place);
        Value::List(Rc::new(list))
    }),
    builtin("foldl'", BOTH, 3, fold_left),
    builtin("foldl", LIBRARY, 3, fold_left),
    builtin("foldr", LIBRARY, 3, fold_right),
    builtin("fold", LIBRARY, 3, fold_right),
    builtin("any", BOTH, 2, |this, arguments, place| this.quantify(arguments, true, place)),
    builtin("all", BOTH, 2, |this, arguments, place| this.quantify(arguments, false, place)),
    builtin("findFirst", LIBRARY, 3, find_first),
    builtin("unique", LIBRARY, 1, unique),
    builtin("reverseList", LIBRARY, 1, |this, arguments, place| {
        let list = this.argument_value(arguments, 0);
        this.on_list(&list, place, |_, list| Value::list(list.items.iter().rev().copied().collect()))
    }),
    builtin("sort", BOTH, 2, sort),
    builtin("naturalSort", LIBRARY, 1, |this, arguments, place| {
        let list = this.argument_value(arguments, 0);
        this.on_list(&list, place, |this, list| {
            let mut items = Vec::with_capacity(list.items.len());
            for item in &list.items {
                let value = this.force(*item);
                match Evaluator::literal(&value) {
                    Some(text) if list.rest.is_none() => items.push((natural_parts(&text), *item)),
                    _ => return Value::unknown("a list that cannot be known here", place),
                }
            }
            items.sort_by(|(left, _), (right, _)| left.cmp(right));
            Value::list(items.into_iter().map(|(_, item)| item).collect())
        })
    }),
    builtin("toList", LIBRARY, 1, |this, arguments, _| match this.argument_value(arguments, 0) {
        list @ Value::List(_) => list,
        _ => Value::list(arguments.to_vec()),
    }),
    builtin("singleton", LIBRARY, 1, |_, arguments, _| Value::list(arguments.to_vec())),
    builtin("optional", LIBRARY, 2, |this, arguments, place| {
        let condition = this.argument_value(arguments, 0);
        let item = arguments.get(1).copied();
        this.on_condition(&condition, place, |_, holds| {
            Value::list(item.filter(|_| holds).into_iter().collect())
        })
    }),
    builtin("optionals", LIBRARY, 2, |this, arguments, place| {
        let condition = this.argument_value(arguments, 0);
        this.on_condition(&condition, place, |this, holds| {
            if holds { this.argument_value(arguments, 1) } else { Value::list(Vec::new()) }
        })
    }),
    builtin("genList", BOTH, 2, generate_list),
    builtin("range", LIBRARY, 2, range),
    builtin("zipListsWith", LIBRARY, 3, zip_lists),
    builtin("remove", LIBRARY, 2, |this, arguments, place| this.without(arguments, place, Evaluator::equal)),
    builtin("subtractLists", LIBRARY, 2, |this, arguments, place| {
        this.without(arguments, place, |this, item, removed| this.contains(removed, item))
    }),
    builtin("intersectLists", LIBRARY, 2, |this, arguments, place| {
        this.without(arguments, place, |this, item, kept| {
            this.contains(kept, item).map(|contained| !contained)
        })
    }),
];

/// Words and numbers, numbers by their size.
fn natural_parts(text: &str) -> Vec<(u64, String)> {
    let mut parts: Vec<(u64, String)> = Vec::new();
    let mut was_digit = None;
    for character in text.chars() {
        let is_digit = character.is_ascii_digit();
        match parts.last_mut() {
            Some((_, part)) if was_digit == Some(is_digit) => part.push(character),
            _ => parts.push((0, character.to_string())),
        }
        was_digit = Some(is_digit);
    }
    for part in &mut parts {
        if let Ok(number) = part.1.parse() {
            *part = (number, String::new());
        }
    }
    parts
}

impl Evaluator<'_> {
    pub(super) fn map(&mut self, function: &Value, list: &Value, place: Place) -> Value {
        self.on_list(list, place, |this, list| {
            let items = list.items.iter().map(|item| this.later(function, vec![*item], place)).collect();
            Value::List(Rc::new(List { items, rest: list.rest.clone() }))
        })
    }

    fn indexed_map(&mut self, arguments: &[Thunk], first: i64, place: Place) -> Value {
        let (function, list) = (self.argument_value(arguments, 0), self.argument_value(arguments, 1));
        self.on_list(&list, place, |this, list| {
            let mut items = Vec::new();
            for (index, item) in (first..).zip(&list.items) {
                let index = this.ready(Value::Integer(index), place);
                items.push(this.later(&function, vec![index, *item], place));
            }
            Value::List(Rc::new(List { items, rest: list.rest.clone() }))
        })
    }

    fn item(&mut self, arguments: &[Thunk], pick: fn(&[Thunk]) -> Option<&Thunk>, place: Place) -> Value {
        let list = self.argument_value(arguments, 0);
        self.on_list(&list, place, |this, list| match pick(&list.items) {
            Some(item) => this.force(*item),
            None if list.rest.is_some() => {
                Value::unknown("an item of a list that cannot be known here", place)
            }
            None => Value::error("an item of an empty list"),
        })
    }

    fn sublist(
        &mut self,
        arguments: &[Thunk],
        index: usize,
        place: Place,
        pick: impl Fn(&[Thunk]) -> &[Thunk],
    ) -> Value {
        let list = self.argument_value(arguments, index);
        self.on_list(&list, place, |_, list| {
            Value::List(Rc::new(List { items: pick(&list.items).to_vec(), rest: list.rest.clone() }))
        })
    }

    fn count(&mut self, arguments: &[Thunk], index: usize) -> usize {
        match self.argument_value(arguments, index) {
            Value::Integer(count) => usize::try_from(count).unwrap_or(0),
            _ => 0,
        }
    }

    pub(super) fn concat_lists(&mut self, lists: &Value, place: Place) -> Value {
        self.on_list(lists, place, |this, lists| {
            let mut all = Value::List(Rc::new(List { items: Vec::new(), rest: lists.rest.clone() }));
            let mut plain = List { items: Vec::new(), rest: lists.rest.clone() };
            let mut is_plain = true;
            for list in &lists.items {
                if this.is_spent() {
                    return Value::unknown(TOO_MUCH_WORK, place);
                }
                match this.force(*list) {
                    // The common case, without making a new list at each step.
                    Value::List(list) if is_plain => {
                        this.spend(list.items.len());
                        plain.items.extend(&list.items);
                        plain.rest = plain.rest.or_else(|| list.rest.clone());
                    }
                    other => {
                        if is_plain {
                            is_plain = false;
                            all = Value::List(Rc::new(std::mem::take(&mut plain)));
                        }
                        all = this.concat(&all, &other, place);
                    }
                }
            }
            if is_plain { Value::List(Rc::new(plain)) } else { all }
        })
    }

    fn flatten(&mut self, value: &Value, thunk: Option<Thunk>, into: &mut List, place: Place) {
        match value {
            Value::List(list) => {
                for item in &list.items {
                    let value = self.force(*item);
                    let item = *item;
                    self.deeper(place, |this| {
                        this.flatten(&value, Some(item), into, place);
                        Value::Null
                    });
                }
                into.rest = into.rest.take().or_else(|| list.rest.clone());
            }
            _ => into.items.extend(thunk),
        }
    }

    /// Whether a list holds a value, if it can be known.
    pub(super) fn contains(&mut self, list: &Value, wanted: &Value) -> Option<bool> {
        let Value::List(list) = list else { return None };
        let mut sure = list.rest.is_none();
        for item in &list.items {
            if self.is_spent() {
                return None;
            }
            let item = self.force(*item);
            match self.equal(&item, wanted) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => sure = false,
            }
        }
        sure.then_some(false)
    }

    fn quantify(&mut self, arguments: &[Thunk], wanted: bool, place: Place) -> Value {
        let (function, list) = (self.argument_value(arguments, 0), self.argument_value(arguments, 1));
        self.on_list(&list, place, |this, list| {
            let mut sure = list.rest.is_none();
            for item in &list.items {
                let answer = this.apply(&function, *item, place);
                match Evaluator::condition(&answer) {
                    Some(answer) if answer == wanted => return Value::Bool(wanted),
                    Some(_) => {}
                    None => sure = false,
                }
            }
            if sure {
                Value::Bool(!wanted)
            } else {
                Value::unknown("a condition that cannot be known here", place)
            }
        })
    }

    /// The second list without the items that `gone` says so of, given the first argument. An item of
    /// which it cannot be known stays.
    fn without(
        &mut self,
        arguments: &[Thunk],
        place: Place,
        gone: fn(&mut Self, &Value, &Value) -> Option<bool>,
    ) -> Value {
        let (removed, list) = (self.argument_value(arguments, 0), self.argument_value(arguments, 1));
        self.on_list(&list, place, |this, list| {
            let mut items = Vec::new();
            for item in &list.items {
                let value = this.force(*item);
                if gone(this, &value, &removed) != Some(true) {
                    items.push(*item);
                }
            }
            Value::List(Rc::new(List { items, rest: list.rest.clone() }))
        })
    }
}

/// Items of which it cannot be known stay: a package that may be there is one that is there.
fn filter(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let (function, list) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
    this.on_list(&list, place, |this, list| {
        let mut items = Vec::new();
        for item in &list.items {
            let kept = this.apply(&function, *item, place);
            if Evaluator::condition(&kept) != Some(false) {
                items.push(*item);
            }
        }
        Value::List(Rc::new(List { items, rest: list.rest.clone() }))
    })
}

fn partition(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let (function, list) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
    this.on_list(&list, place, |this, list| {
        let (mut right, mut wrong) = (Vec::new(), Vec::new());
        for item in &list.items {
            let kept = this.apply(&function, *item, place);
            match Evaluator::condition(&kept) {
                Some(true) => right.push(*item),
                Some(false) => wrong.push(*item),
                None => return Value::unknown("a list that cannot be known here", place),
            }
        }
        let right = this.ready(Value::list(right), place);
        let wrong = this.ready(Value::list(wrong), place);
        Value::Attrs(this.attrs_of(vec![("right", right), ("wrong", wrong)]))
    })
}

fn element_at(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let (list, index) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
    let Value::Integer(index) = index else {
        return Value::unknown("an item of a list that cannot be known here", place);
    };
    this.on_list(&list, place, |this, list| {
        match usize::try_from(index).ok().and_then(|index| list.items.get(index)) {
            Some(item) => this.force(*item),
            None if list.rest.is_some() => {
                Value::unknown("an item of a list that cannot be known here", place)
            }
            None => Value::error("an item behind a list's end"),
        }
    })
}

fn element(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let (wanted, list) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
    this.each(&list, place, &mut |this, list| {
        let list = list.clone();
        this.decision(|this| this.contains(&list, &wanted), place)
    })
}

fn fold_left(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let (function, list) = (this.argument_value(arguments, 0), this.argument_value(arguments, 2));
    let Some(start) = arguments.get(1).copied() else { return Value::Null };
    this.on_list(&list, place, |this, list| {
        let mut result = start;
        for item in &list.items {
            let value = this.apply_all(&function, &[result, *item], place);
            result = this.ready(value, place);
        }
        this.force(result)
    })
}

fn fold_right(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let (function, list) = (this.argument_value(arguments, 0), this.argument_value(arguments, 2));
    let Some(start) = arguments.get(1).copied() else { return Value::Null };
    this.on_list(&list, place, |this, list| {
        let mut result = start;
        for item in list.items.iter().rev() {
            result = this.later(&function, vec![*item, result], place);
        }
        this.force(result)
    })
}

fn find_first(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let (function, list) = (this.argument_value(arguments, 0), this.argument_value(arguments, 2));
    this.on_list(&list, place, |this, list| {
        for item in &list.items {
            let found = this.apply(&function, *item, place);
            match Evaluator::condition(&found) {
                Some(true) => return this.force(*item),
                Some(false) => {}
                None => return Value::unknown("an item that cannot be known here", place),
            }
        }
        this.argument_value(arguments, 1)
    })
}

fn unique(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let list = this.argument_value(arguments, 0);
    this.on_list(&list, place, |this, list| {
        let mut kept: Vec<(Thunk, Value)> = Vec::new();
        for item in &list.items {
            if this.is_spent() {
                break;
            }
            let value = this.force(*item);
            let known = kept.iter().any(|(_, other)| this.equal(other, &value) == Some(true));
            if !known {
                kept.push((*item, value));
            }
        }
        let items = kept.into_iter().map(|(item, _)| item).collect();
        Value::List(Rc::new(List { items, rest: list.rest.clone() }))
    })
}

/// By insertion: lists that flakes sort are short, and a comparison may be anything.
fn sort(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let (less, list) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
    this.on_list(&list, place, |this, list| {
        let mut sorted: Vec<Thunk> = Vec::new();
        for item in &list.items {
            let mut at = sorted.len();
            while let Some(before) = at.checked_sub(1).and_then(|at| sorted.get(at)) {
                let smaller = this.apply_all(&less, &[*item, *before], place);
                match Evaluator::condition(&smaller) {
                    Some(true) => at -= 1,
                    Some(false) => break,
                    None => return Value::List(Rc::clone(list)),
                }
            }
            sorted.insert(at, *item);
        }
        Value::List(Rc::new(List { items: sorted, rest: list.rest.clone() }))
    })
}

fn generate_list(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let (function, count) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
    let Value::Integer(count) = count else {
        return Value::unknown("a list that cannot be known here", place);
    };
    let mut items = Vec::new();
    for index in 0..count {
        if !this.spend(2) {
            return Value::unknown(TOO_MUCH_WORK, place);
        }
        let index = this.ready(Value::Integer(index), place);
        items.push(this.later(&function, vec![index], place));
    }
    Value::list(items)
}

fn range(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    match (this.argument_value(arguments, 0), this.argument_value(arguments, 1)) {
        (Value::Integer(first), Value::Integer(last)) => {
            let mut items = Vec::new();
            for number in first..=last {
                if !this.spend(2) {
                    return Value::unknown(TOO_MUCH_WORK, place);
                }
                items.push(this.ready(Value::Integer(number), place));
            }
            Value::list(items)
        }
        _ => Value::unknown("a list that cannot be known here", place),
    }
}

fn zip_lists(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let function = this.argument_value(arguments, 0);
    match (this.argument_value(arguments, 1), this.argument_value(arguments, 2)) {
        (Value::List(left), Value::List(right)) => {
            let pairs = left.items.iter().zip(&right.items);
            let items =
                pairs.map(|(left, right)| this.later(&function, vec![*left, *right], place)).collect();
            Value::list(items)
        }
        _ => Value::unknown("a list that cannot be known here", place),
    }
}
