//! Every target that rustc knows.

use std::{
    collections::HashMap,
    str::FromStr,
    sync::{LazyLock, OnceLock},
};

use cargo_platform::Cfg;

include!(concat!(env!("OUT_DIR"), "/targets.rs"));

/// One target.
#[derive(Debug)]
pub struct Target {
    /// Its triple.
    pub triple: &'static str,
    /// The tier of its support: 1, 2 or 3.
    pub tier: u8,
    /// Whether it has the standard library; `None` where even rustc does not say.
    pub std: Option<bool>,
    /// Whether rustc and cargo are built for it.
    pub host_tools: bool,
    /// `target_arch`.
    pub arch: &'static str,
    /// `target_os`.
    pub os: &'static str,
    /// `target_env`: "gnu", "musl", "msvc", …
    pub env: &'static str,
    /// `target_abi`: "eabihf", …
    pub abi: &'static str,
    /// `target_vendor`.
    pub vendor: &'static str,
    /// `target_endian`.
    pub endian: &'static str,
    /// `target_pointer_width`.
    pub pointer_width: u8,
    /// `target_family`.
    pub families: &'static [&'static str],
    /// `target_has_atomic`.
    pub atomics: &'static [&'static str],
    /// `target_feature` of its default processor.
    pub features: &'static [&'static str],
    /// `panic`.
    pub panic: &'static str,
    /// How it takes to linking its C library statically.
    pub crt_static: CrtStatic,
    /// The program that rustc links with when nobody names one.
    pub linker: &'static str,
    /// How rustc talks to the linker.
    pub linker_flavor: &'static str,
    /// Whether rustc brings start files and a C library, so that a linker of the host can do.
    pub self_contained: bool,
    /// What others call its tools.
    pub names: Names,
}

/// How a target takes to `-C target-feature=±crt-static`. Measured, because some targets ignore the flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrtStatic {
    /// Whether it is on when nobody speaks of it.
    pub default: bool,
    /// Whether `+crt-static` turns (or leaves) it on.
    pub can_be_on: bool,
    /// Whether `-crt-static` turns (or leaves) it off.
    pub can_be_off: bool,
}

/// What packagers and people call the tools for a target.
#[derive(Debug)]
pub struct Names {
    /// Debian's package and the linker in it.
    pub debian: Option<Tool>,
    /// Homebrew's formula and the linker in it.
    pub homebrew: Option<Tool>,
    /// The attribute of nixpkgs' `pkgsCross` and the linker in its `stdenv.cc`.
    pub nixpkgs: Option<Tool>,
    /// Other names that its linker is known by.
    pub linkers: &'static [&'static str],
    /// Prefixes that the cc crate tries when no variable names a compiler: `<prefix>-gcc`.
    pub cc: &'static [&'static str],
    /// What the operating system must have at least.
    pub minimum: Option<&'static str>,
    /// The interpreter of its dynamic programs.
    pub loader: Option<&'static str>,
    /// Whether cargo-zigbuild can build for it; `None` where nobody has tried.
    pub zigbuild: Option<bool>,
}

/// A package that brings a cross linker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tool {
    /// The package, formula or attribute.
    pub package: &'static str,
    /// The linker in it.
    pub linker: Option<&'static str>,
}

/// A triple that rustc knew once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retired {
    /// The triple.
    pub triple: &'static str,
    /// What it is called now.
    pub now: &'static str,
    /// The version of Rust that no longer has it.
    pub since: Option<&'static str>,
}

/// The target of that triple.
pub fn target(triple: &str) -> Option<&'static Target> {
    let position = TARGETS.binary_search_by(|target| target.triple.cmp(triple)).ok()?;
    TARGETS.get(position)
}

/// All targets, sorted by triple.
pub fn targets() -> &'static [Target] {
    TARGETS
}

/// The target that an attribute of nixpkgs' `pkgsCross` builds for.
pub fn by_nixpkgs_attribute(attribute: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.names.nixpkgs.is_some_and(|tool| tool.package == attribute))
}

/// The target whose triple stands in the name of a variable: `X86_64_UNKNOWN_LINUX_MUSL`.
pub fn by_environment_name(name: &str) -> Option<&'static Target> {
    let same = |target: &&Target| {
        target.triple.len() == name.len()
            && target.triple.bytes().zip(name.bytes()).all(|(triple, name)| match triple {
                b'-' | b'.' => name == b'_',
                byte => byte.to_ascii_uppercase() == name,
            })
    };
    TARGETS.iter().find(same)
}

