//! What systems have: C libraries by distribution, libraries and DLLs that come with a system, and the
//! policies that binaries are held to.

include!(concat!(env!("OUT_DIR"), "/policies.rs"));

/// A Linux distribution with glibc.
#[derive(Debug)]
pub struct Distribution {
    /// Its name.
    pub name: &'static str,
    /// The values of `target_arch` that it is made for.
    pub arches: &'static [&'static str],
    /// The first release for an architecture that came later.
    pub since: &'static [(&'static str, &'static str)],
    /// Its releases, oldest first.
    pub releases: &'static [Release],
}

impl Distribution {
    /// Its releases for an architecture, oldest first; none when it is not made for it.
    pub fn releases_for(&self, arch: &str) -> &'static [Release] {
        if !self.arches.contains(&arch) {
            return &[];
        }
        let first = self.since.iter().find(|(later, _)| *later == arch).map(|(_, release)| *release);
        let start = self.releases.iter().position(|release| first.is_none_or(|first| release.name == first));
        start.and_then(|start| self.releases.get(start..)).unwrap_or_default()
    }
}

/// A release of a distribution.
#[derive(Debug)]
pub struct Release {
    /// "12", "22.04".
    pub name: &'static str,
    /// Version of its glibc.
    pub glibc: &'static str,
    /// The highest GLIBCXX_ of its libstdc++; empty where nobody can say.
    pub libstdcxx: &'static str,
}

/// Libraries that belong together.
#[derive(Debug)]
pub struct LibraryGroup {
    /// What they belong to: "glibc", "desktop".
    pub system: &'static str,
    /// Their names.
    pub names: &'static [&'static str],
    /// What the names of others begin with.
    pub prefixes: &'static [&'static str],
}

impl LibraryGroup {
    /// Whether it holds a library.
    pub fn holds(&self, name: &str) -> bool {
        self.names.contains(&name) || self.prefixes.iter().any(|prefix| name.starts_with(prefix))
    }
}

/// A compiler's run time for Windows.
#[derive(Debug)]
pub struct Runtime {
    /// What the names of its DLLs begin with, in lower case.
    pub prefixes: &'static [&'static str],
    /// What it is.
    pub what: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
    /// Whether no Windows has it.
    pub is_certain: bool,
}

/// A policy with a name.
#[derive(Debug)]
pub struct NamedPolicy {
    /// Its name.
    pub name: &'static str,
    /// Others that it is known by.
    pub aliases: &'static [&'static str],
    /// The newest glibc that may be needed.
    pub glibc: Option<&'static str>,
    /// Whether nothing may be loaded.
    pub is_static: bool,
    /// Whether paths of the Nix store are there.
    pub allows_store: bool,
    /// Groups of libraries that may be needed.
    pub libraries: &'static [&'static str],
    /// Libraries that may be needed besides.
    pub also: &'static [&'static str],
    /// The newest versions of symbols that may be needed.
    pub symbols: &'static [(&'static str, &'static str)],
    /// The newest macOS that may be needed.
    pub macos: Option<&'static str>,
    /// The newest Windows that may be needed.
    pub windows: Option<&'static str>,
    /// Whether what lies beyond is a mistake.
    pub is_strict: bool,
}

/// All distributions with glibc that are known.
pub fn distributions() -> &'static [Distribution] {
    DISTRIBUTIONS
}

/// The libraries of a system.
pub fn libraries(system: &str) -> Option<&'static LibraryGroup> {
    LIBRARIES.iter().find(|group| group.system == system)
}

/// Whether the loader of that path is where machines outside have it.
pub fn is_standard_interpreter(path: &str) -> bool {
    let is_of_a_target = || super::targets().iter().any(|target| target.names.loader == Some(path));
    INTERPRETERS.contains(&path)
        || INTERPRETER_PREFIXES.iter().any(|prefix| path.starts_with(prefix))
        || is_of_a_target()
}

/// Whether every Windows has a DLL of that name.
pub fn is_windows_dll(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    WINDOWS_DLLS.binary_search(&name.as_str()).is_ok()
        || WINDOWS_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// The oldest Windows that has a DLL, as "10.0", where that says more than the header.
pub fn windows_minimum(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    WINDOWS_MINIMUM.iter().find(|(prefix, _)| name.starts_with(prefix)).map(|(_, version)| *version)
}

/// The compiler's run time that a DLL belongs to.
pub fn windows_runtime(name: &str) -> Option<&'static Runtime> {
    let name = name.to_ascii_lowercase();
    // msvcp140-a4c2229bdc2a2a630acdc095b4d86008.dll: a copy under a name of its own, which delvewheel makes.
    let stem = name.strip_suffix(".dll").unwrap_or(&name);
    let is_copy = stem
        .rsplit_once('-')
        .is_some_and(|(_, hash)| hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if is_copy {
        return None;
    }
    RUNTIMES.iter().find(|runtime| runtime.prefixes.iter().any(|prefix| name.starts_with(prefix)))
}

/// The policy of that name.
pub fn named_policy(name: &str) -> Option<&'static NamedPolicy> {
    POLICIES.iter().find(|policy| policy.name == name || policy.aliases.contains(&name))
}

/// All policies with a name, as the data has them.
pub fn named_policies() -> &'static [NamedPolicy] {
    POLICIES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_windows_has_is_known_in_any_case() {
        for name in
            ["KERNEL32.dll", "ntdll.dll", "api-ms-win-crt-heap-l1-1-0.dll", "WS2_32.DLL", "msvcrt.dll"]
        {
            assert!(is_windows_dll(name) && windows_runtime(name).is_none(), "{name}");
        }
        for name in ["VCRUNTIME140.dll", "libgcc_s_seh-1.dll", "libwinpthread-1.dll", "VCRUNTIME140_1.dll"] {
            assert!(!is_windows_dll(name) && windows_runtime(name).is_some(), "{name}");
        }
        assert_eq!(windows_minimum("bcryptprimitives.dll"), Some("10.0"));
        let is_certain = |name| windows_runtime(name).map(|runtime| runtime.is_certain);
        assert_eq!(is_certain("VCRUNTIME140D.dll"), Some(true));
        assert_eq!(is_certain("VCRUNTIME140.dll"), Some(false));
        assert!(!is_windows_dll("sqlite3.dll") && windows_runtime("sqlite3.dll").is_none());
    }

    #[test]
    fn interpreters_of_all_targets_are_standard() {
        for path in ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1", "/system/bin/linker64"] {
            assert!(is_standard_interpreter(path), "{path}");
        }
        for path in
            ["/nix/store/0c9jw0yvcf2aqbhqkqgpv8dgbh4kz2ld-glibc/lib/ld-linux-x86-64.so.2", "ld.so", ""]
        {
            assert!(!is_standard_interpreter(path), "{path}");
        }
    }

    #[test]
    fn releases_stand_in_order_and_policies_have_one_name_each() {
        for distribution in distributions() {
            let glibc = distribution.releases.iter().map(|release| {
                release
                    .glibc
                    .split('.')
                    .map(|part| part.parse::<u32>().unwrap_or_default())
                    .collect::<Vec<_>>()
            });
            assert!(glibc.is_sorted(), "{}", distribution.name);
        }
        let mut names: Vec<_> =
            POLICIES.iter().flat_map(|policy| policy.aliases.iter().chain([&policy.name])).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
