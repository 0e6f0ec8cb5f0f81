//! Which package of the flake is the one for a target.

use crate::{
    build::Wish,
    nix::facts::{Derivation, Known, Text},
    project::{Project, is_rust_package},
    rules::is_shipped,
};

/// What `nix build` is told for a target: `.#name`, or the whole path where the name alone means another system's.
pub fn package_for(project: &Project, triple: &str) -> Option<String> {
    let flake = project.flake.as_ref()?;
    let system = project.host_system();
    let on_this_system =
        |package: &&Derivation| package.system.is_none() || package.system.as_deref() == system.as_deref();
    let fits = |package: &&Derivation| is_rust_package(package) && is_for(package, triple);
    let mut own: Vec<&Derivation> = flake.packages.iter().filter(on_this_system).filter(fits).collect();
    own.sort_by_key(|package| (package.name != "default", package.name.as_str()));
    Some(installable(own.first()?, system.as_deref()))
}

fn is_for(package: &Derivation, triple: &str) -> bool {
    let named: Vec<String> = package.targets.iter().filter_map(Text::literal).collect();
    if package.targets.is_empty() {
        package.platform.triple.as_deref() == Some(triple)
    } else {
        named.iter().any(|named| named == triple)
    }
}

/// The shortest name by which `nix build` on this system finds a package.
pub fn installable(package: &Derivation, system: Option<&str>) -> String {
    let is_here = package.system.as_deref().is_none_or(|own| Some(own) == system);
    let full = package.system.as_ref().map(|system| format!("packages.{system}.{}", package.name));
    if is_here && full.as_deref() == Some(package.attribute.as_str()) {
        format!(".#{}", package.name)
    } else {
        format!(".#{}", package.attribute)
    }
}

/// Whether a build by Nix makes what runs from the store, as nearly all packages do: it is for this machine, nothing in
/// the project gives it to other ones, and nobody says now that it has to run there. Who names a target alone, the
/// oldest glibc, or a folder for archives says so.
pub(super) fn stays_here(project: &Project, wish: &Wish, attribute: Option<&str>) -> bool {
    let is_asked =
        wish.is_packed || wish.glibc.is_some() || (wish.target.is_some() && wish.attribute.is_none());
    if is_asked || wish.target.as_ref().is_some_and(|target| *target != project.host) {
        return false;
    }
    let attribute = attribute.unwrap_or_default().trim_start_matches(".#");
    match named(project, attribute) {
        Some(package) => {
            let is_native = package.platform.triple.as_ref().is_none_or(|triple| *triple == project.host);
            is_native && package.platform.is_static != Known::Value(true) && !is_shipped(project, package)
        }
        None => !["static", "portable"].iter().any(|word| attribute.ends_with(word)),
    }
}

/// The package that an attribute means on this machine.
fn named<'p>(project: &'p Project, attribute: &str) -> Option<&'p Derivation> {
    let name = if matches!(attribute, "" | ".") { "default" } else { attribute };
    let system = project.host_system();
    let mut packages = project.flake.as_ref()?.packages.iter();
    packages.find(|package| {
        let is_here = package.system.is_none() || package.system == system;
        package.attribute == name || (is_here && package.name == name)
    })
}
