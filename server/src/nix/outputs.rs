//! The flake's outputs: which packages and shells there are.

use std::rc::Rc;

use super::{
    apps,
    describe::Output,
    evaluator::{Evaluator, TOO_MUCH_WORK},
    facts::{Derivation, FlakeFacts, Gap, OutputKind},
    inputs::Flake,
    value::{Attr, Attrs, Head, Neutral, Place, StrPiece, Symbol, Thunk, Value},
};
use crate::snapshot::{Read, Snapshot};

/// Kinds of outputs that hold packages by system and name, or by system alone.
const PACKAGES: &[&str] = &["packages", "defaultPackage"];
const SHELLS: &[&str] = &["devShells", "devShell"];
/// Kinds that may lead to further packages.
const USERS: &[&str] = &["apps", "defaultApp", "checks"];

/// Steps that one attribute of the outputs is worth, besides what it comes to.
const OUTPUT_COST: usize = 10;

pub(super) fn read_flake(snapshot: &Snapshot) -> Option<FlakeFacts> {
    let path = snapshot.root.join("flake.nix");
    let source = match snapshot.files.read(&path) {
        Read::Text(source) => source,
        Read::Absent => return None,
        Read::Unreadable(_) => {
            return Some(FlakeFacts { files: vec![crate::text::FileId::new(path)], ..FlakeFacts::default() });
        }
    };
    let mut evaluator = Evaluator::new(snapshot);
    evaluator.looked_for.push(source.file().clone());
    let mut reader = Reader {
        packages: Vec::new(),
        shells: Vec::new(),
        apps: Vec::new(),
        kinds: Vec::new(),
        failing: Vec::new(),
        complete: true,
    };
    match evaluator.open_flake(&source) {
        Some(flake) => reader.outputs(&mut evaluator, &flake),
        None => reader.complete = false,
    }
    let broken = evaluator.files.iter().any(|file| file.tree.is_broken());
    Some(reader.finish(evaluator, broken))
}

struct Reader {
    packages: Vec<(Derivation, Option<Place>)>,
    shells: Vec<Derivation>,
    apps: Vec<apps::Found>,
    kinds: Vec<OutputKind>,
    failing: Vec<(String, Gap)>,
    complete: bool,
}

impl Reader {
    fn finish(self, evaluator: Evaluator<'_>, broken: bool) -> FlakeFacts {
        let mut apps: Vec<_> = self.apps.into_iter().map(|app| app.of(&self.packages)).collect();
        apps.sort_by(|left, right| (&left.system, &left.name).cmp(&(&right.system, &right.name)));
        let mut packages: Vec<Derivation> = self.packages.into_iter().map(|(package, _)| package).collect();
        let mut shells = self.shells;
        // What follows a syntax error may be read wrongly: nothing is said to be all there is.
        let complete = self.complete && !broken && !evaluator.exhausted;
        if broken || evaluator.exhausted {
            for derivation in packages.iter_mut().chain(&mut shells) {
                derivation.complete = false;
            }
        }
        let work = evaluator.work();
        let by_system_and_name = |left: &Derivation, right: &Derivation| {
            (&left.system, &left.name, &left.attribute).cmp(&(&right.system, &right.name, &right.attribute))
        };
        packages.sort_by(by_system_and_name);
        shells.sort_by(by_system_and_name);
        let mut systems: Vec<String> =
            packages.iter().chain(&shells).filter_map(|derivation| derivation.system.clone()).collect();
        systems.sort();
        systems.dedup();
        let mut cross_sets = evaluator.cross_sets;
        cross_sets.sort_by(|left, right| left.platform.origin.cmp(&right.platform.origin));
        FlakeFacts {
            files: evaluator.looked_for,
            systems,
            packages,
            shells,
            cross_sets,
            kinds: self.kinds,
            apps,
            gaps: evaluator.gaps,
            failing: self.failing,
            told: Vec::new(),
            complete,
            work,
        }
    }

