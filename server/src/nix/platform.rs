//! Platforms by the three names that they have: Nix's system ("x86_64-linux"), Nix's config
//! ("x86_64-w64-mingw32") and rustc's triple ("x86_64-pc-windows-gnu").

use std::rc::Rc;

use super::{facts::Known, value::Attrs};

/// The systems that flake-utils and most flakes mean when they say "every system".
pub(super) const DEFAULT_SYSTEMS: &[&str] =
    &["aarch64-darwin", "aarch64-linux", "x86_64-darwin", "x86_64-linux"];

/// `lib.systems.flakeExposed`.
pub(super) const FLAKE_EXPOSED: &[&str] = &[
    "x86_64-linux",
    "aarch64-linux",
    "x86_64-darwin",
    "armv6l-linux",
    "armv7l-linux",
    "i686-linux",
    "aarch64-darwin",
    "powerpc64le-linux",
    "riscv64-linux",
    "x86_64-freebsd",
];

/// A platform that something runs on or is built for.
#[derive(Clone, Debug, Default)]
pub(super) struct Machine {
    /// Nix's `config`.
    pub(super) config: Option<Rc<str>>,
    /// Whether everything is linked statically.
    pub(super) is_static: Known<bool>,
    /// rustc's triple, when the flake says it itself (`rustc.config`, `rust.rustcTarget`).
    pub(super) told_triple: Option<Rc<str>>,
    /// What else the flake's `crossSystem` says.
    pub(super) told: Option<Rc<Attrs>>,
}

impl PartialEq for Machine {
    fn eq(&self, other: &Self) -> bool {
        self.config == other.config && self.is_static == other.is_static
    }
}

impl Machine {
    pub(super) fn from_config(config: &str) -> Self {
        // nixpkgs links everything statically where there are no shared libraries.
        let is_static = matches!(Parsed::new(config).os(), "wasi" | "redox");
        Self { config: Some(Rc::from(config)), is_static: Known::Value(is_static), ..Self::default() }
    }

    /// From what people write as a system: a pair like "aarch64-linux", or a config.
    pub(super) fn from_system(system: &str) -> Self {
        if system.split('-').count() > 2 {
            return Self::from_config(system);
        }
        config_of_system(system).map_or_else(Self::default, |config| Self::from_config(&config))
    }

    /// The same machine with musl (on Linux), and static if asked.
    pub(super) fn with_musl(&self, is_static: bool) -> Self {
        let config = self.config.as_deref().map(|config| Rc::from(musl_config(config)));
        Self { config, is_static: Known::Value(is_static), told_triple: None, told: None }
    }

    pub(super) fn parsed(&self) -> Option<Parsed<'_>> {
        self.config.as_deref().map(Parsed::new)
    }

    /// Nix's system.
    pub(super) fn system(&self) -> Option<String> {
        self.parsed().map(Parsed::system)
    }

    /// rustc's triple.
    pub(super) fn triple(&self) -> Option<String> {
        match &self.told_triple {
            Some(triple) => Some(triple.to_string()),
            None => self.parsed().and_then(Parsed::triple),
        }
    }
}

/// The parts of a `config`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parsed<'c> {
    pub(super) cpu: &'c str,
    pub(super) vendor: &'c str,
    pub(super) kernel: &'c str,
    pub(super) abi: &'c str,
}

impl<'c> Parsed<'c> {
    /// Splits as nixpkgs does: the vendor may be missing, and Windows is called by its C library.
    pub(super) fn new(config: &'c str) -> Self {
        let parts: Vec<&str> = config.splitn(4, '-').collect();
        let (cpu, vendor, kernel, abi) = match parts.as_slice() {
            [cpu, "w64" | "pc", "mingw32", ..] => (*cpu, "w64", "windows", "gnu"),
            [cpu, "pc" | "w64", "windows", abi] => (*cpu, "pc", "windows", *abi),
            [cpu, "windows", abi] => (*cpu, "pc", "windows", *abi),
            [cpu, "linux", abi] => (*cpu, "unknown", "linux", *abi),
            [cpu, "none", abi] => (*cpu, "unknown", "none", *abi),
            [cpu, vendor, kernel, abi] => (*cpu, *vendor, *kernel, *abi),
            [cpu, vendor @ ("apple" | "unknown" | "pc"), kernel] => (*cpu, *vendor, *kernel, ""),
            [cpu, "elf"] => (*cpu, "unknown", "none", "elf"),
            [cpu, kernel] => (*cpu, "unknown", *kernel, ""),
            [cpu, ..] => (*cpu, "unknown", "", ""),
            [] => ("", "", "", ""),
        };
        Self { cpu, vendor, kernel, abi }
    }

