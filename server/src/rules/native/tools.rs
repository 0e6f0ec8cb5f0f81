//! Programs of the host that a build runs, in Nix, where a build has what it is given and no more.

use crate::{
    finding::Fix,
    fix,
    nix::facts::{Derivation, Known, SettingValue, SourceTree},
    project::{Context, Project, has_input, is_rust_package},
};

/// A program, or a library that one loads.
#[derive(Clone, Copy, Debug)]
pub struct Tool {
    /// Attributes of nixpkgs that bring it; the first is the one to add.
    pub nix: &'static [&'static str],
    /// Variables that say where it is.
    pub variables: &'static [&'static str],
}

impl Tool {
    /// Whether a shell or package has it, or may have it.
    fn may_be_in(&self, derivation: &Derivation) -> bool {
        let is_named = |name: &Known<String>| match name {
            Known::Value(name) => self.variables.contains(&name.as_str()),
            Known::Unknown(_) => true,
        };
        !derivation.complete
            || has_input(derivation, self.nix)
            || derivation.env.iter().any(|variable| is_named(&variable.name))
            || derivation.phases.iter().any(|phase| {
                phase.text.has_unknown()
                    || phase
                        .text
                        .literal()
                        .is_some_and(|text| self.variables.iter().any(|variable| text.contains(variable)))
            })
    }
}

/// The packages and dev shells of the flake that build the project and lack a tool; several systems share one.
pub fn lacking<'p>(project: &'p Project, tool: &Tool) -> Vec<(Context, &'p Derivation)> {
    let mut lacking: Vec<(Context, &Derivation)> = Vec::new();
    for (context, derivation) in project.derivations() {
        let builds = match context {
            Context::Package(_) => {
                is_rust_package(derivation)
                    && derivation.source != SourceTree::Foreign
                    && !builds_a_part(project, derivation)
            }
            Context::Shell(_) => has_cargo(derivation),
            Context::Ambient => false,
        };
        let is_known = lacking.iter().any(|(_, known)| known.origin == derivation.origin);
        if builds && !is_known && !tool.may_be_in(derivation) {
            lacking.push((context, derivation));
        }
    }
    lacking
}

/// Whether a package builds only some members of the workspace: perhaps not the one that needs the tool.
fn builds_a_part(project: &Project, derivation: &Derivation) -> bool {
    let members = project.cargo.workspace.iter().flat_map(crate::cargo::Workspace::packages).count();
    let says_which = |path: &str| {
        ["buildAndTestSubdir", "cargoBuildFlags", "cargoExtraArgs", "sourceRoot", "cargoRoot"].contains(&path)
    };
    let mut bindings = derivation.literal.iter().flat_map(|set| &set.bindings);
    let mut told = derivation.settings.iter().map(|setting| setting.name.as_str());
    members > 1
        && (derivation.literal.is_none() || bindings.any(|one| says_which(&one.path)) || told.any(says_which))
}

/// Whether a package is, or may be, built with other features than the default ones: what cargo compiles for it is not
/// what it compiles for others.
pub fn changes_features(derivation: &Derivation) -> bool {
    derivation.settings.iter().any(|setting| match (setting.name.as_str(), &setting.value) {
        (name, value) if name.ends_with("Features") => *value != SettingValue::Bool(false),
        ("cargoExtraArgs" | "cargoBuildFlags", SettingValue::Text(text)) => {
            text.has_unknown() || text.literal().is_none_or(|text| text.contains("feature"))
        }
        ("cargoExtraArgs" | "cargoBuildFlags", _) => true,
        _ => false,
    })
}

/// Whether cargo runs in a dev shell.
fn has_cargo(shell: &Derivation) -> bool {
    has_input(shell, &["cargo", "rustc", "rustup", "rustPlatform", "rust-bin", "rustToolchain"])
        || !matches!(shell.toolchain, crate::nix::facts::Toolchain::Unknown)
}

/// Adds an input to a package or shell, in the list that it has for tools.
pub fn add_input(project: &Project, derivation: &Derivation, attribute: &str) -> Option<Fix> {
    let set = derivation.literal.as_ref()?;
    let pkgs = set.pkgs.as_deref()?;
    let source = project.source(&set.file)?;
    let lists = ["nativeBuildInputs", "packages"];
    let has = |name: &&&str| set.bindings.iter().any(|binding| binding.path == ***name);
    let own = lists.iter().find(has);
    let list = own.unwrap_or(&"nativeBuildInputs");
    // `commonArgs // { nativeBuildInputs = …; }` would take away what commonArgs gives.
    if own.is_none() && derivation.inputs.iter().any(|input| input.via == *list) {
        return None;
    }
    let element = format!("{pkgs}.{attribute}");
    let edit = fix::nix::add_to_list(source.document(), set, list, &element)?;
    Some(Fix::safe(format!("Add {element} to {list} of {}", derivation.attribute), vec![edit]))
}
