//! What readelf, llvm-objdump, llvm-readobj and Node say of a binary.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

use super::files::{self, Wheel};

/// Facts by name, sorted, each once.
pub type Facts = BTreeMap<&'static str, Vec<String>>;

fn output(program: &str, arguments: &[&str], path: &Path) -> String {
    let mut command = Command::new(program);
    let output = command.args(arguments).arg(path).env("LC_ALL", "C").output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program} {}: {output:?}", path.display());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The platform tag that auditwheel finds a wheel to be consistent with.
pub fn auditwheel(wheel: &Wheel) -> String {
    let mut command = Command::new("python3");
    command.args(["-m", "auditwheel", "show"]).arg(wheel.path());
    let output = command.env("PYTHONPATH", files::auditwheel_folder().join("python")).output().unwrap();
    // Its lines are broken anywhere.
    let text = String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    let tag = between(&text, "following platform tag: \"", "\"");
    tag.unwrap_or_else(|| panic!("{}: {output:?}", wheel.path().display())).to_owned()
}

/// The same facts as an audit's.
pub fn facts(path: &Path, format: &str) -> Facts {
    let facts = match format {
        "elf" => elf(path),
        "mach-o" => macho(path),
        "pe" => pe(path),
        _ => wasm(path),
    };
    let sorted =
        facts.into_iter().map(|(key, values)| (key, BTreeSet::from_iter(values).into_iter().collect()));
    sorted.collect()
}

fn between<'t>(text: &'t str, before: &str, behind: &str) -> Option<&'t str> {
    Some(text.split_once(before)?.1.split_once(behind)?.0)
}

fn elf(path: &Path) -> Facts {
    let text = output("readelf", &["-W", "-h", "-l", "-d", "-V", "-S"], path);
    let header = |key: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(key));
        line.map(|line| line.trim().to_owned()).unwrap_or_default()
    };
    let (class, machine, kind) = (header("Class:"), header("Machine:"), header("Type:"));
    let arch = match (machine.as_str(), class.as_str()) {
        ("Advanced Micro Devices X86-64", _) => "x86_64",
        ("Intel 80386", _) => "x86",
        ("AArch64", _) => "aarch64",
        ("ARM", _) => "arm",
        ("IBM S/390", "ELF64") => "s390x",
        ("PowerPC64", _) => "powerpc64",
        ("RISC-V", "ELF64") => "riscv64",
        ("MIPS R3000", "ELF64") => "mips64",
        _ => panic!("{}: an unknown machine {machine}", path.display()),
    };
    let dynamic = |tag: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.contains(tag));
        lines.filter_map(|line| between(line, "[", "]")).map(str::to_owned).collect()
    };
    let interpreter: Vec<String> = text
        .lines()
        .filter_map(|line| between(line, "program interpreter: ", "]"))
        .map(str::to_owned)
        .collect();
    let needed = dynamic("(NEEDED)");
    let paths = [dynamic("(RUNPATH)"), dynamic("(RPATH)")].concat();
    let runpath = paths.iter().flat_map(|paths| paths.split(':')).map(str::to_owned).collect();
    let is_pie = text.lines().any(|line| line.contains("(FLAGS_1)") && line.contains("PIE"));
    let linkage = if !interpreter.is_empty() || !needed.is_empty() {
        "dynamic"
    } else if kind.starts_with("EXEC") {
        "static"
    } else if is_pie {
        "static-pie"
    } else {
        "dynamic"
    };
    let is_stripped = !text.lines().any(|line| line.contains(" .symtab "));
    Facts::from([
        ("arch", vec![arch.to_owned()]),
        ("interpreter", interpreter),
        ("needed", needed),
        ("runpath", runpath),
        ("linkage", vec![linkage.to_owned()]),
        ("stripped", vec![is_stripped.to_string()]),
        ("versions", versions(&text)),
    ])
}

