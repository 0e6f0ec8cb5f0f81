//! Neutral terms taken apart: which function was called, with what, and what was done to the result.

use std::{rc::Rc, sync::Arc};

use super::super::{
    evaluator::Evaluator,
    facts::{Platform, StoreItem},
    package_set::PackageSet,
    platform::Machine,
    terms::is_compiler,
    value::{Head, Neutral, Place, Thunk, Value},
};

/// Names, then arguments.
#[derive(Clone, Debug, Default)]
pub(super) struct Stage {
    pub(super) names: Vec<Arc<str>>,
    pub(super) arguments: Vec<Thunk>,
}

impl Stage {
    pub(super) fn last(&self) -> &str {
        self.names.last().map_or("", |name| name)
    }
}

/// A term as a person would say it.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) head: Head,
    /// What makes the function: `crane.mkLib pkgs`, `makeRustPlatform { … }`.
    pub(super) context: Vec<Stage>,
    /// The function and its arguments; no arguments for a plain package.
    pub(super) main: Stage,
    /// Arguments of `overrideAttrs`.
    pub(super) attribute_overrides: Vec<Thunk>,
    /// Arguments of `override`.
    pub(super) overrides: Vec<Thunk>,
    pub(super) output: Option<String>,
    /// Some other attribute of the result was taken: it may be anything.
    pub(super) is_attribute: bool,
    /// Its path.
    pub(super) attribute: Vec<Arc<str>>,
    pub(super) place: Place,
}

const OUTPUTS: &[&str] =
    &["out", "dev", "lib", "bin", "static", "man", "doc", "info", "debug", "devdoc", "libgcc"];

/// Functions whose results are sets of functions.
const MAKERS: &[&str] = &[
    "makeRustPlatform",
    "mkLib",
    "overrideToolchain",
    "overrideScope",
    "overrideScope'",
    "appendCrateRegistries",
    "callPackage",
    "newScope",
    "mkToolchain",
];

pub(super) fn take_apart(evaluator: &Evaluator<'_>, term: &Rc<Neutral>) -> Call {
    let mut call = Call {
        head: term.bottom().clone(),
        context: Vec::new(),
        main: Stage::default(),
        attribute_overrides: Vec::new(),
        overrides: Vec::new(),
        output: None,
        is_attribute: false,
        attribute: Vec::new(),
        place: term.place(),
    };
    let mut has_main = false;
    for stage in stages(evaluator, term) {
        let mut stage = stage;
        match stage.last() {
            "overrideAttrs" | "overrideDerivation" | "overrideAttrs'" if !stage.arguments.is_empty() => {
                stage.names.pop();
                let arguments = std::mem::take(&mut stage.arguments);
                call.attribute_overrides.extend(arguments);
            }
            "override" if !stage.arguments.is_empty() => {
                stage.names.pop();
                // `mkShell.override { … } { … }`: the second argument is the function's.
                let own = stage.arguments.split_off(1.min(stage.arguments.len()));
                let changed = std::mem::replace(&mut stage.arguments, own);
                call.overrides.extend(changed);
            }
            _ => {}
        }
        let is_maker = MAKERS.contains(&stage.last()) || stage.names.is_empty();
        if !has_main && !stage.arguments.is_empty() && is_maker {
            call.context.push(stage);
        } else if !has_main {
            has_main = !stage.names.is_empty() || !stage.arguments.is_empty();
            call.main.names.append(&mut stage.names);
            call.main.arguments.append(&mut stage.arguments);
            has_main = has_main && !call.main.arguments.is_empty();
        } else if stage.names.iter().all(|name| OUTPUTS.contains(&&**name)) {
            call.output = stage.names.last().map(ToString::to_string).or(call.output);
            call.main.arguments.append(&mut stage.arguments);
        } else {
            call.is_attribute = true;
            call.attribute.append(&mut stage.names);
        }
    }
    if call.main.arguments.is_empty() {
        while call.main.names.len() > 1 && OUTPUTS.contains(&call.main.last()) {
            let output = call.main.names.pop().map(|name| name.to_string());
            call.output = call.output.or(output);
        }
    }
    call
}

fn stages(evaluator: &Evaluator<'_>, term: &Rc<Neutral>) -> Vec<Stage> {
    let mut steps = Vec::new();
    let mut at = Some(term);
    while let Some(term) = at {
        steps.push(term);
        at = term.inner();
    }
    let mut stages: Vec<Stage> = Vec::new();
    for step in steps.iter().rev() {
        match &***step {
            Neutral::Head(..) | Neutral::Overridable { .. } => {}
            Neutral::Select { name, .. } => {
                let name = evaluator.name(*name);
                if &*name == "outPath" {
                    continue;
                }
                match stages.last_mut() {
                    Some(stage) if stage.arguments.is_empty() => stage.names.push(name),
                    _ => stages.push(Stage { names: vec![name], arguments: Vec::new() }),
                }
            }
            Neutral::Apply { argument, .. } => match stages.last_mut() {
                Some(stage) => stage.arguments.push(*argument),
                None => stages.push(Stage { names: Vec::new(), arguments: vec![*argument] }),
            },
        }
    }
    stages
}

