//! The flake's apps: what they run, and which of its packages that belongs to.

use std::rc::Rc;

use super::{
    describe::Output,
    evaluator::Evaluator,
    facts::{App, Derivation, OutputKind},
    outputs::identity,
    value::{Attrs, Place, StrPiece, Value},
};

/// An app, with the place where its program's package is made.
#[derive(Debug)]
pub(super) struct Found {
    app: App,
    identity: Option<Place>,
}

/// The app that a value is; of alternatives none.
pub(super) fn read(evaluator: &mut Evaluator<'_>, value: &Value, output: &Output) -> Option<Found> {
    let Value::Attrs(attrs) = value else { return None };
    let program = evaluator.attribute(attrs, "program")?;
    let place = evaluator.place_of(program.thunk);
    let package = match evaluator.force(program.thunk) {
        Value::Str(text) => text.pieces.iter().find_map(|piece| match piece {
            StrPiece::Store { item, .. } => Some(Value::Neutral(Rc::clone(item))),
            _ => None,
        }),
        value @ Value::Neutral(_) => Some(value),
        _ => None,
    };
    let app = App {
        attribute: output.attribute.clone(),
        name: output.name.clone(),
        system: output.system.clone(),
        program: evaluator.fact_text_of(program.thunk),
        origin: evaluator.origin(place),
        packages: Vec::new(),
        script: package.as_ref().and_then(|package| script(evaluator, package, output)),
    };
    Some(Found { app, identity: package.and_then(|package| identity(evaluator, &package)) })
}

/// The text of `writeShellScript` and its like.
fn script(evaluator: &mut Evaluator<'_>, package: &Value, output: &Output) -> Option<super::facts::Text> {
    let described = evaluator.describe(package, output).into_iter().next()?;
    if !described.function.starts_with("write") {
        return None;
    }
    described.phases.into_iter().find(|phase| phase.name == "text").map(|phase| phase.text)
}

impl Found {
    /// The app, with those of the packages that are made where its program's is.
    pub(super) fn of(self, packages: &[(Derivation, Option<Place>)]) -> App {
        let is_its = |(package, identity): &&(Derivation, Option<Place>)| {
            identity.is_some() && *identity == self.identity && package.system == self.app.system
        };
        let packages = packages.iter().filter(is_its).map(|(package, _)| package.attribute.clone()).collect();
        App { packages, ..self.app }
    }
}

/// The names of the outputs, with their places.
pub(super) fn kinds(evaluator: &Evaluator<'_>, outputs: &Attrs) -> Vec<OutputKind> {
    let named = outputs.entries.iter().filter_map(|(name, attr)| {
        let origin = evaluator.origin(attr.key?);
        Some(OutputKind { name: evaluator.name(*name).to_string(), origin })
    });
    let mut kinds: Vec<OutputKind> = named.collect();
    kinds.sort_by(|left, right| left.name.cmp(&right.name));
    kinds
}
