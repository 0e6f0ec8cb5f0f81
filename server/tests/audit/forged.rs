//! What is read from binaries of the systems that nothing here builds for.

use portolan::audit::{self, Kind, Libc, Linkage, Place, System, Version, minimum, runs_on};

use std::fs;

use super::{
    build::{folder, has, run},
    forge::{AARCH64, Elf, MachO, Pe, S390X, universal, wasm},
    image,
};

#[test]
fn elf_of_both_byte_orders_and_several_machines() {
    let s390x = Elf {
        machine: S390X,
        is_big: true,
        interpreter: Some("/lib/ld64.so.1"),
        needed: vec!["libc.so.6", "libm.so.6"],
        versions: vec![
            ("libc.so.6", "GLIBC_2.2", false),
            ("libc.so.6", "GLIBC_2.34", true),
            ("libm.so.6", "GLIBC_2.29", false),
            ("libc.so.6", "GLIBC_PRIVATE", false),
        ],
        runpath: Some("$ORIGIN/../lib:/opt/lib"),
        ..Elf::dynamic()
    };
    let image = image(&s390x.bytes());
    assert_eq!((image.arch.as_str(), image.is_big_endian, image.libc), ("s390x", true, Some(Libc::Glibc)));
    assert_eq!(image.glibc(), Some(Version::new(2, 29, 0)), "a weak need is none");
    assert_eq!(image.runpath, ["$ORIGIN/../lib", "/opt/lib"]);
    assert_eq!(image.versions.len(), 4);
}

#[test]
fn relative_relocations_need_glibc_2_36() {
    let versions = vec![("libc.so.6", "GLIBC_2.17", false), ("libc.so.6", "GLIBC_ABI_DT_RELR", false)];
    let image = image(&Elf { versions, ..Elf::dynamic() }.bytes());
    assert_eq!(image.glibc(), Some(Version::new(2, 36, 0)));
}

#[test]
fn kinds_and_linkage_of_elf() {
    let of = |elf: Elf| {
        let image = image(&elf.bytes());
        (image.kind, image.linkage)
    };
    assert_eq!(of(Elf::dynamic()), (Kind::Program, Linkage::Dynamic));
    assert_eq!(of(Elf::static_pie()), (Kind::Program, Linkage::StaticPie));
    let fixed = Elf { is_movable: false, is_pie: false, ..Elf::static_pie() };
    assert_eq!(of(fixed), (Kind::Program, Linkage::Static));
    let library = Elf { is_pie: false, interpreter: None, soname: Some("libx.so.1"), ..Elf::dynamic() };
    assert_eq!(of(library.clone()), (Kind::Library, Linkage::Dynamic));
    // libc.so.6 itself can be started.
    let both = Elf { interpreter: Some("/lib64/ld-linux-x86-64.so.2"), ..library };
    assert_eq!(of(both), (Kind::Library, Linkage::Dynamic));
}

#[test]
fn c_libraries_are_told_apart() {
    let of = |interpreter, needed: Vec<&'static str>| {
        let image = image(&Elf { interpreter, needed, versions: vec![], ..Elf::dynamic() }.bytes());
        (image.system, image.libc)
    };
    let musl = Some("/lib/ld-musl-x86_64.so.1");
    assert_eq!(of(musl, vec!["libc.so"]), (System::Linux, Some(Libc::Musl)));
    assert_eq!(of(musl, vec!["libc.musl-x86_64.so.1"]), (System::Linux, Some(Libc::Musl)));
    let android = of(Some("/system/bin/linker64"), vec!["libc.so", "libdl.so"]);
    assert_eq!(android, (System::Android, Some(Libc::Bionic)));
    assert_eq!(of(None, vec!["libc.so", "liblog.so"]).0, System::Android);
    assert_eq!(of(Some("/libexec/ld-elf.so.1"), vec!["libc.so.7"]), (System::Unix("FreeBSD"), None));
    assert_eq!(of(None, vec!["libc.so.97.1"]).0, System::Unix("OpenBSD"));
}

