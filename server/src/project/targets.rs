//! The targets that the project ships, and every place that says so.

use std::collections::BTreeMap;

use super::{Context, Project, environment::nix_system};
use crate::{
    cargo::config::Matcher,
    knowledge::{self, Target},
    nix::facts::{self, SourceTree, Toolchain},
    text::Origin,
};

/// A target that the project ships.
#[derive(Clone, Debug)]
pub struct ShippedTarget {
    /// Its triple, as the files write it.
    pub triple: String,
    /// What is known of it; `None` for a triple that rustc does not have.
    pub known: Option<&'static Target>,
    /// Every place that names it.
    pub declarations: Vec<Declaration>,
}

impl ShippedTarget {
    /// Whether it is built on this host, and not only somewhere.
    pub fn is_built_here(&self) -> bool {
        self.declarations.iter().any(Declaration::is_built_here)
    }

    /// Whether nothing but what builds the releases names it.
    pub fn is_only_released(&self) -> bool {
        self.declarations.iter().all(|declaration| declaration.by.is_release())
    }

    /// Whether nothing but a workflow names it: then nobody has asked for more than a hint.
    pub fn is_only_in_workflows(&self) -> bool {
        self.declarations.iter().all(|declaration| declaration.by == DeclaredAs::Workflow)
    }

    /// The place to show a finding about it: the strongest declaration.
    pub fn origin(&self) -> Option<&Origin> {
        self.declarations.iter().filter(|one| one.origin.is_some()).min_by_key(|one| one.by)?.origin.as_ref()
    }
}

/// One place that names a target.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// The place; `None` for a flag or an editor's setting.
    pub origin: Option<Origin>,
    /// As what.
    pub by: DeclaredAs,
    /// The environment that it holds for.
    pub context: Context,
    /// Whether the environment is one of another system, for which the target is its own: the aarch64-linux shell builds
    /// `aarch64-unknown-linux-musl` there, with the compiler that is there.
    pub is_elsewhere: bool,
}

impl Declaration {
    /// Whether it means a build on this host.
    pub fn is_built_here(&self) -> bool {
        self.by.is_built_here() && !self.is_elsewhere
    }
}

/// As what a target is named; the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeclaredAs {
    /// `build.target`.
    BuildTarget,
    /// `CARGO_BUILD_TARGET` in a shell or package.
    BuildTargetVariable,
    /// `targets` of the toolchain file.
    Toolchain,
    /// A shell for it, or the linker that a shell gives it.
    DevShell,
    /// A package for it.
    FlakePackage,
    /// `targets` of a toolchain that the flake declares.
    FlakeToolchain,
    /// `--target`, or the editor's setting.
    Setting,
    /// `targets` in portolan.toml.
    PortolanToml,
    /// `target.T.linker`.
    Linker,
    /// Cross.toml.
    Cross,
    /// A `[target.T]` table without a linker.
    TargetTable,
    /// `targets` of dist.
    Dist,
    /// A job of a release workflow.
    Workflow,
}

impl DeclaredAs {
    /// Whether it means a build on this host. A `[target.T]` table says only that T is built somewhere,
    /// cross builds in a container, and releases are built by machines of their own.
    pub fn is_built_here(self) -> bool {
        !matches!(self, Self::TargetTable | Self::Cross | Self::Linker | Self::Dist | Self::Workflow)
    }

    /// Whether it says that the target is built for releases, on machines of which the files tell little.
    pub fn is_release(self) -> bool {
        matches!(self, Self::Dist | Self::Workflow)
    }

    /// For people and for the JSON of `targets`.
    pub fn label(self) -> &'static str {
        match self {
            Self::BuildTarget => "build.target",
            Self::BuildTargetVariable => "CARGO_BUILD_TARGET",
            Self::Toolchain => "toolchain",
            Self::DevShell => "dev shell",
            Self::FlakePackage => "flake package",
            Self::FlakeToolchain => "flake toolchain",
            Self::Setting => "setting",
            Self::PortolanToml => "portolan.toml",
            Self::Linker => "linker",
            Self::Cross => "Cross.toml",
            Self::TargetTable => "target table",
            Self::Dist => "dist",
            Self::Workflow => "release workflow",
        }
    }
}

