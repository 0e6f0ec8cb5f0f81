//! Who links a target.

use super::{Context, Project, environment::target_variable, flags, linkage::FlagSet};
use crate::{
    cargo::By,
    knowledge::{self, Target},
    nix::facts,
    text::Origin,
};

/// The answer to "who links this target?".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkerAnswer {
    /// Somebody says which program.
    Given {
        /// The program as written; for a computed value the expression's text.
        value: String,
        /// The place; `None` for a variable of this machine's environment.
        origin: Option<Origin>,
    },
    /// rustc's own choice works from this host: one phrase why.
    Default(&'static str),
    /// Another builder brings its own linker.
    Elsewhere(Builder),
    /// It cannot be known: one phrase why.
    Unknown(String),
    /// Nobody.
    Missing,
}

/// What builds a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Builder {
    /// cargo with a linker for the target.
    Cargo,
    /// cargo-zigbuild.
    Zigbuild,
    /// cross, in a container.
    Cross,
    /// Nix, with a standard environment for the target.
    Nix,
}

impl Builder {
    /// For people and JSON.
    pub fn label(self) -> &'static str {
        match self {
            Self::Cargo => "cargo",
            Self::Zigbuild => "zigbuild",
            Self::Cross => "cross",
            Self::Nix => "nix",
        }
    }
}

impl Project {
    /// Who links `triple`.
    pub fn linker(&self, triple: &str) -> LinkerAnswer {
        if let Some(given) = self.given_linker(triple) {
            return given;
        }
        if let Some(why) = links_by_default(&self.host, triple) {
            return LinkerAnswer::Default(why);
        }
        if let Some(builder) = self.other_builder(triple) {
            return LinkerAnswer::Elsewhere(builder);
        }
        if let Some(computed) = self.computed_variable() {
            return LinkerAnswer::Unknown(format!(
                "{} sets a variable whose name is computed",
                computed.by.attribute
            ));
        }
        if let Some(why) = self.config_gap() {
            return LinkerAnswer::Unknown(why.to_owned());
        }
        match self.flake_gap() {
            Some(why) => LinkerAnswer::Unknown(why),
            None => LinkerAnswer::Missing,
        }
    }

    /// Who links `triple` in one dev shell or package: what another one is given does not count there.
    pub fn linker_in(&self, context: Context, triple: &str) -> LinkerAnswer {
        let Some(derivation) = self.derivation(context) else { return self.linker(triple) };
        let variable = target_variable(triple, "LINKER");
        let named = |name: &str| {
            derivation.env.iter().find(|one| one.name.value().is_some_and(|known| known == name))
        };
        if let Some(linker) = named(&variable) {
            let origin = linker.value_origin.clone();
            let value = linker.value.literal().unwrap_or_else(|| self.text_at(&origin));
            return LinkerAnswer::Given { value, origin: Some(origin) };
        }
        let reaches =
            |context: Context| move |set: &FlagSet| set.context == context || set.context == Context::Ambient;
        let given = self.configured_linker(triple).or_else(|| self.flagged_linker(triple, reaches(context)));
        if let Some(given) = given {
            return given;
        }
        let machine = derivation.platform.triple.as_deref().unwrap_or(&self.host);
        if let Some(why) = links_by_default(machine, triple) {
            return LinkerAnswer::Default(why);
        }
        // What a person chooses to build with, and cross, are nothing to a build of Nix.
        let is_shell = matches!(context, Context::Shell(_));
        let chosen = self.chosen_builder().or_else(|| self.cargo.cross.is_used().then_some(Builder::Cross));
        if let Some(builder) = chosen.filter(|_| is_shell) {
            return LinkerAnswer::Elsewhere(builder);
        }
        let brings_zig = derivation.inputs.iter().any(|input| input.item.attribute == "cargo-zigbuild");
        if brings_zig || derivation.builder == facts::Builder::Zigbuild {
            return LinkerAnswer::Elsewhere(Builder::Zigbuild);
        }
        // nixpkgs' own function names the linker, and so does every standard environment of another platform.
        if derivation.platform.is_cross || derivation.builder == facts::Builder::BuildRustPackage {
            return LinkerAnswer::Elsewhere(Builder::Nix);
        }
        let is_computed = derivation.env.iter().any(|one| matches!(one.name, facts::Known::Unknown(_)));
        let name = &derivation.attribute;
        if is_computed {
            return LinkerAnswer::Unknown(format!("{name} sets a variable whose name is computed"));
        }
        if !derivation.complete {
            return LinkerAnswer::Unknown(format!("{name} takes in attributes that are not known"));
        }
        match self.config_gap() {
            Some(why) => LinkerAnswer::Unknown(why.to_owned()),
            None => LinkerAnswer::Missing,
        }
    }