#[test]
fn store_paths_in_load_commands_and_in_data_are_told_apart() {
    let data = b"panicked at /nix/store/1b9jw0yvcf2aqbhqkqgpv8dgbh4kz2ld-vendor/src/lib.rs\
        /nix/store/2b9jw0yvcf2aqbhqkqgpv8dgbh4kz2ld-cacert\0/nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-gone";
    let elf = Elf {
        interpreter: Some("/nix/store/0c9jw0yvcf2aqbhqkqgpv8dgbh4kz2ld-glibc-2.40/lib/ld-linux-x86-64.so.2"),
        runpath: Some("/nix/store/3c9jw0yvcf2aqbhqkqgpv8dgbh4kz2ld-openssl-3.0/lib"),
        data,
        ..Elf::dynamic()
    };
    let store = audit::read(&elf.bytes(), "app").content.unwrap().store;
    let found: Vec<_> = store.iter().map(|one| (one.path.rsplit_once("ld-").unwrap().1, one.place)).collect();
    let expected = [
        ("glibc-2.40", Place::Interpreter),
        ("vendor", Place::Data),
        ("cacert", Place::Data),
        ("openssl-3.0", Place::Runpath),
    ];
    assert_eq!(found, expected);
}

#[test]
fn mach_o_thin_and_universal() {
    let program = MachO {
        rpaths: vec!["@loader_path/../lib"],
        weak: vec!["/usr/lib/libweak.dylib"],
        ..MachO::program()
    };
    let arm = image(&program.bytes());
    assert_eq!((arm.arch.as_str(), arm.system, arm.is_signed), ("aarch64", System::MacOs, Some(true)));
    assert_eq!(minimum(&arm).as_deref(), Some("macOS 11.0"));
    assert_eq!(arm.runpath, ["@loader_path/../lib"]);
    let needed: Vec<_> = arm.needed.iter().map(|needed| (needed.name.as_str(), needed.is_optional)).collect();
    assert_eq!(needed, [("/usr/lib/libSystem.B.dylib", false), ("/usr/lib/libweak.dylib", true)]);

    let intel = MachO { is_arm: false, is_signed: false, build: Some((1, 10)), ..MachO::program() };
    let binary = audit::read(&universal(&[intel, program]), "app").content.unwrap();
    let arches: Vec<&str> = binary.images.iter().map(|image| image.arch.as_str()).collect();
    assert_eq!(arches, ["x86_64", "aarch64"]);
    assert_eq!(runs_on(&binary), ["macOS 10.0+ on Intel", "macOS 11.0+ on Apple silicon"]);

    let library = MachO { is_library: true, id: Some("@rpath/libx.dylib"), ..MachO::program() };
    let library = image(&library.bytes());
    assert_eq!((library.kind, library.own_name.as_deref()), (Kind::Library, Some("@rpath/libx.dylib")));
    let phone = image(&MachO { build: Some((2, 16)), ..MachO::program() }.bytes());
    assert_eq!(minimum(&phone).as_deref(), Some("iOS 16.0"));
}

#[test]
fn pe_programs_and_dlls() {
    let program = image(&Pe::program().bytes());
    let names: Vec<&str> = program.needed.iter().map(|needed| needed.name.as_str()).collect();
    assert_eq!((names, program.kind), (vec!["KERNEL32.dll", "ntdll.dll"], Kind::Program));
    assert_eq!(minimum(&program).as_deref(), Some("Windows Vista"));
    let rust = Pe { dlls: vec!["kernel32.dll", "bcryptprimitives.dll"], ..Pe::program() };
    assert_eq!(minimum(&image(&rust.bytes())).as_deref(), Some("Windows 10"), "std imports ProcessPrng");
    let dll = image(&Pe { is_library: true, machine: 0xaa64, ..Pe::program() }.bytes());
    assert_eq!((dll.kind, dll.arch.as_str()), (Kind::Library, "aarch64"));
    let firmware = image(&Pe { subsystem: 10, dlls: vec![], ..Pe::program() }.bytes());
    assert_eq!((firmware.system, firmware.linkage), (System::Uefi, Linkage::Static));
}