/// Most targets that rustc does not have: of those there is nothing to say but that, and each costs every rule a look.
const MAX_STRANGE: usize = 64;

/// Collects all declarations, and the place of the first target that is left out because there are too many that rustc
/// does not have.
pub(super) fn gather(project: &Project) -> (Vec<ShippedTarget>, Option<Origin>) {
    let mut found = Found::default();
    cargo_files(project, &mut found);
    flake(project, &mut found);
    for target in project.workflows.iter().flat_map(|workflow| &workflow.released) {
        found.add(&target.value, Some(&target.origin), DeclaredAs::Workflow, Context::Ambient);
    }
    let mut strange = 0;
    let mut left_out: Vec<Origin> = Vec::new();
    let kept = found.declared.into_iter().filter(|(triple, declarations)| {
        if knowledge::target(triple).is_some() {
            return true;
        }
        strange += 1;
        if strange > MAX_STRANGE {
            left_out.extend(declarations.iter().find_map(|one| one.origin.clone()));
        }
        strange <= MAX_STRANGE
    });
    let targets = kept.map(|(triple, mut declarations)| {
        declarations.sort_by(|a, b| (a.by, &a.origin).cmp(&(b.by, &b.origin)));
        declarations.dedup_by(|a, b| a.by == b.by && a.origin == b.origin);
        ShippedTarget { known: knowledge::target(&triple), triple, declarations }
    });
    let targets = targets.collect();
    (targets, left_out.into_iter().min())
}

#[derive(Default)]
struct Found {
    declared: BTreeMap<String, Vec<Declaration>>,
    /// The system of the output that is looked at, when it is not the host's.
    elsewhere: Option<String>,
}

impl Found {
    fn add(&mut self, triple: &str, origin: Option<&Origin>, by: DeclaredAs, context: Context) {
        // The path of a target specification names no triple that anything here could look up.
        if triple.is_empty() || triple.ends_with(".json") || triple.contains(char::is_whitespace) {
            return;
        }
        let is_elsewhere =
            self.elsewhere.is_some() && self.elsewhere == knowledge::target(triple).and_then(nix_system);
        let declaration = Declaration { origin: origin.cloned(), by, context, is_elsewhere };
        self.declared.entry(triple.to_owned()).or_default().push(declaration);
    }
}

fn cargo_files(project: &Project, found: &mut Found) {
    let cargo = &project.cargo;
    let here = Context::Ambient;
    // `host-tuple` is cargo's word for "the host, but said explicitly".
    for target in &cargo.config.build_targets {
        let triple = if target.value == "host-tuple" { &project.host } else { &target.value };
        found.add(triple, Some(&target.origin), DeclaredAs::BuildTarget, here);
    }
    if let Some(triple) = project.host_variable("CARGO_BUILD_TARGET") {
        found.add(triple, None, DeclaredAs::BuildTargetVariable, here);
    }
    for table in &cargo.config.targets {
        let Matcher::Triple(triple) = &table.matcher else { continue };
        match &table.linker {
            Some(linker) => found.add(triple, Some(&linker.origin), DeclaredAs::Linker, here),
            None => found.add(triple, Some(&table.key.origin), DeclaredAs::TargetTable, here),
        }
    }
    let toolchain = cargo.toolchain.toolchain();
    for target in
        toolchain.and_then(|toolchain| toolchain.targets.as_ref()).iter().flat_map(|list| &list.values)
    {
        found.add(&target.value, Some(&target.origin), DeclaredAs::Toolchain, here);
    }
    if let Some(target) = &cargo.cross.default_target {
        found.add(&target.value, Some(&target.origin), DeclaredAs::Cross, here);
    }
    for target in &cargo.cross.targets {
        found.add(&target.triple.value, Some(&target.triple.origin), DeclaredAs::Cross, here);
    }
    for target in &cargo.dist.targets {
        found.add(&target.value, Some(&target.origin), DeclaredAs::Dist, here);
    }
    for target in &cargo.portolan.targets {
        found.add(&target.value, Some(&target.origin), DeclaredAs::PortolanToml, here);
    }
    for triple in &project.snapshot.settings.targets {
        found.add(triple, None, DeclaredAs::Setting, here);
    }
}

