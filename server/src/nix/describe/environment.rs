//! The environment of a build or shell: attributes, `env`, and what its scripts export.

use std::rc::Rc;

use super::{
    super::{
        evaluator::Evaluator,
        facts::{Known, Phase, Variable, VariableForm},
        value::{Attr, Attrs, Place, StrPiece, Symbol, Value},
    },
    attributes::Given,
    shell,
};

/// Steps that a variable is worth: it has five places and two texts, and rules look at each.
const VARIABLE_COST: usize = 15;

/// Why variables may be missing.
const MORE_VARIABLES: &str = "more environment variables";

impl Evaluator<'_> {
    pub(super) fn environment(&mut self, given: &mut Given) -> Vec<Variable> {
        let attrs = given.attrs.clone();
        let mut variables = Vec::new();
        // With structured attributes, only `env` is exported.
        let structured = self.attribute(&attrs, "__structuredAttrs").is_some_and(|attr| {
            let value = self.force(attr.thunk);
            Self::condition(&value) == Some(true)
        });
        if !structured {
            self.attribute_variables(&attrs, VariableForm::Attribute, &mut variables);
        }
        if let Some(attr) = self.attribute(&attrs, "env") {
            let env = match self.force(attr.thunk) {
                Value::Either(either) => self.merged_alternatives(&either.values, either.place),
                env => env,
            };
            match env {
                Value::Attrs(env) => {
                    if let Some(rest) = &env.rest {
                        let place = rest.place();
                        let rest = Value::Neutral(Rc::clone(rest));
                        self.unknown_value(&mut given.unknown, &rest, place, MORE_VARIABLES);
                    }
                    self.attribute_variables(&env, VariableForm::Env, &mut variables);
                }
                // numtide's devshell has a list of `{ name; value; }`.
                Value::List(list) => {
                    for item in &list.items {
                        self.devshell_variable(*item, &mut variables);
                    }
                }
                Value::Error(_) | Value::Null => {}
                other => {
                    let place = self.place_of(attr.thunk);
                    self.unknown_value(&mut given.unknown, &other, place, MORE_VARIABLES);
                }
            }
        }
        for (_, attr) in self.scripts(&attrs) {
            let value = self.force(attr.thunk);
            let place = self.place_of(attr.thunk);
            let text = self.text_of(&value, place);
            // Reading a script takes time by its characters.
            if !self.spend(text.pieces.iter().map(StrPiece::length).sum::<usize>() / 8) {
                self.unknown_part(&mut given.unknown, place, "a script that takes too much work to read");
                continue;
            }
            for export in shell::exports(&text) {
                if !self.spend(VARIABLE_COST) {
                    self.unknown_part(&mut given.unknown, place, "a script that takes too much work to read");
                    break;
                }
                variables.push(Variable {
                    name: Known::Value(export.name),
                    name_origin: self.origin(export.name_place),
                    value: self.fact_text(&export.value),
                    value_origin: self.origin(export.value_place),
                    form: VariableForm::Export,
                    binding: None,
                });
            }
        }
        variables.sort_by(|left, right| {
            let form = |variable: &Variable| variable.form as u8;
            (form(left), &left.name_origin).cmp(&(form(right), &right.name_origin))
        });
        variables
    }

    fn attribute_variables(&mut self, attrs: &Attrs, form: VariableForm, into: &mut Vec<Variable>) {
        for (name, attr) in &attrs.entries {
            if self.is_spent() {
                return;
            }
            let text = self.name(*name);
            if form == VariableForm::Env || is_variable(&text) {
                let name = Known::Value(text.to_string());
                into.push(self.fact_variable(name, *attr, form));
            }
        }
        for (name, attr) in &attrs.computed {
            let pieces = name.pieces.iter().map(|piece| match piece {
                StrPiece::Literal { text, .. } => text.to_string(),
                _ => "${…}".to_owned(),
            });
            let text: String = pieces.collect();
            // A name of which not even the start is known may be that of a variable.
            if form == VariableForm::Env || is_variable(&text) || text.starts_with("${…}") {
                into.push(self.fact_variable(Known::Unknown(text), *attr, form));
            }
        }
    }

    fn fact_variable(&mut self, name: Known<String>, attr: Attr, form: VariableForm) -> Variable {
        let place = self.place_of(attr.thunk);
        self.spend(VARIABLE_COST);
        Variable {
            name,
            name_origin: self.origin(attr.key.unwrap_or(place)),
            value: self.fact_text_of(attr.thunk),
            value_origin: self.origin(place),
            form,
            binding: self.binding_place(attr).map(|place| self.origin(place)),
        }
    }

    fn devshell_variable(&mut self, item: super::super::value::Thunk, into: &mut Vec<Variable>) {
        let Value::Attrs(item) = self.force(item) else { return };
        let (Some(name), Some(value)) = (self.attribute(&item, "name"), self.attribute(&item, "value"))
        else {
            return;
        };
        let text = self.force(name.thunk);
        let Some(text) = Self::known_text(&text) else { return };
        let key = Some(self.place_of(name.thunk));
        into.push(self.fact_variable(Known::Value(text), Attr { key, ..value }, VariableForm::Env));
    }

    /// The binding `name = value;` that gives an attribute.
    fn binding_place(&self, attr: Attr) -> Option<Place> {
        let site = attr.site?;
        let file = self.files.get(site.file.0 as usize).filter(|file| file.stands_for.is_none())?;
        let entry = file.tree.set(site.set)?.entries.get(site.entry as usize)?;
        let written = file.tree.set(entry.owner)?.written.get(entry.written as usize)?;
        written.value.is_some().then(|| file.at(written.span))
    }

    fn scripts(&self, attrs: &Attrs) -> Vec<(Symbol, Attr)> {
        let mut scripts: Vec<_> =
            attrs.entries.iter().filter(|(name, _)| is_script(self.names.get(*name))).copied().collect();
        scripts.sort_by(|(left, _), (right, _)| self.names.get(*left).cmp(self.names.get(*right)));
        scripts
    }

    pub(super) fn phases(&mut self, given: &Given) -> Vec<Phase> {
        let mut phases = Vec::new();
        for (name, attr) in self.scripts(&given.attrs) {
            let name = self.name(name).to_string();
            let place = self.place_of(attr.thunk);
            if matches!(self.force(attr.thunk), Value::Null | Value::Error(_)) {
                continue;
            }
            phases.push(Phase { name, text: self.fact_text_of(attr.thunk), origin: self.origin(place) });
        }
        phases
    }
}

/// Whether an attribute of a derivation is meant as a variable. Nix exports all of them; those that
/// builders themselves read are written `likeThis`.
pub(in crate::nix) fn is_variable(name: &str) -> bool {
    if name.starts_with("__") || matches!(name, "preConfigurePhases" | "_type") {
        return false;
    }
    name.contains('_') || name.starts_with(|first: char| first.is_ascii_uppercase())
}

/// Whether an attribute is a shell script.
pub(in crate::nix) fn is_script(name: &str) -> bool {
    const PHASES: &[&str] =
        &["Unpack", "Patch", "Configure", "Build", "Check", "Install", "Fixup", "InstallCheck", "Dist"];
    if matches!(name, "shellHook" | "buildCommand" | "text" | "script" | "postShellHook" | "preShellHook") {
        return true;
    }
    if let Some(phase) = name.strip_prefix("pre").or_else(|| name.strip_prefix("post")) {
        return PHASES.contains(&phase);
    }
    name.strip_suffix("Phase")
        .is_some_and(|phase| PHASES.iter().any(|known| known.eq_ignore_ascii_case(phase)))
}
