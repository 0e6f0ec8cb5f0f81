//! Dev shells that have what a build needs and this environment lacks.

use crate::{
    knowledge,
    nix::facts::Derivation,
    project::{Builder, Project, environment::target_variable},
};

/// A dev shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shell {
    /// Its name, for people.
    pub(super) name: String,
    /// What `nix develop` is told.
    pub(super) installable: String,
}

impl Shell {
    fn of(shell: &Derivation) -> Self {
        let is_default = shell.name == "default";
        let installable = if is_default { ".".to_owned() } else { format!(".#{}", shell.name) };
        Self { name: shell.name.clone(), installable }
    }
}

/// The dev shell of this host that names a linker for the target, unless this environment has the variable.
pub(super) fn that_links(project: &Project, triple: &str) -> Option<Shell> {
    let variable = target_variable(triple, "LINKER");
    if project.host_variable(&variable).is_some() {
        return None;
    }
    let sets = |shell: &Derivation| {
        shell.env.iter().any(|one| one.name.value().is_some_and(|name| *name == variable))
    };
    let shells = project.host_shells();
    let found = shells.iter().find(|(_, shell)| sets(shell) || is_for(shell, triple))?;
    Some(Shell::of(found.1))
}

/// Whether the linker of a target is named by packages, or by shells of other systems, alone: plain cargo does not
/// get to know it.
pub(super) fn is_named_elsewhere(project: &Project, triple: &str) -> bool {
    let variable = target_variable(triple, "LINKER");
    project.host_variable(&variable).is_none()
        && project.cargo.config.linker(triple).is_none()
        && project.variables_named(&variable).next().is_some()
}

/// The dev shell of this host that has the tools of a builder.
pub(super) fn with_tools(project: &Project, triple: &str, builder: Builder) -> Option<Shell> {
    if project.snapshot.host.has_program("nix") != Some(true) {
        return None;
    }
    let wanted = match builder {
        Builder::Zigbuild => "cargo-zigbuild",
        Builder::Cross => "cross",
        Builder::Cargo | Builder::Nix => "cargo",
    };
    let names = |attribute: &str| attribute == wanted || attribute.ends_with(&format!(".{wanted}"));
    let has_tool = |shell: &Derivation| {
        let by_name = shell.inputs.iter().any(|input| names(&input.item.attribute));
        let has_rust = !matches!(shell.toolchain, crate::nix::facts::Toolchain::Unknown);
        by_name || (builder == Builder::Cargo && has_rust)
    };
    let shells = project.host_shells();
    let own = shells.iter().find(|(_, shell)| has_tool(shell) && is_for(shell, triple));
    let any = || shells.iter().find(|(_, shell)| has_tool(shell));
    own.or_else(any).map(|(_, shell)| Shell::of(shell))
}

/// Whether a cross shell is one for the target.
fn is_for(shell: &Derivation, triple: &str) -> bool {
    shell.platform.is_cross
        && shell.platform.triple.as_deref() == Some(triple)
        && knowledge::target(triple).is_some()
}
