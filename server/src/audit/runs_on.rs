//! The systems that a binary runs on, by what it needs. Facts, whatever the policy.

use super::{
    artefact::{Binary, Image, Libc, Linkage, MinimumSystem, System},
    policy::Policy,
    rules::support::{self, listed},
    store,
    version::Version,
};
use crate::knowledge::{self, Distribution};

/// Names the systems, best known first. None when it runs only where it was built.
pub fn runs_on(binary: &Binary) -> Vec<String> {
    let mut systems = Vec::new();
    for image in &binary.images {
        for system in of_image(image) {
            if !systems.contains(&system) {
                systems.push(system);
            }
        }
    }
    systems
}

/// The same on machines that have its part of the Nix store.
pub(super) fn runs_with_store(binary: &Binary) -> Vec<String> {
    let is_stored = |path: &str| store::store_path(path).is_some();
    let needs_store = |image: &&Image| {
        image.interpreter.as_deref().is_some_and(is_stored)
            || image.needed.iter().any(|needed| !needed.is_optional && is_stored(&needed.name))
    };
    let with_nix = |image: &Image| {
        format!("any {} {} with Nix, which brings what it needs", image.system.name(), support::arch(image))
    };
    let systems = binary.images.iter().filter(needs_store).map(with_nix);
    runs_on(binary).into_iter().chain(systems).collect()
}

fn of_image(image: &Image) -> Vec<String> {
    let arch = support::arch(image);
    let is_bound = image.interpreter.as_deref().is_some_and(|path| !support::is_standard_loader(image, path))
        || image.needed.iter().any(|needed| !needed.is_optional && store::store_path(&needed.name).is_some());
    if is_bound || support::has_two_libcs(image) {
        return Vec::new();
    }
    let systems = match image.system {
        System::Linux => linux(image, &arch),
        System::Android => vec![android(image.minimum, &arch)],
        System::MacOs => vec![macos(image)],
        System::Windows => vec![format!("{}+ {arch}", windows(effective_windows(image)))],
        System::Uefi => vec![format!("UEFI firmware {arch}")],
        System::Unix(name) => vec![format!("{name} {arch}")],
        System::Apple(name) => match image.minimum {
            Some(minimum) => vec![format!("{name} {}+", minimum.version)],
            None => vec![name.to_owned()],
        },
        System::Wasm => wasm(image),
    };
    let with = companions(image);
    systems.into_iter().map(|system| format!("{system}{with}")).collect()
}

/// Libraries that have to be there, too.
fn companions(image: &Image) -> String {
    let missing = support::missing_libraries(image, &Policy::default());
    if missing.is_empty() { String::new() } else { format!(" with {}", listed(&missing, 3)) }
}

fn linux(image: &Image, arch: &str) -> Vec<String> {
    match (image.linkage, image.libc) {
        (Linkage::Static | Linkage::StaticPie, _) => {
            // Every Linux of the last decade has 3.2, which is what glibc writes.
            let kernel = image.minimum.map(|minimum| minimum.version).filter(|v| *v > Version::new(3, 2, 0));
            vec![kernel.map_or_else(|| format!("any Linux {arch}"), |v| format!("any Linux {v}+ {arch}"))]
        }
        (Linkage::Dynamic, Some(Libc::Musl)) => {
            vec![format!("Alpine 3.x {arch}"), format!("any Linux {arch} with musl")]
        }
        (Linkage::Dynamic, Some(Libc::Bionic)) => vec![android(None, arch)],
        (Linkage::Dynamic, Some(Libc::Glibc)) => glibc(image, arch),
        // A library that needs nothing.
        (Linkage::Dynamic, None) => vec![format!("any Linux {arch}")],
    }
}

fn glibc(image: &Image, arch: &str) -> Vec<String> {
    let floor = image.glibc().unwrap_or_default();
    let mut systems: Vec<String> = knowledge::distributions()
        .iter()
        .filter_map(|distribution| first_release(distribution, image, floor))
        .collect();
    let rest = if floor == Version::default() { "glibc".to_owned() } else { format!("glibc {floor}+") };
    systems.push(format!("any Linux {arch} with {rest}"));
    systems
}

