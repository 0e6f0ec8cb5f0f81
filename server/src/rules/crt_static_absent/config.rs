//! Targets that cargo builds.

use super::RULE;
use crate::{
    cargo::manifest::DependencyKind,
    finding::{Confidence, Edit, Finding, Fix, Related, Severity},
    fix,
    knowledge::Target,
    project::{Context, Declaration, DeclaredAs, Project, ShippedTarget, flags},
    snapshot::Kind,
    text::Origin,
};

const MSVC: &str = "cfg(all(windows, target_env = \"msvc\"))";

/// msvc, and musl targets that rustc links dynamically.
pub(super) fn dynamic_by_default(project: &Project) -> Vec<Finding> {
    if !project.has_program() || project.config_gap().is_some() {
        return Vec::new();
    }
    let mut findings: Vec<Finding> = Vec::new();
    for found in project.targets.iter().filter_map(|target| finding(project, target, target.known?)) {
        // All of msvc is one mistake with one remedy, whatever the architecture.
        let is_msvc = |finding: &Finding| finding.targets.iter().all(|triple| triple.ends_with("-msvc"));
        match findings.iter_mut().find(|known| is_msvc(known) && is_msvc(&found)) {
            Some(known) => {
                known.targets.extend(found.targets);
                known.related.push(Related { origin: found.origin, message: "and here".to_owned() });
            }
            None => findings.push(found),
        }
    }
    findings
}

fn finding(project: &Project, target: &ShippedTarget, known: &'static Target) -> Option<Finding> {
    let is_msvc = known.env == "msvc";
    let is_dynamic_musl = known.env == "musl" && !known.crt_static.default;
    // What Nix alone builds is the matter of the package set.
    let by_cargo =
        |one: &&Declaration| one.by != DeclaredAs::FlakePackage && !is_static_set(project, one.context);
    let is_by_cargo = target.declarations.iter().any(|one| by_cargo(&one));
    if !(is_msvc || is_dynamic_musl) || !known.crt_static.can_be_on || !is_by_cargo {
        return None;
    }
    let sets = project.flag_sets(&target.triple);
    // The static library of the runtime, named by hand.
    let links_runtime =
        |word: &flags::Word| word.text.contains("libvcruntime") || word.text.contains("libcmt");
    let says_something = sets.iter().any(|set| {
        !set.is_complete || flags::crt_static(&set.words).is_some() || set.words.iter().any(links_runtime)
    });
    let is_settled = if is_msvc {
        is_said_for_releases(project)
    } else {
        target.is_only_released()
            && (project.cargo.dist.builds_nothing || project.is_said_in_workflows("crt-static"))
    };
    if says_something || project.flake_gap().is_some() || is_settled {
        return None;
    }
    let placed = target.declarations.iter().filter(|one| by_cargo(one) && one.origin.is_some());
    let strongest = placed.min_by_key(|one| one.by);
    // Nobody looks for cargo's settings in a workflow: there it is only why.
    let (because, place): (Vec<_>, Vec<_>) =
        strongest.into_iter().partition(|one| one.by == DeclaredAs::Workflow);
    let origin = place.first().and_then(|one| one.origin.clone()).or_else(|| program(project))?;
    let triple = &target.triple;
    let message = if is_msvc {
        format!("programs for {triple} need VCRUNTIME140.dll, which a fresh Windows does not have")
    } else {
        format!(
            "rustc links programs for {triple} dynamically: they need musl's loader, which only Alpine and its like have"
        )
    };
    let mut finding = Finding::new(RULE.name, Severity::Warning, origin, message)
        // CI may set RUSTFLAGS, which no file of the project shows.
        .with_confidence(Confidence::Likely)
        .with_targets([triple.clone()])
        .with_help("link the C library statically with `-C target-feature=+crt-static`")
        .with_fixes(add(project, known));
    if let Some(job) = because.first().and_then(|one| one.origin.clone()) {
        finding = finding.with_related(job, "releases are built for it here");
    }
    Some(finding)
}

/// The name of the first package that makes a program, but for tools of the project's own.
fn program(project: &Project) -> Option<Origin> {
    let packages = || project.cargo.workspace.iter().flat_map(crate::cargo::Workspace::packages);
    let programs = || packages().filter(|manifest| manifest.has_binary());
    let is_tool =
        |manifest: &&crate::cargo::Manifest| manifest.name().is_some_and(|name| name.contains("xtask"));
    let first = programs().find(|manifest| !is_tool(manifest)).or_else(|| programs().next());
    let name =
        first.and_then(|manifest| manifest.package.as_ref()).map(|package| package.name.origin.clone());
    name.or_else(|| project.anchor())
}

/// Whether those who build the releases for Windows see to it: a workflow that sets the flag itself, or dist, which
/// sets it unless it is told not to.
fn is_said_for_releases(project: &Project) -> bool {
    let manifest = project.cargo.workspace.as_ref().map(|workspace| &workspace.root);
    let path = |first| [first, "metadata", "dist"];
    let has_table = manifest.is_some_and(|manifest| {
        ["workspace", "package"].iter().any(|first| manifest.source.toml().root.path(&path(first)).is_some())
    });
    let file = project.root().join("dist-workspace.toml");
    has_table
        || is_linked_by_a_crate(project)
        || matches!(project.snapshot.files.kind(&file), Kind::File { .. })
        || project.is_said_in_workflows("crt-static")
}

