//! Native libraries that a target's build compiles or links, and who supplies them.

use super::{Context, Project, is_rust_package};
use crate::{
    cargo::graph::{Compiled, Gap, Resolution},
    finding::Confidence,
    knowledge::{self, NativeCrate, NativeKind},
    nix::facts::{Derivation, Piece, StoreItem},
};

/// A compiled crate that brings native code.
#[derive(Clone, Debug)]
pub struct NativeUse {
    /// What is known of the crate.
    pub known: &'static NativeCrate,
    /// How it is compiled.
    pub compiled: Compiled,
    /// Where its library comes from.
    pub library: Library,
    /// Whether it is somebody's own version of the crate, of which nothing else is known.
    pub is_fork: bool,
    /// How sure all this is.
    pub confidence: Confidence,
}

/// Where a native library comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Library {
    /// From the target's system.
    System,
    /// From the target's system where it has one, else it is compiled.
    SystemIfThere,
    /// It is compiled from its sources.
    Compiled,
}

/// Whether somebody brings a library to the builds of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supply {
    /// A static package set, or a variable that names one's folder (`OPENSSL_LIB_DIR = "${pkgs.pkgsStatic.openssl.out}/lib"`)
    /// or asks for the archive (`OPENSSL_STATIC`).
    Static,
    /// The flake, or a variable that says where it is.
    Given,
    /// Nobody, as far as the files tell.
    Nobody,
    /// It cannot be known: the inputs of a package are not all known.
    Unknown,
}

/// Beginnings and endings of variables that say where a library is, to build scripts in general.
const PLACES: [&str; 3] = ["PKG_CONFIG_SYSROOT_DIR", "PKG_CONFIG_LIBDIR", "VCPKG_ROOT"];

impl NativeUse {
    fn of(
        known: &'static NativeCrate,
        compiled: &Compiled,
        graph: &Resolution,
        locked: Locked,
    ) -> Option<Self> {
        let has = |feature: &&str| compiled.has_feature(feature);
        let may_have = |feature: &&str| compiled.may_have_feature(feature);
        if known.unlinked.iter().any(has) {
            return None;
        }
        let brings_sources = |certain: bool| {
            let mut found = known.sources.iter().flat_map(|name| graph.find(name, true));
            found.any(|source| !certain || source.certainty == Confidence::Certain)
        };
        let bundled = known.bundled.iter().any(has) || brings_sources(true);
        let may_be_bundled = match locked.copy {
            OwnCopy::Unsettled => known.bundled.iter().any(may_have) || brings_sources(false),
            OwnCopy::Possible => true,
            OwnCopy::Impossible => false,
        };
        let library = match known.kind {
            NativeKind::System | NativeKind::Fallback if bundled => Library::Compiled,
            NativeKind::System | NativeKind::SystemOnly => Library::System,
            NativeKind::Fallback => Library::SystemIfThere,
            NativeKind::Source if known.system.iter().any(has) => Library::System,
            NativeKind::Source => Library::Compiled,
        };
        // A build script that only the program's own tests or other targets use is no certain one.
        let is_open = !graph.is_closed() && !graph.is_merely_unlocked();
        let confidence = match compiled.certainty {
            // What somebody's fork does in its build script, nobody here knows.
            _ if is_open || locked.is_fork || may_be_bundled && !bundled => Confidence::Possible,
            Confidence::Certain if !graph.is_closed() || graph.is_ahead => Confidence::Likely,
            certainty => certainty,
        };
        Some(Self { known, compiled: compiled.clone(), library, is_fork: locked.is_fork, confidence })
    }
}

/// What the lock file says of a native crate.
#[derive(Clone, Copy, Debug)]
struct Locked {
    /// It does not come from a registry.
    is_fork: bool,
    copy: OwnCopy,
}

/// Whether a crate that is in no cache may be told to build its own copy of the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OwnCopy {
    /// The lock file settles nothing: its features do.
    Unsettled,
    /// What the copy needs is locked with it.
    Possible,
    /// No feature of any package turns on what the copy needs, or it would be locked with it.
    Impossible,
}

impl Project {
    /// The crates with native code that are, or may be, compiled for a target, by name.
    pub fn native_uses(&self, triple: &str) -> Vec<NativeUse> {
        let graph = self.graph(triple);
        let target = graph.packages.iter().filter(|compiled| !compiled.for_host);
        let uses = target.filter_map(|compiled| {
            let known = knowledge::native_crate(&compiled.name)?;
            NativeUse::of(known, compiled, &graph, self.locked(known, compiled, &graph))
        });
        uses.collect()
    }