impl Call {
    /// The package set that the function comes from, if it is one of nixpkgs.
    pub(super) fn packages(&self) -> Option<&Rc<PackageSet>> {
        match &self.head {
            Head::Packages(set) => Some(set),
            _ => None,
        }
    }

    /// "rustPlatform.buildRustPackage"
    pub(super) fn path(&self) -> String {
        self.main.names.join(".")
    }
}

impl Evaluator<'_> {
    /// A package or derivation as facts name it.
    pub(in crate::nix) fn store_item(&mut self, term: &Rc<Neutral>) -> Option<StoreItem> {
        let call = take_apart(self, term);
        if call.is_attribute {
            return None;
        }
        let mut attribute = match self.name_of_call(&call) {
            Some(name) => name,
            None => call.path(),
        };
        let platform = match &call.head {
            Head::Packages(set) => match &set.compiles_for {
                Some(platform) if is_compiler(&attribute) => {
                    attribute = format!("buildPackages.{attribute}");
                    platform.clone()
                }
                _ => set.platform.clone(),
            },
            Head::Input(input) => {
                let (names, platform) = Self::input_path(&call);
                if call.main.arguments.is_empty() || attribute.is_empty() || attribute == call.path() {
                    attribute = std::iter::once(&*input.name)
                        .chain(names.iter().map(|name| &**name))
                        .collect::<Vec<_>>()
                        .join(".");
                }
                platform
            }
            Head::Builtins => Platform::default(),
            Head::Unknown(_) | Head::Config(_) | Head::Flake | Head::Library | Head::Platform(_) => {
                return None;
            }
        };
        let platform = self.context_packages(&call).map_or(platform, |set| set.platform.clone());
        (!attribute.is_empty()).then_some(StoreItem { attribute, output: call.output, platform })
    }

    /// `pname`, or `name`, of a derivation that the flake makes.
    pub(super) fn name_of_call(&mut self, call: &Call) -> Option<String> {
        let given = call.main.arguments.iter().rev().find_map(|argument| {
            let value = self.known(*argument)?;
            value.as_attrs().cloned()
        })?;
        for name in ["pname", "name"] {
            if let Some(attr) = self.attribute(&given, name) {
                let value = self.force(attr.thunk);
                if let Some(name) = Self::known_text(&value) {
                    return Some(name);
                }
            }
        }
        None
    }

    /// A package's path in an input, without "packages.SYSTEM", and the platform of that system.
    fn input_path(call: &Call) -> (Vec<Arc<str>>, Platform) {
        let stage = call.context.first().filter(|stage| !stage.names.is_empty()).unwrap_or(&call.main);
        let mut names = stage.names.as_slice();
        let mut system = None;
        if let [kind, of, rest @ ..] = names
            && matches!(&**kind, "packages" | "legacyPackages" | "defaultPackage" | "lib")
            && of.contains('-')
        {
            system = Some(Arc::clone(of));
            names = rest;
        }
        let names = if call.context.is_empty() { names.to_vec() } else { call.main.names.clone() };
        let platform = match system {
            Some(system) => PackageSet::native(Machine::from_system(&system)).platform.clone(),
            None => unknown_platform("the platform of a flake input's package is not known"),
        };
        (names, platform)
    }

    /// The package set that a framework was made with: `crane.mkLib pkgs`, `callPackage naersk { }`.
    pub(super) fn context_packages(&mut self, call: &Call) -> Option<Rc<PackageSet>> {
        let arguments: Vec<Thunk> = call.context.iter().flat_map(|stage| stage.arguments.clone()).collect();
        for argument in arguments {
            let value = self.force(argument);
            if let Some(set) = value.as_packages() {
                return Some(Rc::clone(set));
            }
            let attr = value.as_attrs().and_then(|attrs| self.attribute(attrs, "pkgs"));
            if let Some(attr) = attr {
                let pkgs: Value = self.force(attr.thunk);
                if let Some(set) = pkgs.as_packages() {
                    return Some(Rc::clone(set));
                }
            }
        }
        None
    }
}

pub(super) fn unknown_platform(why: &str) -> Platform {
    use super::super::facts::Known;
    Platform { is_static: Known::Unknown(why.to_owned()), ..Platform::default() }
}
