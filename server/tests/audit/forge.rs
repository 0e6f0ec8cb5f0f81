//! Binaries put together by hand: as small as the loader would take them, and whole to their last byte.

/// Bytes in the order of a machine.
#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    is_big: bool,
}

impl Writer {
    fn number(&mut self, value: u64, size: usize) -> &mut Self {
        let little = value.to_le_bytes();
        let mut bytes = little[..size].to_vec();
        if self.is_big {
            bytes.reverse();
        }
        self.bytes.extend(bytes);
        self
    }

    fn all(&mut self, size: usize, values: &[u64]) -> &mut Self {
        for value in values {
            self.number(*value, size);
        }
        self
    }

    fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend(bytes);
        self
    }

    fn fill(&mut self, length: usize) -> &mut Self {
        assert!(self.bytes.len() <= length, "{} > {length}", self.bytes.len());
        self.bytes.resize(length, 0);
        self
    }
}

/// A 64-bit ELF file.
#[derive(Clone)]
pub struct Elf {
    pub machine: u16,
    pub is_big: bool,
    /// ET_DYN instead of ET_EXEC.
    pub is_movable: bool,
    pub is_pie: bool,
    pub interpreter: Option<&'static str>,
    pub needed: Vec<&'static str>,
    pub runpath: Option<&'static str>,
    pub soname: Option<&'static str>,
    /// Library, version, whether weak.
    pub versions: Vec<(&'static str, &'static str, bool)>,
    pub data: &'static [u8],
}

pub const X86_64: u16 = 62;
pub const AARCH64: u16 = 183;
pub const S390X: u16 = 22;

impl Elf {
    /// A dynamic program for glibc.
    pub fn dynamic() -> Self {
        Self {
            machine: X86_64,
            is_big: false,
            is_movable: true,
            is_pie: true,
            interpreter: Some("/lib64/ld-linux-x86-64.so.2"),
            needed: vec!["libc.so.6"],
            runpath: None,
            soname: None,
            versions: vec![("libc.so.6", "GLIBC_2.17", false)],
            data: b"",
        }
    }

    /// A program that needs nothing.
    pub fn static_pie() -> Self {
        Self { interpreter: None, needed: vec![], versions: vec![], ..Self::dynamic() }
    }

    pub fn bytes(&self) -> Vec<u8> {
        // Headers, then one page with all that they lead to; addresses are offsets.
        const START: usize = 64 + 3 * 56;
        let mut strings = vec![0];
        let mut string = |text: &str| {
            let at = strings.len() as u64;
            strings.extend(text.as_bytes());
            strings.push(0);
            at
        };
        let needed: Vec<u64> = self.needed.iter().map(|name| string(name)).collect();
        let runpath = self.runpath.map(&mut string);
        let soname = self.soname.map(&mut string);
        let versions: Vec<(u64, u64, bool)> = self
            .versions
            .iter()
            .map(|(library, name, weak)| (string(library), string(name), *weak))
            .collect();
        let mut page = Writer { bytes: Vec::new(), is_big: self.is_big };
        let interpreter_at = START;
        page.raw(self.interpreter.unwrap_or_default().as_bytes()).number(0, 1);
        let interpreter_size = page.bytes.len();
        let strings_at = START + page.bytes.len();
        page.raw(&strings);
        let versions_at = START + page.bytes.len();
        for (index, (library, name, weak)) in versions.iter().enumerate() {
            let next = if index + 1 == versions.len() { 0 } else { 32 };
            page.all(2, &[1, 1]).all(4, &[*library, 16, next]);
            page.number(0, 4).all(2, &[if *weak { 2 } else { 0 }, 2]).all(4, &[*name, 0]);
        }
        let dynamic_at = START + page.bytes.len();
        let mut entries: Vec<[u64; 2]> = needed.iter().map(|name| [1, *name]).collect();
        entries.extend(runpath.map(|at| [29, at]));
        entries.extend(soname.map(|at| [14, at]));
        entries.push([5, strings_at as u64]);
        entries.push([10, strings.len() as u64]);
        if !versions.is_empty() {
            entries.extend([[0x6fff_fffe, versions_at as u64], [0x6fff_ffff, versions.len() as u64]]);
        }
        if self.is_pie {
            entries.push([0x6fff_fffb, 0x0800_0000]);
        }
        entries.push([0, 0]);
        page.all(8, entries.as_flattened());
        let dynamic_size = START + page.bytes.len() - dynamic_at;
        page.raw(self.data);
        let size = START + page.bytes.len();

        let mut file = Writer { bytes: Vec::new(), is_big: self.is_big };
        file.raw(b"\x7fELF").raw(&[2, if self.is_big { 2 } else { 1 }, 1]).fill(16);
        file.all(2, &[if self.is_movable { 3 } else { 2 }, self.machine.into()]).number(1, 4);
        file.all(8, &[0, 64, 0]).number(0, 4).all(2, &[64, 56, 3, 64, 0, 0]);
        let mut header = |kind: u64, at: usize, size: usize| {
            file.all(4, &[kind, 4]).all(8, &[at as u64, at as u64, at as u64, size as u64, size as u64, 1]);
        };
        header(1, 0, size);
        // PT_NULL where there is none.
        header(if self.interpreter.is_some() { 3 } else { 0 }, interpreter_at, interpreter_size);
        header(2, dynamic_at, dynamic_size);
        file.raw(&page.bytes);
        file.bytes
    }
}