    pub(super) fn is_darwin(self) -> bool {
        self.kernel.starts_with("darwin") || self.kernel.starts_with("macos")
    }

    /// The kernel as a system names it.
    pub(super) fn os(self) -> &'c str {
        match self.kernel {
            _ if self.is_darwin() => "darwin",
            kernel if kernel.starts_with("freebsd") => "freebsd",
            kernel => kernel,
        }
    }

    /// The processor as nixpkgs names it.
    pub(super) fn cpu_name(self) -> &'c str {
        match self.cpu {
            "arm64" => "aarch64",
            "amd64" => "x86_64",
            "i386" | "i486" | "i586" => "i686",
            "riscv64gc" => "riscv64",
            "armv7" => "armv7l",
            "armv6" => "armv6l",
            cpu => cpu,
        }
    }

    pub(super) fn system(self) -> String {
        // A telephone's system is called as a computer's.
        let os = if self.os() == "ios" { "darwin" } else { self.os() };
        format!("{}-{os}", self.cpu_name())
    }

    /// How rustc calls it; `None` when no triple is known for it.
    pub(super) fn triple(self) -> Option<String> {
        let cpu = self.rust_cpu();
        let triple = match (self.os(), self.abi) {
            ("linux", "android") => format!("{cpu}-linux-android"),
            ("linux", "androideabi") => format!("{}-linux-androideabi", cpu.trim_end_matches('a')),
            ("linux", "gnuabielfv1" | "gnuabielfv2") => format!("{cpu}-unknown-linux-gnu"),
            ("linux", "muslabi64" | "musl") if cpu.starts_with("mips64") => {
                format!("{cpu}-unknown-linux-muslabi64")
            }
            ("linux", "" | "gnu") if self.is_hard_float_arm() => format!("{cpu}-unknown-linux-gnueabihf"),
            ("linux", "") => format!("{cpu}-unknown-linux-gnu"),
            ("linux", abi) => format!("{cpu}-unknown-linux-{abi}"),
            ("darwin", _) => format!("{cpu}-apple-darwin"),
            ("ios", "simulator") => format!("{cpu}-apple-ios-sim"),
            ("ios", _) => format!("{cpu}-apple-ios"),
            ("windows", "msvc") => format!("{cpu}-pc-windows-msvc"),
            // mingw for ARM is LLVM's only.
            ("windows", _) if cpu == "aarch64" => "aarch64-pc-windows-gnullvm".to_owned(),
            ("windows", "gnullvm") => format!("{cpu}-pc-windows-gnullvm"),
            ("windows", _) => format!("{cpu}-pc-windows-gnu"),
            (os @ ("freebsd" | "netbsd" | "openbsd" | "redox"), _) => format!("{cpu}-unknown-{os}"),
            ("wasi", _) => "wasm32-wasip1".to_owned(),
            ("none", _) if cpu == "wasm32" => "wasm32-unknown-unknown".to_owned(),
            _ => return None,
        };
        Some(triple)
    }

    fn is_hard_float_arm(self) -> bool {
        matches!(self.cpu_name(), "armv7l" | "armv7a" | "armv6l")
    }

    fn rust_cpu(self) -> &'c str {
        match self.cpu {
            "arm64" => "aarch64",
            "amd64" => "x86_64",
            "armv7l" => "armv7",
            "armv7a" => "armv7a",
            "armv6l" | "armv6" => "arm",
            "armv5tel" => "armv5te",
            "riscv64" => "riscv64gc",
            "riscv32" => "riscv32gc",
            cpu => cpu,
        }
    }
}

fn config_of_system(system: &str) -> Option<String> {
    let (cpu, os) = system.split_once('-')?;
    Some(match os {
        "linux" => format!("{cpu}-unknown-linux-{}", linux_abi(cpu)),
        // What nixpkgs calls the config of aarch64-darwin.
        "darwin" if cpu == "aarch64" => "arm64-apple-darwin".to_owned(),
        "darwin" => format!("{cpu}-apple-darwin"),
        "windows" | "mingw32" => format!("{cpu}-w64-mingw32"),
        "freebsd" | "netbsd" | "openbsd" | "wasi" | "redox" => format!("{cpu}-unknown-{os}"),
        "none" => format!("{cpu}-none-elf"),
        _ => return None,
    })
}

fn linux_abi(cpu: &str) -> &'static str {
    match cpu {
        "armv5tel" => "gnueabi",
        _ if cpu.starts_with("armv") => "gnueabihf",
        "powerpc64" => "gnuabielfv2",
        "mips64" | "mips64el" => "gnuabi64",
        _ => "gnu",
    }
}

