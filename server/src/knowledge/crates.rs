//! Crates that need something from the target's system, and what cures it.

include!(concat!(env!("OUT_DIR"), "/crates.rs"));

/// What a crate is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Encryption of connections: OpenSSL and its replacements.
    Tls,
    /// A database.
    Database,
    /// Git and SSH.
    Git,
    /// Compression.
    Compression,
    /// Some other library in C or C++.
    Library,
    /// A device, or the bus of the desktop.
    Hardware,
    /// Windows, terminals and drawing.
    Interface,
    /// A program that the build runs on the host.
    BuildTool,
    /// There is no cure: the system has to bring the library.
    SystemOnly,
}

/// What a build needs besides Rust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// A C compiler for the target.
    CCompiler,
    /// CMake, on the host.
    Cmake,
    /// Perl, on the host.
    Perl,
    /// make, on the host.
    Make,
    /// libclang, on the host.
    Libclang,
    /// protoc, on the host.
    Protoc,
}

/// A half-open range of versions, as major, minor, patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The first.
    pub from: (u64, u64, u64),
    /// The one behind the last.
    pub below: (u64, u64, u64),
}

impl Versions {
    /// Whether a version ("0.12.28", or the start of one) is among them.
    pub fn contain(&self, version: &str) -> bool {
        let core = version.split(['-', '+']).next().unwrap_or_default();
        let mut parts = core.split('.').map(|part| part.parse().unwrap_or_default());
        let mut part = || parts.next().unwrap_or_default();
        let version = (part(), part(), part());
        self.from <= version && version < self.below
    }
}

/// A direct dependency to add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extra {
    /// The crate.
    pub name: &'static str,
    /// Its version requirement; "*" asks for the version in Cargo.lock.
    pub version: &'static str,
    /// Whether its default features stay on.
    pub default_features: bool,
    /// Features to ask for.
    pub features: &'static [&'static str],
}

/// One cure, as a change of a direct dependency.
#[derive(Debug)]
pub struct Remedy {
    /// The crate that it is applied to.
    pub crate_name: &'static str,
    /// The versions that it speaks of, as written in the data.
    pub requirement: &'static str,
    /// The versions that it speaks of.
    pub versions: Versions,
    /// What the crate is about.
    pub class: Class,
    /// What it is good for; `None` for the usual answer.
    pub goal: Option<&'static str>,
    /// It speaks only of dependencies with one of these features; of all when empty.
    pub applies_to: &'static [&'static str],
    /// Native crates that the dependency brings without it, on Linux.
    pub pulls: &'static [&'static str],
    /// `default-features` to set.
    pub default_features: Option<bool>,
    /// Features to drop.
    pub remove: &'static [&'static str],
    /// Default features to name again where the defaults were on, and go.
    pub keep: &'static [&'static str],
    /// Features to ask for.
    pub add: &'static [&'static str],
    /// A version to move to.
    pub upgrade: Option<&'static str>,
    /// A crate to use in its place.
    pub replace: Option<&'static str>,
    /// Direct dependencies to add.
    pub dependencies: &'static [Extra],
    /// What the build still needs afterwards.
    pub needs: &'static [Need],
    /// Whether the program's code has to change too.
    pub code_change: bool,
    /// What to know about it; may be empty.
    pub note: &'static str,
    /// The version for which `cargo tree` showed that it works.
    pub verified: Option<&'static str>,
}

impl Remedy {
    /// Whether it speaks of that version ("0.12.28").
    pub fn fits(&self, version: &str) -> bool {
        self.versions.contain(version)
    }

    /// Whether it speaks of a dependency that asks for these features.
    pub fn applies_with<'a>(&self, features: impl IntoIterator<Item = &'a str>) -> bool {
        self.applies_to.is_empty() || features.into_iter().any(|feature| self.applies_to.contains(&feature))
    }
}

/// The cures for a crate, the usual one first.
pub fn remedies(crate_name: &str) -> &'static [Remedy] {
    let start = REMEDIES.partition_point(|remedy| remedy.crate_name < crate_name);
    let end = REMEDIES.partition_point(|remedy| remedy.crate_name <= crate_name);
    REMEDIES.get(start..end).unwrap_or_default()
}

/// All cures, sorted by crate.
pub fn all_remedies() -> &'static [Remedy] {
    REMEDIES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remedies_are_found_by_crate_and_version() {
        let usual = |crate_name, version: &str| {
            remedies(crate_name).iter().find(|remedy| remedy.goal.is_none() && remedy.fits(version))
        };
        let reqwest = usual("reqwest", "0.12.28");
        assert_eq!(reqwest.and_then(|remedy| remedy.default_features), Some(false));
        assert_eq!(
            reqwest.map(|remedy| (remedy.keep, remedy.add)),
            Some((["charset", "http2", "system-proxy"].as_slice(), ["rustls-tls"].as_slice()))
        );
        assert_eq!(
            usual("reqwest", "0.13.0").map(|remedy| remedy.remove),
            Some(["native-tls", "native-tls-no-alpn"].as_slice())
        );
        assert_eq!(usual("git2", "0.19.0").map(|remedy| remedy.crate_name), None);
        assert_eq!(usual("openssl-sys", "0.9.118").map(|remedy| remedy.add), Some(["vendored"].as_slice()));
        assert!(remedies("serde").is_empty());
    }

    #[test]
    fn each_remedy_was_verified_for_a_version_that_it_speaks_of() {
        for remedy in all_remedies().iter().filter(|remedy| remedy.pulls.is_empty() || remedy.goal.is_none())
        {
            if let Some(version) = remedy.verified.filter(|version| version.contains('.')) {
                assert!(remedy.fits(version), "{} {} {version}", remedy.crate_name, remedy.requirement);
            }
        }
    }

    #[test]
    fn each_remedy_changes_something_or_says_why_not() {
        for remedy in all_remedies() {
            let changes = remedy.default_features.is_some()
                || !(remedy.remove.is_empty() && remedy.add.is_empty() && remedy.dependencies.is_empty())
                || remedy.upgrade.is_some()
                || remedy.replace.is_some();
            assert!(changes || !remedy.note.is_empty(), "{}", remedy.crate_name);
        }
    }

    #[test]
    fn a_remedy_may_be_for_some_features_only() {
        let openssl = remedies("actix-web").iter().find(|remedy| !remedy.applies_to.is_empty());
        assert_eq!(openssl.map(|remedy| remedy.applies_with(["openssl"])), Some(true));
        assert_eq!(openssl.map(|remedy| remedy.applies_with(["macros"])), Some(false));
    }
}
