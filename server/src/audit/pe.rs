//! PE files: programs and DLLs of Windows, programs of UEFI.

use object::{
    LittleEndian as LE, pe,
    read::pe::{ImageNtHeaders, ImageOptionalHeader, PeFile, optional_header_magic},
};

use super::{
    artefact::{Image, Kind, Linkage, MinimumSystem, Needed, System, Unreadable},
    machine,
    version::Version,
};

type Outcome<T> = Result<T, Unreadable>;

/// No program imports from more DLLs; a hostile one may say so.
const MAX_IMPORTS: usize = 4_096;
const MAX_NAME: usize = 1024;

/// Reads a PE file.
pub(super) fn read(bytes: &[u8]) -> Outcome<Image> {
    match optional_header_magic(bytes) {
        Ok(pe::IMAGE_NT_OPTIONAL_HDR32_MAGIC) => read_class::<pe::ImageNtHeaders32>(bytes),
        Ok(pe::IMAGE_NT_OPTIONAL_HDR64_MAGIC) => read_class::<pe::ImageNtHeaders64>(bytes),
        _ => Err(Unreadable::damaged("behind its MZ header comes no PE header; it may be a program for DOS")),
    }
}

fn read_class<Pe: ImageNtHeaders>(bytes: &[u8]) -> Outcome<Image> {
    let file =
        PeFile::<Pe>::parse(bytes).map_err(|_| Unreadable::damaged("its PE headers cannot be read"))?;
    refuse_cut_short(&file, bytes)?;
    let header = file.nt_headers().file_header();
    let optional = file.nt_headers().optional_header();
    let system = match optional.subsystem() {
        pe::IMAGE_SUBSYSTEM_EFI_APPLICATION
        | pe::IMAGE_SUBSYSTEM_EFI_BOOT_SERVICE_DRIVER
        | pe::IMAGE_SUBSYSTEM_EFI_RUNTIME_DRIVER
        | pe::IMAGE_SUBSYSTEM_EFI_ROM => System::Uefi,
        _ => System::Windows,
    };
    let mut image = Image::new(machine::pe(header.machine.get(LE)), system);
    image.pointer_width = if file.nt_headers().is_type_64() { 64 } else { 32 };
    let is_library = header.characteristics.get(LE).0 & pe::IMAGE_FILE_DLL.0 != 0;
    image.kind = if is_library { Kind::Library } else { Kind::Program };
    image.needed = imports(&file)?;
    image.linkage = if image.needed.is_empty() { Linkage::Static } else { Linkage::Dynamic };
    image.is_stripped = Some(header.number_of_symbols.get(LE) == 0);
    if system == System::Windows {
        let (major, minor) = (optional.major_subsystem_version(), optional.minor_subsystem_version());
        let version = Version::new(major.into(), minor.into(), 0);
        image.minimum = Some(MinimumSystem { system, version });
    }
    Ok(image)
}

fn refuse_cut_short<Pe: ImageNtHeaders>(file: &PeFile<'_, Pe>, bytes: &[u8]) -> Outcome<()> {
    for section in file.section_table().iter() {
        if section.raw_name().starts_with(b"UPX") {
            return Err(Unreadable::packed("UPX"));
        }
        section.pe_data(bytes).map_err(|_| Unreadable::damaged("a section lies behind its end"))?;
    }
    Ok(())
}

/// The DLLs, each once, in the order of the file.
fn imports<Pe: ImageNtHeaders>(file: &PeFile<'_, Pe>) -> Outcome<Vec<Needed>> {
    let unreadable = |_| Unreadable::damaged("the list of DLLs that it imports cannot be read");
    let mut found: Vec<Needed> = Vec::new();
    let mut left = MAX_IMPORTS;
    if let Some(table) = file.import_table().map_err(unreadable)? {
        let mut descriptors = table.descriptors().map_err(unreadable)?;
        while let Some(descriptor) = descriptors.next().map_err(unreadable)? {
            let name = table.name(descriptor.name.get(LE)).map_err(unreadable)?;
            note(&mut found, &mut left, name, false)?;
        }
    }
    if let Some(table) = file.delay_load_import_table().map_err(unreadable)? {
        let mut descriptors = table.descriptors().map_err(unreadable)?;
        while let Some(descriptor) = descriptors.next().map_err(unreadable)? {
            let name = table.name(descriptor.dll_name_rva.get(LE)).map_err(unreadable)?;
            note(&mut found, &mut left, name, true)?;
        }
    }
    Ok(found)
}

fn note(found: &mut Vec<Needed>, left: &mut usize, name: &[u8], is_optional: bool) -> Outcome<()> {
    *left = left.saturating_sub(1);
    if name.is_empty() || name.len() > MAX_NAME || *left == 0 {
        return Err(Unreadable::damaged("the name of a DLL that it imports cannot be read"));
    }
    let name = String::from_utf8_lossy(name).into_owned();
    if !found.iter().any(|known| known.name.eq_ignore_ascii_case(&name)) {
        found.push(Needed { name, is_optional });
    }
    Ok(())
}
