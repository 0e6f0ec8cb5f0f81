//! What a dev shell sets up for a target.

use std::collections::BTreeMap;

use super::super::support;
use crate::{
    knowledge::{self, Target},
    nix::facts::{Derivation, Known, Piece, Text, Variable, VariableForm},
    project::{Project, environment::target_variable},
    text::Origin,
};

/// What a shell has for one target.
pub(super) struct Setup<'s> {
    pub(super) shell: &'s Derivation,
    pub(super) target: &'static Target,
    /// The most telling place that names the target.
    pub(super) origin: Origin,
    strongest: Sign,
    /// `CARGO_TARGET_<TRIPLE>_LINKER`.
    pub(super) linker: Option<&'s Variable>,
    /// `CC_<triple>`.
    pub(super) compiler: Option<&'s Variable>,
    /// Whether a C compiler for the target is named in some way.
    pub(super) names_compiler: bool,
    /// Whether C libraries of the target are there, or pkg-config is told where they are.
    pub(super) has_libraries: bool,
}

/// By what a shell names a target, the most telling first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sign {
    Linker,
    BuildTarget,
    CCompiler,
    PkgConfig,
}

impl<'s> Setup<'s> {
    /// Every target that the shell sets something up for, besides its own machine, by triple.
    pub(super) fn all(shell: &'s Derivation) -> Vec<Self> {
        let own = shell.platform.triple.as_deref();
        let is_computed = shell.env.iter().any(|variable| matches!(variable.name, Known::Unknown(_)));
        let has_zig = shell.inputs.iter().any(|input| input.item.attribute == "cargo-zigbuild");
        if own.is_none() || shell.platform.is_cross || !shell.complete || is_computed || has_zig {
            return Vec::new();
        }
        let mut signs: BTreeMap<&'static str, Vec<(Sign, Origin)>> = BTreeMap::new();
        for variable in shell.env.iter().filter(|variable| !is_on_condition(variable)) {
            let Some((sign, target)) = sign_of(variable) else { continue };
            let origin =
                if sign == Sign::BuildTarget { &variable.value_origin } else { &variable.name_origin };
            signs.entry(target.triple).or_default().push((sign, origin.clone()));
        }
        let others = signs.into_iter().filter(|(triple, _)| Some(*triple) != own);
        others.filter_map(|(triple, signs)| Self::of(shell, knowledge::target(triple)?, &signs)).collect()
    }

    fn of(shell: &'s Derivation, target: &'static Target, signs: &[(Sign, Origin)]) -> Option<Self> {
        if target.brings_linker() || target.is_bare_metal() || target.is_wasm() {
            return None;
        }
        let (strongest, origin) = signs.iter().min()?;
        let named = |name: &str| shell.env.iter().find(|variable| is_named(variable, name));
        let compiler = compiler_variables(target).iter().find_map(|name| named(name));
        let has_input = support::cross_compiler(shell, target.triple).is_some();
        let libraries = shell.inputs.iter().any(|input| {
            input.item.platform.triple.as_deref() == Some(target.triple) && !is_tool(&input.item.attribute)
        });
        let paths = ["PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR"].iter().any(|name| {
            targeted(name, target).iter().any(|name| named(name).is_some())
                || named(name).is_some_and(|variable| is_for(&variable.value, target))
        });
        Some(Self {
            shell,
            target,
            origin: origin.clone(),
            strongest: *strongest,
            linker: named(&target_variable(target.triple, "LINKER")),
            compiler,
            names_compiler: compiler.is_some() || has_input,
            has_libraries: libraries || paths,
        })
    }

    /// For people: by what the target is named.
    pub(super) fn label(&self) -> &'static str {
        match self.strongest {
            Sign::Linker => "its linker",
            Sign::BuildTarget => "CARGO_BUILD_TARGET",
            Sign::CCompiler => "its C compiler",
            Sign::PkgConfig => "its pkg-config settings",
        }
    }

    /// Whether the cc crate finds a C compiler for the target.
    pub(super) fn has_compiler(&self, project: &Project) -> bool {
        let general = ["TARGET_CC", "CC", "CROSS_COMPILE"];
        let is_set = |name: &str| self.is_set(project, name);
        // A compiler in `nativeBuildInputs` is the shell's `CC`.
        let is_hooked = self.shell.inputs.iter().any(|input| {
            ["packages", "nativeBuildInputs"].contains(&input.via.as_str())
                && input.item.platform.triple.as_deref() == Some(self.target.triple)
                && !is_library(&input.item.attribute)
        });
        let prefixes = self.target.names.cc;
        let is_on_path = self.shell.inputs.iter().any(|input| {
            let config = input.item.platform.config.as_deref();
            input.item.platform.is_cross && config.is_some_and(|config| prefixes.contains(&config))
        });
        let has_program =
            |prefix: &&str| project.snapshot.host.has_program(&format!("{prefix}-gcc")) == Some(true);
        self.compiler.is_some()
            || general.iter().any(|name| is_set(name))
            || compiler_variables(self.target).iter().any(|name| project.cargo.config.env(name).is_some())
            || is_hooked
            || is_on_path
            || (project.host_is_here && prefixes.iter().any(has_program))
            || self.linker.is_some_and(|linker| gives_compiler(&linker.value))
    }

    /// Whether pkg-config may be asked in a cross build: it is allowed, or another one is named.
    pub(super) fn allows_pkg_config(&self, project: &Project) -> bool {
        let names = ["PKG_CONFIG_ALLOW_CROSS", "PKG_CONFIG", "PKG_CONFIG_SYSROOT_DIR"];
        names.iter().any(|name| {
            let mut targeted = targeted(name, self.target);
            targeted.push((*name).to_owned());
            targeted.push(format!("TARGET_{name}"));
            targeted.iter().any(|name| self.is_set(project, name))
        })
    }

    /// Whether a variable is set in the shell, or by cargo's configuration for build scripts.
    fn is_set(&self, project: &Project, name: &str) -> bool {
        self.shell.env.iter().any(|variable| is_named(variable, name))
            || project.cargo.config.env(name).is_some()
    }
}