/// Crates whose build scripts link msvc's runtime statically.
const LINKERS: [&str; 2] = ["static_vcruntime", "tauri-build"];

fn is_linked_by_a_crate(project: &Project) -> bool {
    let packages = project.cargo.workspace.iter().flat_map(crate::cargo::Workspace::packages);
    let mut dependencies = packages.flat_map(|manifest| &manifest.dependencies);
    dependencies.any(|dependency| {
        dependency.kind == DependencyKind::Build && LINKERS.contains(&dependency.crate_name.as_str())
    })
}

/// Whether cargo runs in a static package set: its compiler links everything statically.
fn is_static_set(project: &Project, context: Context) -> bool {
    project.derivation(context).is_some_and(|one| one.platform.is_static.value() == Some(&true))
}

/// Adds the flag where it reaches the target and nothing else, and hides no other flag from it.
fn add(project: &Project, known: &Target) -> Option<Fix> {
    let (file, source) = project.config_to_edit();
    let key = if known.env == "msvc" { MSVC } else { known.triple };
    let title = format!(
        "Link the C library statically for {}",
        if known.env == "msvc" { "msvc" } else { known.triple }
    );
    let path = ["target", key, "rustflags"];
    let existing = source.as_ref().and_then(|source| source.toml().root.path(&path));
    if let (Some(source), Some(existing)) = (&source, existing) {
        let edits = fix::toml::push(source, existing, "\"-C\", \"target-feature=+crt-static\"")?;
        return Some(Fix::safe(title, edits));
    }
    // A first `target.*.rustflags` hides `build.rustflags`: what they say must be said again.
    let sets = project.config_flag_sets(known.triple);
    let has_target = sets.iter().any(|set| set.source == crate::project::FlagSource::Target);
    let build = sets.iter().filter(|set| set.source == crate::project::FlagSource::Build);
    let kept =
        build.filter(|_| !has_target).flat_map(|set| &set.words).map(|word| fix::toml::quote(&word.text));
    let flags = kept.chain(["\"-C\"".to_owned(), "\"target-feature=+crt-static\"".to_owned()]);
    let value = format!("[{}]", flags.collect::<Vec<_>>().join(", "));
    let edit: Edit = fix::toml::set(&file, source.as_deref(), &path, &value)?;
    Some(Fix::safe(title, vec![edit]))
}

/// `-crt-static` for a target that is static by default.
pub(super) fn turned_off(project: &Project) -> Vec<Finding> {
    // A dynamic library for musl cannot be linked with crt-static: there the flag is needed.
    if !project.has_program() || has_dynamic_library(project) {
        return Vec::new();
    }
    let mut findings: Vec<Finding> = Vec::new();
    for target in &project.targets {
        let is_static =
            target.known.is_some_and(|known| known.crt_static.default && known.crt_static.can_be_on);
        if !is_static {
            continue;
        }
        for set in project.flag_sets(&target.triple) {
            let Some(off) = flags::crt_static(&set.words).filter(|found| !found.on) else { continue };
            let Some(origin) = flags::origin_of(&set.words, off.first, off.last) else { continue };
            let key = set.key.as_ref();
            let is_meant = project.has_comment(&origin) || key.is_some_and(|key| project.has_comment(key));
            // A package set that is not static has its own finding.
            let package_is_dynamic = matches!(set.context, Context::Package(_))
                && project
                    .derivation(set.context)
                    .is_some_and(|package| package.platform.is_static.value() != Some(&true));
            if is_meant || header_has_comment(project, key) || package_is_dynamic {
                continue;
            }
            if let Some(known) = findings.iter_mut().find(|known| known.origin == origin) {
                known.targets.push(target.triple.clone());
                continue;
            }
            let message = format!(
                "`-crt-static` makes programs for {} dynamic: they need musl's loader, which only Alpine and its like have",
                target.triple
            );
            let finding = Finding::new(RULE.name, Severity::Warning, origin, message)
                .with_confidence(Confidence::Likely)
                .with_targets([target.triple.clone()])
                .with_help("remove it, or say in a comment beside it why the program has to be dynamic");
            findings.push(finding);
        }
    }
    findings
}

fn has_dynamic_library(project: &Project) -> bool {
    let packages = project.cargo.workspace.iter().flat_map(crate::cargo::Workspace::packages);
    let mut types =
        packages.filter_map(|manifest| manifest.library.as_ref()).flat_map(|library| &library.crate_types);
    types.any(|kind| matches!(kind.value.as_str(), "cdylib" | "dylib"))
}

/// Whether a comment stands above the table that a key is in.
fn header_has_comment(project: &Project, key: Option<&Origin>) -> bool {
    let tables = &project.cargo.config.targets;
    let table = tables.iter().find(|table| table.rustflags.as_ref().map(|flags| &flags.key) == key);
    table.is_some_and(|table| project.has_comment(&table.header))
}