    fn outputs(&mut self, evaluator: &mut Evaluator<'_>, flake: &Flake) {
        let outputs = evaluator.force(flake.outputs);
        let outputs = self.as_attrs(evaluator, outputs, flake.place, true);
        let Some(outputs) = outputs else {
            self.complete = false;
            return;
        };
        self.kinds = apps::kinds(evaluator, &outputs);
        for (kinds, is_shell) in [(PACKAGES, false), (SHELLS, true)] {
            for kind in kinds {
                if let Some(attr) = evaluator.attribute(&outputs, kind) {
                    self.kind(evaluator, kind, attr, &mut |reader, evaluator, value, output| {
                        reader.add(evaluator, &value, &output, is_shell);
                    });
                }
            }
        }
        for kind in USERS {
            if let Some(attr) = evaluator.attribute(&outputs, kind) {
                let (complete, gaps) = (self.complete, evaluator.gaps.len());
                self.kind(evaluator, kind, attr, &mut |reader, evaluator, value, output| {
                    reader.add_used(evaluator, &value, &output);
                    if *kind != "checks" {
                        reader.apps.extend(apps::read(evaluator, &value, &output));
                    }
                });
                // Unknown apps and checks hide no outputs, and concern nobody.
                self.complete = complete;
                evaluator.gaps.truncate(gaps);
            }
        }
    }

    /// The set that a value is; an unknown function of the system is taken as what it most likely is.
    fn as_attrs(
        &mut self,
        evaluator: &mut Evaluator<'_>,
        value: Value,
        place: Place,
        of_kinds: bool,
    ) -> Option<Rc<Attrs>> {
        let value = match value {
            Value::Either(either) => evaluator.merged_alternatives(&either.values, either.place),
            value => value,
        };
        match value {
            Value::Attrs(attrs) => {
                if let Some(rest) = &attrs.rest {
                    self.complete = false;
                    let place = rest.place();
                    evaluator.gap(place, "outputs that cannot be known here");
                    // An unknown helper may bring the rest.
                    if let Some(guessed) = guess(evaluator, rest, of_kinds) {
                        let known = Value::Attrs(Rc::clone(&attrs));
                        if let Value::Attrs(all) = evaluator.recursive_update(&guessed, &known, place) {
                            return Some(all);
                        }
                    }
                }
                if !attrs.computed.is_empty() {
                    self.complete = false;
                }
                Some(attrs)
            }
            Value::Neutral(term) => {
                self.complete = false;
                match guess(evaluator, &term, of_kinds) {
                    Some(Value::Attrs(attrs)) => Some(attrs),
                    _ => {
                        evaluator.gap(term.place(), "outputs that cannot be known here");
                        None
                    }
                }
            }
            Value::Error(why) => {
                evaluator.gap(place, &format!("the outputs cannot be evaluated: {why}"));
                self.complete = false;
                None
            }
            _ => None,
        }
    }

