//! What a binary is held to: a policy of the knowledge, one that is only a figure (`glibc-2.17`), or a file.

use serde::Deserialize;

use super::{artefact::Libc, version::Version};
use crate::knowledge::{self, NamedPolicy};

/// A policy of more bytes is no policy.
const MAX_BYTES: usize = 64 * 1024;
const DEFAULT: &str = "default";

/// Architectures under the names of Linux distributions, Python's wheels and others, as `target_arch`.
const ARCHES: [(&str, &str); 19] = [
    ("x86_64", "x86_64"),
    ("amd64", "x86_64"),
    ("x64", "x86_64"),
    ("i686", "x86"),
    ("i386", "x86"),
    ("x86", "x86"),
    ("aarch64", "aarch64"),
    ("arm64", "aarch64"),
    ("armv7l", "arm"),
    ("armv7", "arm"),
    ("armhf", "arm"),
    ("arm", "arm"),
    ("ppc64le", "powerpc64"),
    ("powerpc64le", "powerpc64"),
    ("ppc64", "powerpc64"),
    ("s390x", "s390x"),
    ("riscv64", "riscv64"),
    ("riscv64gc", "riscv64"),
    ("loongarch64", "loongarch64"),
];

/// What may be needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its name, for messages.
    pub name: String,
    /// Whether what lies beyond is a mistake; else it is worth knowing.
    pub is_strict: bool,
    /// The newest glibc.
    pub glibc: Option<Version>,
    /// Whether nothing may be loaded at all.
    pub is_static: bool,
    /// Whether the paths of a Nix store are there.
    pub allows_store: bool,
    /// Groups of libraries, as the knowledge names them.
    pub groups: Vec<&'static str>,
    /// Libraries and DLLs by name.
    pub also: Vec<String>,
    /// The newest versions of symbols, by prefix.
    pub symbols: Vec<(String, Version)>,
    /// The newest macOS.
    pub macos: Option<Version>,
    /// The newest Windows, as the header counts it: 6.1, 10.0.
    pub windows: Option<Version>,
    /// The only architecture, as `target_arch`.
    pub arch: Option<&'static str>,
}

impl Default for Policy {
    /// What holds when nobody names a policy.
    fn default() -> Self {
        match knowledge::named_policy(DEFAULT) {
            Some(named) => Self::of(named),
            None => Self::empty(DEFAULT),
        }
    }
}

