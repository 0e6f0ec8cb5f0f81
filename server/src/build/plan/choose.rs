//! Which builder a target gets, and why.

use super::{
    UNIVERSAL,
    nix_package::package_for,
    shell::{self, Shell},
    tools,
};
use crate::{
    build::Wish,
    cargo::config::Program,
    knowledge::{self, Target},
    matrix,
    project::{Builder, CompilerAnswer, LinkerAnswer, Project},
    snapshot::Kind,
};

/// What was chosen.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) builder: Builder,
    pub(super) why: String,
    /// The dev shell in which the builder is started, because it has what this environment lacks.
    pub(super) shell: Option<Shell>,
    /// The flake's attribute, for Nix.
    pub(super) attribute: Option<String>,
    /// The program that links, where it is known and must be on PATH.
    pub(super) linker: Option<String>,
    /// Nobody links the target.
    pub(super) no_linker: bool,
    /// It may well fail, for something that is not known to be missing: another builder that fits is taken first.
    pub(super) is_doubtful: bool,
}

impl Choice {
    fn new(builder: Builder, why: impl Into<String>) -> Self {
        let (shell, attribute, linker) = (None, None, None);
        let why = why.into();
        Self { builder, why, shell, attribute, linker, no_linker: false, is_doubtful: false }
    }
}

/// Chooses. What the user says counts most, then what the project uses and this machine has, then what would do.
pub(super) fn choose(project: &Project, wish: &Wish) -> Choice {
    let host = project.host.as_str();
    let triple = wish.target.as_deref().unwrap_or(host);
    if let Some(builder) = wish.builder {
        return completed(project, wish, triple, builder, "it was asked for");
    }
    if wish.attribute.is_some() {
        return completed(project, wish, triple, Builder::Nix, "an attribute of the flake was named");
    }
    if wish.glibc.is_some() {
        let why = "it links against an older glibc than this machine's";
        return completed(project, wish, triple, Builder::Zigbuild, why);
    }
    if project.cargo.workspace.is_none() && project.flake.is_some() {
        return completed(project, wish, triple, Builder::Nix, "the project is a flake without a Cargo.toml");
    }
    if triple == UNIVERSAL {
        return universal(project, wish);
    }
    let named = named(project);
    if let Some(builder) = named {
        return completed(project, wish, triple, builder, "the settings name it");
    }
    if triple == host {
        return on_host(project, wish, triple);
    }
    let cargo = by_cargo(project, wish, triple);
    // A package for it that another system builds is nothing to build here.
    let has_package = || package_for(project, triple).is_some();
    let used = project.other_builder(triple).filter(|used| *used != Builder::Nix || has_package());
    let names_target = project.cargo.cross.targets.iter().any(|target| target.triple.value == triple);
    let cargo_first = used.is_none() || (used == Some(Builder::Cross) && !names_target);
    let mut candidates = Vec::new();
    if cargo_first {
        candidates.extend(cargo.clone());
    }
    candidates.extend(
        used.map(|builder| completed(project, wish, triple, builder, "the project builds it that way")),
    );
    candidates.extend(cargo);
    candidates.extend(others(project, wish, triple));
    let fits = |choice: &&Choice| tools::missing(project, triple, choice).is_empty();
    let is_sure = |choice: &&Choice| fits(choice) && !choice.is_doubtful;
    match candidates.iter().find(is_sure).or_else(|| candidates.iter().find(fits)) {
        Some(choice) => choice.clone(),
        None => candidates.into_iter().next().unwrap_or_else(|| Choice {
            no_linker: true,
            ..completed(project, wish, triple, Builder::Cargo, "no other builder is on this machine")
        }),
    }
}

/// `build.builder` of portolan.toml.
fn named(project: &Project) -> Option<Builder> {
    match project.cargo.portolan.builder.as_ref()?.value.as_str() {
        "cargo" => Some(Builder::Cargo),
        "zigbuild" => Some(Builder::Zigbuild),
        "cross" => Some(Builder::Cross),
        "nix" => Some(Builder::Nix),
        _ => None,
    }
}

fn on_host(project: &Project, wish: &Wish, triple: &str) -> Choice {
    let choice = completed(project, wish, triple, Builder::Cargo, "it is this machine's own target");
    let by_nix = || {
        let has_package = package_for(project, triple).is_some();
        has_package
            .then(|| completed(project, wish, triple, Builder::Nix, "there is no cargo here, and a flake"))
    };
    match project.snapshot.host.has_program("cargo") {
        Some(false) if choice.shell.is_none() => by_nix().unwrap_or(choice),
        _ => choice,
    }
}