/// Whether a variable has a name, or has it in letters of the wrong case: that is environment-name-case's matter.
fn is_named(variable: &Variable, name: &str) -> bool {
    variable.name.value().is_some_and(|known| known.eq_ignore_ascii_case(name))
}

/// The names under which the cc crate looks for a target's compiler.
fn compiler_variables(target: &Target) -> Vec<String> {
    targeted("CC", target)
}

/// `NAME_<triple>` in both spellings.
fn targeted(name: &str, target: &Target) -> Vec<String> {
    vec![format!("{name}_{}", target.underscored()), format!("{name}_{}", target.triple)]
}

/// `if [ "$(uname)" = Linux ]; then export …`: a shell of every system has it, and only some mean it.
fn is_on_condition(variable: &Variable) -> bool {
    variable.form == VariableForm::Export
        && matches!(variable.value.pieces.as_slice(), [Piece::Either { .. }])
}

/// The target that a variable names, and as what.
fn sign_of(variable: &Variable) -> Option<(Sign, &'static Target)> {
    let name = variable.name.value()?;
    if name == "CARGO_BUILD_TARGET" {
        return Some((Sign::BuildTarget, knowledge::target(&variable.value.literal()?)?));
    }
    if let Some(middle) = name.strip_prefix("CARGO_TARGET_").and_then(|rest| rest.strip_suffix("_LINKER")) {
        return Some((Sign::Linker, knowledge::by_environment_name(middle)?));
    }
    let signs = [
        ("CC_", Sign::CCompiler),
        ("PKG_CONFIG_PATH_", Sign::PkgConfig),
        ("PKG_CONFIG_LIBDIR_", Sign::PkgConfig),
    ];
    signs.into_iter().find_map(|(prefix, sign)| {
        let triple = name.strip_prefix(prefix)?;
        // The cc crate knows lower case only.
        let target = knowledge::by_environment_name(&triple.replace('-', "_").to_uppercase())?;
        (triple == target.underscored() || triple == target.triple).then_some((sign, target))
    })
}

/// Whether cc-rs takes the linker's name for a compiler's: it ends in `-gcc`.
fn gives_compiler(linker: &Text) -> bool {
    match linker.pieces.last() {
        Some(Piece::Literal { text, .. }) => text.ends_with("-gcc") || text.trim_start_matches('/') == "gcc",
        // An alternative or an unknown may be one.
        Some(Piece::Either { .. } | Piece::Unknown { .. }) | None => true,
        Some(Piece::Store { .. }) => false,
    }
}

/// Whether a path leads into a package for the target.
fn is_for(text: &Text, target: &Target) -> bool {
    text.pieces.iter().any(|piece| match piece {
        Piece::Store { item, .. } => item.platform.triple.as_deref() == Some(target.triple),
        Piece::Either { texts, .. } => texts.iter().any(|text| is_for(text, target)),
        Piece::Literal { .. } | Piece::Unknown { .. } => false,
    })
}

/// Whether a package is a compiler or another program of a cross toolchain, not a library.
fn is_tool(attribute: &str) -> bool {
    let last = attribute.rsplit('.').next().unwrap_or_default();
    [
        "cc",
        "gcc",
        "clang",
        "binutils",
        "bintools",
        "stdenv",
        "pkg-config",
        "qemu",
        "pthreads",
        "mcfgthreads",
        "rustc",
        "cargo",
        "gdb",
    ]
    .iter()
    .any(|name| last == *name || attribute.starts_with("buildPackages.") || last.starts_with("gcc"))
        || attribute.starts_with("windows.")
}

fn is_library(attribute: &str) -> bool {
    !is_tool(attribute)
}
