//! From the known cures of a native crate to fixes of the project's manifests.

use super::{
    blame::Culprit,
    proof::{self, Verdict},
};
use crate::{
    cargo::graph::Declarations,
    finding::{Applicability, Edit, Fix},
    fix::dependency::{self, Change},
    knowledge::{self, Class, NativeCrate, NativeKind, Need, Remedy},
    project::{Builder, Project},
};

/// Where no TLS, and hardly any library, is part of the system.
const PLATFORM: &str = "cfg(all(unix, not(target_vendor = \"apple\")))";

/// What can be done about a dependency that needs a native library.
#[derive(Debug, Default)]
pub struct Cures {
    /// The ways to do without the system's library, the best first.
    pub fixes: Vec<Fix>,
    /// Whether one of them is about this dependency alone. What builds the library from source mends all.
    pub is_own: bool,
}

/// The cures that are known for a dependency. `targets` are those that the library is missing for.
pub fn cures(
    project: &Project,
    culprit: &Culprit<'_>,
    library: &'static NativeCrate,
    targets: &[String],
) -> Cures {
    let version = super::blame::version(project, culprit.dependency);
    let mut cures = Cures::default();
    for remedy in remedies(culprit, library, &version) {
        if let Some(fix) = by_remedy(project, culprit, library, remedy, targets) {
            cures.is_own |= !bundles(remedy);
            cures.fixes.push(fix);
        }
    }
    // Only one can be the right one.
    for other in cures.fixes.iter_mut().skip(1) {
        other.applicability = Applicability::Review;
    }
    cures
}

/// Whether a cure has the library compiled, for whoever needs it.
fn bundles(remedy: &Remedy) -> bool {
    let is_it = |feature: &&str| ["vendored", "bundled", "static"].iter().any(|word| feature.contains(word));
    remedy.add.iter().any(is_it) || remedy.dependencies.iter().any(|extra| extra.features.iter().any(is_it))
}

/// The rows of the data that speak of a dependency and a native crate, the usual one first.
pub fn remedies<'v>(
    culprit: &Culprit<'v>,
    library: &'v NativeCrate,
    version: &'v str,
) -> impl Iterator<Item = &'static Remedy> + use<'v> {
    let dependency = culprit.dependency;
    let rows = knowledge::remedies(&dependency.crate_name).iter().filter(move |remedy| {
        let features = dependency.features.iter().map(|feature| feature.value.as_str());
        let is_about = remedy.crate_name == library.name || remedy.pulls.contains(&library.name);
        is_about && !remedy.code_change && remedy.fits(version) && remedy.applies_with(features)
    });
    let (usual, special): (Vec<_>, Vec<_>) = rows.partition(|remedy| remedy.goal.is_none());
    usual.into_iter().chain(special)
}

fn by_remedy(
    project: &Project,
    culprit: &Culprit<'_>,
    library: &'static NativeCrate,
    remedy: &'static Remedy,
    targets: &[String],
) -> Option<Fix> {
    let changes = remedy.default_features.is_some() || !remedy.remove.is_empty() || !remedy.add.is_empty();
    let mut edits = if changes { change(project, culprit, remedy)? } else { Vec::new() };
    for extra in remedy.dependencies {
        let version = match extra.version {
            "*" => locked_requirement(project, extra.name, targets)?,
            version => version.to_owned(),
        };
        let defaults =
            if extra.default_features { None } else { Some("default-features = false".to_owned()) };
        let features =
            (!extra.features.is_empty()).then(|| format!("features = {}", dependency::array(extra.features)));
        let rest: Vec<String> = defaults.into_iter().chain(features).collect();
        let platform = platform(project, extra.name);
        edits.push(dependency::add(
            &culprit.manifest.source,
            platform,
            extra.name,
            &version,
            &rest.join(", "),
        )?);
    }
    if edits.is_empty() {
        return None;
    }
    let verdict = proof::judge(project, &edits, targets, culprit, library);
    let breaks_code = chooses_rustls(remedy) && super::tls::speaks_to_native_tls(project);
    let is_usual =
        remedy.goal.is_none() && !breaks_code && !needs_more_of_nix(project, remedy.needs, targets);
    weigh(verdict, is_usual, title(culprit, library, remedy), edits)
}

