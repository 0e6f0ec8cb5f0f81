//! Files that are no binaries, named for what they are.

use super::artefact::Unreadable;

const PROGRAM: &str = "audit the program or library itself";
const UNPACK: &str = "unpack it, and audit the programs in it";

impl Unreadable {
    /// A static library.
    pub(super) fn static_library() -> Self {
        Self::other(
            "is a static library: it runs nowhere by itself",
            "audit the program that it is linked into",
        )
    }
}

const BEGINNINGS: [(&[u8], &str, &str); 13] = [
    (b"!<arch>\ndebian-binary", "is a Debian package", UNPACK),
    (b"!<thin>\n", "is a thin static library: it runs nowhere by itself", PROGRAM),
    (b"\x1f\x8b", "is compressed by gzip", UNPACK),
    (b"PK\x03\x04", "is a zip archive", UNPACK),
    (b"\xfd7zXZ\0", "is compressed by xz", UNPACK),
    (b"\x28\xb5\x2f\xfd", "is compressed by zstd", UNPACK),
    (b"BZh", "is compressed by bzip2", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive", UNPACK),
    (b"\xed\xab\xee\xdb", "is an RPM package", UNPACK),
    (b"BC\xc0\xde", "is LLVM bitcode, not yet machine code", PROGRAM),
    (b"hsqs", "is a squashfs image", UNPACK),
    (b"\x0d\0\0\0\0\0\0\0nix-archive-1", "is a Nix archive", UNPACK),
    (
        b"version https://git-lfs",
        "is a pointer of Git LFS; the file itself was not fetched",
        "run `git lfs pull`, and audit it again",
    ),
];

/// Says what a file is that no reader knows.
pub(super) fn name(bytes: &[u8]) -> Unreadable {
    if bytes.is_empty() {
        return Unreadable::other("is empty", "look at the build that should have written it");
    }
    if let Some((_, reason, advice)) = BEGINNINGS.iter().find(|(start, ..)| bytes.starts_with(start)) {
        return Unreadable::other(*reason, *advice);
    }
    if bytes.starts_with(b"!<arch>\n") {
        return Unreadable::static_library();
    }
    if let Some(rest) = bytes.strip_prefix(b"#!") {
        return script(rest);
    }
    // A tar archive says so at byte 257.
    if bytes.get(257..262) == Some(b"ustar") {
        return Unreadable::other("is a tar archive", UNPACK);
    }
    let start = bytes.get(..1024.min(bytes.len())).unwrap_or_default();
    if is_text(start) {
        let lower = String::from_utf8_lossy(start).trim_start().to_ascii_lowercase();
        if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
            return Unreadable::other("is a web page, not a binary", "look at the download that wrote it");
        }
        return Unreadable::other("is text, not a binary", PROGRAM);
    }
    Unreadable::other("is in no format that Portolan reads (ELF, Mach-O, PE, WebAssembly)", PROGRAM)
}

/// A script needs its interpreter, wherever it runs. Nix wraps programs in such scripts.
fn script(rest: &[u8]) -> Unreadable {
    let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line.get(..200.min(line.len())).unwrap_or_default()).trim().to_owned();
    let mut words = line.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
    let name = words.find(|word| *word != "env" && !word.starts_with('-')).unwrap_or_default().to_owned();
    let what = match name.as_str() {
        "" => "is a script, not a binary".to_owned(),
        "sh" | "bash" | "dash" | "zsh" | "ksh" | "fish" => "is a shell script, not a binary".to_owned(),
        name => format!("is a script for {name}, not a binary"),
    };
    let is_wrapper = memchr::memmem::find(rest, b"-wrapped").is_some();
    let advice = if is_wrapper {
        "it starts another program (in Nix packages: `.NAME-wrapped` beside it); audit that one"
    } else {
        PROGRAM
    };
    Unreadable::other(what, advice)
}

/// Whether the beginning of a file is UTF-8 without control characters; a character may be cut at its end.
fn is_text(start: &[u8]) -> bool {
    let is_utf8 = std::str::from_utf8(start).map_or_else(|error| error.error_len().is_none(), |_| true);
    is_utf8 && start.iter().all(|byte| *byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b))
}
