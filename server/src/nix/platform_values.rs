//! `stdenv.hostPlatform` and its like: attributes of platforms as nixpkgs has them.

use std::rc::Rc;

use super::{
    builtins,
    evaluate::Selected,
    evaluator::Evaluator,
    facts::Known,
    platform::{Machine, Parsed},
    value::{Head, Partial, Place, Symbol, Value},
};

impl Evaluator<'_> {
    /// An attribute of a platform.
    pub(super) fn platform_attribute(
        &mut self,
        machine: &Rc<Machine>,
        name: Symbol,
        place: Place,
    ) -> Selected {
        let text = self.name(name);
        // What the flake's own `crossSystem` says comes first; nixpkgs spreads it over what it computes.
        if let Some(told) = &machine.told
            && !matches!(&*text, "rust" | "rustc" | "system")
            && let Some(attr) = told.get(name)
        {
            let thunk = attr.thunk;
            return Selected::Found(self.force(thunk));
        }
        let Some(parsed) = machine.parsed() else {
            return Selected::Maybe(Value::unknown("the platform is not known", place));
        };
        if let Some(decided) = predicate(parsed, &text) {
            return Selected::Found(Value::Bool(decided));
        }
        let value = match &*text {
            "isStatic" => match &machine.is_static {
                Known::Value(is_static) => Value::Bool(*is_static),
                Known::Unknown(why) => Value::unknown(why, place),
            },
            "hasSharedLibraries" => match &machine.is_static {
                Known::Value(is_static) => Value::Bool(!is_static),
                Known::Unknown(why) => Value::unknown(why, place),
            },
            "canExecute" => self.platform_function("canExecute", machine, place),
            "rust" | "rustc" => self.rust_attributes(machine, place),
            "parsed" => self.parsed_attributes(parsed, place),
            "extensions" => self.extensions(machine, parsed, place),
            "uname" => self.uname(parsed, place),
            _ => match self.platform_text(machine, parsed, &text) {
                Some(text) => Value::text(&text, place),
                None => {
                    let head = Value::head(Head::Platform(Rc::clone(machine)), place);
                    return Selected::Maybe(match head.as_neutral() {
                        Some(term) => term.select(name, place),
                        None => head,
                    });
                }
            },
        };
        Selected::Found(value)
    }

    #[expect(clippy::unused_self, reason = "reads like its neighbours")]
    fn platform_text(&self, machine: &Machine, parsed: Parsed<'_>, name: &str) -> Option<String> {
        Some(match name {
            "config" => machine.config.as_deref()?.to_owned(),
            "system" | "nixSystem" => machine.system()?,
            "darwinArch" => match parsed.cpu_name() {
                "aarch64" => "arm64".to_owned(),
                cpu => cpu.to_owned(),
            },
            "linuxArch" => linux_arch(parsed).to_owned(),
            "qemuArch" => qemu_arch(parsed).to_owned(),
            "ubootArch" => match parsed.cpu_name() {
                "i686" => "x86".to_owned(),
                cpu if cpu.starts_with("mips64") => "mips64".to_owned(),
                _ => linux_arch(parsed).to_owned(),
            },
            "libc" => libc(parsed).to_owned(),
            "exeExtension" | "executable" => executable(parsed).to_owned(),
            _ => return None,
        })
    }

    fn platform_function(&mut self, name: &str, machine: &Rc<Machine>, place: Place) -> Value {
        let this = self.ready(Value::head(Head::Platform(Rc::clone(machine)), place), place);
        match builtins::platform_function(name) {
            Some(builtin) => Value::Builtin(Rc::new(Partial { builtin, arguments: vec![this] })),
            None => Value::unknown("a function of the platform", place),
        }
    }

    fn rust_attributes(&mut self, machine: &Machine, place: Place) -> Value {
        let Some(triple) = machine.triple() else {
            return Value::unknown("rustc's name of this platform is not known", place);
        };
        // nixpkgs gives Android a vendor that rustc's name lacks.
        let triple = match (&machine.told_triple, triple.strip_suffix("-linux-android")) {
            (None, Some(cpu)) => format!("{cpu}-unknown-linux-android"),
            _ => triple,
        };
        let upper = triple.to_uppercase().replace('-', "_");
        let pairs = [
            ("config", triple.clone()),
            ("rustcTarget", triple.clone()),
            ("rustcTargetSpec", triple.clone()),
            ("cargoShortTarget", triple),
            ("cargoEnvVarTarget", upper),
        ];
        let pairs = pairs.iter().map(|(name, text)| (*name, self.thunk_text(text, place))).collect();
        self.open_set(pairs, place)
    }

    /// A set of which nixpkgs has more attributes.
    fn open_set(&mut self, pairs: Vec<(&str, super::value::Thunk)>, place: Place) -> Value {
        let known = self.attrs_of(pairs);
        let rest = Value::unknown("an attribute of the platform", place).as_neutral().cloned();
        Value::Attrs(Rc::new(super::value::Attrs { rest, ..(*known).clone() }))
    }

    fn uname(&mut self, parsed: Parsed<'_>, place: Place) -> Value {
        let system = match parsed.os() {
            "linux" => "Linux",
            "darwin" => "Darwin",
            "windows" => "Windows",
            "wasi" => "Wasi",
            "freebsd" => "FreeBSD",
            _ => return Value::unknown("the name of a system", place),
        };
        let processor = match parsed.cpu_name() {
            "powerpc" => "ppc",
            "powerpc64" => "ppc64",
            "powerpc64le" => "ppc64le",
            "mips64el" => "mips64",
            "aarch64" if parsed.is_darwin() => "arm64",
            cpu => cpu,
        };
        let pairs = [("system", system), ("processor", processor)];
        let pairs = pairs.iter().map(|(name, text)| (*name, self.thunk_text(text, place))).collect();
        self.open_set(pairs, place)
    }

    fn parsed_attributes(&mut self, parsed: Parsed<'_>, place: Place) -> Value {
        let parts = [
            ("cpu", parsed.cpu_name()),
            ("vendor", parsed.vendor),
            ("kernel", parsed.os()),
            ("abi", if parsed.abi.is_empty() { "unknown" } else { parsed.abi }),
        ];
        let mut pairs = Vec::new();
        for (name, text) in parts {
            let text = self.thunk_text(text, place);
            let part = self.open_set(vec![("name", text)], place);
            pairs.push((name, self.ready(part, place)));
        }
        self.open_set(pairs, place)
    }

    fn extensions(&mut self, machine: &Machine, parsed: Parsed<'_>, place: Place) -> Value {
        let shared = match parsed.os() {
            "windows" => ".dll",
            "darwin" | "ios" => ".dylib",
            _ => ".so",
        };
        let archive = if parsed.os() == "windows" { ".lib" } else { ".a" };
        let mut texts =
            vec![("executable", executable(parsed)), ("sharedLibrary", shared), ("staticLibrary", archive)];
        if let Known::Value(is_static) = machine.is_static {
            texts.push(("library", if is_static { archive } else { shared }));
        }
        let pairs = texts.iter().map(|(name, text)| (*name, self.thunk_text(text, place))).collect();
        self.open_set(pairs, place)
    }
}

