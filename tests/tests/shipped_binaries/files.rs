//! The binaries: those that were got, and those of this machine.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

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
    let mut found = Vec::new();
    let mut open = vec![(PathBuf::from(folder), String::new())];
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