#[test]
fn wasm_modules_and_components() {
    let module = image(&wasm(&[("env", "malloc"), ("wasi_snapshot_preview1", "fd_write")], "_start"));
    assert_eq!((module.kind, module.imports.len(), module.arch.as_str()), (Kind::Program, 2, "wasm32"));
    assert_eq!(image(&wasm(&[], "add")).kind, Kind::Library);
    // Cut between two sections. What has announced nothing so far is a whole module, if one of little use.
    let rest: [&[u8]; 5] =
        [&[3, 2, 1, 0], &[7, 5, 1, 1, b'a', 0, 0], &[12, 1, 1], &[10, 4, 1, 2, 0, 0x0b], &[11, 3, 1, 1, 0]];
    let mut cut = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0".to_vec();
    for (position, section) in rest.into_iter().enumerate() {
        assert_eq!(audit::read(&cut, "app").content.is_err(), position > 0, "before {section:?}");
        cut.extend(section);
    }
    assert!(audit::read(&cut, "app").content.is_ok());
    // A component that imports an instance under a name with a version.
    let name = b"wasi:io/streams@0.2.3";
    let mut component = b"\0asm\x0d\0\x01\0".to_vec();
    let import = [&[1, 0, name.len() as u8], name.as_slice(), &[5, 0]].concat();
    component.extend([10, import.len() as u8]);
    component.extend(import);
    let binary = audit::read(&component, "app").content.unwrap();
    assert_eq!(runs_on(&binary), ["runtimes with WASI 0.2.3+"]);
}

#[test]
fn systems_are_named_by_what_is_needed() {
    let systems = |elf: &Elf| runs_on(&audit::read(&elf.bytes(), "app").content.unwrap());
    let with = |version| Elf { versions: vec![("libc.so.6", version, false)], ..Elf::dynamic() };
    let of_2_34 = systems(&with("GLIBC_2.34"));
    for system in ["Debian 12+", "Ubuntu 22.04+", "RHEL 9+", "any Linux x86_64 with glibc 2.34+"] {
        assert!(of_2_34.iter().any(|one| one == system), "{system} in {of_2_34:?}");
    }
    assert!(systems(&with("GLIBC_2.17")).contains(&"RHEL 7+".to_owned()));
    assert_eq!(systems(&with("GLIBC_2.99")), ["any Linux x86_64 with glibc 2.99+"]);
    assert_eq!(systems(&Elf::static_pie()), ["any Linux x86_64"]);
    let arm = Elf { machine: AARCH64, interpreter: Some("/lib/ld-linux-aarch64.so.1"), ..with("GLIBC_2.17") };
    assert!(systems(&arm).contains(&"RHEL 7+".to_owned()));
    let cxx = Elf {
        needed: vec!["libstdc++.so.6", "libc.so.6"],
        versions: vec![("libstdc++.so.6", "GLIBCXX_3.4.30", false), ("libc.so.6", "GLIBC_2.17", false)],
        ..Elf::dynamic()
    };
    assert!(systems(&cxx).contains(&"Debian 12+".to_owned()), "{:?}", systems(&cxx));
    let ssl = Elf { needed: vec!["libssl.so.3", "libc.so.6"], ..with("GLIBC_2.34") };
    assert!(systems(&ssl).contains(&"Debian 12+ with libssl.so.3".to_owned()), "{:?}", systems(&ssl));
    let musl = Elf {
        interpreter: Some("/lib/ld-musl-x86_64.so.1"),
        needed: vec!["libc.so"],
        versions: vec![],
        ..Elf::dynamic()
    };
    assert_eq!(systems(&musl)[0], "Alpine 3.x x86_64");
}

/// What is forged has to be right, or what is read from it proves nothing.
#[test]
fn llvm_reads_the_same_from_what_is_forged() {
    if !has("llvm-readobj") {
        return;
    }
    let folder = folder("forged");
    let mac = MachO { dylibs: vec!["/usr/lib/libSystem.B.dylib", "@rpath/libx.dylib"], ..MachO::program() };
    let s390x =
        Elf { machine: S390X, is_big: true, needed: vec!["libc.so.6", "libm.so.6"], ..Elf::dynamic() };
    let files = [("mac", mac.bytes()), ("pe.exe", Pe::program().bytes()), ("s390x", s390x.bytes())];
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::write(&path, &bytes).unwrap();
        let shown = run("llvm-readobj", &["--needed-libs", path.to_str().unwrap()]);
        let list = shown.split_once("NeededLibraries [").unwrap().1.split_once(']').unwrap().0;
        let mut needed: Vec<String> = image(&bytes).needed.into_iter().map(|needed| needed.name).collect();
        needed.sort();
        assert_eq!(list.split_whitespace().collect::<Vec<_>>(), needed, "{name}");
    }
}
