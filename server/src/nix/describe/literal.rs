//! Set literals as a fix needs them.

use super::super::{
    evaluator::{Evaluator, Scope},
    facts::{AttributeSet, Binding},
    files::File,
    value::{Literal, ScopeId, Thunk, Value},
};
use crate::syntax::nix::{Expr, ExprId};

impl Evaluator<'_> {
    /// The literal behind a set value.
    pub(in crate::nix) fn attribute_set_of(&mut self, value: &Value) -> Option<AttributeSet> {
        let literal = value.as_attrs()?.literal?;
        self.attribute_set(literal)
    }

    pub(in crate::nix) fn attribute_set(&mut self, literal: Literal) -> Option<AttributeSet> {
        let file = self.files.get(literal.file.0 as usize).cloned()?;
        if file.stands_for.is_some() {
            return None;
        }
        let size = file.tree.set(literal.expr).map_or(0, |set| set.written.len());
        self.spend(size);
        let mut set = written_set(&file, literal.expr, 4)?;
        set.pkgs = self.packages_in_scope(literal.scope);
        if let Some(name) = set.pkgs.clone() {
            for binding in &mut set.bindings {
                if let Some(inner) = &mut binding.set {
                    inner.pkgs = Some(name.clone());
                }
            }
        }
        Some(set)
    }

    /// A name for the native package set in a scope: `pkgs`, else another.
    fn packages_in_scope(&mut self, scope: ScopeId) -> Option<String> {
        let mut candidates: Vec<(String, Thunk)> = Vec::new();
        let mut at = scope;
        loop {
            match self.scope(at) {
                Scope::Root => break,
                Scope::Attrs { parent, attrs } => {
                    for (name, attr) in &attrs.entries {
                        candidates.push((self.names.get(*name).to_owned(), attr.thunk));
                    }
                    at = *parent;
                }
                Scope::One { parent, name, thunk } => {
                    candidates.push((self.names.get(*name).to_owned(), *thunk));
                    at = *parent;
                }
                Scope::With { parent, .. } => at = *parent,
            }
            if candidates.len() > 200 {
                break;
            }
        }
        // The innermost of a name hides the others.
        let pkgs = candidates.iter().find(|(name, _)| name == "pkgs").cloned();
        if let Some((name, thunk)) = pkgs {
            let value = self.force(thunk);
            if is_native(&value) {
                return Some(name);
            }
        }
        let mut seen = Vec::new();
        for (name, thunk) in &candidates {
            let hidden = seen.contains(&name);
            seen.push(name);
            if !hidden && self.known(*thunk).is_some_and(is_native) {
                return Some(name.clone());
            }
        }
        None
    }
}

fn is_native(value: &Value) -> bool {
    value.as_packages().is_some_and(|set| !set.platform.is_cross && set.compiles_for.is_none())
}

fn written_set(file: &File, expr: ExprId, depth: usize) -> Option<AttributeSet> {
    let set = file.tree.set(expr)?;
    if set.implied {
        return None;
    }
    let document = file.source.document();
    let binding = |written: &crate::syntax::nix::Written| Binding {
        path: document.slice(written.path).to_owned(),
        span: written.span,
        value: written.value_span,
        set: written
            .value
            .filter(|value| depth > 0 && matches!(file.tree.expr(*value), Expr::Set(_)))
            .and_then(|value| written_set(file, value, depth - 1))
            .map(Box::new),
    };
    Some(AttributeSet {
        file: file.id.clone(),
        span: file.tree.span(expr),
        bindings: set.written.iter().map(binding).collect(),
        pkgs: None,
    })
}
