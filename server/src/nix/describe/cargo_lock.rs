//! How a package gets its dependencies: `cargoLock`, or `importCargoLock`.

use super::{
    super::{
        evaluator::Evaluator,
        facts::Builder,
        value::{Attrs, Thunk, Value},
        vendoring::CargoLock,
    },
    attributes::Given,
    term::take_apart,
};
use crate::text::FileId;

impl Evaluator<'_> {
    pub(super) fn cargo_lock(&mut self, builder: &Builder, given: &Given) -> Option<CargoLock> {
        let thunk = match self.attribute(&given.attrs, "cargoDeps") {
            // What is given here wins over `cargoLock`.
            Some(attr) => self.import_cargo_lock(attr.thunk)?,
            None if matches!(builder, Builder::BuildRustPackage | Builder::Zigbuild) => {
                self.attribute(&given.attrs, "cargoLock")?.thunk
            }
            None => return None,
        };
        let Value::Attrs(attrs) = self.force(thunk) else { return None };
        let file = self.attribute(&attrs, "lockFile")?;
        let place = self.place_of(file.thunk);
        let value = self.force(file.thunk);
        let path = self.path_of(&value).filter(|path| path.starts_with(self.root()));
        let mut lock = CargoLock {
            file: path.as_deref().map(FileId::new),
            origin: self.origin(place),
            hashes: Vec::new(),
            fetches_git: false,
            complete: attrs.rest.is_none() && attrs.computed.is_empty(),
            literal: attrs.literal.and_then(|literal| self.attribute_set(literal)),
        };
        self.hashes(&attrs, &mut lock);
        if let Some(attr) = self.attribute(&attrs, "allowBuiltinFetchGit") {
            match self.force(attr.thunk) {
                Value::Bool(allowed) => lock.fetches_git = allowed,
                _ => lock.complete = false,
            }
        }
        Some(lock)
    }

    fn hashes(&mut self, attrs: &Attrs, lock: &mut CargoLock) {
        let Some(attr) = self.attribute(attrs, "outputHashes") else { return };
        let Value::Attrs(hashes) = self.force(attr.thunk) else {
            lock.complete = false;
            return;
        };
        lock.complete &= hashes.rest.is_none() && hashes.computed.is_empty();
        for (name, attr) in self.sorted(&hashes) {
            let place = attr.key.unwrap_or_else(|| self.place_of(attr.thunk));
            lock.hashes.push((self.name(name).to_string(), self.origin(place)));
        }
    }

    /// What `rustPlatform.importCargoLock` is given.
    fn import_cargo_lock(&mut self, deps: Thunk) -> Option<Thunk> {
        let value = self.force(deps);
        let call = take_apart(self, value.as_neutral()?.plain());
        (call.main.last() == "importCargoLock").then(|| call.main.arguments.first().copied())?
    }
}