/// A thin 64-bit Mach-O file.
#[derive(Clone)]
pub struct MachO {
    pub is_arm: bool,
    pub is_library: bool,
    pub dylibs: Vec<&'static str>,
    pub weak: Vec<&'static str>,
    pub rpaths: Vec<&'static str>,
    pub id: Option<&'static str>,
    /// Platform and major version of LC_BUILD_VERSION.
    pub build: Option<(u64, u64)>,
    pub is_signed: bool,
}

impl MachO {
    pub fn program() -> Self {
        Self {
            is_arm: true,
            is_library: false,
            dylibs: vec!["/usr/lib/libSystem.B.dylib"],
            weak: vec![],
            rpaths: vec![],
            id: None,
            build: Some((1, 11)),
            is_signed: true,
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut commands: Vec<Vec<u8>> = Vec::new();
        let text = |command: u64, fields: &[u64], path: &str| {
            let offset = 12 + 4 * fields.len();
            let size = (offset + path.len() + 1).next_multiple_of(8);
            let mut one = Writer::default();
            one.all(4, &[command, size as u64, offset as u64]).all(4, fields).raw(path.as_bytes()).fill(size);
            one.bytes
        };
        if !self.is_library {
            commands.push(text(0xe, &[], "/usr/lib/dyld"));
        }
        commands.extend(self.id.map(|id| text(0xd, &[0, 0, 0], id)));
        commands.extend(self.dylibs.iter().map(|path| text(0xc, &[0, 0, 0], path)));
        commands.extend(self.weak.iter().map(|path| text(0x8000_0018, &[0, 0, 0], path)));
        commands.extend(self.rpaths.iter().map(|path| text(0x8000_001c, &[], path)));
        commands.extend(self.build.map(|(platform, major)| {
            let mut one = Writer::default();
            one.all(4, &[0x32, 24, platform, major << 16, major << 16, 0]);
            one.bytes
        }));
        let mut size: usize = commands.iter().map(Vec::len).sum();
        size += 72 + if self.is_signed { 16 } else { 0 };
        let end = 32 + size;
        let total = end + if self.is_signed { 64 } else { 0 };
        let mut segment = Writer::default();
        segment.all(4, &[0x19, 72]).raw(b"__TEXT\0\0\0\0\0\0\0\0\0\0");
        segment.all(8, &[0, total as u64, 0, total as u64]).all(4, &[7, 5, 0, 0]);
        commands.push(segment.bytes);
        if self.is_signed {
            let mut signature = Writer::default();
            signature.all(4, &[0x1d, 16, end as u64, 64]);
            commands.push(signature.bytes);
        }
        let mut file = Writer::default();
        let cpu = if self.is_arm { 0x0100_000c } else { 0x0100_0007 };
        let kind = if self.is_library { 6 } else { 2 };
        file.all(4, &[0xfeed_facf, cpu, 0, kind, commands.len() as u64, size as u64, 0x0020_0085, 0]);
        file.raw(&commands.concat()).fill(total);
        file.bytes
    }
}

/// A universal binary of several.
pub fn universal(images: &[MachO]) -> Vec<u8> {
    let mut file = Writer { bytes: Vec::new(), is_big: true };
    file.all(4, &[0xcafe_babe, images.len() as u64]);
    let mut at = 4096;
    let slices: Vec<Vec<u8>> = images.iter().map(MachO::bytes).collect();
    for (image, slice) in images.iter().zip(&slices) {
        let cpu = if image.is_arm { 0x0100_000c } else { 0x0100_0007 };
        file.all(4, &[cpu, 0, at as u64, slice.len() as u64, 12]);
        at = (at + slice.len()).next_multiple_of(4096);
    }
    for slice in slices {
        let start = file.bytes.len().next_multiple_of(4096);
        file.fill(start).raw(&slice);
    }
    file.bytes
}

/// A 64-bit PE program.
#[derive(Clone)]
pub struct Pe {
    pub machine: u16,
    pub is_library: bool,
    pub dlls: Vec<&'static str>,
    pub subsystem: u16,
    pub version: (u16, u16),
}

impl Pe {
    pub fn program() -> Self {
        Self {
            machine: 0x8664,
            is_library: false,
            dlls: vec!["KERNEL32.dll", "ntdll.dll"],
            subsystem: 3,
            version: (6, 0),
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        const RAW: usize = 0x200;
        const VIRTUAL: u64 = 0x1000;
        let table = 20 * (self.dlls.len() + 1);
        let mut section = Writer::default();
        let mut name_at = VIRTUAL + table as u64;
        for dll in &self.dlls {
            section.all(4, &[0, 0, 0, name_at, 0]);
            name_at += dll.len() as u64 + 1;
        }
        section.fill(table);
        for dll in &self.dlls {
            section.raw(dll.as_bytes()).number(0, 1);
        }
        let size = section.bytes.len().next_multiple_of(0x200);
        section.fill(size);
        let mut file = Writer::default();
        file.raw(b"MZ").fill(60).number(64, 4);
        file.raw(b"PE\0\0").all(2, &[self.machine.into(), 1]).all(4, &[0, 0, 0]);
        file.all(2, &[240, if self.is_library { 0x2022 } else { 0x22 }]);
        file.number(0x20b, 2).all(1, &[14, 0]).all(4, &[0, size as u64, 0, 0x1000, 0x1000]);
        file.number(0x1_4000_0000, 8).all(4, &[0x1000, 0x200]).all(2, &[6, 0, 0, 0]);
        file.all(2, &[self.version.0.into(), self.version.1.into()]).all(4, &[0, 0x3000, RAW as u64, 0]);
        file.all(2, &[self.subsystem.into(), 0x8160]).all(8, &[0x10_0000, 0x1000, 0x10_0000, 0x1000]);
        file.all(4, &[0, 16]);
        let import = if self.dlls.is_empty() { [0, 0] } else { [VIRTUAL, table as u64] };
        file.all(4, &[0, 0]).all(4, &import).fill(64 + 24 + 240);
        file.raw(b".idata\0\0").all(4, &[size as u64, VIRTUAL, size as u64, RAW as u64, 0, 0]);
        file.all(2, &[0, 0]).number(0x4000_0040, 4).fill(RAW).raw(&section.bytes);
        file.bytes
    }
}

/// A WebAssembly module that imports functions, and exports one.
pub fn wasm(imports: &[(&str, &str)], export: &str) -> Vec<u8> {
    let name = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
    let section = |id: u8, content: Vec<u8>| {
        let length = content.len();
        let size = [(length & 0x7f) as u8 | 0x80, (length >> 7) as u8];
        [&[id], size.as_slice(), &content].concat()
    };
    let mut list = vec![imports.len() as u8];
    for (module, field) in imports {
        list.extend([name(module), name(field), vec![0, 0]].concat());
    }
    let exports = [vec![1], name(export), vec![0, 0]].concat();
    let mut file = b"\0asm\x01\0\0\0".to_vec();
    file.extend(section(1, vec![1, 0x60, 0, 0]));
    file.extend(section(2, list));
    file.extend(section(7, exports));
    file
}
