//! What the formats call the architectures.

use object::{elf, macho, pe};

/// `target_arch` of an ELF file.
pub(super) fn elf(machine: elf::Machine, is_64: bool, is_big_endian: bool) -> String {
    let name = match machine {
        elf::EM_X86_64 => "x86_64",
        elf::EM_386 => "x86",
        elf::EM_AARCH64 => "aarch64",
        elf::EM_ARM => "arm",
        elf::EM_RISCV if is_64 => "riscv64",
        elf::EM_RISCV => "riscv32",
        elf::EM_PPC64 => "powerpc64",
        elf::EM_PPC => "powerpc",
        elf::EM_S390 => "s390x",
        elf::EM_LOONGARCH if is_64 => "loongarch64",
        elf::EM_LOONGARCH => "loongarch32",
        elf::EM_MIPS if is_64 => "mips64",
        elf::EM_MIPS => "mips",
        elf::EM_SPARCV9 => "sparc64",
        elf::EM_SPARC | elf::EM_SPARC32PLUS => "sparc",
        elf::EM_68K => "m68k",
        elf::EM_CSKY => "csky",
        elf::EM_HEXAGON => "hexagon",
        elf::EM_AVR => "avr",
        elf::EM_MSP430 => "msp430",
        elf::EM_XTENSA => "xtensa",
        elf::EM_BPF if is_big_endian => "bpfeb",
        elf::EM_BPF => "bpf",
        other => return format!("ELF machine {}", other.0),
    };
    name.to_owned()
}

/// `target_arch` of a Mach-O file.
pub(super) fn macho(cpu: macho::CpuType) -> String {
    let name = match cpu {
        macho::CPU_TYPE_X86_64 => "x86_64",
        macho::CPU_TYPE_X86 => "x86",
        macho::CPU_TYPE_ARM64 | macho::CPU_TYPE_ARM64_32 => "aarch64",
        macho::CPU_TYPE_ARM => "arm",
        macho::CPU_TYPE_POWERPC64 => "powerpc64",
        macho::CPU_TYPE_POWERPC => "powerpc",
        other => return format!("Mach-O processor {}", other.0),
    };
    name.to_owned()
}

/// `target_arch` of a PE file.
pub(super) fn pe(machine: pe::Machine) -> String {
    let name = match machine {
        pe::IMAGE_FILE_MACHINE_AMD64 => "x86_64",
        pe::IMAGE_FILE_MACHINE_I386 => "x86",
        pe::IMAGE_FILE_MACHINE_ARM64 => "aarch64",
        pe::IMAGE_FILE_MACHINE_ARM64EC => "arm64ec",
        pe::IMAGE_FILE_MACHINE_ARMNT | pe::IMAGE_FILE_MACHINE_THUMB | pe::IMAGE_FILE_MACHINE_ARM => "arm",
        pe::IMAGE_FILE_MACHINE_RISCV64 => "riscv64",
        other => return format!("PE machine {:#06x}", other.0),
    };
    name.to_owned()
}
