//! Tokens to a tree: what stands between braces.

use std::collections::hash_map::Entry as MapEntry;

use rnix::SyntaxKind as T;

use super::{
    AttrName, Entry, EntryValue, Expr, ExprId, Formal, NameId, NameKind, Parameter, Part, Set, Written,
    parser::Parser,
};
use crate::text::Span;

impl Parser<'_> {
    /// Makes the node `id` an empty set, so that bindings can be put into it.
    pub(super) fn open_set(&mut self, id: ExprId, recursive: bool) {
        if let Some(node) = self.node_mut(id) {
            *node = Expr::Set(Box::new(Set { recursive, ..Set::default() }));
        }
    }

    /// Takes the set out of the node again, to be put where it belongs.
    pub(super) fn close_set(&mut self, id: ExprId) -> Set {
        match self.node_mut(id) {
            Some(Expr::Set(set)) => std::mem::take(set),
            _ => Set::default(),
        }
    }

    fn set_mut(&mut self, id: ExprId) -> Option<&mut Set> {
        match self.node_mut(id)? {
            Expr::Set(set) => Some(set),
            _ => None,
        }
    }

    /// Bindings up to `until`, which stays.
    pub(super) fn bindings(&mut self, set: ExprId, until: T) {
        while let Some(kind) = self.peek() {
            if kind == until || kind == T::TOKEN_R_BRACE || kind == T::TOKEN_INTERPOL_END {
                break;
            }
            match kind {
                T::TOKEN_INHERIT => self.inherit(set),
                _ if starts_name(kind) => self.binding(set),
                // Closers and keywords of an expression around this set: it was never closed.
                T::TOKEN_R_PAREN | T::TOKEN_R_BRACK | T::TOKEN_THEN | T::TOKEN_ELSE | T::TOKEN_IN => break,
                _ => {
                    self.error("expected a binding `name = value;`");
                    self.skip_binding();
                }
            }
        }
    }

    fn binding(&mut self, set: ExprId) {
        let start = self.start();
        let path = self.attribute_path();
        let path_span = Span::new(start, self.end());
        if !self.eat(T::TOKEN_ASSIGN) {
            self.error("expected `=` behind the attribute's name");
            // Half-typed: what follows is the next binding, or the set's end.
            if !(self.binding_ahead() || self.at(T::TOKEN_R_BRACE) || self.at(T::TOKEN_IN)) {
                self.skip_binding();
            }
            return;
        }
        let value_start = self.start();
        let value = self.expression();
        let value_span = Span::new(value_start, self.end().max(value_start));
        if !self.eat(T::TOKEN_SEMICOLON) {
            self.error("expected `;` behind the value");
            if !(self.binding_ahead() || self.at(T::TOKEN_R_BRACE) || self.at(T::TOKEN_IN)) {
                self.skip_binding();
            }
        }
        let span = Span::new(start, self.end());
        let written = self.write(set, Written { path: path_span, span, value_span, value: Some(value) });
        self.define(set, &path, EntryValue::Expr(value), set, written);
    }

    fn inherit(&mut self, set: ExprId) {
        let start = self.start();
        let path = self.bump();
        let from = self.at(T::TOKEN_L_PAREN).then(|| {
            self.bump();
            let from = self.expression();
            self.expect(T::TOKEN_R_PAREN, "`)`");
            from
        });
        let mut names = Vec::new();
        while self.peek().is_some_and(starts_name) && !self.binding_ahead() {
            names.extend(self.attribute_name());
        }
        if !self.eat(T::TOKEN_SEMICOLON) {
            self.error("expected `;` behind the inherited names");
            if !(self.binding_ahead() || self.at(T::TOKEN_R_BRACE) || self.at(T::TOKEN_IN)) {
                self.skip_binding();
            }
        }
        let span = Span::new(start, self.end());
        let written = self.write(set, Written { path, span, value_span: Span::at(path.end()), value: None });
        let value = from.map_or(EntryValue::Inherit, EntryValue::InheritFrom);
        for name in names {
            self.define(set, &[name], value, set, written);
        }
    }

    fn write(&mut self, set: ExprId, written: Written) -> u32 {
        let Some(set) = self.set_mut(set) else { return 0 };
        set.written.push(written);
        set.written.len() as u32 - 1
    }

    /// Enters `path = value` into a set; nested paths make sets, or fill those that are there.
    fn define(&mut self, set: ExprId, path: &[AttrName], value: EntryValue, owner: ExprId, written: u32) {
        let mut set = set;
        let mut path = path.iter().copied();
        let Some(mut name) = path.next() else { return };
        for next in path {
            set = match self.nested_set(set, name) {
                Some(nested) => nested,
                None => {
                    let implied = Expr::Set(Box::new(Set { implied: true, ..Set::default() }));
                    let span = Span::new(next.span.start(), self.end());
                    let nested = self.node_at(implied, span);
                    self.enter_name(set, Entry { name, value: EntryValue::Expr(nested), owner, written });
                    nested
                }
            };
            name = next;
        }
        let also = match value {
            EntryValue::Expr(value) => self.set_entries(value),
            _ => None,
        };
        match (self.nested_set(set, name), also) {
            // `a.b = 1; a = { c = 2; };` is one set.
            (Some(nested), Some(entries)) => {
                for entry in entries {
                    self.enter_name(nested, entry);
                }
            }
            _ => self.enter_name(set, Entry { name, value, owner, written }),
        }
    }

    fn set_entries(&self, id: ExprId) -> Option<Vec<Entry>> {
        match self.tree.expr(id) {
            Expr::Set(set) => Some(set.entries.clone()),
            _ => None,
        }
    }

    /// The set that the name already stands for.
    fn nested_set(&self, set: ExprId, name: AttrName) -> Option<ExprId> {
        let NameKind::Static(name) = name.kind else { return None };
        let index = *self.defined.get(&(set, name))? as usize;
        let Expr::Set(set) = self.tree.expr(set) else { return None };
        match set.entries.get(index)?.value {
            EntryValue::Expr(value) if matches!(self.tree.expr(value), Expr::Set(_)) => Some(value),
            _ => None,
        }
    }

    /// Adds an entry; of two with one name (which Nix refuses) the first stays.
    fn enter_name(&mut self, set: ExprId, entry: Entry) {
        let Some(index) = self.set_mut(set).map(|set| set.entries.len() as u32) else { return };
        if let NameKind::Static(name) = entry.name.kind {
            match self.defined.entry((set, name)) {
                MapEntry::Occupied(_) => return,
                MapEntry::Vacant(place) => _ = place.insert(index),
            }
        }
        if let Some(set) = self.set_mut(set) {
            set.entries.push(entry);
        }
    }

    /// Skips to behind the next `;` of this set, or to its end.
    fn skip_binding(&mut self) {
        let mut depth = 0_usize;
        while let Some(kind) = self.peek() {
            match kind {
                T::TOKEN_SEMICOLON if depth == 0 => {
                    self.bump();
                    return;
                }
                T::TOKEN_L_BRACE | T::TOKEN_L_BRACK | T::TOKEN_L_PAREN | T::TOKEN_INTERPOL_START => {
                    depth += 1;
                }
                T::TOKEN_R_BRACE | T::TOKEN_R_BRACK | T::TOKEN_R_PAREN | T::TOKEN_INTERPOL_END => {
                    if depth == 0 {
                        // A stray `)` or `]` is skipped: nothing up there waits for it inside a set.
                        if matches!(kind, T::TOKEN_R_BRACE | T::TOKEN_INTERPOL_END) {
                            return;
                        }
                    } else {
                        depth -= 1;
                    }
                }
                T::TOKEN_IN if depth == 0 => return,
                _ if depth == 0 && self.binding_ahead() => return,
                _ => {}
            }
            self.bump();
        }
    }

    /// Whether `name =` or `name.name =` comes next: what cannot be inside an expression.
    pub(super) fn binding_ahead(&self) -> bool {
        if self.at(T::TOKEN_INHERIT) {
            return true;
        }
        // Bounded: it is asked at each name of a path.
        for ahead in (0..16).step_by(2) {
            match (self.peek_at(ahead), self.peek_at(ahead + 1)) {
                (Some(T::TOKEN_IDENT), Some(T::TOKEN_ASSIGN)) => return true,
                (Some(T::TOKEN_IDENT), Some(T::TOKEN_DOT)) => {}
                _ => return false,
            }
        }
        false
    }

    // Names.

    /// The `name.name…` of a binding.
    pub(super) fn attribute_path(&mut self) -> Box<[AttrName]> {
        self.names(false)
    }

    /// The `name.name…` behind a dot or `?`. A name may still be missing: when the next line is the next
    /// binding, its name is not taken for it.
    pub(super) fn selected_path(&mut self) -> Box<[AttrName]> {
        self.names(true)
    }

    fn names(&mut self, in_expression: bool) -> Box<[AttrName]> {
        // Nearly all have one name.
        let mut path = Vec::with_capacity(1);
        loop {
            let name = if in_expression && self.next_line_binds() { None } else { self.attribute_name() };
            match name {
                Some(name) => path.push(name),
                None => {
                    self.error("expected an attribute's name");
                    break;
                }
            }
            if !self.eat(T::TOKEN_DOT) {
                break;
            }
        }
        path.into()
    }

    fn next_line_binds(&self) -> bool {
        let gap = self.text.get(self.end()..self.start()).unwrap_or_default();
        gap.contains('\n') && self.binding_ahead()
    }

    fn attribute_name(&mut self) -> Option<AttrName> {
        let start = self.start();
        let kind = match self.peek()? {
            T::TOKEN_IDENT | T::TOKEN_OR => {
                let span = self.bump();
                NameKind::Static(self.intern(span))
            }
            T::TOKEN_STRING_START => self.quoted_name(start),
            T::TOKEN_INTERPOL_START => NameKind::Dynamic(self.interpolation()),
            _ => return None,
        };
        Some(AttrName { span: Span::new(start, self.end()), kind })
    }

    fn quoted_name(&mut self, start: usize) -> NameKind {
        let parts = self.string();
        let text: Option<String> = parts
            .iter()
            .map(|part| match part {
                Part::Text { text, .. } => Some(&**text),
                Part::Interpolation(_) => None,
            })
            .collect();
        match text {
            Some(text) => NameKind::Static(self.tree.names.intern(&text)),
            None => NameKind::Dynamic(self.node(Expr::Str(parts), start)),
        }
    }

    // Patterns.

    /// Whether the `{` that comes next opens a pattern. `{ name }` is one only when a `:` or `@`
    /// follows: otherwise it is a set with a half-typed binding.
    pub(super) fn pattern_ahead(&self) -> bool {
        let ends_pattern = |at| matches!(self.peek_at(at), Some(T::TOKEN_COLON | T::TOKEN_AT));
        match (self.peek_at(1), self.peek_at(2)) {
            (Some(T::TOKEN_R_BRACE), _) => ends_pattern(2),
            (Some(T::TOKEN_ELLIPSIS), _) => true,
            (Some(T::TOKEN_IDENT), Some(T::TOKEN_COMMA | T::TOKEN_QUESTION)) => true,
            (Some(T::TOKEN_IDENT), Some(T::TOKEN_R_BRACE)) => ends_pattern(3),
            _ => false,
        }
    }

    /// `{ a, b ? c, ... }`, with `@ name` behind it when it is not before it.
    pub(super) fn pattern(&mut self, whole: Option<NameId>) -> Parameter {
        let mut whole = whole;
        let mut formals = Vec::new();
        let mut open = false;
        self.expect(T::TOKEN_L_BRACE, "`{`");
        loop {
            if self.eat(T::TOKEN_ELLIPSIS) {
                open = true;
                // Nothing may follow, not even a comma.
                break;
            } else if self.at(T::TOKEN_IDENT) {
                let span = self.bump();
                let name = self.intern(span);
                let default = self.eat(T::TOKEN_QUESTION).then(|| self.expression());
                formals.push(Formal { name, span, default });
            }
            if !self.eat(T::TOKEN_COMMA) {
                break;
            }
        }
        self.expect(T::TOKEN_R_BRACE, "`}` behind the function's arguments");
        if self.eat(T::TOKEN_AT) {
            if self.at(T::TOKEN_IDENT) {
                let span = self.bump();
                whole = Some(self.intern(span));
            } else {
                self.error("expected a name behind `@`");
            }
        }
        Parameter::Pattern { formals: formals.into(), open, whole }
    }
}

/// Whether an attribute's name can start with it.
fn starts_name(kind: T) -> bool {
    matches!(kind, T::TOKEN_IDENT | T::TOKEN_OR | T::TOKEN_STRING_START | T::TOKEN_INTERPOL_START)
}