impl Policy {
    fn empty(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            is_strict: true,
            glibc: None,
            is_static: false,
            allows_store: false,
            groups: Vec::new(),
            also: Vec::new(),
            symbols: Vec::new(),
            macos: None,
            windows: None,
            arch: None,
        }
    }

    fn of(named: &NamedPolicy) -> Self {
        let version = |text: Option<&str>| text.and_then(Version::parse);
        let symbols = named
            .symbols
            .iter()
            .filter_map(|(prefix, text)| Some(((*prefix).to_owned(), Version::parse(text)?)));
        Self {
            name: named.name.to_owned(),
            is_strict: named.is_strict,
            glibc: version(named.glibc),
            is_static: named.is_static,
            allows_store: named.allows_store,
            groups: named.libraries.to_vec(),
            also: named.also.iter().map(|name| (*name).to_owned()).collect(),
            symbols: symbols.collect(),
            macos: version(named.macos),
            windows: version(named.windows),
            arch: None,
        }
    }

    /// The policy that a name means; `None` when it means none.
    pub fn named(name: &str) -> Option<Self> {
        let policy = Self::without_arch(name).or_else(|| {
            let (arch, target_arch) = ARCHES
                .iter()
                .find(|(arch, _)| name.strip_suffix(arch).is_some_and(|rest| rest.ends_with(['_', '-'])))?;
            let rest = name.strip_suffix(arch)?.trim_end_matches(['_', '-']);
            Some(Self { arch: Some(target_arch), ..Self::without_arch(rest)? })
        })?;
        Some(Self { name: name.to_owned(), ..policy })
    }

    fn without_arch(name: &str) -> Option<Self> {
        if let Some(named) = knowledge::named_policy(name) {
            return Some(Self::of(named));
        }
        let figure = |prefix: &str, text: &str| Version::parse(text.strip_prefix(prefix)?);
        let strict = || Self { is_strict: true, ..Self::default() };
        if let Some(version) = figure("glibc-", name) {
            return Some(Self { glibc: Some(version), ..strict() });
        }
        if let Some(version) = figure("macos-", name) {
            return Some(Self { macos: Some(version), ..strict() });
        }
        if let Some(release) = name.strip_prefix("windows-") {
            return Some(Self { windows: Some(windows_version(release)?), ..strict() });
        }
        if let Some(rest) = name.strip_prefix("manylinux_") {
            let version = Version::parse(&rest.replace('_', "."))?;
            return Some(Self { glibc: Some(version), ..Self::nearest_manylinux(version)? });
        }
        let rest = name.strip_prefix("musllinux_")?;
        Version::parse(&rest.replace('_', "."))?;
        knowledge::named_policy("musllinux_1_2").map(Self::of)
    }

    /// The newest manylinux that allows no more.
    fn nearest_manylinux(version: Version) -> Option<Self> {
        let known = knowledge::named_policies().iter().filter(|named| named.name.starts_with("manylinux_"));
        known.map(Self::of).filter(|policy| policy.glibc <= Some(version)).max_by_key(|policy| policy.glibc)
    }

    /// A policy from a file: TOML with the keys of a policy (`glibc`, `macos`, `libraries`, …), all optional.
    ///
    /// The error is one sentence for people, without the file's name.
    pub fn from_toml(text: &str, name: &str) -> Result<Self, String> {
        if text.len() > MAX_BYTES {
            return Err(format!("is larger than {} KiB", MAX_BYTES / 1024));
        }
        let file: File = toml_edit::de::from_str(text)
            .map_err(|error| error.to_string().trim_end().replace('\n', "\n  "))?;
        if file == File::default() {
            return Err("says nothing; write `glibc = \"2.17\"`, `based-on = \"manylinux2014\"` or the like"
                .to_owned());
        }
        let base = match &file.based_on {
            Some(base) => Self::named(base).ok_or_else(|| format!("`based-on` names no policy: {base:?}"))?,
            None => Self::default(),
        };
        let version = |key: &str, text: &Option<String>, base: Option<Version>| match text {
            Some(text) => match Version::parse(text) {
                Some(version) => Ok(Some(version)),
                None => Err(format!("`{key}` is no version: {text:?}; write it like \"2.17\"")),
            },
            None => Ok(base),
        };
        let arch = match &file.arch {
            Some(text) => {
                let known = ARCHES.iter().find(|(arch, _)| arch == text);
                Some(known.ok_or_else(|| format!("`arch` is unknown: {text:?}"))?.1)
            }
            None => base.arch,
        };
        let windows = match &file.windows {
            Some(text) => Some(
                windows_version(text)
                    .ok_or_else(|| format!("`windows` is unknown: {text:?}; write it like \"10\""))?,
            ),
            None => base.windows,
        };
        let mut also = base.also;
        also.extend(file.libraries);
        Ok(Self {
            name: file.name.unwrap_or_else(|| name.to_owned()),
            is_strict: true,
            glibc: version("glibc", &file.glibc, base.glibc)?,
            is_static: file.is_static.unwrap_or(base.is_static),
            allows_store: file.store.unwrap_or(base.allows_store),
            groups: base.groups,
            also,
            symbols: base.symbols,
            macos: version("macos", &file.macos, base.macos)?,
            windows,
            arch,
        })
    }

    /// Whether a library may be needed by code for that C library. What comes with glibc's distributions
    /// does not come with musl's: Alpine has no libgcc_s.so.1 of itself.
    pub fn allows(&self, library: &str, libc: Option<Libc>) -> bool {
        let is_for =
            |group: &&'static str| libc != Some(Libc::Musl) || !["glibc", "manylinux"].contains(group);
        self.also.iter().any(|name| name.eq_ignore_ascii_case(library))
            || (!self.is_static
                && self
                    .groups
                    .iter()
                    .filter(|group| is_for(group))
                    .filter_map(|group| knowledge::libraries(group))
                    .any(|group| group.holds(library)))
    }
}