/// The config with musl instead of glibc; others than Linux stay what they are.
fn musl_config(config: &str) -> String {
    let parsed = Parsed::new(config);
    if parsed.os() != "linux" {
        return config.to_owned();
    }
    let abi = match parsed.abi {
        "gnueabihf" | "musleabihf" => "musleabihf",
        "gnueabi" | "musleabi" => "musleabi",
        _ => "musl",
    };
    format!("{}-{}-linux-{abi}", parsed.cpu, parsed.vendor)
}

/// The config that an attribute of `pkgsCross` (or `lib.systems.examples`) stands for.
pub(super) fn cross_config(name: &str) -> Option<&'static str> {
    CROSS
        .binary_search_by_key(&name, |(name, _)| *name)
        .ok()
        .and_then(|index| CROSS.get(index))
        .map(|row| row.1)
}

/// rustc's name of a `pkgsCross.NAME`, where nixpkgs itself says it.
pub(super) fn cross_triple(name: &str) -> Option<Rc<str>> {
    (name == "aarch64-android-prebuilt").then(|| Rc::from("aarch64-linux-android"))
}

/// The configs of all package sets in `pkgsCross`.
pub(super) fn cross_configs() -> impl Iterator<Item = &'static str> {
    CROSS.iter().map(|row| row.1)
}

/// Whether everything in `pkgsCross.NAME` is static by nixpkgs' own choice.
pub(super) fn cross_is_static(name: &str) -> bool {
    name == "wasi32"
}

