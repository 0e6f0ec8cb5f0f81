//! This machine, as cargo would see it. Found out without starting a process.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use super::disk;
use crate::snapshot::{Host, Kind, Programs};

/// The machine that we run on, as it is now. Cheap enough to ask again when something may have been
/// installed meanwhile.
pub fn detect() -> Host {
    Host {
        triple: triple(),
        programs: Some(Arc::new(SearchPath::current())),
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

/// The folders of PATH. Each name is looked up once.
#[derive(Debug)]
struct SearchPath {
    folders: Vec<PathBuf>,
    known: Mutex<BTreeMap<String, bool>>,
}

impl SearchPath {
    /// This process's.
    fn current() -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        // A relative folder means another one in every project.
        let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
        Self { folders, known: Mutex::default() }
    }

    fn has(&self, name: &str) -> bool {
        let mut names = vec![name.to_owned()];
        if cfg!(windows) {
            names.extend([".exe", ".cmd", ".bat"].map(|extension| format!("{name}{extension}")));
        }
        let mut files =
            self.folders.iter().flat_map(|folder| names.iter().map(move |name| folder.join(name)));
        files.any(|file| matches!(disk::look(&file, None).kind, Kind::File { executable: true }))
    }
}

impl Programs for SearchPath {
    fn contains(&self, name: &str) -> bool {
        // A path is not looked up on PATH.
        if name.is_empty() || name.contains(['/', '\\', '\0']) {
            return false;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = known.get(name) {
            return *answer;
        }
        let answer = self.has(name);
        known.insert(name.to_owned(), answer);
        answer
    }
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
    const NAMES: &[&str] = &[
        "CC",
        "CXX",
        "AR",
        "CFLAGS",
        "CXXFLAGS",
        "RUSTFLAGS",
        "RUSTDOCFLAGS",
        "PROTOC",
        "LIBCLANG_PATH",
        "MACOSX_DEPLOYMENT_TARGET",
    ];
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

    #[cfg(unix)]
    #[test]
    fn programs_are_executable_files_on_path() {
        let host = detect();
        assert_eq!(host.has_program("sh"), Some(true));
        for none in ["no-such-program", "", ".", "..", "bin/sh", "/bin/sh"] {
            assert_eq!(host.has_program(none), Some(false), "{none}");
        }
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
