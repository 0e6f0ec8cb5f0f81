//! Native libraries that crates link, and when.

use super::{Need, Target};

include!(concat!(env!("OUT_DIR"), "/native.rs"));

/// Where a crate takes its library from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NativeKind {
    /// From the target's system; without it the build fails.
    System,
    /// From the target's system when pkg-config finds it there, else it builds its own copy.
    Fallback,
    /// From the target's system, and there is no copy to build.
    SystemOnly,
    /// It compiles its own copy.
    Source,
}

/// A crate that links a native library.
#[derive(Debug)]
pub struct NativeCrate {
    /// Its name.
    pub name: &'static str,
    /// The library's name, for people.
    pub library: &'static str,
    /// Where it takes it from.
    pub kind: NativeKind,
    /// Features with one of which it builds its own copy; the first is the one to ask for.
    pub bundled: &'static [&'static str],
    /// Features with one of which it links nothing.
    pub unlinked: &'static [&'static str],
    /// Features that make a crate of [`NativeKind::Source`] look for the system's library.
    pub system: &'static [&'static str],
    /// Crates that bring the sources of the copy.
    pub sources: &'static [&'static str],
    /// Its own build dependencies that only the copy needs.
    pub tools: &'static [&'static str],
    /// Whether macOS brings the library.
    pub apple: bool,
    /// Attributes of nixpkgs that bring it.
    pub nix: &'static [&'static str],
    /// Debian's package of it.
    pub debian: Option<&'static str>,
    /// Programs of the host that building the copy needs besides a C compiler.
    pub needs: &'static [Need],
}

impl NativeCrate {
    /// Crates of which one is locked with it wherever some feature may have it build its own copy; empty where such a
    /// feature leaves no trace.
    pub fn signs_of_copy(&self) -> impl Iterator<Item = &'static str> {
        self.sources.iter().chain(self.tools).copied()
    }

    /// Whether a system brings the library to everybody who has that system.
    pub fn is_part_of(&self, target: &Target) -> bool {
        self.apple && target.vendor == "apple"
    }
}

/// What is known of a crate's native library.
pub fn native_crate(name: &str) -> Option<&'static NativeCrate> {
    let position = NATIVE_CRATES.binary_search_by(|one| one.name.cmp(name)).ok()?;
    NATIVE_CRATES.get(position)
}

/// All of them, sorted by name.
pub fn native_crates() -> &'static [NativeCrate] {
    NATIVE_CRATES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_are_found_by_name() {
        let sqlite = native_crate("libsqlite3-sys");
        assert_eq!(sqlite.map(|one| (one.library, one.kind)), Some(("SQLite", NativeKind::System)));
        assert!(native_crate("serde").is_none());
    }

    #[test]
    fn what_can_be_bundled_says_how() {
        for one in native_crates() {
            let can_be_bundled = matches!(one.kind, NativeKind::System | NativeKind::Fallback);
            assert_eq!(can_be_bundled, !one.bundled.is_empty(), "{}", one.name);
            let may_be_missing = one.kind != NativeKind::Source || !one.system.is_empty();
            assert!(!may_be_missing || !one.nix.is_empty(), "{}: what brings it in Nix?", one.name);
        }
    }
}
