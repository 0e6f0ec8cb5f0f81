//! Mach-O files, thin and universal.

use object::{
    Endianness, ReadRef, macho,
    read::macho::{FatArch, LoadCommandVariant, MachHeader, MachOFatFile},
};

use super::{
    artefact::{Image, Kind, Linkage, MinimumSystem, Needed, System, Unreadable},
    machine,
    version::Version,
};

type Outcome<T> = Result<T, Unreadable>;

/// Nobody has built a file for more architectures; a Java class file begins with the same four bytes, and
/// behind them a number that is larger.
const MAX_ARCHITECTURES: usize = 32;

/// Reads a universal binary: each of its images.
pub(super) fn read_fat(bytes: &[u8]) -> Outcome<Vec<Image>> {
    let is_64 = bytes.starts_with(&macho::FAT_MAGIC_64.to_be_bytes());
    if is_64 { images::<macho::FatArch64>(bytes) } else { images::<macho::FatArch32>(bytes) }
}

fn images<Fat: FatArch>(bytes: &[u8]) -> Outcome<Vec<Image>> {
    let count = bytes.get(4..8).and_then(|count| count.try_into().ok()).map_or(0, u32::from_be_bytes);
    if count as usize > MAX_ARCHITECTURES {
        return Err(Unreadable::other("is a Java class, or damaged", "audit a program or a library"));
    }
    let file = MachOFatFile::<Fat>::parse(bytes)
        .map_err(|_| Unreadable::damaged("the list of its architectures lies behind its end"))?;
    let mut images = Vec::new();
    for arch in file.arches() {
        let slice = arch.data(bytes).map_err(|_| {
            Unreadable::damaged(&format!(
                "its code for {} lies behind its end",
                machine::macho(arch.cputype())
            ))
        })?;
        if slice.starts_with(b"!<arch>") {
            return Err(Unreadable::static_library());
        }
        images.push(read(slice)?);
    }
    if images.is_empty() {
        return Err(Unreadable::damaged("it holds code for no architecture"));
    }
    Ok(images)
}

/// Reads a file for one architecture.
pub(super) fn read(bytes: &[u8]) -> Outcome<Image> {
    match bytes.get(..4) {
        Some([0xce, 0xfa, 0xed, 0xfe] | [0xfe, 0xed, 0xfa, 0xce]) => {
            read_class::<macho::MachHeader32<Endianness>>(bytes)
        }
        Some([0xcf, 0xfa, 0xed, 0xfe] | [0xfe, 0xed, 0xfa, 0xcf]) => {
            read_class::<macho::MachHeader64<Endianness>>(bytes)
        }
        _ => Err(Unreadable::damaged("it has no Mach-O header")),
    }
}

fn read_class<Mach: MachHeader<Endian = Endianness>>(bytes: &[u8]) -> Outcome<Image> {
    let header = Mach::parse(bytes, 0).map_err(|_| Unreadable::damaged("it has no whole Mach-O header"))?;
    let endian = header.endian().map_err(|_| Unreadable::damaged("its Mach-O header has no byte order"))?;
    let mut image = Image::new(machine::macho(header.cputype(endian)), System::MacOs);
    image.is_big_endian = endian == Endianness::Big;
    image.pointer_width = if header.is_type_64() { 64 } else { 32 };
    image.kind = kind(header.filetype(endian))?;
    image.linkage = Linkage::Static;
    image.is_signed = Some(false);
    image.is_stripped = Some(true);
    let unreadable = |_| Unreadable::damaged("its load commands cannot be read");
    let mut commands = header.load_commands(endian, bytes, 0).map_err(unreadable)?;
    while let Some(command) = commands.next().map_err(unreadable)? {
        let text = |path| {
            let path = command.string(endian, path).map_err(unreadable)?;
            Ok(String::from_utf8_lossy(path).into_owned())
        };
        let is_weak = command.cmd() == macho::LC_LOAD_WEAK_DYLIB;
        match command.variant().map_err(unreadable)? {
            LoadCommandVariant::Dylib(dylib) => {
                image.needed.push(Needed { name: text(dylib.dylib.name)?, is_optional: is_weak });
            }
            LoadCommandVariant::IdDylib(dylib) => image.own_name = Some(text(dylib.dylib.name)?),
            LoadCommandVariant::Rpath(rpath) => image.runpath.push(text(rpath.path)?),
            LoadCommandVariant::LoadDylinker(dylinker) => {
                image.interpreter = Some(text(dylinker.name)?);
                image.linkage = Linkage::Dynamic;
            }
            LoadCommandVariant::BuildVersion(version, _) => {
                let system = platform(version.platform.get(endian));
                note_minimum(&mut image, system, version.minos.get(endian).0);
            }
            LoadCommandVariant::VersionMin(version) => {
                note_minimum(&mut image, older(command.cmd()), version.version.get(endian).0);
            }
            LoadCommandVariant::Symtab(symbols) => image.is_stripped = Some(symbols.nsyms.get(endian) == 0),
            LoadCommandVariant::LinkeditData(data) if command.cmd() == macho::LC_CODE_SIGNATURE => {
                let (at, size) = (data.dataoff.get(endian), data.datasize.get(endian));
                bytes
                    .read_bytes_at(at.into(), size.into())
                    .map_err(|()| Unreadable::damaged("its signature lies behind its end"))?;
                image.is_signed = Some(size > 0);
            }
            LoadCommandVariant::Segment64(segment, _) => {
                whole(bytes, segment.fileoff.get(endian), segment.filesize.get(endian))?;
            }
            LoadCommandVariant::Segment32(segment, _) => {
                whole(bytes, segment.fileoff.get(endian).into(), segment.filesize.get(endian).into())?;
            }
            _ => {}
        }
    }
    if image.kind == Kind::Library || !image.needed.is_empty() {
        image.linkage = Linkage::Dynamic;
    }
    Ok(image)
}