/// The change of the dependency itself.
pub fn change(project: &Project, culprit: &Culprit<'_>, remedy: &Remedy) -> Option<Vec<Edit>> {
    let written = culprit.written();
    let had_defaults = culprit.dependency.has_default_features();
    // What the row knows of the newest version, an older one may not have.
    let declarations = Declarations::new(&project.snapshot, &project.cargo);
    let offered = declarations.offered(culprit.manifest, culprit.dependency);
    let has = |feature: &&&str| {
        offered.as_ref().is_none_or(|offered| offered.features.iter().any(|known| known == **feature))
    };
    if !remedy.add.iter().all(|feature| has(&feature)) {
        return None;
    }
    let mut add: Vec<&str> = Vec::new();
    if remedy.default_features == Some(false) && had_defaults {
        add.extend(remedy.keep.iter().filter(has));
    }
    add.extend(remedy.add);
    let default_features = remedy.default_features.filter(|_| had_defaults);
    let source = project.source(&written.key.origin.file)?;
    dependency::change(&source, written, &Change { default_features, remove: remedy.remove, add })
}

/// What does not mend is not offered, and what is not proven to is for review.
fn weigh(verdict: Verdict, is_usual: bool, title: String, edits: Vec<Edit>) -> Option<Fix> {
    match verdict {
        Verdict::Refuted => None,
        Verdict::Proven if is_usual => Some(Fix::safe(title, edits)),
        Verdict::Proven | Verdict::Unknown => Some(Fix::review(title, edits)),
    }
}

/// A direct dependency on the native crate, at the version that is locked: two of one library cannot be linked.
pub fn bundled_directly(
    project: &Project,
    culprit: &Culprit<'_>,
    library: &'static NativeCrate,
    targets: &[String],
) -> Option<Fix> {
    let feature = library.bundled.first()?;
    // The crate that people know, where it is there; its features are the same.
    let knows_openssl = project.cargo.lock.lock().is_none_or(|lock| lock.find("openssl").next().is_some());
    let is_openssl = library.name == "openssl-sys" && !has_dependency(culprit, "openssl-sys");
    let (name, requirement) = if is_openssl && knows_openssl {
        ("openssl", "0.10".to_owned())
    } else {
        (library.name, locked_requirement(project, library.name, targets)?)
    };
    let platform = platform(project, library.name);
    let rest = format!("features = {}", dependency::array(&[feature]));
    let edit = dependency::add(&culprit.manifest.source, platform, name, &requirement, &rest)?;
    let edits = vec![edit];
    let verdict = proof::judge(project, &edits, targets, culprit, library);
    let what = if library.kind == NativeKind::Fallback { "Link" } else { "Build" };
    let how = if library.kind == NativeKind::Fallback { "statically" } else { "from source" };
    let where_used = if platform.is_some() { ", where it is used" } else { "" };
    let title =
        format!("{what} {} {how}{where_used} (needs {})", library.library, tools(library.needs, true));
    weigh(verdict, !needs_more_of_nix(project, library.needs, targets), title, edits)
}

fn has_dependency(culprit: &Culprit<'_>, name: &str) -> bool {
    culprit.manifest.dependencies.iter().any(|dependency| dependency.crate_name == name)
}

