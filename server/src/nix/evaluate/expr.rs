//! One expression in one scope.

use std::{collections::HashSet, rc::Rc, sync::OnceLock};

use super::super::{
    evaluator::{Evaluator, Scope, TOO_MUCH_WORK},
    files::{File, clean},
    value::{
        Attr, Attrs, Closure, Head, List, Literal, Neutral, Place, ScopeId, Site, StrPiece, Symbol, Thunk,
        Value,
    },
};
use super::Selected;
use crate::syntax::nix::{EntryValue, Expr, ExprId, NameKind, Operator, Part, Set};

impl Evaluator<'_> {
    /// What `expr` comes to, as far as its outermost shape.
    pub(in crate::nix) fn eval(&mut self, file: &Rc<File>, expr: ExprId, scope: ScopeId) -> Value {
        let place = file.place(expr);
        self.deeper(place, |this| this.eval_here(file, expr, scope, place))
    }

    fn eval_here(&mut self, file: &Rc<File>, id: ExprId, scope: ScopeId, place: Place) -> Value {
        let tree = Rc::clone(file);
        match tree.tree.expr(id) {
            Expr::Error => Value::unknown("a syntax error", place),
            Expr::Variable(name) => self.variable(file.symbol(*name), scope, place),
            Expr::Integer(number) => Value::Integer(*number),
            Expr::Float(number) => Value::Float(*number),
            Expr::Uri(text) => Value::Str(Rc::new(super::super::value::Str::literal_at(text.clone(), place))),
            Expr::Str(parts) => self.interpolated(file, parts, scope),
            Expr::Path(parts) => self.path_literal(file, parts, scope, place),
            Expr::SearchPath(name) => Self::search_path(name, place),
            Expr::List(items) => {
                let items = items.iter().map(|item| self.delay(file, *item, scope)).collect();
                Value::List(Rc::new(List { items, rest: None }))
            }
            Expr::Set(set) => {
                let attrs = self.set(file, id, set, scope).1;
                Value::Attrs(attrs)
            }
            Expr::Let { set, body } => {
                let inner = self.set(file, id, set, scope).0;
                self.eval(file, *body, inner)
            }
            Expr::With { scope: namespace, body } => {
                let thunk = self.delay(file, *namespace, scope);
                let inner = self.push_scope(Scope::With { parent: scope, thunk });
                self.eval(file, *body, inner)
            }
            Expr::Assert { condition, body } => {
                let condition = self.eval(file, *condition, scope);
                match Self::condition(&condition) {
                    Some(false) => Value::error("an assertion fails"),
                    // Not known: then it holds, or nothing is built here.
                    Some(true) | None => self.eval(file, *body, scope),
                }
            }
            Expr::If { condition, yes, no } => {
                let decision = self.eval(file, *condition, scope);
                match Self::condition(&decision) {
                    Some(true) => self.eval(file, *yes, scope),
                    Some(false) => self.eval(file, *no, scope),
                    None if matches!(decision, Value::Error(_)) => decision,
                    None => {
                        let values = vec![self.eval(file, *yes, scope), self.eval(file, *no, scope)];
                        Self::either(values, file.place(*condition))
                    }
                }
            }
            Expr::Lambda(_) => Value::Lambda(Rc::new(Closure { file: file.index, expr: id, scope })),
            Expr::Apply { function, arguments } => {
                let mut value = self.eval(file, *function, scope);
                for argument in arguments {
                    let thunk = self.delay(file, *argument, scope);
                    let end = file.tree.span(*argument).end;
                    // `x |> f` has its argument before the function.
                    let span = crate::text::Span { start: place.span.start, end: end.max(place.span.start) };
                    let span = if arguments.len() == 1 { place.span } else { span };
                    value = self.apply(&value, thunk, file.at(span));
                }
                value
            }
            Expr::Select { base, path, default } => {
                self.select_path(file, *base, path, *default, scope, place)
            }
            Expr::HasAttr { base, path } => {
                let base = self.eval(file, *base, scope);
                self.has_path(file, base, path, scope, place)
            }
            Expr::Not(operand) => {
                let operand = self.eval(file, *operand, scope);
                match Self::condition(&operand) {
                    Some(decided) => Value::Bool(!decided),
                    None if matches!(operand, Value::Error(_)) => operand,
                    None => Value::unknown("a condition that cannot be known here", place),
                }
            }
            Expr::Negate(operand) => match self.eval(file, *operand, scope) {
                Value::Integer(number) => Value::Integer(number.wrapping_neg()),
                Value::Float(number) => Value::Float(-number),
                other => Self::unknown_from(other, "a number that cannot be known here", place),
            },
            Expr::Binary { operator, left, right } => match operator {
                Operator::Update => self.update_operator(file, *left, *right, scope, place),
                operator => self.operator(file, *operator, *left, *right, scope, place),
            },
        }
    }

    /// An error stays one; anything else that did not fit is unknown.
    pub(in crate::nix) fn unknown_from(value: Value, why: &str, place: Place) -> Value {
        match value {
            Value::Error(_) => value,
            _ => Value::unknown(why, place),
        }
    }

    // Variables.

    fn variable(&mut self, name: Symbol, scope: ScopeId, place: Place) -> Value {
        let mut at = scope;
        let mut withs = Vec::new();
        loop {
            if !self.spend(1) {
                return Value::unknown(TOO_MUCH_WORK, place);
            }
            match self.scope(at) {
                Scope::Root => break,
                Scope::Attrs { parent, attrs } => match attrs.get(name) {
                    Some(attr) => {
                        let thunk = attr.thunk;
                        return self.force(thunk);
                    }
                    None => at = *parent,
                },
                Scope::One { parent, name: bound, thunk } => {
                    if *bound == name {
                        let thunk = *thunk;
                        return self.force(thunk);
                    }
                    at = *parent;
                }
                Scope::With { parent, thunk } => {
                    withs.push(*thunk);
                    at = *parent;
                }
            }
        }
        if let Some(value) = self.global_symbol(name, place) {
            return value;
        }
        self.variable_of_with(name, &withs, place)
    }

    /// A name that only a `with` can give: the innermost that has it for sure, else the innermost that
    /// may have it. With lib and pkgs, in either order, lib's functions come from lib, and everything else from pkgs.
    fn variable_of_with(&mut self, name: Symbol, withs: &[Thunk], place: Place) -> Value {
        let mut possible = None;
        let mut unlikely = None;
        for with in withs {
            if self.is_spent() {
                return Value::unknown(TOO_MUCH_WORK, place);
            }
            let namespace = self.force(*with);
            match self.attribute_of(&namespace, name, place) {
                Selected::Found(value) => return value,
                Selected::Maybe(value) if is_foreign_to_lib(&namespace, self.names.get(name)) => {
                    unlikely.get_or_insert(value);
                }
                Selected::Maybe(value) => {
                    possible.get_or_insert(value);
                }
                Selected::Absent => {}
            }
        }
        possible.or(unlikely).unwrap_or_else(|| {
            let name = self.name(name);
            Value::unknown(&format!("the name {name} is not defined here"), place)
        })
    }

    // Sets.

    /// Makes a set's attributes, and the scope that its recursive bindings see.
    fn set(&mut self, file: &Rc<File>, id: ExprId, set: &Set, scope: ScopeId) -> (ScopeId, Rc<Attrs>) {
        self.spend(set.entries.len());
        let inner = if set.recursive {
            self.push_scope(Scope::Attrs { parent: scope, attrs: Rc::default() })
        } else {
            scope
        };
        let mut entries = Vec::with_capacity(set.entries.len());
        let mut computed = Vec::new();
        let mut from: Option<(ExprId, Thunk)> = None;
        for (index, entry) in set.entries.iter().enumerate() {
            let site = Some(Site { file: file.index, set: id, entry: index as u32 });
            let name_place = file.at(entry.name.span);
            let name = match entry.name.kind {
                NameKind::Static(name) => Ok(file.symbol(name)),
                NameKind::Dynamic(expr) => {
                    let value = self.eval(file, expr, inner);
                    if matches!(value, Value::Null) {
                        continue;
                    }
                    self.computed_name(&value, name_place)
                }
            };
            let thunk = match (entry.value, &name) {
                (EntryValue::Expr(value), _) => self.delay(file, value, inner),
                (EntryValue::Inherit, Ok(name)) => {
                    let name = *name;
                    self.delay_code(name_place, move |this| this.variable(name, scope, name_place))
                }
                (EntryValue::InheritFrom(expr), Ok(name)) => {
                    let base = match from {
                        Some((known, thunk)) if known == expr => thunk,
                        _ => self.delay(file, expr, inner),
                    };
                    from = Some((expr, base));
                    let name = *name;
                    self.delay_code(name_place, move |this| {
                        let base = this.force(base);
                        this.select(&base, name, name_place)
                    })
                }
                (_, Err(_)) => continue,
            };
            match name {
                Ok(name) => entries.push((name, Attr { thunk, key: Some(name_place), site })),
                Err(text) => computed.push((text, Attr { thunk, key: Some(name_place), site })),
            }
        }
        let literal = (!set.implied).then_some(Literal { file: file.index, expr: id, scope });
        let attrs = Rc::new(Attrs { computed, literal, ..Attrs::from_pairs(entries) });
        if set.recursive {
            self.set_scope_attrs(inner, Rc::clone(&attrs));
        }
        (inner, attrs)
    }

    /// The name that a value gives to an attribute; its text when a part of it is not known.
    pub(in crate::nix) fn computed_name(
        &mut self,
        value: &Value,
        place: Place,
    ) -> Result<Symbol, Rc<super::super::value::Str>> {
        let text = self.text_of(value, place);
        match text.literal() {
            Some(literal) => {
                self.spend(literal.len() / 32);
                Ok(self.symbol(&literal))
            }
            None => Err(text),
        }
    }

    // Paths.

    fn path_literal(&mut self, file: &Rc<File>, parts: &[Part], scope: ScopeId, place: Place) -> Value {
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Text { text: part, .. } => text.push_str(part),
                Part::Interpolation(expr) => {
                    let value = self.eval(file, *expr, scope);
                    match Self::literal(&value) {
                        Some(literal) => text.push_str(&literal),
                        None => return Value::unknown("a path that cannot be known here", place),
                    }
                }
            }
        }
        if text.starts_with('~') {
            return Value::unknown("a path in somebody's home", place);
        }
        Value::Path(Rc::from(clean(&file.folder.join(text))))
    }

    fn search_path(name: &str, place: Place) -> Value {
        match name.split('/').next() {
            Some("nixpkgs") if name == "nixpkgs" => {
                Value::head(Head::Input(super::super::inputs::nixpkgs_by_name(name)), place)
            }
            _ => Value::unknown("a path of the builder's NIX_PATH", place),
        }
    }

    // Strings.

    fn interpolated(&mut self, file: &Rc<File>, parts: &[Part], scope: ScopeId) -> Value {
        let mut pieces = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Part::Text { text, span } => {
                    pieces.push(StrPiece::Literal { text: text.clone(), place: file.at(*span) });
                }
                Part::Interpolation(expr) => {
                    let value = self.eval(file, *expr, scope);
                    if let Value::Error(_) = value {
                        return value;
                    }
                    self.coerce(&value, file.place(*expr), &mut pieces);
                }
            }
        }
        self.spend(parts.len());
        Value::string(pieces)
    }
}

/// Whether a namespace is nixpkgs' lib, and the name none that lib is known to have: releases add some, so it may.
fn is_foreign_to_lib(namespace: &Value, name: &str) -> bool {
    /// What lib has, those that it takes from builtins included.
    static NAMES: OnceLock<HashSet<&str>> = OnceLock::new();
    let names = NAMES.get_or_init(|| include_str!("../library-names.txt").split_ascii_whitespace().collect());
    let is_lib = matches!(
        namespace,
        Value::Neutral(term) if matches!(&**term, Neutral::Head(Head::Library, _))
    );
    is_lib && !names.contains(name)
}