/// What became of a triple that rustc knew once.
pub fn retired(triple: &str) -> Option<&'static Retired> {
    RETIRED.iter().find(|retired| retired.triple == triple)
}

impl Target {
    /// The values that `cfg(…)` sees for it without flags, as `rustc --print cfg` prints them. They are made once: a
    /// configuration is asked of each of its tables, for each target.
    pub fn cfgs(&self) -> &'static [Cfg] {
        static ALL: LazyLock<HashMap<&str, OnceLock<Vec<Cfg>>>> =
            LazyLock::new(|| TARGETS.iter().map(|target| (target.triple, OnceLock::new())).collect());
        ALL.get(self.triple)
            .map(|known| known.get_or_init(|| self.make_cfgs()).as_slice())
            .unwrap_or_default()
    }

    fn make_cfgs(&self) -> Vec<Cfg> {
        let mut cfgs = Vec::with_capacity(32);
        let pointer_width = self.pointer_width.to_string();
        let single = [
            ("panic", self.panic),
            ("target_abi", self.abi),
            ("target_arch", self.arch),
            ("target_endian", self.endian),
            ("target_env", self.env),
            ("target_os", self.os),
            ("target_pointer_width", pointer_width.as_str()),
            ("target_vendor", self.vendor),
        ];
        let several = [
            ("target_family", self.families),
            ("target_feature", self.features),
            ("target_has_atomic", self.atomics),
        ];
        cfgs.extend(single.map(|(key, value)| pair(key, value)));
        for (key, values) in several {
            cfgs.extend(values.iter().map(|value| pair(key, value)));
        }
        for family in self.families.iter().filter(|family| ["unix", "windows"].contains(family)) {
            cfgs.extend(Cfg::from_str(family).ok());
        }
        cfgs.extend(Cfg::from_str("debug_assertions").ok());
        cfgs
    }

    /// Whether it is a Linux with a C library of its own (Android is not).
    pub fn is_linux(&self) -> bool {
        self.os == "linux"
    }

    /// Whether its C library is musl.
    pub fn is_musl(&self) -> bool {
        self.env == "musl"
    }

    /// Whether its C library is glibc.
    pub fn is_glibc(&self) -> bool {
        self.is_linux() && self.env == "gnu"
    }

    /// Whether it is one of Apple's.
    pub fn is_apple(&self) -> bool {
        self.vendor == "apple"
    }

    /// Whether it is a Windows.
    pub fn is_windows(&self) -> bool {
        self.families.contains(&"windows")
    }

    /// Whether it is WebAssembly.
    pub fn is_wasm(&self) -> bool {
        self.families.contains(&"wasm") || self.arch.starts_with("wasm")
    }

    /// Whether it has no operating system.
    pub fn is_bare_metal(&self) -> bool {
        self.os == "none"
    }

    /// Whether rustc brings the program that links for it, so that none has to be named.
    pub fn brings_linker(&self) -> bool {
        ["rust-lld", "wasm-component-ld", "llvm-bitcode-linker"].contains(&self.linker)
    }

    /// Whether rustc calls a cross linker by its own name, such as `x86_64-w64-mingw32-gcc`.
    pub fn names_linker(&self) -> bool {
        !matches!(self.linker, "cc" | "gcc" | "ld" | "link.exe")
    }

    /// Whether rustup has std for it: rustc does not say of all, and then tiers 1 and 2 have it.
    pub fn has_std(&self) -> bool {
        self.std.unwrap_or(self.tier <= 2)
    }

    /// The cross linker in Debian and Ubuntu.
    pub fn debian_linker(&self) -> Option<&'static str> {
        self.names.debian?.linker
    }

    /// The cross linker in Homebrew.
    pub fn homebrew_linker(&self) -> Option<&'static str> {
        self.names.homebrew?.linker
    }

    /// The triple as it stands in the names of variables: `aarch64_unknown_linux_gnu`.
    pub fn underscored(&self) -> String {
        self.triple.replace(['-', '.'], "_")
    }
}

