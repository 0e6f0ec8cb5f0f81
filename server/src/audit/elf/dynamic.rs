//! The dynamic segment: what the loader is asked for.

use object::{
    Endianness, ReadRef, elf,
    read::elf::{Dyn, FileHeader, ProgramHeader},
};

use super::{MAX_STRING, Outcome, Segments};
use crate::audit::artefact::{Needed, SymbolVersion, Unreadable};

/// No program asks for more; a hostile one may say so.
const MAX_ENTRIES: usize = 16_384;
const MAX_VERSIONS: usize = 16_384;
const MAX_LIBRARIES: u64 = 4_096;

/// What stands in the dynamic segment.
#[derive(Debug, Default)]
pub(super) struct Dynamic {
    pub(super) needed: Vec<Needed>,
    pub(super) runpath: Vec<String>,
    pub(super) own_name: Option<String>,
    pub(super) is_pie: bool,
    pub(super) versions: Vec<SymbolVersion>,
}

/// The entries, before their strings are looked up.
#[derive(Default)]
struct Raw {
    needed: Vec<u64>,
    runpath: Vec<u64>,
    rpath: Vec<u64>,
    own_name: Option<u64>,
    strings: Option<u64>,
    strings_size: Option<u64>,
    versions: Option<u64>,
    version_count: u64,
    flags: u64,
}

impl Dynamic {
    pub(super) fn read<Elf: FileHeader<Endian = Endianness>>(segments: &Segments<'_, Elf>) -> Outcome<Self> {
        let Some(header) = segments.of_type(elf::PT_DYNAMIC).next() else { return Ok(Self::default()) };
        let entries = match header.dynamic(segments.endian, segments.bytes) {
            Ok(Some(entries)) if entries.len() <= MAX_ENTRIES => entries,
            _ => return Err(Unreadable::damaged("its dynamic segment cannot be read")),
        };
        let raw = Raw::gather(entries, segments.endian);
        let strings = raw.strings(segments)?;
        let text = |offset: &u64| strings.get(*offset);
        // DT_RUNPATH, where there is one, makes the loader overlook DT_RPATH.
        let runpath = if raw.runpath.is_empty() { &raw.rpath } else { &raw.runpath };
        let folders: Vec<String> = runpath.iter().map(text).collect::<Outcome<_>>()?;
        let runpath = folders.iter().flat_map(|list| list.split(':')).filter(|folder| !folder.is_empty());
        let needed = raw.needed.iter().map(|offset| Ok(Needed { name: text(offset)?, is_optional: false }));
        Ok(Self {
            needed: needed.collect::<Outcome<_>>()?,
            runpath: runpath.map(str::to_owned).collect(),
            own_name: raw.own_name.as_ref().map(text).transpose()?,
            is_pie: raw.flags & elf::DF_1_PIE.0 != 0,
            versions: versions(&raw, segments, &strings)?,
        })
    }
}

impl Raw {
    fn gather<Entry: Dyn<Endian = Endianness>>(entries: &[Entry], endian: Endianness) -> Self {
        let mut raw = Self::default();
        for entry in entries {
            let value = entry.val(endian);
            match entry.tag(endian) {
                elf::DT_NULL => break,
                elf::DT_NEEDED => raw.needed.push(value),
                elf::DT_RUNPATH => raw.runpath.push(value),
                elf::DT_RPATH => raw.rpath.push(value),
                elf::DT_SONAME => raw.own_name = Some(value),
                elf::DT_STRTAB => raw.strings = Some(value),
                elf::DT_STRSZ => raw.strings_size = Some(value),
                elf::DT_VERNEED => raw.versions = Some(value),
                elf::DT_VERNEEDNUM => raw.version_count = value,
                elf::DT_FLAGS_1 => raw.flags = value,
                _ => {}
            }
        }
        raw
    }

    fn strings<'b, Elf: FileHeader<Endian = Endianness>>(
        &self,
        segments: &Segments<'b, Elf>,
    ) -> Outcome<Strings<'b>> {
        let Some(address) = self.strings else { return Ok(Strings(&[])) };
        let bytes = segments
            .at_address(address)
            .ok_or_else(|| Unreadable::damaged("the names of its libraries lie outside of what is loaded"))?;
        let size = self.strings_size.and_then(|size| usize::try_from(size).ok()).unwrap_or(bytes.len());
        Ok(Strings(bytes.get(..size).unwrap_or(bytes)))
    }
}

/// The string table of the dynamic segment.
struct Strings<'b>(&'b [u8]);

impl Strings<'_> {
    fn get(&self, offset: u64) -> Outcome<String> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.0.get(offset..));
        let bytes = rest.and_then(|rest| {
            let within = rest.get(..MAX_STRING.min(rest.len()))?;
            within.get(..memchr::memchr(0, within)?)
        });
        let bytes =
            bytes.ok_or_else(|| Unreadable::damaged("the name of a library or folder cannot be read"))?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }
}

/// The versions of symbols that each library has to offer (`DT_VERNEED`).
fn versions<Elf: FileHeader<Endian = Endianness>>(
    raw: &Raw,
    segments: &Segments<'_, Elf>,
    strings: &Strings<'_>,
) -> Outcome<Vec<SymbolVersion>> {
    let Some(address) = raw.versions else { return Ok(Vec::new()) };
    let damaged = || Unreadable::damaged("the versions that it needs of its libraries cannot be read");
    let bytes = segments.at_address(address).ok_or_else(damaged)?;
    if raw.version_count > MAX_LIBRARIES {
        return Err(damaged());
    }
    let endian = segments.endian;
    let mut found = Vec::new();
    let mut at: u64 = 0;
    for _ in 0..raw.version_count {
        let library: &elf::Verneed<Endianness> = bytes.read_at(at).map_err(|()| damaged())?;
        let name = strings.get(library.vn_file.get(endian).into())?;
        let mut entry_at = at + u64::from(library.vn_aux.get(endian));
        for _ in 0..library.vn_cnt.get(endian) {
            let entry: &elf::Vernaux<Endianness> = bytes.read_at(entry_at).map_err(|()| damaged())?;
            if found.len() >= MAX_VERSIONS {
                return Err(damaged());
            }
            found.push(SymbolVersion {
                library: name.clone(),
                name: strings.get(entry.vna_name.get(endian).into())?,
                // glibc starts a program although such a version is missing (elf/dl-version.c).
                is_weak: entry.vna_flags.get(endian).0 & elf::VER_FLG_WEAK.0 != 0,
            });
            match entry.vna_next.get(endian) {
                0 => break,
                next => entry_at += u64::from(next),
            }
        }
        match library.vn_next.get(endian) {
            0 => break,
            next => at += u64::from(next),
        }
    }
    Ok(found)
}
