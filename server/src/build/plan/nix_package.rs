//! Which package of the flake is the one for a target.

use crate::{
    nix::facts::{Derivation, Text},
    project::{Project, is_rust_package},
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
