//! Notes in which compilers write for whom a program is.

use object::{
    Endianness, elf,
    read::elf::{FileHeader, ProgramHeader},
};

use super::Segments;
use crate::audit::artefact::{MinimumSystem, System};
use crate::audit::version::Version;

/// Programs have two or three; a hostile one may have thousands that all lead to the same bytes.
const MAX_SEGMENTS: usize = 16;
const MAX_NOTES: usize = 256;

/// What the notes say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Notes {
    /// The system.
    pub(super) system: Option<System>,
    /// The oldest kernel.
    pub(super) minimum: Option<MinimumSystem>,
}

/// A note is a remark: one that cannot be read says nothing, and no harm is done.
pub(super) fn read<Elf: FileHeader<Endian = Endianness>>(segments: &Segments<'_, Elf>) -> Notes {
    let mut found = Notes::default();
    for header in segments.of_type(elf::PT_NOTE).take(MAX_SEGMENTS) {
        let Ok(Some(mut notes)) = header.notes(segments.endian, segments.bytes) else { continue };
        for _ in 0..MAX_NOTES {
            let Ok(Some(note)) = notes.next() else { break };
            let kind = note.n_type(segments.endian).0;
            let (system, minimum) = match (note.name(), kind) {
                (b"GNU", 1) => gnu(note.desc(), segments.endian),
                (b"Android", 1) => android(note.desc(), segments.endian),
                (b"FreeBSD", 1) => (Some(System::Unix("FreeBSD")), None),
                (b"NetBSD", 1) => (Some(System::Unix("NetBSD")), None),
                (b"OpenBSD", 1) => (Some(System::Unix("OpenBSD")), None),
                (b"DragonFly", 1) => (Some(System::Unix("DragonFly")), None),
                _ => continue,
            };
            found.system = found.system.or(system);
            found.minimum = found.minimum.or(minimum);
        }
    }
    found
}

/// `NT_GNU_ABI_TAG`: the system, and three numbers of its kernel.
fn gnu(description: &[u8], endian: Endianness) -> (Option<System>, Option<MinimumSystem>) {
    let mut words = words(description, endian);
    let system = match words.next() {
        Some(0) => System::Linux,
        Some(1) => System::Unix("GNU Hurd"),
        Some(2) => System::Unix("Solaris"),
        Some(3) => System::Unix("FreeBSD"),
        Some(4) => System::Unix("NetBSD"),
        _ => return (None, None),
    };
    let minimum = match (words.next(), words.next(), words.next()) {
        (Some(major), Some(minor), Some(patch)) if system == System::Linux => {
            Some(MinimumSystem { system, version: Version::new(major, minor, patch) })
        }
        _ => None,
    };
    (Some(system), minimum)
}

/// The API level that it was built for.
fn android(description: &[u8], endian: Endianness) -> (Option<System>, Option<MinimumSystem>) {
    let system = System::Android;
    let level = words(description, endian).next();
    (Some(system), level.map(|level| MinimumSystem { system, version: Version::new(level, 0, 0) }))
}

fn words(bytes: &[u8], endian: Endianness) -> impl Iterator<Item = u32> {
    bytes.chunks_exact(4).map(move |word| {
        let word = word.try_into().unwrap_or_default();
        if endian == Endianness::Big { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) }
    })
}
