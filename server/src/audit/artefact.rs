//! What stands in a binary.

use super::version::Version;

/// A file that somebody wants to ship.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artefact {
    /// Its name, for messages.
    pub name: String,
    /// What is in it, or why nobody can say.
    pub content: Result<Binary, Unreadable>,
}

/// Why a file could not be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Continues "app ": "is a shell script, not a binary", "ends in the middle of its header".
    pub reason: String,
    /// What to do about it.
    pub advice: String,
}

impl Unreadable {
    /// A file that is damaged: something in it points to where nothing is.
    pub fn damaged(what: &str) -> Self {
        Self {
            reason: format!("is damaged or cut short: {what}"),
            advice: "build or download it again, and audit the new file".to_owned(),
        }
    }

    /// A program that unpacks itself when it starts: what it needs is not to be seen.
    pub fn packed(by: &str) -> Self {
        Self {
            reason: format!("is packed by {by}: what it needs shows only when it runs"),
            advice: "audit the program before it is packed".to_owned(),
        }
    }

    /// A file that is something else.
    pub fn other(reason: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { reason: reason.into(), advice: advice.into() }
    }
}

/// The format of a binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// Linux, Android and the BSDs.
    Elf,
    /// macOS and its siblings.
    MachO,
    /// Windows and UEFI.
    Pe,
    /// WebAssembly.
    Wasm,
}

impl Format {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Elf => "elf",
            Self::MachO => "mach-o",
            Self::Pe => "pe",
            Self::Wasm => "wasm",
        }
    }
}

/// A binary that was read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binary {
    /// Its format.
    pub format: Format,
    /// One for each architecture: several in a universal binary of macOS, never none.
    pub images: Vec<Image>,
    /// Paths of a Nix or Guix store, sorted, each once.
    pub store: Vec<StoreReference>,
    /// Whether there were more of them than anybody will read.
    pub store_is_cut: bool,
}

/// What the code is loaded as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Something to start.
    Program,
    /// Something that programs load.
    Library,
}

/// How it comes to its libraries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Linkage {
    /// It has all in it, at fixed addresses.
    Static,
    /// It has all in it, at any address.
    StaticPie,
    /// The system's loader brings them.
    Dynamic,
}

impl Linkage {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::StaticPie => "static-pie",
            Self::Dynamic => "dynamic",
        }
    }
}

/// A C library of Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Libc {
    /// GNU's.
    Glibc,
    /// musl.
    Musl,
    /// Android's.
    Bionic,
}

/// What it runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum System {
    /// Linux, other than Android.
    Linux,
    /// Android.
    Android,
    /// Another Unix, by its name.
    Unix(&'static str),
    /// macOS.
    MacOs,
    /// Another system of Apple's, by its name.
    Apple(&'static str),
    /// Windows.
    Windows,
    /// The firmware of a PC.
    Uefi,
    /// A runtime of WebAssembly.
    Wasm,
}

impl System {
    /// `target_os` of the targets for it; `None` where several have it.
    pub fn target_os(self) -> Option<&'static str> {
        Some(match self {
            Self::Linux => "linux",
            Self::Android => "android",
            Self::Unix(name) => match name {
                "FreeBSD" => "freebsd",
                "NetBSD" => "netbsd",
                "OpenBSD" => "openbsd",
                "DragonFly" => "dragonfly",
                "Solaris" => return None,
                "Haiku" => "haiku",
                "Fuchsia" => "fuchsia",
                "Redox" => "redox",
                _ => return None,
            },
            Self::MacOs => "macos",
            Self::Apple(name) => match name {
                "iOS" | "iOS simulator" | "Mac Catalyst" => "ios",
                "tvOS" | "tvOS simulator" => "tvos",
                "watchOS" | "watchOS simulator" => "watchos",
                "visionOS" | "visionOS simulator" => "visionos",
                _ => return None,
            },
            Self::Windows => "windows",
            Self::Uefi => "uefi",
            Self::Wasm => return None,
        })
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linux => "Linux",
            Self::Android => "Android",
            Self::Unix(name) | Self::Apple(name) => name,
            Self::MacOs => "macOS",
            Self::Windows => "Windows",
            Self::Uefi => "UEFI",
            Self::Wasm => "WebAssembly",
        }
    }
}

/// A library that the loader has to find.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Needed {
    /// As it stands in the binary: "libc.so.6", "/usr/lib/libSystem.B.dylib", "KERNEL32.dll".
    pub name: String,
    /// Whether the program starts without it (weak dylibs, delay-loaded DLLs).
    pub is_optional: bool,
}

