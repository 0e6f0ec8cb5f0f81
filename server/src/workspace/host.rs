//! This machine, as cargo would see it. Found out without starting a process.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::snapshot::Host;

/// The machine that we run on.
pub fn detect() -> Host {
    Host {
        triple: triple(),
        programs: Some(Arc::new(programs())),
        cargo_home: cargo_home().map(Arc::from),
        environment: Arc::new(environment()),
    }
}

/// The triple that rustc would call its host. We know ours from our own build, but a release of
/// Portolan is a static musl binary that runs on glibc systems as well: the C library is looked up.
pub fn triple() -> String {
    let ours = env!("PORTOLAN_BUILT_FOR");
    match ours.strip_suffix("-unknown-linux-musl") {
        Some(architecture) if !is_musl_system(Path::new("/"), architecture) => {
            format!("{architecture}-unknown-linux-gnu")
        }
        _ => ours.to_owned(),
    }
}

/// Whether musl is the C library of the system below `root`: its loader is there and glibc's is not.
/// NixOS has neither at these places and is a glibc system.
fn is_musl_system(root: &Path, architecture: &str) -> bool {
    let musl = root.join(format!("lib/ld-musl-{architecture}.so.1")).exists();
    let loader_of_glibc = match architecture {
        "x86_64" => "lib64/ld-linux-x86-64.so.2",
        "aarch64" => "lib/ld-linux-aarch64.so.1",
        "riscv64gc" => "lib/ld-linux-riscv64-lp64d.so.1",
        _ => return musl,
    };
    musl && !root.join(loader_of_glibc).exists()
}

/// Names of the files in the folders of PATH. Whether each may be executed is not asked: that would
/// take a call for every one of them.
fn programs() -> BTreeSet<String> {
    let folders: BTreeSet<PathBuf> =
        std::env::var_os("PATH").iter().flat_map(std::env::split_paths).filter(|p| p.is_absolute()).collect();
    folders
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .map(|name| if cfg!(windows) { name.trim_end_matches(".exe").to_owned() } else { name })
        .collect()
}

/// `$CARGO_HOME`, or `~/.cargo`.
pub fn cargo_home() -> Option<PathBuf> {
    let given = std::env::var_os("CARGO_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    given.or_else(|| Some(std::env::home_dir()?.join(".cargo"))).filter(|path| path.is_absolute())
}

fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| cargo_reads(name))
        .collect()
}

/// Whether cargo, cc-rs, pkg-config or openssl-sys look at a variable of that name. Secrets never count.
fn cargo_reads(name: &str) -> bool {
    const PREFIXES: &[&str] = &[
        "CARGO_",
        "CC_",
        "CXX_",
        "AR_",
        "CFLAGS_",
        "CXXFLAGS_",
        "TARGET_",
        "HOST_",
        "PKG_CONFIG",
        "OPENSSL_",
        "RUSTC",
        "RUSTUP_TOOLCHAIN",
        "CROSS_",
    ];
    const NAMES: &[&str] =
        &["CC", "CXX", "AR", "CFLAGS", "CXXFLAGS", "RUSTFLAGS", "RUSTDOCFLAGS", "PROTOC", "LIBCLANG_PATH"];
    let is_secret = ["TOKEN", "PASSWORD", "SECRET", "CREDENTIAL"].iter().any(|word| name.contains(word));
    !is_secret && (NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_a_full_triple() {
        assert!(triple().split('-').count() >= 3, "{}", triple());
    }

    #[test]
    fn variables_of_cargo_are_kept_and_its_secrets_are_not() {
        for name in
            ["CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", "CC", "CC_aarch64-linux-android", "RUSTFLAGS"]
        {
            assert!(cargo_reads(name), "{name}");
        }
        for name in ["CARGO_REGISTRY_TOKEN", "CCACHE_DIR", "HOME", "ARCH"] {
            assert!(!cargo_reads(name), "{name}");
        }
    }
}
