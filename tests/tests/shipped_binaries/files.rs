//! The binaries: those that were got, and those of this machine.

use std::{
    ffi::OsStr,
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    process::Command,
};

use portolan_tests::Folder;

/// A binary.
#[derive(Clone, Debug)]
pub struct File {
    pub path: PathBuf,
    /// The package that it was unpacked from.
    package: String,
}

impl File {
    /// The policy that the name of its wheel stands for.
    pub fn policy(&self) -> Option<String> {
        let platform = self.package.rsplit('-').next()?.split('.').next()?;
        if platform.starts_with("manylinux_") || platform.starts_with("musllinux_") {
            return Some(platform.to_owned());
        }
        let mut version = platform.strip_prefix("macosx_")?.split('_');
        let (major, minor) = (version.next()?, version.next()?);
        Some(if major == "10" { format!("macos-10.{minor}") } else { format!("macos-{major}") })
    }
}

fn is_binary(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(4).read_to_end(&mut start));
    let is = |magic: &[u8]| start.starts_with(magic);
    read.is_ok()
        && (is(b"\x7fELF") || is(b"MZ") || is(b"\0asm") || is(b"\xcf\xfa\xed\xfe") || is(b"\xca\xfe\xba\xbe"))
}

/// What was got from PyPI and npm.
pub fn shipped() -> Vec<File> {
    let folder =
        std::env::var_os("PORTOLAN_SHIPPED").expect("PORTOLAN_SHIPPED is set by `tests/run --only audits`");
    binaries_below(Path::new(&folder))
}

fn binaries_below(folder: &Path) -> Vec<File> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_owned(), String::new())];
    while let Some((folder, package)) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if entry.file_type().unwrap().is_dir() {
                let package = if package.is_empty() { name } else { package.clone() };
                open.push((entry.path(), package));
            } else if is_binary(&entry.path()) {
                found.push(File { path: entry.path(), package: package.clone() });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

/// A wheel, unpacked.
pub struct Wheel {
    path: PathBuf,
    unpacked: Folder,
}

impl Wheel {
    /// The wheel itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The binaries in it.
    pub fn files(&self) -> Vec<File> {
        binaries_below(self.unpacked.root())
    }
}

/// The wheels that auditwheel is asked about as well.
pub fn wheels() -> Vec<Wheel> {
    let folder = auditwheel_folder().join("wheels");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let unpack = |path: PathBuf| {
        let unpacked = Folder::new(&[]);
        let arguments =
            [OsStr::new("-m"), "zipfile".as_ref(), "-e".as_ref(), path.as_ref(), unpacked.root().as_ref()];
        let status = Command::new("python3").args(arguments).status();
        assert!(status.is_ok_and(|status| status.success()), "{}", path.display());
        Wheel { path, unpacked }
    };
    paths.into_iter().map(unpack).collect()
}

/// Where auditwheel and its wheels are.
pub fn auditwheel_folder() -> PathBuf {
    let folder = std::env::var_os("PORTOLAN_AUDITWHEEL");
    folder.expect("PORTOLAN_AUDITWHEEL is set by `tests/run --only audits`").into()
}

/// Those, and what this machine runs on: programs, libraries, a static one, one for another machine.
pub fn all() -> Vec<File> {
    let own = [
        "/bin/bash",
        "/usr/bin/git",
        "/usr/bin/python3",
        "/usr/bin/perl",
        "/usr/bin/qemu-aarch64-static",
        "/sbin/ldconfig",
        "/lib/x86_64-linux-gnu/libc.so.6",
        "/lib/x86_64-linux-gnu/libm.so.6",
        "/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
        "/lib64/ld-linux-x86-64.so.2",
        "/usr/aarch64-linux-gnu/lib/libc.so.6",
    ];
    let own = own.into_iter().map(PathBuf::from).filter(|path| is_binary(path));
    let own = own.map(|path| File { path, package: String::new() });
    shipped().into_iter().chain(own).collect()
}