/// The platform's table for a direct dependency on a native crate: nothing is to be compiled where it was not.
fn platform(project: &Project, name: &str) -> Option<&'static str> {
    let is_compiled = |triple: &str| project.graph(triple).find(name, false).next().is_some();
    match (is_compiled("aarch64-apple-darwin"), is_compiled("x86_64-pc-windows-msvc")) {
        (false, false) => Some(PLATFORM),
        (true, false) => Some("cfg(unix)"),
        (false, true) => Some("cfg(not(target_vendor = \"apple\"))"),
        (true, true) if knowledge::native_crate(name).is_some_and(|library| library.apple) => {
            Some("cfg(not(target_vendor = \"apple\"))")
        }
        (true, true) => None,
    }
}

/// A requirement that only the locked versions of a crate fulfil.
fn locked_requirement(project: &Project, name: &str, targets: &[String]) -> Option<String> {
    let compiled = targets.iter().find_map(|triple| {
        project.graph(triple).find(name, false).next().map(|compiled| compiled.version.clone())
    });
    let locked = || {
        let lock = project.cargo.lock.lock()?;
        let last = lock.find(name).last()?;
        lock.packages.get(last).map(|package| package.version.clone())
    };
    let version = compiled.or_else(locked)?;
    let version = semver::Version::parse(&version).ok()?;
    Some(match (version.major, version.minor) {
        (0, 0) => format!("0.0.{}", version.patch),
        (major, minor) => format!("{major}.{minor}"),
    })
}

fn chooses_rustls(remedy: &Remedy) -> bool {
    remedy.class == Class::Tls && !remedy.add.iter().any(|feature| feature.contains("vendored"))
}

fn title(culprit: &Culprit<'_>, library: &NativeCrate, remedy: &Remedy) -> String {
    let name = &culprit.dependency.crate_name;
    let adds = |part: &str| remedy.add.iter().any(|feature| feature.contains(part));
    let what = if bundles(remedy) && library.kind == NativeKind::Fallback {
        format!("Link {} statically in {name}", library.library)
    } else if bundles(remedy) {
        format!("Build {} from source in {name}", library.library)
    } else if adds("rustls") || remedy.class == Class::Tls && remedy.pulls.contains(&"rustls") {
        format!("Choose rustls in {name}")
    } else {
        format!("Do without {} in {name}", library.library)
    };
    let roots = if remedy
        .add
        .iter()
        .any(|feature| feature.contains("native-certs") || feature.contains("native-roots"))
    {
        Some("uses the system's certificates")
    } else if adds("rustls") && !bundles(remedy) {
        Some("brings its own root certificates")
    } else {
        None
    };
    let needs = (!remedy.needs.is_empty()).then(|| {
        let c_compiler = remedy.needs.contains(&Need::CCompiler);
        format!("needs {}", tools(remedy.needs, c_compiler))
    });
    let goal = remedy.goal.map(str::to_owned);
    let price: Vec<String> = goal.into_iter().chain(roots.map(str::to_owned)).chain(needs).collect();
    if price.is_empty() { what } else { format!("{what} ({})", price.join("; ")) }
}

/// "a C compiler for the target, perl and make".
pub fn tools(needs: &[Need], c_compiler: bool) -> String {
    let mut words: Vec<String> = Vec::new();
    if c_compiler {
        words.push("a C compiler for the target".to_owned());
    }
    words.extend(needs.iter().filter_map(|need| match need {
        Need::CCompiler => None,
        Need::Cmake => Some("cmake".to_owned()),
        Need::Perl => Some("perl".to_owned()),
        Need::Make => Some("make".to_owned()),
        Need::Libclang => Some("libclang".to_owned()),
        Need::Protoc => Some("protoc".to_owned()),
    }));
    crate::rules::support::join(&words)
}

/// Whether a Nix package would lack tools that a cure needs: its sandbox has what it is given, and no more.
fn needs_more_of_nix(project: &Project, needs: &[Need], targets: &[String]) -> bool {
    let needs_tools = needs.iter().any(|need| !matches!(need, Need::CCompiler | Need::Make));
    needs_tools && targets.iter().any(|triple| project.builder(triple) == Builder::Nix)
}