/// Plain cargo, if somebody links the target.
fn by_cargo(project: &Project, wish: &Wish, triple: &str) -> Option<Choice> {
    let with = |why: String, linker: Option<String>| {
        let is_doubtful = lacks_c_compiler(project, triple, linker.as_deref());
        Some(Choice { linker, is_doubtful, ..completed(project, wish, triple, Builder::Cargo, &why) })
    };
    match project.linker(triple) {
        LinkerAnswer::Default(why) => {
            let target = knowledge::target(triple);
            let named = target.filter(|target| target.names_linker() && !target.brings_linker());
            with(why.to_owned(), named.map(|target| target.linker.to_owned()))
        }
        LinkerAnswer::Given { value, .. } => {
            if let Some(shell) = shell::that_links(project, triple) {
                let why = format!("the dev shell {} names the linker", shell.name);
                return Some(Choice { shell: Some(shell), ..Choice::new(Builder::Cargo, why) });
            }
            if shell::is_named_elsewhere(project, triple) {
                return None;
            }
            let linker = project.cargo.config.linker(triple);
            let program = linker.and_then(|linker| match linker.program {
                Program::Name(name) => Some(name),
                Program::Path(path) if project.snapshot.files.program(&path) == Kind::Absent => {
                    Some(path.display().to_string())
                }
                Program::Path(_) => None,
            });
            with(format!("its linker is {value}"), program)
        }
        LinkerAnswer::Unknown(why) => with(format!("who links it is not known ({why})"), None),
        LinkerAnswer::Elsewhere(_) | LinkerAnswer::Missing => None,
    }
}

/// Whether C code is compiled for the target and nothing that the cc crate looks for is here.
fn lacks_c_compiler(project: &Project, triple: &str, linker: Option<&str>) -> bool {
    let Some(target) = knowledge::target(triple) else { return false };
    let has = |name: &str| project.snapshot.host.has_program(name) != Some(false);
    let is_conventional = |prefix: &&str| has(&format!("{prefix}-gcc"));
    let by_linker = linker.is_some_and(|linker| linker.ends_with("-gcc") && has(linker));
    !by_linker
        && matrix::builds_c(project, triple) == Some(true)
        && project.c_compiler(triple) == CompilerAnswer::Missing
        && !target.names.cc.iter().any(is_conventional)
        && !(target.is_musl() && has("musl-gcc"))
}

/// Builders that nothing in the project speaks of, and that would do.
fn others(project: &Project, wish: &Wish, triple: &str) -> Vec<Choice> {
    let mut choices = Vec::new();
    let target = knowledge::target(triple);
    if target.is_some_and(|target| target.names.zigbuild == Some(true)) {
        let why = "nobody else links it, and zig can";
        choices.push(completed(project, wish, triple, Builder::Zigbuild, why));
    }
    if package_for(project, triple).is_some() {
        choices.push(completed(project, wish, triple, Builder::Nix, "the flake has a package for it"));
    }
    if target.is_some_and(|target| target.is_linux() && target.tier <= 2) {
        let why = "nobody else links it, and a container can";
        choices.push(completed(project, wish, triple, Builder::Cross, why));
    }
    choices
}

fn universal(project: &Project, wish: &Wish) -> Choice {
    let on_apple = project.host_target().is_some_and(Target::is_apple);
    let zigbuild = completed(project, wish, UNIVERSAL, Builder::Zigbuild, "it joins both architectures");
    if on_apple && !tools::missing(project, UNIVERSAL, &zigbuild).is_empty() {
        return Choice::new(Builder::Cargo, "Apple's own tools build and join both architectures");
    }
    zigbuild
}

/// A choice with all that its builder needs: the attribute, the dev shell that has the tools.
fn completed(project: &Project, wish: &Wish, triple: &str, builder: Builder, why: &str) -> Choice {
    let mut choice = Choice::new(builder, why);
    if builder == Builder::Nix {
        // Without a target, Nix's own default: what is wrong with it, Nix says best.
        let default = || wish.target.is_none().then(|| ".".to_owned());
        choice.attribute = wish.attribute.clone().or_else(|| package_for(project, triple)).or_else(default);
        return choice;
    }
    let lacks = tools::missing(project, triple, &choice);
    if !lacks.is_empty()
        && let Some(shell) = shell::with_tools(project, triple, builder)
    {
        choice.why = format!("{why}, in the dev shell {}", shell.name);
        choice.shell = Some(shell);
    }
    choice
}