/// `lib.systems.examples`: attribute, config. Sorted by attribute.
const CROSS: &[(&str, &str)] = &[
    ("aarch64-android", "aarch64-unknown-linux-android"),
    ("aarch64-android-prebuilt", "aarch64-unknown-linux-android"),
    ("aarch64-darwin", "arm64-apple-darwin"),
    ("aarch64-embedded", "aarch64-none-elf"),
    ("aarch64-freebsd", "aarch64-unknown-freebsd"),
    ("aarch64-multiplatform", "aarch64-unknown-linux-gnu"),
    ("aarch64-multiplatform-musl", "aarch64-unknown-linux-musl"),
    ("aarch64be-embedded", "aarch64_be-none-elf"),
    ("arm-embedded", "arm-none-eabi"),
    ("arm-embedded-nano", "arm-none-eabi"),
    ("armhf-embedded", "arm-none-eabihf"),
    ("armv7a-android-prebuilt", "armv7a-unknown-linux-androideabi"),
    ("armv7l-hf-multiplatform", "armv7l-unknown-linux-gnueabihf"),
    ("ben-nanonote", "mipsel-unknown-linux-uclibc"),
    ("fuloongminipc", "mipsel-unknown-linux-gnu"),
    ("gnu32", "i686-unknown-linux-gnu"),
    ("gnu64", "x86_64-unknown-linux-gnu"),
    ("gnu64_simplekernel", "x86_64-unknown-linux-gnu"),
    ("i686-embedded", "i686-elf"),
    ("iphone64", "arm64-apple-ios"),
    ("loongarch64-linux", "loongarch64-unknown-linux-gnu"),
    ("mingw32", "i686-w64-mingw32"),
    ("mingwW64", "x86_64-w64-mingw32"),
    ("mips-linux-gnu", "mips-unknown-linux-gnu"),
    ("mips64-linux-gnuabi64", "mips64-unknown-linux-gnuabi64"),
    ("mips64el-linux-gnuabi64", "mips64el-unknown-linux-gnuabi64"),
    ("mipsel-linux-gnu", "mipsel-unknown-linux-gnu"),
    ("musl-power", "powerpc64le-unknown-linux-musl"),
    ("musl32", "i686-unknown-linux-musl"),
    ("musl64", "x86_64-unknown-linux-musl"),
    ("muslpi", "armv6l-unknown-linux-musleabihf"),
    ("pogoplug4", "armv5tel-unknown-linux-gnueabi"),
    ("powernv", "powerpc64le-unknown-linux-gnu"),
    ("ppc32", "powerpc-unknown-linux-gnu"),
    ("ppc64", "powerpc64-unknown-linux-gnuabielfv2"),
    ("ppc64-elfv1", "powerpc64-unknown-linux-gnuabielfv1"),
    ("ppc64-elfv2", "powerpc64-unknown-linux-gnuabielfv2"),
    ("ppc64-musl", "powerpc64-unknown-linux-musl"),
    ("raspberryPi", "armv6l-unknown-linux-gnueabihf"),
    ("remarkable1", "armv7l-unknown-linux-gnueabihf"),
    ("remarkable2", "armv7l-unknown-linux-gnueabihf"),
    ("riscv32", "riscv32-unknown-linux-gnu"),
    ("riscv32-embedded", "riscv32-none-elf"),
    ("riscv64", "riscv64-unknown-linux-gnu"),
    ("riscv64-embedded", "riscv64-none-elf"),
    ("riscv64-musl", "riscv64-unknown-linux-musl"),
    ("s390", "s390-unknown-linux-gnu"),
    ("s390x", "s390x-unknown-linux-gnu"),
    ("sheevaplug", "armv5tel-unknown-linux-gnueabi"),
    ("ucrt64", "x86_64-w64-mingw32"),
    ("ucrtAarch64", "aarch64-w64-mingw32"),
    ("wasi32", "wasm32-unknown-wasi"),
    ("wasm32-unknown-none", "wasm32-unknown-none"),
    ("x86_64-darwin", "x86_64-apple-darwin"),
    ("x86_64-embedded", "x86_64-elf"),
    ("x86_64-freebsd", "x86_64-unknown-freebsd"),
    ("x86_64-netbsd", "x86_64-unknown-netbsd"),
    ("x86_64-netbsd-llvm", "x86_64-unknown-netbsd"),
    ("x86_64-openbsd", "x86_64-unknown-openbsd"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(CROSS.is_sorted_by_key(|row| row.0));
    }

    #[test]
    fn configs_have_the_triples_that_rustc_knows() {
        for (config, system, triple) in [
            ("x86_64-unknown-linux-gnu", "x86_64-linux", "x86_64-unknown-linux-gnu"),
            ("x86_64-unknown-linux-musl", "x86_64-linux", "x86_64-unknown-linux-musl"),
            ("x86_64-w64-mingw32", "x86_64-windows", "x86_64-pc-windows-gnu"),
            ("i686-w64-mingw32", "i686-windows", "i686-pc-windows-gnu"),
            ("arm64-apple-darwin", "aarch64-darwin", "aarch64-apple-darwin"),
            ("armv7l-unknown-linux-gnueabihf", "armv7l-linux", "armv7-unknown-linux-gnueabihf"),
            ("armv6l-unknown-linux-musleabihf", "armv6l-linux", "arm-unknown-linux-musleabihf"),
            ("armv5tel-unknown-linux-gnueabi", "armv5tel-linux", "armv5te-unknown-linux-gnueabi"),
            ("riscv64-unknown-linux-gnu", "riscv64-linux", "riscv64gc-unknown-linux-gnu"),
            ("powerpc64-unknown-linux-gnuabielfv2", "powerpc64-linux", "powerpc64-unknown-linux-gnu"),
            ("aarch64-unknown-linux-android", "aarch64-linux", "aarch64-linux-android"),
            ("armv7a-unknown-linux-androideabi", "armv7a-linux", "armv7-linux-androideabi"),
            ("wasm32-unknown-wasi", "wasm32-wasi", "wasm32-wasip1"),
            ("aarch64-linux-gnu", "aarch64-linux", "aarch64-unknown-linux-gnu"),
            ("x86_64-unknown-freebsd", "x86_64-freebsd", "x86_64-unknown-freebsd"),
        ] {
            let machine = Machine::from_config(config);
            assert_eq!(machine.system().as_deref(), Some(system), "{config}");
            assert_eq!(machine.triple().as_deref(), Some(triple), "{config}");
        }
    }

    #[test]
    fn systems_have_configs() {
        for (system, config) in [
            ("x86_64-linux", "x86_64-unknown-linux-gnu"),
            ("aarch64-darwin", "arm64-apple-darwin"),
            ("armv7l-linux", "armv7l-unknown-linux-gnueabihf"),
            ("x86_64-unknown-linux-musl", "x86_64-unknown-linux-musl"),
        ] {
            assert_eq!(Machine::from_system(system).config.as_deref(), Some(config));
        }
        assert_eq!(Machine::from_system("nonsense").config, None);
    }

    #[test]
    fn musl_keeps_the_processor_and_the_float_abi() {
        let musl =
            |config| Machine::from_config(config).with_musl(true).config.map(|config| config.to_string());
        assert_eq!(musl("aarch64-unknown-linux-gnu").as_deref(), Some("aarch64-unknown-linux-musl"));
        assert_eq!(
            musl("armv7l-unknown-linux-gnueabihf").as_deref(),
            Some("armv7l-unknown-linux-musleabihf")
        );
        assert_eq!(musl("arm64-apple-darwin").as_deref(), Some("arm64-apple-darwin"));
    }
}