fn first_release(distribution: &Distribution, image: &Image, floor: Version) -> Option<String> {
    // Distributions for POWER are little-endian today, those for s390x big-endian.
    let fits = image.is_big_endian == (image.arch == "s390x")
        && (image.pointer_width == 64 || matches!(image.arch.as_str(), "x86" | "arm"));
    let cxx = image.highest("GLIBCXX");
    let release = distribution.releases_for(&image.arch).iter().filter(|_| fits).find(|release| {
        Version::parse(release.glibc) >= Some(floor)
            && (cxx.is_none() || release.libstdcxx.is_empty() || Version::parse(release.libstdcxx) >= cxx)
    })?;
    Some(format!("{} {}+", distribution.name, release.name))
}

fn android(minimum: Option<MinimumSystem>, arch: &str) -> String {
    match minimum {
        Some(minimum) => format!("Android API {}+ {arch}", minimum.version.major()),
        None => format!("Android {arch}"),
    }
}

fn macos(image: &Image) -> String {
    let processor = match image.arch.as_str() {
        "aarch64" => "on Apple silicon",
        "x86_64" | "x86" => "on Intel",
        other => other,
    };
    match image.minimum {
        Some(minimum) => format!("macOS {}+ {processor}", minimum.version),
        None => format!("macOS {processor}"),
    }
}

/// The oldest Windows: what the header says, or what its DLLs come with.
pub(super) fn effective_windows(image: &Image) -> Version {
    let header = image.minimum.map(|minimum| minimum.version).unwrap_or_default();
    let by_library = image
        .needed
        .iter()
        .filter(|needed| !needed.is_optional)
        .filter_map(|needed| Version::parse(knowledge::windows_minimum(&needed.name)?));
    by_library.chain([header]).max().unwrap_or(header)
}

/// The name that people know a Windows by.
pub(super) fn windows(version: Version) -> String {
    let names = [
        (Version::new(10, 0, 0), "Windows 10"),
        (Version::new(6, 3, 0), "Windows 8.1"),
        (Version::new(6, 2, 0), "Windows 8"),
        (Version::new(6, 1, 0), "Windows 7"),
        (Version::new(6, 0, 0), "Windows Vista"),
        (Version::new(5, 0, 0), "Windows XP"),
    ];
    match names.iter().find(|(known, _)| *known <= version) {
        Some((known, name)) if version.major() == known.major() => (*name).to_owned(),
        Some(_) => format!("Windows {version}"),
        None => "Windows".to_owned(),
    }
}

fn wasm(image: &Image) -> Vec<String> {
    let modules = || image.imports.iter().map(|(module, _)| module.as_str());
    if image.imports.is_empty() {
        return vec!["any WebAssembly runtime, browsers too".to_owned()];
    }
    if modules().all(|module| module == "wasi_snapshot_preview1") {
        return vec!["runtimes with WASI preview 1".to_owned()];
    }
    if modules().all(|module| module.starts_with("wasi:")) {
        let version = modules().filter_map(|module| Version::parse(module.rsplit_once('@')?.1)).max();
        return vec![
            version.map_or_else(|| "runtimes with WASI".to_owned(), |v| format!("runtimes with WASI {v}+")),
        ];
    }
    if image.imports.iter().any(support::awaits_wasm_bindgen) {
        return Vec::new();
    }
    if modules().all(support::is_wasm_bindgen_glue) {
        return vec!["JavaScript hosts, with the glue of wasm-bindgen".to_owned()];
    }
    if let Some(writer) = support::other_glue(image) {
        return vec![format!("JavaScript hosts, with the glue of {writer}")];
    }
    Vec::new()
}

/// The oldest system that starts it, for people: "macOS 11.0", "Windows 10", "Linux 3.2".
pub fn minimum(image: &Image) -> Option<String> {
    let minimum = image.minimum?;
    Some(match minimum.system {
        System::Windows => windows(effective_windows(image)),
        System::Android => format!("Android API {}", minimum.version.major()),
        system => format!("{} {}", system.name(), minimum.version),
    })
}
