//! ELF files, as the loader reads them: program headers and the dynamic segment, not the section table,
//! which a program may have lost.

mod dynamic;
mod notes;
mod platform;

use object::{
    Endianness, ReadRef, elf,
    read::elf::{FileHeader, ProgramHeader, SectionHeader},
};

use super::{
    artefact::{Image, Kind, Linkage, Unreadable},
    machine,
};
use dynamic::Dynamic;

type Outcome<T> = Result<T, Unreadable>;

/// A UPX-packed program has this near its beginning.
const UPX: &[u8] = b"UPX!";
const UPX_WITHIN: usize = 4096;
/// A path, or a name of a library.
const MAX_STRING: usize = 4096;

/// Reads an ELF file.
pub(super) fn read(bytes: &[u8]) -> Outcome<Image> {
    // e_ident[EI_CLASS]
    match bytes.get(4) {
        Some(1) => read_class::<elf::FileHeader32<Endianness>>(bytes),
        Some(2) => read_class::<elf::FileHeader64<Endianness>>(bytes),
        Some(_) => Err(Unreadable::damaged("its ELF header is of no known class")),
        None => Err(Unreadable::damaged("it ends in the middle of its ELF header")),
    }
}

fn read_class<Elf: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> Outcome<Image> {
    let header = Elf::parse(bytes).map_err(|_| Unreadable::damaged("it has no whole ELF header"))?;
    let endian = header.endian().map_err(|_| Unreadable::damaged("its ELF header has no byte order"))?;
    refuse_unlinked(header.e_type(endian))?;
    let segments = header
        .program_headers(endian, bytes)
        .map_err(|_| Unreadable::damaged("its program headers lie behind its end"))?;
    let segments = Segments::<Elf> { bytes, endian, headers: segments };
    segments.refuse_cut_short()?;
    let is_stripped = is_stripped(header, endian, bytes)?;
    if bytes
        .get(..UPX_WITHIN.min(bytes.len()))
        .is_some_and(|start| memchr::memmem::find(start, UPX).is_some())
    {
        return Err(Unreadable::packed("UPX"));
    }
    let interpreter = segments.interpreter()?;
    let dynamic = Dynamic::read(&segments)?;
    let is_big_endian = endian == Endianness::Big;
    let arch = machine::elf(header.e_machine(endian), header.is_class_64(), is_big_endian);
    let (kind, linkage) = shape(header.e_type(endian), interpreter.is_some(), &dynamic);
    let notes = notes::read(&segments);
    let (system, libc) =
        platform::of(header.e_ident().os_abi, &notes, interpreter.as_deref(), &dynamic.needed);
    let mut image = Image::new(arch, system);
    image.is_big_endian = is_big_endian;
    image.pointer_width = if header.is_class_64() { 64 } else { 32 };
    image.kind = kind;
    image.linkage = linkage;
    image.libc = libc;
    image.interpreter = interpreter;
    image.needed = dynamic.needed;
    image.runpath = dynamic.runpath;
    image.own_name = dynamic.own_name;
    image.versions = dynamic.versions;
    image.minimum = notes.minimum;
    image.is_stripped = Some(is_stripped);
    Ok(image)
}

fn refuse_unlinked(kind: elf::FileType) -> Outcome<()> {
    match kind {
        elf::ET_EXEC | elf::ET_DYN => Ok(()),
        elf::ET_REL => Err(Unreadable::other(
            "is an object file, not yet linked",
            "audit the program or library that it becomes part of",
        )),
        elf::ET_CORE => {
            Err(Unreadable::other("is the core dump of a program, not a program", "audit the program itself"))
        }
        _ => {
            Err(Unreadable::other("is an ELF file of an unknown type", "audit a program or a shared library"))
        }
    }
}

/// A library carries a name of its own and no mark of a program. Those that can be started as well
/// (`libc.so.6`) stay libraries.
fn shape(kind: elf::FileType, has_interpreter: bool, dynamic: &Dynamic) -> (Kind, Linkage) {
    let is_dynamic = has_interpreter || !dynamic.needed.is_empty();
    let program = |linkage| (Kind::Program, if is_dynamic { Linkage::Dynamic } else { linkage });
    if kind == elf::ET_EXEC {
        program(Linkage::Static)
    } else if dynamic.is_pie || (has_interpreter && dynamic.own_name.is_none()) {
        program(Linkage::StaticPie)
    } else {
        (Kind::Library, Linkage::Dynamic)
    }
}

/// Looks for the symbol table. A section table that lies behind the end is a sign of a cut file.
fn is_stripped<Elf: FileHeader<Endian = Endianness>>(
    header: &Elf,
    endian: Endianness,
    bytes: &[u8],
) -> Outcome<bool> {
    let sections = header
        .section_headers(endian, bytes)
        .map_err(|_| Unreadable::damaged("its section headers lie behind its end"))?;
    Ok(!sections.iter().any(|section| section.sh_type(endian) == elf::SHT_SYMTAB))
}

/// The program headers, and what they lead to.
struct Segments<'b, Elf: FileHeader<Endian = Endianness>> {
    bytes: &'b [u8],
    endian: Endianness,
    headers: &'b [Elf::ProgramHeader],
}

impl<'b, Elf: FileHeader<Endian = Endianness>> Segments<'b, Elf> {
    /// The loader maps every `PT_LOAD` whole; one that the file does not hold ends in a crash.
    fn refuse_cut_short(&self) -> Outcome<()> {
        let mut loads = self.of_type(elf::PT_LOAD).peekable();
        if loads.peek().is_none() {
            return Err(Unreadable::damaged("nothing in it is to be loaded"));
        }
        for load in loads {
            load.data(self.endian, self.bytes)
                .map_err(|()| Unreadable::damaged("a segment that is to be loaded lies behind its end"))?;
        }
        Ok(())
    }

    fn of_type(&self, wanted: elf::ProgramType) -> impl Iterator<Item = &'b Elf::ProgramHeader> {
        let endian = self.endian;
        self.headers.iter().filter(move |header| header.p_type(endian) == wanted)
    }

    fn interpreter(&self) -> Outcome<Option<String>> {
        // The kernel takes the first one.
        let Some(header) = self.of_type(elf::PT_INTERP).next() else { return Ok(None) };
        match header.interpreter(self.endian, self.bytes) {
            Ok(Some(path)) if !path.is_empty() && path.len() <= MAX_STRING => {
                Ok(Some(String::from_utf8_lossy(path).into_owned()))
            }
            _ => Err(Unreadable::damaged("the path of its interpreter cannot be read")),
        }
    }

    /// The bytes of the file from an address on, as far as the segment reaches.
    fn at_address(&self, address: u64) -> Option<&'b [u8]> {
        self.of_type(elf::PT_LOAD).find_map(|header| {
            let start: u64 = header.p_vaddr(self.endian).into();
            let size: u64 = header.p_filesz(self.endian).into();
            let offset: u64 = header.p_offset(self.endian).into();
            let within = address.checked_sub(start).filter(|within| *within < size)?;
            self.bytes.read_bytes_at(offset.checked_add(within)?, size - within).ok()
        })
    }
}