/// The keys of a policy file.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    name: Option<String>,
    based_on: Option<String>,
    glibc: Option<String>,
    macos: Option<String>,
    windows: Option<String>,
    arch: Option<String>,
    #[serde(rename = "static")]
    is_static: Option<bool>,
    store: Option<bool>,
    #[serde(default)]
    libraries: Vec<String>,
}

/// The version in the header of the programs that a Windows starts.
fn windows_version(release: &str) -> Option<Version> {
    Some(match release {
        "xp" => Version::new(5, 1, 0),
        "vista" => Version::new(6, 0, 0),
        "7" => Version::new(6, 1, 0),
        "8" => Version::new(6, 2, 0),
        "8.1" => Version::new(6, 3, 0),
        "10" | "11" => Version::new(10, 0, 0),
        _ => return None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_and_figures_are_understood() {
        let glibc = |name| Policy::named(name).and_then(|policy| policy.glibc).map(|v| v.to_string());
        for (name, floor) in [
            ("manylinux2014", "2.17"),
            ("manylinux_2_17", "2.17"),
            ("manylinux2014_x86_64", "2.17"),
            ("manylinux_2_30", "2.30"),
            ("glibc-2.17", "2.17"),
            ("default", "2.28"),
        ] {
            assert_eq!(glibc(name).as_deref(), Some(floor), "{name}");
        }
        assert_eq!(Policy::named("manylinux_2_28_aarch64").unwrap().arch, Some("aarch64"));
        // As auditwheel has them, also those without an entry of their own.
        for (name, prefix, version) in [
            ("manylinux_2_26", "GLIBCXX", Version::new(3, 4, 22)),
            ("manylinux_2_27", "GLIBCXX", Version::new(3, 4, 24)),
            ("manylinux_2_30", "GLIBCXX", Version::new(3, 4, 24)),
            ("manylinux_2_36", "ZLIB", Version::new(1, 2, 9)),
            ("manylinux_2_38", "ZLIB", Version::new(1, 2, 12)),
            ("manylinux_2_41", "GCC", Version::new(14, 0, 0)),
        ] {
            let symbols = Policy::named(name).unwrap().symbols;
            assert!(symbols.contains(&(prefix.to_owned(), version)), "{name}: {symbols:?}");
        }
        assert_eq!(Policy::named("windows-7").unwrap().windows, Some(Version::new(6, 1, 0)));
        for bad in ["", "glibc", "glibc-", "glibc-new", "manylinux", "manylinux_x", "_x86_64", "windows-95"] {
            assert_eq!(Policy::named(bad), None, "{bad}");
        }
    }

    #[test]
    fn libraries_are_allowed_by_group_and_by_name() {
        let default = Policy::default();
        assert!(default.allows("libc.so.6", None) && default.allows("libgcc_s.so.1", None));
        assert!(!default.allows("libssl.so.3", None) && !default.allows("libz.so.1", None));
        assert!(Policy::named("manylinux2014").unwrap().allows("libz.so.1", None));
        assert!(!Policy::named("static").unwrap().allows("libc.so.6", None));
    }

    #[test]
    fn a_file_says_what_differs() {
        let text = "based-on = \"manylinux2014\"\nglibc = \"2.20\"\nlibraries = [\"libssl.so.3\"]\n";
        let policy = Policy::from_toml(text, "policy.toml").unwrap();
        assert_eq!(policy.glibc, Some(Version::new(2, 20, 0)));
        assert!(policy.allows("libssl.so.3", None) && policy.allows("libz.so.1", None) && policy.is_strict);
        for (bad, why) in [
            ("glibc = \"new\"", "no version"),
            ("based-on = \"x\"", "names no policy"),
            ("gilbc = \"2.17\"", "unknown field"),
            ("glibc = ", ""),
            ("windows = \"95\"", "unknown"),
            ("# glibc\n", "says nothing"),
        ] {
            let error = Policy::from_toml(bad, "policy.toml").unwrap_err();
            assert!(error.contains(why), "{bad}: {error}");
        }
    }
}
