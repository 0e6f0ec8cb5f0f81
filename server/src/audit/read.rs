//! From bytes to an artefact.

use super::{
    artefact::{Artefact, Binary, Format, Unreadable},
    elf, foreign, macho, pe, store, wasm,
};

/// Reads the bytes of a file. The name is for messages.
pub fn read(bytes: &[u8], name: impl Into<String>) -> Artefact {
    let content = binary(bytes).map(|mut binary| {
        store::gather(&mut binary, bytes);
        binary
    });
    Artefact { name: name.into(), content }
}

fn binary(bytes: &[u8]) -> Result<Binary, Unreadable> {
    let (format, images) = match bytes {
        [0x7f, b'E', b'L', b'F', ..] => (Format::Elf, vec![elf::read(bytes)?]),
        [b'M', b'Z', ..] => (Format::Pe, vec![pe::read(bytes)?]),
        [0, b'a', b's', b'm', ..] => (Format::Wasm, vec![wasm::read(bytes)?]),
        [0xca, 0xfe, 0xba, 0xbe | 0xbf, ..] => (Format::MachO, macho::read_fat(bytes)?),
        [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..] | [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..] => {
            (Format::MachO, vec![macho::read(bytes)?])
        }
        _ => return Err(foreign::name(bytes)),
    };
    Ok(Binary { format, images, store: Vec::new(), store_is_cut: false })
}