fn executable(parsed: Parsed<'_>) -> &'static str {
    match parsed.os() {
        "windows" => ".exe",
        _ => "",
    }
}

/// How Linux names the processor.
fn linux_arch(parsed: Parsed<'_>) -> &'static str {
    let cpu = parsed.cpu_name();
    let starts = |start: &str| cpu.starts_with(start);
    match cpu {
        "x86_64" => "x86_64",
        "i686" => "i386",
        _ if starts("aarch64") => "arm64",
        _ if starts("arm") => "arm",
        _ if starts("mips") => "mips",
        _ if starts("powerpc") => "powerpc",
        _ if starts("riscv") => "riscv",
        _ if starts("s390") => "s390",
        _ if starts("loongarch") => "loongarch",
        _ if starts("wasm32") => "wasm32",
        _ => "unknown",
    }
}

/// How QEMU names the processor.
fn qemu_arch(parsed: Parsed<'_>) -> &str {
    match parsed.cpu_name() {
        "i686" => "i386",
        "powerpc" => "ppc",
        "powerpc64" => "ppc64",
        "powerpc64le" => "ppc64le",
        cpu if cpu.starts_with("arm") => "arm",
        cpu => cpu,
    }
}

fn libc(parsed: Parsed<'_>) -> &'static str {
    match parsed.os() {
        "linux" if parsed.abi.starts_with("musl") => "musl",
        "linux" if parsed.abi.starts_with("android") => "bionic",
        "linux" if parsed.abi == "uclibc" => "uclibc",
        "linux" => "glibc",
        "darwin" | "ios" => "libSystem",
        "freebsd" => "fblibc",
        "netbsd" => "nblibc",
        "openbsd" => "oblibc",
        "windows" => "msvcrt",
        "wasi" => "wasilibc",
        _ => "",
    }
}

/// `isLinux` and the many like it.
fn predicate(parsed: Parsed<'_>, name: &str) -> Option<bool> {
    let cpu = parsed.cpu_name();
    let os = parsed.os();
    let is_arm32 = cpu.starts_with("armv") || cpu == "arm";
    let is_64_bit = cpu.contains("64") || cpu == "s390x" || cpu == "alpha";
    let is_big_endian =
        matches!(cpu, "powerpc" | "powerpc64" | "s390" | "s390x" | "mips" | "mips64" | "aarch64_be");
    Some(match name {
        "isLinux" => os == "linux",
        "isDarwin" => os == "darwin" || os == "ios",
        "isMacOS" => os == "darwin",
        "isiOS" => os == "ios",
        "isWindows" => os == "windows",
        "isMinGW" => os == "windows" && parsed.abi != "msvc",
        "isCygwin" => os == "cygwin",
        "isFreeBSD" => os == "freebsd",
        "isNetBSD" => os == "netbsd",
        "isOpenBSD" => os == "openbsd",
        "isBSD" => matches!(os, "freebsd" | "netbsd" | "openbsd"),
        "isUnix" => matches!(os, "linux" | "darwin" | "ios" | "freebsd" | "netbsd" | "openbsd" | "cygwin"),
        "isWasi" => os == "wasi",
        "isWasm" => cpu.starts_with("wasm"),
        "isNone" => os == "none",
        "isRedox" => os == "redox",
        "isAndroid" => parsed.abi.starts_with("android"),
        "isMusl" => os == "linux" && parsed.abi.starts_with("musl"),
        "isGnu" => parsed.abi.starts_with("gnu"),
        "isGlibc" => os == "linux" && parsed.abi.starts_with("gnu"),
        "isx86_64" => cpu == "x86_64",
        "isx86_32" | "isi686" => cpu == "i686",
        "isx86" => cpu == "x86_64" || cpu == "i686",
        "isAarch64" => cpu.starts_with("aarch64"),
        "isAarch32" => is_arm32,
        "isAarch" => is_arm32 || cpu.starts_with("aarch64"),
        "isArmv7" => cpu.starts_with("armv7"),
        "isRiscV" => cpu.starts_with("riscv"),
        "isRiscV64" => cpu == "riscv64",
        "isRiscV32" => cpu == "riscv32",
        "isLoongArch64" => cpu == "loongarch64",
        "isPower" => cpu.starts_with("powerpc"),
        "isPower64" => cpu.starts_with("powerpc64"),
        "isMips" => cpu.starts_with("mips"),
        "isS390x" => cpu == "s390x",
        "is64bit" => is_64_bit,
        "is32bit" => !is_64_bit,
        "isBigEndian" => is_big_endian,
        "isLittleEndian" => !is_big_endian,
        _ => return None,
    })
}