    fn locked(&self, known: &NativeCrate, compiled: &Compiled, graph: &Resolution) -> Locked {
        let lock = self.cargo.lock.lock();
        let package = lock.and_then(|lock| lock.packages.get(compiled.locked));
        let source = package.and_then(|package| package.source.as_deref());
        // What the lock file does not have yet comes from the registry.
        let is_fork = package.is_some()
            && !source.is_some_and(|source| source.starts_with("registry+") || source.starts_with("sparse+"));
        let of_gap = |gap: &Gap| matches!(gap, Gap::Unread { name, version, .. } if *name == compiled.name && *version == compiled.version);
        if !graph.gaps.iter().any(of_gap) {
            return Locked { is_fork, copy: OwnCopy::Unsettled };
        }
        let dependencies = package.map(|package| package.dependencies.as_slice()).unwrap_or_default();
        let names = dependencies.iter().filter_map(|index| Some(lock?.packages.get(*index)?.name.as_str()));
        let marks: Vec<&str> = known.signs_of_copy().collect();
        let copy = match marks.as_slice() {
            // Some feature without a trace in the lock file, of whoever uses it.
            [] if known.bundled.is_empty() => OwnCopy::Impossible,
            [] => OwnCopy::Possible,
            marks if names.into_iter().any(|name| marks.contains(&name)) => OwnCopy::Possible,
            _ => OwnCopy::Impossible,
        };
        Locked { is_fork, copy }
    }

    /// Whether something brings a native library to the builds of a target.
    pub fn supply(&self, library: &NativeCrate, triple: &str) -> Supply {
        if self.is_given_static(library, triple) {
            return Supply::Static;
        }
        if self.names_a_place(library) {
            return Supply::Given;
        }
        let mut supply = Supply::Nobody;
        for (context, derivation) in self.derivations() {
            let builds_it = match context {
                Context::Package(_) => is_rust_package(derivation) && self.is_built_in(context, triple),
                Context::Ambient | Context::Shell(_) => true,
            };
            if builds_it && has_input(derivation, library.nix) {
                return Supply::Given;
            }
            if builds_it && !derivation.complete {
                supply = Supply::Unknown;
            }
        }
        supply
    }

    /// Whether a shell or package that builds for the target brings the library from a static package set, or asks for
    /// the archive.
    fn is_given_static(&self, library: &NativeCrate, triple: &str) -> bool {
        let is_static = |item: &StoreItem| item.platform.is_static.value() == Some(&true);
        let mut builds = self.derivations().filter(|(context, _)| self.is_built_in(*context, triple));
        builds.any(|(_, derivation)| {
            let by_input = derivation
                .inputs
                .iter()
                .any(|input| is_static(&input.item) && is_named(&input.item.attribute, library.nix));
            let mut variables = derivation
                .env
                .iter()
                .filter(|variable| variable.name.value().is_some_and(|name| names_place_of(library, name)));
            by_input
                || variables.any(|variable| {
                    let asks = variable.name.value().is_some_and(|name| name.ends_with("_STATIC"));
                    asks && variable.value.literal().is_none_or(|value| value != "0")
                        || variable
                            .value
                            .pieces
                            .iter()
                            .any(|piece| matches!(piece, Piece::Store { item, .. } if is_static(item)))
                })
        })
    }

    /// Whether a variable says where the library is: `OPENSSL_DIR`, `SQLITE3_LIB_DIR`, with or without a target.
    pub fn names_a_place(&self, library: &NativeCrate) -> bool {
        let says = |name: &str| names_place_of(library, name);
        let environment = self.host_is_here.then_some(&self.snapshot.host.environment);
        self.cargo.config.env.iter().any(|entry| says(&entry.name.value))
            || self.variables().any(|one| one.variable.name.value().is_some_and(|name| says(name)))
            || environment.is_some_and(|environment| environment.keys().any(|name| says(name)))
    }
}

/// Whether a variable of that name says where a library is.
fn names_place_of(library: &NativeCrate, name: &str) -> bool {
    let stem = match library.name {
        "libsqlite3-sys" => "SQLITE3".to_owned(),
        "pq-sys" => "PQ".to_owned(),
        "mysqlclient-sys" => "MYSQLCLIENT".to_owned(),
        name => name.trim_end_matches("-sys").replace('-', "_").to_uppercase(),
    };
    let ends = |ending: &str| name.strip_suffix(ending).is_some_and(|head| head.ends_with(&stem));
    PLACES.iter().any(|place| name.starts_with(place)) || ends("_DIR") || ends("_LIB_DIR") || ends("_STATIC")
}

/// Whether a shell or package is given one of some packages of nixpkgs: "openssl", "postgresql_16", "gst_all_1.…".
pub fn has_input(derivation: &Derivation, names: &[&str]) -> bool {
    derivation.inputs.iter().any(|input| is_named(&input.item.attribute, names))
}

fn is_named(attribute: &str, names: &[&str]) -> bool {
    attribute.split('.').any(|part| {
        names.iter().any(|name| {
            part.strip_prefix(name).is_some_and(|rest| {
                rest.is_empty() || rest.starts_with('_') || rest.starts_with(|c: char| c.is_ascii_digit())
            })
        })
    })
}
