//! For which system an ELF file is, and to which C library it speaks. No field says so; its interpreter,
//! its libraries and its notes do.

use object::elf;

use super::notes::Notes;
use crate::audit::{
    artefact::{Libc, Needed, System},
    rules::support::libc_of_loader,
};

/// The system and its C library.
pub(super) fn of(
    abi: elf::OsAbi,
    notes: &Notes,
    interpreter: Option<&str>,
    needed: &[Needed],
) -> (System, Option<Libc>) {
    let by_library =
        needed.iter().find_map(|needed| libc_of_library(&needed.name)).or_else(|| unversioned(needed));
    let by_interpreter = interpreter.and_then(libc_of_loader);
    let system = by_abi(abi)
        .or_else(|| interpreter.and_then(system_of_interpreter))
        .or_else(|| needed.iter().find_map(|needed| system_of_library(&needed.name)))
        .or(notes.system)
        .unwrap_or(System::Linux);
    let libc = by_library.or(by_interpreter);
    match (system, libc) {
        (System::Linux, Some(Libc::Bionic)) => (System::Android, libc),
        (System::Linux, libc) => (System::Linux, libc),
        (System::Android, _) => {
            (System::Android, (interpreter.is_some() || !needed.is_empty()).then_some(Libc::Bionic))
        }
        (other, _) => (other, None),
    }
}

fn by_abi(abi: elf::OsAbi) -> Option<System> {
    Some(System::Unix(match abi {
        elf::ELFOSABI_NETBSD => "NetBSD",
        elf::ELFOSABI_HURD => "GNU Hurd",
        elf::ELFOSABI_SOLARIS => "Solaris",
        elf::ELFOSABI_AIX => "AIX",
        elf::ELFOSABI_FREEBSD => "FreeBSD",
        elf::ELFOSABI_OPENBSD => "OpenBSD",
        elf::ELFOSABI_STANDALONE => "no operating system",
        _ => return None,
    }))
}

fn system_of_interpreter(path: &str) -> Option<System> {
    Some(match path {
        "/libexec/ld-elf.so.1" | "/libexec/ld-elf32.so.1" => System::Unix("FreeBSD"),
        "/usr/libexec/ld-elf.so.2" => System::Unix("DragonFly"),
        "/usr/libexec/ld.elf_so" | "/libexec/ld.elf_so" => System::Unix("NetBSD"),
        "/usr/libexec/ld.so" => System::Unix("OpenBSD"),
        "/usr/lib/ld.so.1" | "/usr/lib/amd64/ld.so.1" | "/lib/amd64/ld.so.1" => System::Unix("Solaris"),
        "/system/runtime_loader" => System::Unix("Haiku"),
        "ld.so.1" => System::Unix("Fuchsia"),
        _ if path.starts_with("/system/bin/linker") => System::Android,
        _ => return None,
    })
}

fn system_of_library(name: &str) -> Option<System> {
    Some(match name {
        "libc.so.7" => System::Unix("FreeBSD"),
        "libc.so.12" => System::Unix("NetBSD"),
        "libc.so.8" => System::Unix("DragonFly"),
        "libroot.so" => System::Unix("Haiku"),
        _ if name.starts_with("libc.so.") && name.matches('.').count() == 3 => System::Unix("OpenBSD"),
        _ => return None,
    })
}

/// A plain `libc.so`: musl's, or Android's, which has its siblings beside it.
fn unversioned(needed: &[Needed]) -> Option<Libc> {
    let has = |name: &str| needed.iter().any(|needed| needed.name == name);
    let is_android = has("libdl.so") || has("libm.so") || has("liblog.so");
    has("libc.so").then_some(if is_android { Libc::Bionic } else { Libc::Musl })
}

fn libc_of_library(name: &str) -> Option<Libc> {
    let name = name.rsplit('/').next().unwrap_or(name);
    match name {
        // Alpha and IA-64 have libc.so.6.1.
        "libc.so.6" | "libc.so.6.1" => Some(Libc::Glibc),
        _ if name.starts_with("libc.musl-") => Some(Libc::Musl),
        _ => None,
    }
}
