//! Sets of crates that cargo2nix generates: which crates of the workspace are in them.

use std::rc::Rc;

use super::{
    evaluator::Evaluator,
    value::{Attr, Attrs, Head, Neutral, Place, Symbol, Thunk, Value},
};

/// cargo2nix's functions of a generated `Cargo.nix`.
const FUNCTIONS: &[&str] = &["makePackageSet", "makePackageSet'"];

impl Evaluator<'_> {
    /// `(rustBuilder.makePackageSet { packageFun = import ./Cargo.nix; … }).workspace`: the generated file names the
    /// crates; how each is built is cargo2nix's own matter.
    pub(super) fn crates_of_workspace(
        &mut self,
        term: &Rc<Neutral>,
        function: &Rc<Neutral>,
        given: Thunk,
        name: Symbol,
    ) -> Option<Value> {
        let Neutral::Select { name: method, .. } = &**function.plain() else { return None };
        if self.names.get(name) != "workspace" || !FUNCTIONS.contains(&self.names.get(*method)) {
            return None;
        }
        let place = term.place();
        let given = self.force(given);
        let generated = self.attribute(given.as_attrs()?, "packageFun")?.thunk;
        let generated = self.force(generated);
        let argument = self.argument_of_generated(term, place);
        let set = self.apply(&generated, argument, place);
        let crates = self.attribute(set.as_attrs()?, "workspace")?.thunk;
        let Value::Attrs(crates) = self.force(crates) else { return None };
        if crates.rest.is_some() || !self.spend(crates.entries.len()) {
            return None;
        }
        let workspace = term.select(name, place);
        let workspace = workspace.as_neutral()?;
        let mut entries = Vec::with_capacity(crates.entries.len());
        for (name, _) in &crates.entries {
            let thunk = self.ready(workspace.select(*name, place), place);
            entries.push((*name, Attr { key: Some(place), ..Attr::bare(thunk) }));
        }
        Some(Value::Attrs(Rc::new(Attrs::from_pairs(entries))))
    }

    /// What `Cargo.nix` is called with, as far as the names of its crates need it.
    fn argument_of_generated(&mut self, term: &Rc<Neutral>, place: Place) -> Thunk {
        let rest = Value::unknown("what cargo2nix calls Cargo.nix with", place);
        let lib = self.ready(Value::head(Head::Library, place), place);
        // Whether the lock file is that of `Cargo.nix` is no question of names.
        let (yes, none) = (self.ready(Value::Bool(true), place), self.ready(Value::Null, place));
        let packages = self.ready(Value::Neutral(Rc::clone(term)), place);
        let platform = match term.bottom() {
            Head::Packages(set) => Value::head(Head::Platform(Rc::clone(&set.host)), place),
            _ => rest.clone(),
        };
        let platform = self.ready(platform, place);
        let known = self.attrs_of(vec![
            ("lib", lib),
            ("ignoreLockHash", yes),
            ("workspaceSrc", none),
            ("rustPackages", packages),
            ("hostPlatform", platform),
        ]);
        let whole = Attrs { rest: rest.as_neutral().cloned(), ..(*known).clone() };
        self.ready(Value::Attrs(Rc::new(whole)), place)
    }
}
