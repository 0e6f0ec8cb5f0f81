//! What several rules ask.

use crate::{
    audit::{
        artefact::{Image, Kind, Libc, Needed, System},
        policy::Policy,
        store,
    },
    knowledge::{self, Target},
};

/// The architecture for people, with the byte order where there are two.
pub(in crate::audit) fn arch(image: &Image) -> String {
    match (image.arch.as_str(), image.is_big_endian, image.pointer_width) {
        ("powerpc64" | "mips64" | "mips", false, _) if image.system == System::Linux => {
            if image.arch == "powerpc64" { "powerpc64le".to_owned() } else { format!("{}el", image.arch) }
        }
        ("x86_64", _, 32) => "x32".to_owned(),
        (arch, ..) => arch.to_owned(),
    }
}

/// "a", "a and b", "a, b and 3 more".
pub(in crate::audit) fn listed(names: &[&str], most: usize) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first, last] => format!("{first} and {last}"),
        _ if names.len() <= most => {
            let (last, first) = names.split_last().map_or(("", names), |(last, first)| (*last, first));
            format!("{} and {last}", first.join(", "))
        }
        _ => {
            let shown = names.get(..most).unwrap_or(names);
            format!("{} and {} more", shown.join(", "), names.len() - shown.len())
        }
    }
}

/// Whether other machines have the loader of an image.
pub(in crate::audit) fn is_standard_loader(image: &Image, path: &str) -> bool {
    match image.system {
        System::MacOs | System::Apple(_) => path == "/usr/lib/dyld",
        _ => image.kind == Kind::Library || knowledge::is_standard_interpreter(path),
    }
}

/// The C library that a loader of Linux belongs to.
pub(in crate::audit) fn libc_of_loader(path: &str) -> Option<Libc> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if name.starts_with("ld-musl-") {
        Some(Libc::Musl)
    } else if path.starts_with("/system/bin/linker") {
        Some(Libc::Bionic)
    } else if name.starts_with("ld-linux")
        || name.starts_with("ld64.so")
        || name.starts_with("ld-2.")
        || name == "ld.so.1"
    {
        Some(Libc::Glibc)
    } else {
        None
    }
}

/// Whether its loader belongs to another C library than its code.
pub(in crate::audit) fn has_two_libcs(image: &Image) -> bool {
    let loader = image.interpreter.as_deref().and_then(libc_of_loader);
    image.system == System::Linux && loader.is_some() && image.libc.is_some() && loader != image.libc
}

/// The loader that other machines have for such an image, and the target that it is named for.
pub(in crate::audit) fn usual_loader(image: &Image) -> Option<(&'static str, &'static Target)> {
    let env = match image.libc {
        Some(Libc::Glibc) => "gnu",
        Some(Libc::Musl) => "musl",
        _ => return None,
    };
    let endian = if image.is_big_endian { "big" } else { "little" };
    let fits = |target: &&Target| {
        target.os == "linux"
            && target.env == env
            && target.arch == image.arch
            && target.endian == endian
            && target.pointer_width == image.pointer_width
            && target.names.loader.is_some()
    };
    // Of several (arm has four), the one with the lowest tier number and then the shortest name.
    let targets = knowledge::targets().iter().filter(fits);
    let best = targets.min_by_key(|target| (target.tier, target.triple.len(), target.triple))?;
    Some((best.names.loader?, best))
}

/// The libraries without which it does not start and that a policy does not expect, apart from store paths.
pub(in crate::audit) fn missing_libraries<'i>(image: &'i Image, policy: &Policy) -> Vec<&'i str> {
    let is_missing = |needed: &&Needed| {
        !needed.is_optional
            && store::store_path(&needed.name).is_none()
            && !is_expected(image, &needed.name, policy)
    };
    image.needed.iter().filter(is_missing).map(|needed| needed.name.as_str()).collect()
}

/// Whether a policy expects a library.
pub(in crate::audit) fn is_expected(image: &Image, name: &str, policy: &Policy) -> bool {
    match image.system {
        System::Windows => {
            knowledge::is_windows_dll(name)
                || is_of_host_program(image, name)
                || policy.also.iter().any(|also| also.eq_ignore_ascii_case(name))
        }
        System::Linux | System::Android => policy.allows(name, image.libc),
        System::MacOs | System::Apple(_) => {
            policy.allows(name, image.libc)
                || knowledge::libraries("apple").is_some_and(|group| group.holds(name))
        }
        // Nobody here knows what they have.
        System::Unix(_) | System::Uefi | System::Wasm => true,
    }
}

/// Whether a DLL belongs to the program that loads an extension module: Python's, with which the run time of
/// Visual C++ comes (CPython's installer has it beside python.exe since 3.5, the second part since 3.8), or Node's.
fn is_of_host_program(image: &Image, name: &str) -> bool {
    if image.kind != Kind::Library {
        return false;
    }
    let is = |name: &str, known: &[&str]| known.iter().any(|known| name.eq_ignore_ascii_case(known));
    is(name, &["node.exe", "libnode.dll"])
        || is_python_dll(name)
        || (is(name, &["vcruntime140.dll", "vcruntime140_1.dll"])
            && image.needed.iter().any(|needed| is_python_dll(&needed.name)))
}

/// `python3.dll`, `python313.dll`, `python313t.dll`, `libpython3.12.dll` of MSYS2.
fn is_python_dll(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.strip_prefix("lib").unwrap_or(&name);
    let version = name.strip_prefix("python3").and_then(|rest| rest.strip_suffix(".dll"));
    version.is_some_and(|version| {
        let number = version.strip_suffix("_d").unwrap_or(version);
        let number = number.strip_suffix('t').unwrap_or(number);
        number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    })
}

/// Whether a module's imports are written by wasm-bindgen, for JavaScript beside it.
pub(in crate::audit) fn is_wasm_bindgen_glue(module: &str) -> bool {
    // What it writes for Node keeps the name of the placeholder.
    module == "wbg" || module == PLACEHOLDER || (module.starts_with("./") && module.ends_with("_bg.js"))
}

const PLACEHOLDER: &str = "__wbindgen_placeholder__";

/// Whether wasm-bindgen has still to run on a module: it takes what describes the types away.
pub(in crate::audit) fn awaits_wasm_bindgen((module, field): &(String, String)) -> bool {
    module == "__wbindgen_externref_xform__"
        || (module == PLACEHOLDER && field.starts_with("__wbindgen_describe"))
}

/// Who writes the JavaScript that a module of another compiler comes with: it offers all that is asked for.
pub(in crate::audit) fn other_glue(image: &Image) -> Option<&'static str> {
    let any = |is: &dyn Fn(&str, &str) -> bool| image.imports.iter().any(|(module, field)| is(module, field));
    let is_emscripten = |module: &str, field: &str| {
        module.starts_with("GOT.")
            || (module == "env"
                && ["emscripten_", "_emscripten_", "__syscall_", "invoke_"]
                    .iter()
                    .any(|prefix| field.starts_with(prefix)))
    };
    // Its optimiser calls everything a.b.
    let is_minified = |(module, field): &(String, String)| module == "a" && field.len() <= 2;
    if any(&|module, field| matches!(module, "gojs" | "go") && field.contains('.')) {
        Some("Go")
    } else if any(&|module, field| module == "env" && field.starts_with("napi_")) {
        Some("napi-rs")
    } else if any(&is_emscripten) || (!image.imports.is_empty() && image.imports.iter().all(is_minified)) {
        Some("Emscripten")
    } else {
        None
    }
}