    /// `kind.SYSTEM.NAME`, or `kind.SYSTEM` for the old kinds.
    fn kind(
        &mut self,
        evaluator: &mut Evaluator<'_>,
        kind: &str,
        attr: Attr,
        take: &mut dyn FnMut(&mut Self, &mut Evaluator<'_>, Value, Output),
    ) {
        let place = evaluator.place_of(attr.thunk);
        let value = evaluator.force(attr.thunk);
        let Some(systems) = self.as_attrs(evaluator, value, place, false) else { return };
        for (system, attr) in evaluator.sorted(&systems) {
            if evaluator.is_spent() {
                return evaluator.gap(attr.key.unwrap_or(place), TOO_MUCH_WORK);
            }
            let system = evaluator.name(system);
            let key = attr.key.unwrap_or(place);
            let value = evaluator.force(attr.thunk);
            if !kind.ends_with('s') {
                let output = Output {
                    attribute: format!("{kind}.{system}"),
                    name: "default".to_owned(),
                    system: Some(system.to_string()),
                    key,
                };
                take(self, evaluator, value, output);
                continue;
            }
            let at = evaluator.place_of(attr.thunk);
            let Some(named) = self.as_attrs(evaluator, value, at, false) else { continue };
            for (name, attr) in evaluator.sorted(&named) {
                // What was described so far is kept; nothing is said to be all there is.
                if !evaluator.spend(OUTPUT_COST) {
                    return evaluator.gap(attr.key.unwrap_or(at), TOO_MUCH_WORK);
                }
                let name = evaluator.name(name);
                let output = Output {
                    attribute: format!("{kind}.{system}.{name}"),
                    name: name.to_string(),
                    system: Some(system.to_string()),
                    key: attr.key.unwrap_or_else(|| evaluator.place_of(attr.thunk)),
                };
                let value = evaluator.force(attr.thunk);
                take(self, evaluator, value, output);
            }
        }
    }

    fn add(&mut self, evaluator: &mut Evaluator<'_>, value: &Value, output: &Output, is_shell: bool) {
        if let Value::Error(why) = value {
            let gap = Gap { origin: evaluator.origin(output.key), why: why.to_string() };
            self.failing.push((output.attribute.clone(), gap));
            return;
        }
        let identity = identity(evaluator, value);
        for derivation in evaluator.describe(value, output) {
            if is_shell {
                self.shells.push(derivation);
            } else {
                self.packages.push((derivation, identity));
            }
        }
    }

    /// Adds a package that only an app or check uses.
    fn add_used(&mut self, evaluator: &mut Evaluator<'_>, value: &Value, output: &Output) {
        for used in used_packages(evaluator, value) {
            let identity = identity(evaluator, &used);
            let known = self.packages.iter().any(|(package, other)| {
                other.is_some() && *other == identity && package.system == output.system
            });
            if known {
                continue;
            }
            for derivation in evaluator.describe(&used, output) {
                if derivation.builds_rust() && !is_check_of_crane(&used, evaluator) {
                    self.packages.push((derivation, identity));
                }
            }
        }
    }
}

/// Where a derivation is made, overrides and outputs aside: what is made by one expression is one
/// package, whatever names and variants it has.
pub(super) fn identity(evaluator: &Evaluator<'_>, value: &Value) -> Option<Place> {
    let mut term = match value {
        Value::Neutral(term) => term.plain(),
        Value::Attrs(attrs) => attrs.rest.as_ref()?.plain(),
        _ => return None,
    };
    loop {
        let base = match &**term {
            Neutral::Select { base, .. } => base.plain(),
            Neutral::Apply { function, .. } => match &**function.plain() {
                Neutral::Select { base, name, .. } if evaluator.name(*name).starts_with("override") => {
                    base.plain()
                }
                _ => return Some(term.place()),
            },
            _ => return Some(term.place()),
        };
        // A plain package of nixpkgs is itself.
        if !is_call(base) {
            return Some(term.place());
        }
        term = base;
    }
}

fn is_call(term: &Rc<Neutral>) -> bool {
    let mut at = Some(term);
    while let Some(term) = at {
        if let Neutral::Apply { .. } = &**term {
            return true;
        }
        at = term.inner();
    }
    false
}

/// The derivations that an app runs or a check is.
fn used_packages(evaluator: &mut Evaluator<'_>, value: &Value) -> Vec<Value> {
    match value {
        Value::Neutral(_) => vec![value.clone()],
        Value::Attrs(attrs) => {
            let Some(program) = evaluator.attribute(attrs, "program") else { return Vec::new() };
            match evaluator.force(program.thunk) {
                Value::Str(text) => {
                    let item = text.pieces.iter().find_map(|piece| match piece {
                        StrPiece::Store { item, .. } => Some(Value::Neutral(Rc::clone(item))),
                        _ => None,
                    });
                    item.into_iter().collect()
                }
                value @ Value::Neutral(_) => vec![value],
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

/// `cargoClippy`, `cargoFmt` and so on make no program.
fn is_check_of_crane(value: &Value, evaluator: &Evaluator<'_>) -> bool {
    let mut term = value.as_neutral();
    while let Some(at) = term {
        if let Neutral::Select { name, .. } = &**at
            && evaluator.name(*name).starts_with("cargo")
        {
            return true;
        }
        term = at.inner();
    }
    false
}

/// What an unknown call most likely is that got a function of the system: that function, for every
/// system. Without such a function, nothing.
fn guess(evaluator: &mut Evaluator<'_>, term: &Rc<Neutral>, of_kinds: bool) -> Option<Value> {
    if !matches!(term.bottom(), Head::Unknown(_) | Head::Input(_)) {
        return None;
    }
    let mut at = Some(term);
    while let Some(term) = at {
        if let Neutral::Apply { argument, place, .. } = &**term {
            let (argument, place) = (*argument, *place);
            let function = evaluator.force(argument);
            if let Some(guessed) = guess_each_system(evaluator, &function, of_kinds, place) {
                evaluator.gap(place, "an unknown function of the system is taken as one for every system");
                return Some(guessed);
            }
        }
        at = term.inner();
    }
    None
}

fn guess_each_system(
    evaluator: &mut Evaluator<'_>,
    function: &Value,
    of_kinds: bool,
    place: Place,
) -> Option<Value> {
    let system = evaluator.symbol("system");
    let takes_system = evaluator.parameter_name(function) == Some(system);
    let formals = evaluator.formals(function)?;
    let pkgs = evaluator.symbol("pkgs");
    let takes_set = formals.iter().any(|formal| formal.name == pkgs || formal.name == system);
    // `pkgs: { … }`, as in `forAllSystems (pkgs: …)`.
    let takes_packages = evaluator.parameter_name(function) == Some(pkgs);
    if !takes_system && !takes_set && !takes_packages {
        return None;
    }
    let function = function.clone();
    let argument = move |evaluator: &mut Evaluator<'_>, system: Thunk| -> Thunk {
        if takes_system {
            return system;
        }
        let packages = packages_of(evaluator, system, place);
        if takes_packages {
            return packages;
        }
        let lib = evaluator.ready(Value::head(Head::Library, place), place);
        let known = evaluator.attrs_of(vec![("system", system), ("pkgs", packages), ("lib", lib)]);
        let rest = Value::unknown("an argument that an unknown function gives", place).as_neutral().cloned();
        evaluator.ready(Value::Attrs(Rc::new(Attrs { rest, ..(*known).clone() })), place)
    };
    let systems: Vec<Thunk> =
        super::platform::DEFAULT_SYSTEMS.iter().map(|system| evaluator.thunk_text(system, place)).collect();
    if of_kinds {
        return Some(evaluator.each_system(
            &systems,
            &mut |evaluator, system| {
                let argument = argument(evaluator, system);
                evaluator.apply(&function, argument, place)
            },
            place,
        ));
    }
    let mut entries: Vec<(Symbol, Attr)> = Vec::new();
    for (name, system) in super::platform::DEFAULT_SYSTEMS.iter().zip(systems) {
        let name = evaluator.symbol(name);
        let argument = argument(evaluator, system);
        let function = function.clone();
        let thunk = evaluator.delay_code(place, move |evaluator| evaluator.apply(&function, argument, place));
        entries.push((name, Attr::bare(thunk)));
    }
    Some(Value::Attrs(Rc::new(Attrs::from_pairs(entries))))
}

/// The flake's own nixpkgs for a system.
fn packages_of(evaluator: &mut Evaluator<'_>, system: Thunk, place: Place) -> Thunk {
    evaluator.delay_code(place, move |evaluator| {
        let system = evaluator.force(system);
        let machine = evaluator.machine(&system, place);
        Value::head(Head::Packages(super::package_set::PackageSet::native(machine)), place)
    })
}
