//! Where cargo runs: plainly on the host, in a dev shell, or in the build of a package. Each gives it an
//! environment of its own.

use std::collections::HashMap;

use super::Project;
use crate::{
    knowledge::Target,
    nix::facts::{Derivation, FlakeFacts, Known, Toolchain, Variable},
};

/// One place where cargo runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// The user's own environment.
    Ambient,
    /// A dev shell, by its position in the flake's facts.
    Shell(usize),
    /// A package, by its position in the flake's facts.
    Package(usize),
}

/// A variable, and who supplies it.
#[derive(Clone, Copy, Debug)]
pub struct Supplied<'p> {
    /// The shell or package.
    pub by: &'p Derivation,
    /// Which one it is.
    pub context: Context,
    /// The variable.
    pub variable: &'p Variable,
}

impl Project {
    /// All dev shells and packages, with their contexts.
    pub fn derivations(&self) -> impl Iterator<Item = (Context, &Derivation)> {
        self.flake.iter().flat_map(derivations)
    }

    /// The shell or package of a context.
    pub fn derivation(&self, context: Context) -> Option<&Derivation> {
        let flake = self.flake.as_ref()?;
        match context {
            Context::Ambient => None,
            Context::Shell(index) => flake.shells.get(index),
            Context::Package(index) => flake.packages.get(index),
        }
    }

    /// Every variable of every dev shell and package.
    pub fn variables(&self) -> impl Iterator<Item = Supplied<'_>> {
        self.derivations()
            .flat_map(|(context, by)| by.env.iter().map(move |variable| Supplied { by, context, variable }))
    }

    /// Every variable of that name in a dev shell or package.
    pub fn variables_named<'p>(&'p self, name: &'p str) -> impl Iterator<Item = Supplied<'p>> {
        self.variables_named_in(name, None)
    }

    /// The same, in one context only where one is given.
    pub(super) fn variables_named_in<'p>(
        &'p self,
        name: &str,
        only: Option<Context>,
    ) -> impl Iterator<Item = Supplied<'p>> {
        let named = self.variables.named(name);
        // They are sorted by context.
        let named = match only {
            None => named,
            Some(context) => {
                let start = named.partition_point(|(other, _)| *other < context);
                let rest = named.get(start..).unwrap_or_default();
                rest.get(..rest.partition_point(|(other, _)| *other == context)).unwrap_or_default()
            }
        };
        named.iter().filter_map(move |(context, index)| {
            let by = self.derivation(*context)?;
            Some(Supplied { by, context: *context, variable: by.env.get(*index)? })
        })
    }

    /// The first variable whose name is computed from something that is not known: it may be any.
    pub fn computed_variable(&self) -> Option<Supplied<'_>> {
        self.variables().find(|one| matches!(one.variable.name, Known::Unknown(_)))
    }

    /// A variable of this machine's environment, when this machine builds.
    pub fn host_variable(&self, name: &str) -> Option<&str> {
        let environment = self.host_is_here.then(|| &self.snapshot.host.environment)?;
        environment.get(name).map(String::as_str)
    }

    /// Whether a shell's own toolchain surely has no std for a target. What rustup installs is written elsewhere.
    pub fn lacks_std(&self, shell: &Derivation, target: &Target) -> bool {
        let brings = shell.inputs.iter().any(|input| {
            let attribute = &input.item.attribute;
            attribute.contains("rust-std") || attribute.contains(target.triple)
        });
        let files = &self.cargo.config.files;
        let builds_std = files.iter().any(|file| file.tree().root.path(&["unstable", "build-std"]).is_some());
        let is_own = shell.platform.triple.as_deref().is_none_or(|own| own == target.triple);
        if is_own || !shell.complete || brings || builds_std || !target.has_std() {
            return false;
        }
        // A rustc of a cross package set brings std for its platform.
        let is_rust = |attribute: &str| {
            let name = attribute.rsplit('.').next().unwrap_or_default();
            name.starts_with("rustc") || name.starts_with("cargo")
        };
        let has_cross =
            || shell.inputs.iter().any(|one| one.item.platform.is_cross && is_rust(&one.item.attribute));
        match &shell.toolchain {
            Toolchain::Declared { targets, from_file: false, complete: true } => {
                !targets.iter().any(|known| known == target.triple)
            }
            // nixpkgs builds its own for the machine that it runs on, and some that need no C library.
            Toolchain::Nixpkgs => !target.is_wasm() && !target.is_bare_metal() && !has_cross(),
            _ => false,
        }
    }

    /// Nix's name of the host's system.
    pub fn host_system(&self) -> Option<String> {
        self.host_target().and_then(nix_system)
    }

    /// The dev shells that a person on this host enters: those of the host's system, or all when the
    /// flake has none for it.
    pub fn host_shells(&self) -> Vec<(Context, &Derivation)> {
        let system = self.host_system();
        let shells: Vec<_> =
            self.derivations().filter(|(context, _)| matches!(context, Context::Shell(_))).collect();
        let own: Vec<_> = shells
            .iter()
            .copied()
            .filter(|(_, shell)| shell.system.is_none() || shell.system.as_deref() == system.as_deref())
            .collect();
        if own.is_empty() { shells } else { own }
    }
}

/// Where variables are, by their names. Only asked, never iterated.
#[derive(Clone, Debug, Default)]
pub(super) struct VariablesByName(HashMap<String, Vec<(Context, usize)>>);

impl VariablesByName {
    /// In the order of [`Project::variables`].
    pub(super) fn of(flake: &FlakeFacts) -> Self {
        let mut places: HashMap<String, Vec<(Context, usize)>> = HashMap::new();
        for (context, by) in derivations(flake) {
            for (index, variable) in by.env.iter().enumerate() {
                let Some(name) = variable.name.value() else { continue };
                match places.get_mut(name) {
                    Some(known) => known.push((context, index)),
                    None => {
                        places.insert(name.clone(), vec![(context, index)]);
                    }
                }
            }
        }
        Self(places)
    }

    fn named(&self, name: &str) -> &[(Context, usize)] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }
}

/// Every dev shell, then every package.
fn derivations(flake: &FlakeFacts) -> impl Iterator<Item = (Context, &Derivation)> {
    let shells = flake.shells.iter().enumerate().map(|(index, shell)| (Context::Shell(index), shell));
    let packages = flake.packages.iter().enumerate();
    shells.chain(packages.map(|(index, package)| (Context::Package(index), package)))
}

/// Nix's name of the system that a target is.
pub(crate) fn nix_system(target: &Target) -> Option<String> {
    let arch = match target.arch {
        "x86" => "i686",
        arch => arch,
    };
    match target.os {
        "linux" => Some(format!("{arch}-linux")),
        "macos" => Some(format!("{arch}-darwin")),
        _ => None,
    }
}

/// The name under which cargo reads a setting of a target from the environment:
/// `CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER`.
pub fn target_variable(triple: &str, setting: &str) -> String {
    crate::cargo::config::variable(triple, setting)
}