fn whole(bytes: &[u8], offset: u64, size: u64) -> Outcome<()> {
    let segment = bytes.read_bytes_at(offset, size);
    segment.map(|_| ()).map_err(|()| Unreadable::damaged("a segment lies behind its end"))
}

fn kind(kind: macho::FileType) -> Outcome<Kind> {
    match kind {
        macho::MH_EXECUTE => Ok(Kind::Program),
        macho::MH_DYLIB | macho::MH_BUNDLE => Ok(Kind::Library),
        macho::MH_OBJECT => Err(Unreadable::other(
            "is an object file, not yet linked",
            "audit the program or library that it becomes part of",
        )),
        macho::MH_DSYM => {
            Err(Unreadable::other("holds debug information only", "audit the program that it belongs to"))
        }
        macho::MH_CORE => {
            Err(Unreadable::other("is the core dump of a program, not a program", "audit the program itself"))
        }
        _ => Err(Unreadable::other("is neither a program nor a library", "audit a program or a library")),
    }
}

/// A zippered library speaks of macOS and of Mac Catalyst: the first counts, which is macOS.
fn note_minimum(image: &mut Image, system: System, packed: u32) {
    if image.minimum.is_none() || system == System::MacOs {
        let version = Version::new(packed >> 16, (packed >> 8) & 0xff, packed & 0xff);
        image.system = system;
        image.minimum = Some(MinimumSystem { system, version });
    }
}

fn platform(platform: macho::Platform) -> System {
    System::Apple(match platform {
        macho::PLATFORM_MACOS => return System::MacOs,
        macho::PLATFORM_IOS => "iOS",
        macho::PLATFORM_TVOS => "tvOS",
        macho::PLATFORM_WATCHOS => "watchOS",
        macho::PLATFORM_VISIONOS => "visionOS",
        macho::PLATFORM_MACCATALYST => "Mac Catalyst",
        macho::PLATFORM_IOSSIMULATOR => "iOS simulator",
        macho::PLATFORM_TVOSSIMULATOR => "tvOS simulator",
        macho::PLATFORM_WATCHOSSIMULATOR => "watchOS simulator",
        macho::PLATFORM_VISIONOSSIMULATOR => "visionOS simulator",
        macho::PLATFORM_DRIVERKIT => "DriverKit",
        _ => "another system of Apple's",
    })
}

fn older(command: macho::LoadCommandType) -> System {
    match command {
        macho::LC_VERSION_MIN_IPHONEOS => System::Apple("iOS"),
        macho::LC_VERSION_MIN_TVOS => System::Apple("tvOS"),
        macho::LC_VERSION_MIN_WATCHOS => System::Apple("watchOS"),
        _ => System::MacOs,
    }
}