/// The highest version of each library's symbols, out of `.gnu.version_r`.
fn versions(text: &str) -> Vec<String> {
    let mut library = "";
    let mut highest = BTreeMap::<(&str, &str), Vec<u32>>::new();
    for line in text.lines() {
        if let Some(file) = between(line, "File: ", "  Cnt:") {
            library = file;
        } else if let Some(name) = between(line, "Name: ", "  Flags: ") {
            let is_weak = line.contains("WEAK");
            let Some((prefix, number)) = name.rsplit_once('_') else { continue };
            let parts: Option<Vec<u32>> = number.split('.').map(|part| part.parse().ok()).collect();
            // GLIBC_ABI_DT_RELR and the names of a library's definitions are no versions.
            let Some(parts) = parts.filter(|_| !is_weak && !library.is_empty() && line.contains("Version: "))
            else {
                continue;
            };
            let known = highest.entry((library, prefix)).or_default();
            *known = parts.max(known.clone());
        } else if line.contains(".gnu.version_d") {
            library = "";
        }
    }
    let shown = highest.into_iter().map(|((library, prefix), parts)| {
        // The audit counts 4.2.0 as 4.2.
        let parts = parts.strip_suffix(&[0]).filter(|parts| parts.len() > 1).unwrap_or(&parts);
        let number: Vec<String> = parts.iter().map(ToString::to_string).collect();
        format!("{library} {prefix} {}", number.join("."))
    });
    shown.collect()
}

fn macho(path: &Path) -> Facts {
    let text = output("llvm-objdump", &["--macho", "--arch=all", "--private-headers"], path);
    let mut command = "";
    let mut facts =
        Facts::from([("arch", vec![]), ("needed", vec![]), ("runpath", vec![]), ("minimum", vec![])]);
    let mut note = |key: &'static str, value: &str| facts.entry(key).or_default().push(value.to_owned());
    let mut signatures = 0;
    let mut images = 0;
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some("MH_MAGIC_64"), Some(arch)) => {
                images += 1;
                note(
                    "arch",
                    match arch {
                        "X86_64" => "x86_64",
                        "ARM64" => "aarch64",
                        other => other,
                    },
                );
            }
            (Some("cmd"), Some(name)) => command = name,
            (Some("name"), Some(name)) if command.starts_with("LC_LOAD") && command.ends_with("DYLIB") => {
                note("needed", name);
            }
            (Some("path"), Some(folder)) if command == "LC_RPATH" => note("runpath", folder),
            (Some("minos"), Some(version)) if command == "LC_BUILD_VERSION" => note("minimum", version),
            (Some("version"), Some(version)) if command == "LC_VERSION_MIN_MACOSX" => {
                note("minimum", version);
            }
            (Some("dataoff"), _) if command == "LC_CODE_SIGNATURE" => signatures += 1,
            _ => {}
        }
    }
    facts.insert("signed", vec![(signatures == images && images > 0).to_string()]);
    facts
}

fn pe(path: &Path) -> Facts {
    let text = output("llvm-readobj", &["--file-headers", "--coff-imports"], path);
    let arch = match between(&text, "Machine: ", " (").unwrap_or_default() {
        "IMAGE_FILE_MACHINE_AMD64" => "x86_64",
        "IMAGE_FILE_MACHINE_I386" => "x86",
        "IMAGE_FILE_MACHINE_ARM64" => "aarch64",
        other => panic!("{}: an unknown machine {other}", path.display()),
    };
    let names = text.lines().filter_map(|line| line.trim().strip_prefix("Name: "));
    let needed = names.map(str::to_lowercase).collect();
    Facts::from([("arch", vec![arch.to_owned()]), ("needed", needed)])
}

fn wasm(path: &Path) -> Facts {
    let script = "const bytes = require('fs').readFileSync(process.argv[1]); \
                  for (const i of WebAssembly.Module.imports(new WebAssembly.Module(bytes))) console.log(i.module + '.' + i.name)";
    let imports = output("node", &["-e", script], path).lines().map(str::to_owned).collect();
    Facts::from([("arch", vec!["wasm32".to_owned()]), ("imports", imports)])
}
