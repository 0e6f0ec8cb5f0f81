//! WebAssembly: what a module or component asks its host for. A reader of the outermost sections only.

use super::artefact::{Image, Kind, Linkage, System, Unreadable};

type Outcome<T> = Result<T, Unreadable>;

const MODULE: [u8; 4] = [1, 0, 0, 0];
const MAX_IMPORTS: u32 = 100_000;
const MAX_NAME: u32 = 4096;

/// Reads a module or a component.
pub(super) fn read(bytes: &[u8]) -> Outcome<Image> {
    let version = bytes.get(4..8).ok_or_else(|| damaged("it ends in the middle of its header"))?;
    let mut image = Image::new("wasm32", System::Wasm);
    image.pointer_width = 32;
    image.kind = Kind::Library;
    image.linkage = Linkage::Static;
    image.is_stripped = Some(true);
    let is_module = version == MODULE;
    // A component has its layer in the upper half: 1.
    if !is_module && version.get(2..) != Some(&[1, 0]) {
        return Err(damaged("its version of WebAssembly is unknown"));
    }
    let mut reader = Reader(bytes.get(8..).unwrap_or_default());
    let mut parts = Parts::default();
    while !reader.0.is_empty() {
        let section = reader.byte()?;
        let size = reader.number()?;
        let mut content = Reader(reader.take(size)?);
        match (is_module, section) {
            (_, 0) if content.name()? == "name" => image.is_stripped = Some(false),
            (true, 2) => module_imports(&mut content, &mut image)?,
            (true, 3) => parts.functions = content.number()?,
            (true, 7) => note_start(&mut content, &mut image)?,
            (true, 10) => parts.bodies = content.number()?,
            (true, 11) => parts.data = content.number()?,
            (true, 12) => parts.data_to_come = content.number()?,
            (false, 10) => component_imports(&mut content, &mut image)?,
            _ => {}
        }
    }
    if is_module {
        parts.check()?;
    }
    image.imports.sort();
    image.imports.dedup();
    Ok(image)
}

/// How much of a module there is. One that is cut between two sections has whole sections only, and still lacks
/// something.
#[derive(Default)]
struct Parts {
    functions: u32,
    bodies: u32,
    data_to_come: u32,
    data: u32,
}

impl Parts {
    fn check(&self) -> Outcome<()> {
        if self.functions != self.bodies {
            return Err(damaged("it announces functions that are not in it"));
        }
        if self.data_to_come > self.data {
            return Err(damaged("it announces data that is not in it"));
        }
        Ok(())
    }
}

fn module_imports(reader: &mut Reader<'_>, image: &mut Image) -> Outcome<()> {
    for _ in 0..count(reader)? {
        let (module, name) = (reader.name()?, reader.name()?);
        match reader.byte()? {
            0 => drop(reader.number()?),
            1 => {
                reader.value_type()?;
                reader.limits()?;
            }
            2 => {
                if reader.limits()? {
                    "wasm64".clone_into(&mut image.arch);
                    image.pointer_width = 64;
                }
            }
            3 => {
                reader.value_type()?;
                reader.byte()?;
            }
            4 => {
                reader.byte()?;
                reader.number()?;
            }
            _ => return Err(damaged("it imports something of an unknown kind")),
        }
        image.imports.push((module, name));
    }
    Ok(())
}

/// A module with `_start` is a program.
fn note_start(reader: &mut Reader<'_>, image: &mut Image) -> Outcome<()> {
    for _ in 0..count(reader)? {
        if reader.name()? == "_start" {
            image.kind = Kind::Program;
        }
        reader.byte()?;
        reader.number()?;
    }
    Ok(())
}

fn component_imports(reader: &mut Reader<'_>, image: &mut Image) -> Outcome<()> {
    for _ in 0..count(reader)? {
        let form = reader.byte()?;
        let name = reader.name()?;
        match form {
            0 | 1 => {}
            // A name with options: each a tag and a text.
            2 => {
                for _ in 0..count(reader)? {
                    reader.byte()?;
                    reader.name()?;
                }
            }
            _ => return Err(damaged("it imports something under a name of an unknown form")),
        }
        match reader.byte()? {
            // A core module.
            0 => {
                reader.byte()?;
                reader.number()?;
            }
            1 | 4 | 5 => drop(reader.number()?),
            2 => {
                if reader.byte()? == 0 {
                    reader.number()?;
                } else {
                    reader.long_number()?;
                }
            }
            3 => {
                if reader.byte()? == 0 {
                    reader.number()?;
                }
            }
            _ => return Err(damaged("it imports something of an unknown kind")),
        }
        image.imports.push((name, String::new()));
    }
    Ok(())
}

fn count(reader: &mut Reader<'_>) -> Outcome<u32> {
    let count = reader.number()?;
    if count > MAX_IMPORTS { Err(damaged("a list in it is too long to be true")) } else { Ok(count) }
}

fn damaged(what: &str) -> Unreadable {
    Unreadable::damaged(what)
}

struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, size: u32) -> Outcome<&'b [u8]> {
        let (taken, rest) =
            self.0.split_at_checked(size as usize).ok_or_else(|| damaged("a section lies behind its end"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Outcome<u8> {
        self.take(1).map(|taken| taken.first().copied().unwrap_or_default())
    }

    /// LEB128 of at most 32 bits.
    fn number(&mut self) -> Outcome<u32> {
        u32::try_from(self.long_number()?).map_err(|_| damaged("a number in it is too large"))
    }

    /// LEB128 of at most 64 bits.
    fn long_number(&mut self) -> Outcome<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(damaged("a number in it does not end"))
    }

    fn name(&mut self) -> Outcome<String> {
        let length = self.number()?;
        if length > MAX_NAME {
            return Err(damaged("a name in it is too long to be true"));
        }
        Ok(String::from_utf8_lossy(self.take(length)?).into_owned())
    }

    /// A type of one byte, or a reference with its heap type behind it.
    fn value_type(&mut self) -> Outcome<()> {
        if matches!(self.byte()?, 0x63 | 0x64) {
            self.long_number()?;
        }
        Ok(())
    }

    /// The bounds of a table or memory; says whether addresses have 64 bits.
    fn limits(&mut self) -> Outcome<bool> {
        let flags = self.byte()?;
        self.long_number()?;
        if flags & 1 != 0 {
            self.long_number()?;
        }
        // A page size of its own.
        if flags & 8 != 0 {
            self.number()?;
        }
        Ok(flags & 4 != 0)
    }
}
