//! Packages that Nix builds.

use super::RULE;
use crate::{
    finding::{Confidence, Finding, Fix, Severity},
    fix, knowledge,
    nix::facts::{CrossSet, Derivation, Known, Platform, PlatformSource},
    project::{Context, Project, flags},
    text::{Origin, Span},
};

/// Packages, and package sets for dev shells, for musl without `isStatic`.
pub(super) fn not_static(project: &Project) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (context, package) in rust_packages(project) {
        let platform = &package.platform;
        let Some(origin) = platform.origin.as_ref().filter(|_| is_dynamic_musl(platform)) else { continue };
        if !package.complete || says_crt_static(project, context, platform) {
            continue;
        }
        let triple = platform.triple.clone().unwrap_or_default();
        if let Some(known) = findings.iter_mut().find(|known| known.origin == *origin) {
            known.targets.push(triple);
            known.targets.sort();
            known.targets.dedup();
            continue;
        }
        let message = format!(
            "{} is built for {triple} from a package set that is not static: the program needs musl's loader from the Nix store",
            package.attribute
        );
        let finding = Finding::new(RULE.name, Severity::Warning, origin.clone(), message)
            .with_targets([triple])
            .with_related(package.origin.clone(), "the package")
            .with_help(help(platform))
            .with_fixes(make_static(project, platform, cross_set(project, origin)));
        findings.push(finding);
    }
    findings.extend(sets_for_shells(project, &findings));
    findings
}

/// rustc links musl statically whatever the package set is, so for a dev shell that takes its compiler
/// from there only the C libraries of the set are in question.
fn sets_for_shells(project: &Project, reported: &[Finding]) -> Vec<Finding> {
    let sets = flake_sets(project);
    let mut findings: Vec<Finding> = Vec::new();
    for set in sets.filter(|set| is_dynamic_musl(&set.platform)) {
        let Some(origin) = &set.platform.origin else { continue };
        // `pkgsCross.musl64` in `pkgsCross.musl64.pkgsStatic` is only a step on the way.
        let is_step = flake_sets(project).any(|other| {
            let outer = other.platform.origin.as_ref();
            outer.is_some_and(|outer| {
                outer.file == origin.file && outer != origin && outer.span.contains(origin.span)
            })
        });
        // What a package makes of the set was judged with the package.
        let is_packages =
            rust_packages(project).any(|(_, package)| package.platform.origin.as_ref() == Some(origin));
        if is_step || is_packages || reported.iter().chain(&findings).any(|known| known.origin == *origin) {
            continue;
        }
        let triple = set.platform.triple.clone().unwrap_or_default();
        let message = format!(
            "this package set for {triple} is not static: C libraries from it are linked dynamically, and a program that uses one needs musl's loader"
        );
        findings.push(
            Finding::new(RULE.name, Severity::Hint, origin.clone(), message)
                .with_confidence(Confidence::Possible)
                .with_targets([triple])
                .with_help(help(&set.platform))
                .with_fixes(make_static(project, &set.platform, Some(set))),
        );
    }
    findings
}

fn flake_sets(project: &Project) -> impl Iterator<Item = &CrossSet> {
    project.flake.iter().flat_map(|flake| &flake.cross_sets)
}

fn rust_packages(project: &Project) -> impl Iterator<Item = (Context, &Derivation)> {
    project.derivations().filter(|(context, derivation)| {
        matches!(context, Context::Package(_)) && crate::project::is_rust_package(derivation)
    })
}

fn is_dynamic_musl(platform: &Platform) -> bool {
    let target = platform.triple.as_deref().and_then(knowledge::target);
    target.is_some_and(|target| target.env == "musl") && platform.is_static == Known::Value(false)
}

/// Whether flags that reach the package speak of `crt-static`, or could.
fn says_crt_static(project: &Project, context: Context, platform: &Platform) -> bool {
    let Some(triple) = &platform.triple else { return true };
    project
        .flag_sets_in(context, triple)
        .iter()
        .any(|set| !set.is_complete || flags::crt_static(&set.words).is_some())
}

fn cross_set<'p>(project: &'p Project, origin: &Origin) -> Option<&'p CrossSet> {
    flake_sets(project).find(|set| set.platform.origin.as_ref() == Some(origin))
}

fn help(platform: &Platform) -> &'static str {
    match platform.how {
        PlatformSource::CrossSystem => "add `isStatic = true;` to crossSystem",
        _ => "take it from pkgsStatic",
    }
}

fn make_static(project: &Project, platform: &Platform, set: Option<&CrossSet>) -> Option<Fix> {
    let origin = platform.origin.as_ref()?;
    let source = project.source(&origin.file)?;
    let title = "Make the package set static";
    let edit = match &platform.how {
        PlatformSource::CrossSystem => {
            fix::nix::add_attribute(source.document(), set?.literal.as_ref()?, "isStatic", "true")?
        }
        PlatformSource::PkgsMusl => {
            let text = source.document().slice(origin.span);
            let at = origin.span.start() + text.rfind("pkgsMusl")?;
            fix::toml::replace(&origin.file, Span::new(at, at + "pkgsMusl".len()), "pkgsStatic")
        }
        PlatformSource::PkgsCross(_) => {
            fix::toml::replace(&origin.file, Span::at(origin.span.end()), ".pkgsStatic")
        }
        PlatformSource::Native | PlatformSource::PkgsStatic => return None,
    };
    Some(Fix::review(title, vec![edit]))
}

/// Packages that look static and are not: given `glibc.static`, or called `*-static`.
pub(super) fn named_static(project: &Project) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (context, package) in rust_packages(project) {
        let target = package.platform.triple.as_deref().and_then(knowledge::target);
        let is_gnu = target.is_some_and(|target| target.os == "linux" && target.env == "gnu");
        // A static set for gnu is no set at all: that is `static-gnu-unsupported`.
        if !is_gnu
            || package.platform.is_static != Known::Value(false)
            || !package.complete
            || !package.targets.is_empty()
            || says_crt_static(project, context, &package.platform)
        {
            continue;
        }
        let libc = package.inputs.iter().find(|input| is_static_glibc(&input.item));
        let origin = match libc {
            Some(input) => input.origin.clone(),
            None if package.name.ends_with("-static") => package.origin.clone(),
            None => continue,
        };
        if findings.iter().any(|known| known.origin == origin) {
            continue;
        }
        let what = if libc.is_some() { "is given glibc.static" } else { "is called static" };
        let message =
            format!("{} {what}, but nothing sets `+crt-static`: the program is dynamic", package.attribute);
        let fix = libc.and_then(|_| set_flags(project, package));
        findings.push(
            Finding::new(RULE.name, Severity::Warning, origin, message)
                .with_confidence(if libc.is_some() { Confidence::Certain } else { Confidence::Likely })
                .with_targets(package.platform.triple.clone())
                .with_help("build it from pkgsStatic, or set RUSTFLAGS = \"-C target-feature=+crt-static\" with glibc.static")
                .with_fixes(fix),
        );
    }
    findings
}

fn is_static_glibc(item: &crate::nix::facts::StoreItem) -> bool {
    item.attribute == "glibc.static"
        || (item.attribute == "glibc" && item.output.as_deref() == Some("static"))
}

fn set_flags(project: &Project, package: &Derivation) -> Option<Fix> {
    let set = package.literal.as_ref()?;
    let source = project.source(&set.file)?;
    let value = "\"-C target-feature=+crt-static\"";
    let edit = fix::nix::add_variable(source.document(), set, "RUSTFLAGS", value)?;
    Some(Fix::review("Set RUSTFLAGS to link the C library statically", vec![edit]))
}