fn pair(key: &str, value: &str) -> Cfg {
    let name = cargo_platform::Ident { name: key.to_owned(), raw: false };
    Cfg::KeyPair(name, value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(triple: &str, expression: &str) -> bool {
        let cfgs = target(triple).map(Target::cfgs).unwrap_or_default();
        cargo_platform::CfgExpr::from_str(expression).is_ok_and(|expression| expression.matches(cfgs))
    }

    #[test]
    fn the_table_is_sorted_and_whole() {
        assert!(TARGETS.is_sorted_by(|one, other| one.triple < other.triple));
        assert!(TARGETS.len() > 300);
        for target in TARGETS {
            assert_eq!(super::target(target.triple).map(|found| found.triple), Some(target.triple));
            assert!(!target.linker.is_empty() && !target.linker.contains('/'), "{}", target.triple);
        }
        assert!(target("x86_64-unknown-linux-gnux").is_none());
    }

    #[test]
    fn expressions_hold_as_for_rustc() {
        for (triple, expression, expected) in [
            ("x86_64-pc-windows-msvc", "all(windows, target_env = \"msvc\")", true),
            ("x86_64-pc-windows-gnu", "all(windows, target_env = \"msvc\")", false),
            ("aarch64-apple-darwin", "all(unix, not(target_vendor = \"apple\"))", false),
            ("aarch64-apple-darwin", "target_os = \"macos\"", true),
            ("x86_64-unknown-linux-musl", "target_feature = \"crt-static\"", true),
            ("riscv64gc-unknown-linux-musl", "target_feature = \"crt-static\"", false),
            ("wasm32-unknown-unknown", "target_family = \"wasm\"", true),
            ("wasm32-unknown-unknown", "any(unix, windows)", false),
            ("x86_64-unknown-linux-gnux32", "target_pointer_width = \"32\"", true),
            ("armv7-unknown-linux-gnueabihf", "target_abi = \"eabihf\"", true),
            ("x86_64-unknown-linux-gnu", "target_abi = \"\"", true),
            ("x86_64-unknown-linux-gnu", "debug_assertions", true),
        ] {
            assert_eq!(holds(triple, expression), expected, "{triple}: {expression}");
        }
    }

    #[test]
    fn crt_static_follows_the_table_and_not_the_suffix() {
        let crt_static = |triple| target(triple).map(|target| target.crt_static);
        let facts = |default, can_be_on, can_be_off| Some(CrtStatic { default, can_be_on, can_be_off });
        assert_eq!(crt_static("x86_64-unknown-linux-musl"), facts(true, true, true));
        assert_eq!(crt_static("riscv64gc-unknown-linux-musl"), facts(false, true, true));
        assert_eq!(crt_static("x86_64-unikraft-linux-musl"), facts(false, false, true));
        assert_eq!(crt_static("aarch64-apple-darwin"), facts(false, false, true));
        assert_eq!(crt_static("x86_64-pc-windows-gnu"), facts(false, false, true));
        assert_eq!(crt_static("x86_64-pc-windows-msvc"), facts(false, true, true));
    }

    #[test]
    fn default_linkers_are_those_that_rustc_starts() {
        for (triple, linker, brought) in [
            ("aarch64-unknown-linux-gnu", "cc", false),
            ("x86_64-pc-windows-gnu", "x86_64-w64-mingw32-gcc", false),
            ("x86_64-pc-windows-msvc", "link.exe", false),
            ("wasm32-unknown-unknown", "rust-lld", true),
            ("wasm32-wasip2", "wasm-component-ld", true),
            ("thumbv7em-none-eabi", "rust-lld", true),
            ("x86_64-unknown-uefi", "rust-lld", true),
        ] {
            let target = target(triple);
            assert_eq!(target.map(|target| (target.linker, target.brings_linker())), Some((linker, brought)));
        }
    }

    #[test]
    fn nixpkgs_attributes_lead_to_targets() {
        let triple = |attribute| by_nixpkgs_attribute(attribute).map(|target| target.triple);
        assert_eq!(triple("aarch64-multiplatform-musl"), Some("aarch64-unknown-linux-musl"));
        assert_eq!(triple("mingwW64"), Some("x86_64-pc-windows-gnu"));
        assert_eq!(triple("nothing"), None);
    }
}