fn flake(project: &Project, found: &mut Found) {
    let Some(flake) = &project.flake else { return };
    let host = project.host_system();
    for (index, shell) in flake.shells.iter().enumerate() {
        let context = Context::Shell(index);
        found.elsewhere = shell.system.clone().filter(|system| Some(system) != host.as_ref());
        environment(shell, context, found);
        if shell.platform.is_cross
            && let Some(triple) = &shell.platform.triple
        {
            found.add(triple, Some(&shell.origin), DeclaredAs::DevShell, context);
        }
    }
    let own = flake.packages.iter().enumerate().filter(|(_, package)| package.source != SourceTree::Foreign);
    for (index, package) in own {
        let context = Context::Package(index);
        found.elsewhere = package.system.clone().filter(|system| Some(system) != host.as_ref());
        environment(package, context, found);
        if is_rust_package(package)
            && let Some(triple) = &package.platform.triple
            && package.targets.is_empty()
        {
            found.add(triple, Some(&package.origin), DeclaredAs::FlakePackage, context);
        }
        for target in &package.targets {
            if let Some(triple) = target.literal().filter(|triple| !is_nix_system(triple)) {
                let origin = text_origin(target).unwrap_or(&package.origin);
                found.add(&triple, Some(origin), DeclaredAs::FlakePackage, context);
            }
        }
    }
}

/// "x86_64-linux", which nixpkgs' `target` is given here and there, and does nothing with.
fn is_nix_system(triple: &str) -> bool {
    let system = triple.split_once('-').map(|(_, system)| system);
    matches!(system, Some("linux" | "darwin")) && knowledge::target(triple).is_none()
}

/// Whether a package is something that cargo builds.
pub fn is_rust_package(package: &facts::Derivation) -> bool {
    use facts::Builder;
    matches!(
        package.builder,
        Builder::BuildRustPackage | Builder::Crane | Builder::Naersk | Builder::Zigbuild
    )
}

fn text_origin(text: &facts::Text) -> Option<&Origin> {
    text.pieces.iter().find_map(|piece| match piece {
        facts::Piece::Literal { origin, .. } => Some(origin),
        _ => None,
    })
}

/// What the environment of a shell or package says of targets.
fn environment(derivation: &facts::Derivation, context: Context, found: &mut Found) {
    for variable in &derivation.env {
        let Some(name) = variable.name.value() else { continue };
        if name == "CARGO_BUILD_TARGET" {
            if let Some(triple) = variable.value.literal() {
                found.add(&triple, Some(&variable.value_origin), DeclaredAs::BuildTargetVariable, context);
            }
            continue;
        }
        let linker = name.strip_prefix("CARGO_TARGET_").and_then(|rest| rest.strip_suffix("_LINKER"));
        let triple = linker.and_then(knowledge::by_environment_name).map(|target| target.triple);
        if let Some(triple) = triple {
            found.add(triple, Some(&variable.name_origin), DeclaredAs::DevShell, context);
        }
    }
    if let Toolchain::Declared { targets, from_file: false, .. } = &derivation.toolchain {
        for triple in targets {
            found.add(triple, Some(&derivation.origin), DeclaredAs::FlakeToolchain, context);
        }
    }
}
