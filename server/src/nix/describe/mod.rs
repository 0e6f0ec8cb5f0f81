//! From a value to a [`Derivation`]: what makes it, for what, with which environment and inputs.

mod attributes;
mod cargo_lock;
mod commands;
mod environment;
mod inputs;
mod literal;
mod settings;
mod shell;
mod term;
mod text;
mod toolchain;

pub(super) use environment::{is_script, is_variable};
pub(super) use shell::exports as exports_of;

use std::rc::Rc;

pub(super) use self::inputs::LISTS as INPUT_LISTS;
use self::{
    attributes::Given,
    commands::Told,
    term::{Call, take_apart, unknown_platform},
};
use super::{
    evaluator::Evaluator,
    facts::{Builder, Derivation, Gap, Platform, Text, Toolchain},
    value::{Head, InputKind, Neutral, Place, Value},
};

/// Where in the flake's outputs something stands.
#[derive(Clone, Debug)]
pub(super) struct Output {
    /// "packages.x86_64-linux.default"
    pub(super) attribute: String,
    /// "default"
    pub(super) name: String,
    pub(super) system: Option<String>,
    /// The attribute's key.
    pub(super) key: Place,
}

/// crane's functions that build with cargo.
const CRANE_BUILDERS: &[&str] = &[
    "buildPackage",
    "buildDepsOnly",
    "cargoBuild",
    "cargoClippy",
    "cargoDoc",
    "cargoDocTest",
    "cargoNextest",
    "cargoTest",
    "cargoTarpaulin",
    "cargoLlvmCov",
    "mkCargoDerivation",
    "buildTrunkPackage",
    "buildWithCargo",
];

/// Functions of cargo2nix and crate2nix: sets of crates, each of which they build by their own means.
const CRATE_SETS: &[&str] = &["makePackageSet", "makePackageSet'", "generatedCargoNix", "appliedCargoNix"];

/// What makes container images, in nixpkgs and elsewhere.
const IMAGES: &[&str] = &[
    "buildImage",
    "buildImageWithNixDb",
    "buildLayeredImage",
    "buildLayeredImageWithNixDb",
    "streamLayeredImage",
];

const SHELLS: &[&str] = &["mkShell", "mkShellNoCC", "devShell", "mkDevShell"];

/// Steps that a derivation is worth: taking a term apart, and what every rule does with the outcome.
const DERIVATION_COST: usize = 200;