    fn given_linker(&self, triple: &str) -> Option<LinkerAnswer> {
        let variable = target_variable(triple, "LINKER");
        if let Some(supplied) = self.variables_named(&variable).next() {
            let origin = supplied.variable.value_origin.clone();
            let value = supplied.variable.value.literal().unwrap_or_else(|| self.text_at(&origin));
            return Some(LinkerAnswer::Given { value, origin: Some(origin) });
        }
        self.configured_linker(triple).or_else(|| self.flagged_linker(triple, |_| true))
    }

    fn configured_linker(&self, triple: &str) -> Option<LinkerAnswer> {
        let linker = self.cargo.config.linker(triple)?;
        let origin = match linker.by {
            By::File(origin) => Some(origin),
            By::Environment(_) if !self.host_is_here => return None,
            By::Environment(_) => None,
        };
        Some(LinkerAnswer::Given { value: linker.value, origin })
    }

    /// `-C linker=…` in flags that reach it.
    fn flagged_linker(&self, triple: &str, reaches: impl Fn(&FlagSet) -> bool) -> Option<LinkerAnswer> {
        let sets = self.flag_sets(triple);
        let by_flag = sets.iter().filter(|set| reaches(set)).find_map(|set: &FlagSet| {
            let option = flags::codegen_value(&set.words, "linker")?;
            Some((option.value.to_owned(), flags::origin_of(&set.words, option.first, option.last)))
        });
        by_flag.map(|(value, origin)| LinkerAnswer::Given { value, origin })
    }

    /// The builder that portolan.toml names, when it brings its own linker.
    fn chosen_builder(&self) -> Option<Builder> {
        match self.cargo.portolan.builder.as_ref()?.value.as_str() {
            "zigbuild" => Some(Builder::Zigbuild),
            "cross" => Some(Builder::Cross),
            "nix" => Some(Builder::Nix),
            _ => None,
        }
    }

    /// A builder that brings its own linker for `triple`.
    pub fn other_builder(&self, triple: &str) -> Option<Builder> {
        if let Some(chosen) = self.chosen_builder() {
            return Some(chosen);
        }
        let is_for = |derivation: &facts::Derivation| {
            derivation.platform.triple.as_deref() == Some(triple)
                || derivation.targets.iter().any(|target| target.literal().as_deref() == Some(triple))
        };
        let mut builder = None;
        for (context, derivation) in self.derivations() {
            let has_zigbuild = derivation.inputs.iter().any(|input| input.item.attribute == "cargo-zigbuild");
            let found = match context {
                _ if has_zigbuild || derivation.builder == facts::Builder::Zigbuild => {
                    Some(Builder::Zigbuild)
                }
                Context::Package(_) if is_for(derivation) => Some(Builder::Nix),
                Context::Shell(_) if derivation.platform.is_cross && is_for(derivation) => Some(Builder::Nix),
                _ => None,
            };
            builder = builder.max(found);
        }
        if builder.is_none() && self.cargo.cross.is_used() {
            return Some(Builder::Cross);
        }
        builder
    }

    /// What builds `triple`.
    pub fn builder(&self, triple: &str) -> Builder {
        self.other_builder(triple).unwrap_or(Builder::Cargo)
    }
}

/// Whether rustc's own choice of a linker makes a program for `triple` on `host`: one phrase why.
/// A target that is not known links by default: nothing certain can be said of it.
pub fn links_by_default(host: &str, triple: &str) -> Option<&'static str> {
    if host == triple {
        return Some("it is the host");
    }
    let Some(target) = knowledge::target(triple) else { return Some("the target is not known") };
    let Some(host) = knowledge::target(host) else { return Some("the host is not known") };
    if target.brings_linker() {
        return Some("rustc brings its linker");
    }
    if target.names_linker() {
        return Some("rustc knows the cross linker's name");
    }
    if target.vendor == "apple" {
        return (host.vendor == "apple").then_some("Xcode links all of Apple's targets");
    }
    if target.env == "msvc" {
        return (host.os == "windows").then_some("Visual Studio links all of Windows's architectures");
    }
    if target.os != host.os {
        return None;
    }
    if target.arch == host.arch {
        return Some("the host's compiler links its own architecture");
    }
    is_multilib(host, target).then_some("the host's compiler links it with its 32-bit libraries installed")
}

/// A 64-bit x86 compiler makes 32-bit programs with `-m32`, which rustc passes by itself. rustc brings its own musl.
fn is_multilib(host: &Target, target: &Target) -> bool {
    let has_libraries = host.env == target.env || target.env == "musl";
    host.arch == "x86_64" && target.arch == "x86" && has_libraries
}