/// A version of symbols that a library has to offer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SymbolVersion {
    /// "libc.so.6".
    pub library: String,
    /// "GLIBC_2.34".
    pub name: String,
    /// Whether the program starts without it: all symbols of that version are weak.
    pub is_weak: bool,
}

impl SymbolVersion {
    /// The version behind a prefix: 2.34 for "GLIBC".
    pub fn of(&self, prefix: &str) -> Option<Version> {
        Version::parse(self.name.strip_prefix(prefix)?.strip_prefix('_')?)
    }
}

/// The oldest system that starts it, as the file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinimumSystem {
    /// The system.
    pub system: System,
    /// Its version: of the kernel for Linux, of the header for Windows (10.0, 6.1).
    pub version: Version,
}

/// The code for one architecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// `target_arch` as rustc has it, "x86_64"; or what the format calls an architecture that rustc does not
    /// know.
    pub arch: String,
    /// Whether the most significant byte comes first.
    pub is_big_endian: bool,
    /// Width of a pointer in bits.
    pub pointer_width: u8,
    /// What it runs on.
    pub system: System,
    /// Program or library.
    pub kind: Kind,
    /// How it comes to its libraries.
    pub linkage: Linkage,
    /// The C library of Linux that it speaks to; `None` when it has its own in it, or for other systems.
    pub libc: Option<Libc>,
    /// The program that loads it (`PT_INTERP`).
    pub interpreter: Option<String>,
    /// What the loader has to find, in the order of the file.
    pub needed: Vec<Needed>,
    /// Where the loader looks first: `RUNPATH`, `RPATH`, `LC_RPATH`.
    pub runpath: Vec<String>,
    /// What it calls itself: `SONAME`, `LC_ID_DYLIB`.
    pub own_name: Option<String>,
    /// The versions of symbols that it needs.
    pub versions: Vec<SymbolVersion>,
    /// The oldest system that starts it.
    pub minimum: Option<MinimumSystem>,
    /// Whether it carries a signature; `None` where the format has none that matters.
    pub is_signed: Option<bool>,
    /// Whether its symbol table is gone; `None` where nobody can tell.
    pub is_stripped: Option<bool>,
    /// What a WebAssembly module asks its host for, as "module" and "name".
    pub imports: Vec<(String, String)>,
}

impl Image {
    /// An image of which only the machine is known.
    pub(super) fn new(arch: impl Into<String>, system: System) -> Self {
        Self {
            arch: arch.into(),
            is_big_endian: false,
            pointer_width: 64,
            system,
            kind: Kind::Program,
            linkage: Linkage::Dynamic,
            libc: None,
            interpreter: None,
            needed: Vec::new(),
            runpath: Vec::new(),
            own_name: None,
            versions: Vec::new(),
            minimum: None,
            is_signed: None,
            is_stripped: None,
            imports: Vec::new(),
        }
    }

    /// The highest version of symbols with that prefix ("GLIBC", "GLIBCXX") without which it does not start.
    pub fn highest(&self, prefix: &str) -> Option<Version> {
        self.versions.iter().filter(|version| !version.is_weak).filter_map(|one| one.of(prefix)).max()
    }

    /// The glibc that it needs at least.
    pub fn glibc(&self) -> Option<Version> {
        // DT_RELR is understood from 2.36 on, and the linker says so by this name.
        let has_relr =
            self.versions.iter().any(|version| version.name == "GLIBC_ABI_DT_RELR" && !version.is_weak);
        let relr = has_relr.then(|| Version::new(2, 36, 0));
        self.highest("GLIBC").max(relr)
    }
}

/// Where a store path stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The loader of the program.
    Interpreter,
    /// A library to load.
    Needed,
    /// A folder to look for libraries in.
    Runpath,
    /// The name of a library for those that link to it.
    OwnName,
    /// Somewhere in the file: text, debug information.
    Data,
}

impl Place {
    /// Whether the loader reads it, so that the program depends on it to start.
    pub fn is_load_command(self) -> bool {
        matches!(self, Self::Interpreter | Self::Needed | Self::Runpath)
    }
}

/// A path of a Nix or Guix store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoreReference {
    /// "/nix/store/HASH-NAME".
    pub path: String,
    /// The first of the places where it stands, as [`Place`] orders them.
    pub place: Place,
}