impl Evaluator<'_> {
    /// The derivations that a value may be: one, or one per alternative. None when it is certainly none.
    pub(super) fn describe(&mut self, value: &Value, output: &Output) -> Vec<Derivation> {
        match value {
            Value::Neutral(term) => vec![self.describe_term(term, output)],
            // `package // { meta = …; }`
            Value::Attrs(attrs) => match &attrs.rest {
                Some(rest) => vec![self.describe_term(&Rc::clone(rest), output)],
                None => Vec::new(),
            },
            Value::Either(either) => {
                let alternatives = either.values.clone();
                alternatives.iter().flat_map(|value| self.describe(value, output)).collect()
            }
            Value::Error(_) | Value::Null => Vec::new(),
            _ => Vec::new(),
        }
    }

    fn describe_term(&mut self, term: &Rc<Neutral>, output: &Output) -> Derivation {
        let term = term.plain();
        self.spend(DERIVATION_COST);
        let call = take_apart(self, term);
        let builder = self.builder(&call);
        if matches!(call.head, Head::Unknown(_) | Head::Config(_) | Head::Input(_))
            && let Some(wrapped) = self.describe_wrapper(&call, &builder, output)
        {
            return wrapped;
        }
        let mut given = self.given(&call, &builder);
        if call.is_attribute && !matches!(builder, Builder::Unknown(_)) {
            let why = format!("what {} gives to each of its parts", call.main.last());
            self.unknown_part(&mut given.unknown, call.place, &why);
        }
        let platform = self.platform_of_call(&call);
        let env = self.environment(&mut given);
        let inputs = self.inputs_of(&mut given);
        let phases = self.phases(&given);
        let toolchain = self.toolchain(&call, &builder, &given, &inputs);
        let mut told = Told::default();
        for phase in &phases {
            told.script(phase);
        }
        let targets = self.cargo_targets(&builder, &given, &env, &mut told);
        // Whatever the framework, zig links.
        let builder = if told.zigbuild && builder != Builder::Shell { Builder::Zigbuild } else { builder };
        let cargo_lock = self.cargo_lock(&builder, &given);
        let mut unknown = std::mem::take(&mut given.unknown);
        if let Builder::Unknown(why) = &builder {
            let gap = Gap { origin: self.origin(call.place), why: why.clone() };
            unknown.insert(0, gap);
        }
        let literal = given.attrs.literal.and_then(|literal| self.attribute_set(literal));
        Derivation {
            attribute: output.attribute.clone(),
            name: output.name.clone(),
            package_name: self.package_name(&given),
            function: call.main.last().to_owned(),
            source: self.source_tree(&given),
            has_cargo_config: self.has_cargo_config(&given),
            settings: self.settings(&given),
            system: output.system.clone(),
            origin: self.origin(output.key),
            complete: unknown.is_empty(),
            unknown,
            builder,
            platform,
            env,
            inputs,
            phases,
            toolchain,
            targets,
            cargo_lock,
            literal,
        }
    }

    fn builder(&mut self, call: &Call) -> Builder {
        let name = call.main.last();
        let is_called = !call.main.arguments.is_empty();
        if call.is_attribute {
            let first = call.attribute.first().map(|name| &**name);
            let is_one_of_many = CRATE_SETS.contains(&name)
                && matches!(
                    first,
                    Some("workspace" | "workspaceMembers" | "rootCrate" | "allWorkspaceMembers")
                );
            if is_one_of_many || (name.starts_with("buildFHS") && first == Some("env")) {
                return Builder::Other(name.to_owned());
            }
            return Builder::Unknown(format!("an attribute of what {name} makes"));
        }
        match &call.head {
            Head::Packages(_) => match name {
                _ if !is_called => Builder::Other(call.path()),
                "buildRustPackage" => Builder::BuildRustPackage,
                _ if SHELLS.contains(&name) => Builder::Shell,
                "buildPackage" => match self.framework_of_context(call) {
                    Some(InputKind::Crane) => Builder::Crane,
                    Some(InputKind::Naersk) => Builder::Naersk,
                    _ => Builder::Other(name.to_owned()),
                },
                _ => Builder::Other(name.to_owned()),
            },
            Head::Input(input) => match (input.kind, name) {
                (InputKind::Crane, "devShell") => Builder::Shell,
                (InputKind::Crane, name) if CRANE_BUILDERS.contains(&name) => Builder::Crane,
                (InputKind::Naersk, "buildPackage") => Builder::Naersk,
                (InputKind::Crane | InputKind::Naersk | InputKind::Fenix | InputKind::RustOverlay, name)
                    if is_called =>
                {
                    match name {
                        "buildRustPackage" => Builder::BuildRustPackage,
                        name => Builder::Other(name.to_owned()),
                    }
                }
                (_, name) if is_called && SHELLS.contains(&name) => Builder::Shell,
                (_, name) if is_called && IMAGES.contains(&name) => Builder::Other(name.to_owned()),
                (_, "") => Builder::Unknown(format!("something of the flake input {}", input.name)),
                (_, name) if is_called => {
                    Builder::Unknown(format!("made by {name} of the flake input {}", input.name))
                }
                _ => Builder::Other(call.path()),
            },
            Head::Unknown(why) => Builder::Unknown(why.to_string()),
            Head::Builtins if name == "derivation" => Builder::Other(call.path()),
            Head::Builtins => Builder::Unknown(format!("what {name} fetches")),
            Head::Config(_) => Builder::Unknown("an option of the flake's modules".to_owned()),
            Head::Flake | Head::Library | Head::Platform(_) => {
                Builder::Unknown("not a derivation as far as can be seen".to_owned())
            }
        }
    }

    /// The framework that `callPackage` was called with.
    fn framework_of_context(&mut self, call: &Call) -> Option<InputKind> {
        let arguments: Vec<_> = call.context.iter().flat_map(|stage| stage.arguments.clone()).collect();
        arguments.into_iter().find_map(|argument| match self.force(argument).as_neutral()?.bottom() {
            Head::Input(input) => Some(input.kind),
            _ => None,
        })
    }

    fn platform_of_call(&mut self, call: &Call) -> Platform {
        if let Some(set) = call.packages() {
            return set.platform.clone();
        }
        if let Some(set) = self.context_packages(call) {
            return set.platform.clone();
        }
        // `crane.lib.x86_64-linux.buildPackage`
        let system = call.context.iter().chain([&call.main]).flat_map(|stage| stage.names.clone());
        let system = system.into_iter().find(|name| is_system(name));
        match system {
            Some(system) => {
                let machine = super::platform::Machine::from_system(&system);
                super::package_set::PackageSet::native(machine).platform.clone()
            }
            None => unknown_platform("the package set that it is built with is not known"),
        }
    }

    fn package_name(&mut self, given: &Given) -> Option<String> {
        ["pname", "name"].iter().find_map(|name| {
            let attr = self.attribute(&given.attrs, name)?;
            let value = self.force(attr.thunk);
            Self::known_text(&value)
        })
    }

    /// Triples that cargo is told to build.
    fn cargo_targets(
        &mut self,
        builder: &Builder,
        given: &Given,
        env: &[super::facts::Variable],
        told: &mut Told,
    ) -> Vec<Text> {
        if matches!(builder, Builder::Shell) {
            return Vec::new();
        }
        for flags in ["cargoExtraArgs", "cargoBuildFlags"] {
            if let Some(attr) = self.attribute(&given.attrs, flags) {
                let text = self.fact_text_of(attr.thunk);
                told.flags_of(&text);
            }
        }
        let mut targets = std::mem::take(&mut told.targets);
        if matches!(builder, Builder::Crane | Builder::Naersk) {
            let is_target = |name: &super::facts::Known<String>| {
                name.value().is_some_and(|name| name == "CARGO_BUILD_TARGET")
            };
            let named = env.iter().filter(|variable| is_target(&variable.name));
            targets.extend(named.map(|variable| variable.value.clone()));
        }
        if matches!(builder, Builder::BuildRustPackage)
            && let Some(attr) = self.attribute(&given.attrs, "target")
        {
            targets.push(self.fact_text_of(attr.thunk));
        }
        targets
    }

    /// A function that nobody knows, given a Rust package and a triple: a wrapper around cargo-zigbuild.
    fn describe_wrapper(&mut self, call: &Call, builder: &Builder, output: &Output) -> Option<Derivation> {
        if !matches!(builder, Builder::Unknown(_)) {
            return None;
        }
        let stages = call.context.iter().chain([&call.main]);
        let arguments: Vec<_> =
            stages.flat_map(|stage| stage.arguments.clone()).chain(call.overrides.clone()).collect();
        let mut package = None;
        let mut targets = Vec::new();
        for argument in arguments {
            let Value::Attrs(attrs) = self.force(argument) else { continue };
            if let Some(attr) = self.attribute(&attrs, "package") {
                package = Some(self.force(attr.thunk));
            }
            for name in ["target", "targets"] {
                if let Some(attr) = self.attribute(&attrs, name) {
                    targets = self.texts_of(attr.thunk);
                }
            }
        }
        let package = package?;
        let inner = self.describe(&package, output).into_iter().next()?;
        if !matches!(inner.builder, Builder::BuildRustPackage | Builder::Crane | Builder::Naersk) {
            return None;
        }
        // Without a target it builds for the machine itself, by means that cannot be seen.
        let builder = if targets.is_empty() { builder.clone() } else { Builder::Zigbuild };
        let mut unknown = inner.unknown.clone();
        if targets.is_empty() {
            let why = "a wrapper whose means cannot be seen".to_owned();
            unknown.push(Gap { origin: self.origin(call.place), why });
        }
        Some(Derivation { complete: unknown.is_empty(), unknown, builder, targets, ..inner })
    }

    /// A string, or each string of a list.
    fn texts_of(&mut self, thunk: super::value::Thunk) -> Vec<Text> {
        match self.force(thunk) {
            Value::List(list) => list.items.iter().map(|item| self.fact_text_of(*item)).collect(),
            _ => vec![self.fact_text_of(thunk)],
        }
    }
}

fn is_system(name: &str) -> bool {
    matches!(name.rsplit_once('-'), Some((_, "linux" | "darwin")))
}

impl Derivation {
    /// Whether it is made by a builder of Rust programs.
    pub(super) fn builds_rust(&self) -> bool {
        matches!(
            self.builder,
            Builder::BuildRustPackage | Builder::Crane | Builder::Naersk | Builder::Zigbuild
        )
    }
}

impl Toolchain {
    /// Whether anything is known of it.
    pub(super) fn is_known(&self) -> bool {
        *self != Self::Unknown
    }
}
