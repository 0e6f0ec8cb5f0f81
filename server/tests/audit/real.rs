//! Binaries that compilers made, held against what they were asked for and against `readelf`.

use std::{collections::BTreeSet, fs, path::Path};

use portolan::audit::{self, Image, Kind, Libc, Linkage, Verdict};

use super::{
    build::{c, folder, has, run, rust},
    image, judged,
};

const MAIN: &str = "#include <stdio.h>\nint main(void) { puts(\"x\"); return 0; }\n";
const STORE: &str = "/nix/store/0c9jw0yvcf2aqbhqkqgpv8dgbh4kz2ld-glibc-2.40-66/lib";

fn read(path: &Path) -> Image {
    image(&fs::read(path).unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn programs_of_gcc() {
    if !(has("gcc") && has("readelf")) {
        return;
    }
    let folder = folder("gcc");
    let loader = format!("-Wl,--dynamic-linker={STORE}/ld-linux-x86-64.so.2");
    let runpath = format!("-Wl,--enable-new-dtags,-rpath,{STORE}:$ORIGIN/../lib");
    let rpath = format!("-Wl,--disable-new-dtags,-rpath,{STORE}");
    let cases: [(&str, &[&str], Kind, Linkage); 8] = [
        ("plain", &[], Kind::Program, Linkage::Dynamic),
        ("fixed", &["-no-pie"], Kind::Program, Linkage::Dynamic),
        ("static", &["-static"], Kind::Program, Linkage::Static),
        ("static-pie", &["-static-pie"], Kind::Program, Linkage::StaticPie),
        ("library", &["-shared", "-fPIC", "-Wl,-soname,libx.so.1"], Kind::Library, Linkage::Dynamic),
        ("store", &[&loader], Kind::Program, Linkage::Dynamic),
        ("runpath", &[&runpath, "-lm", "-Wl,--no-as-needed"], Kind::Program, Linkage::Dynamic),
        ("rpath", &[&rpath, "-s"], Kind::Program, Linkage::Dynamic),
    ];
    for (name, flags, kind, linkage) in cases {
        let path = c(&folder, name, MAIN, flags);
        let image = read(&path);
        assert_eq!((image.kind, image.linkage), (kind, linkage), "{name}");
        assert_eq!(image.is_stripped, Some(flags.contains(&"-s")), "{name}");
        agrees_with_readelf(&path);
    }
    let verdict = |name: &str| judged(&fs::read(folder.join(name)).unwrap(), "", "").verdict;
    assert_eq!(verdict("static-pie"), Verdict::Portable);
    assert_eq!(verdict("store"), Verdict::NotPortable);
    assert_eq!(verdict("runpath"), Verdict::Limited);
    assert_eq!(read(&folder.join("runpath")).runpath, [STORE, "$ORIGIN/../lib"]);
}

#[cfg(target_os = "linux")]
#[test]
fn programs_of_rustc() {
    if !(has("rustc") && has("readelf")) {
        return;
    }
    let folder = folder("rustc");
    let main = "fn main() { println!(\"{:?}\", std::thread::spawn(|| 1).join()); }\n";
    let dynamic = rust(&folder, "dynamic", main, &[]);
    let image = read(&dynamic);
    assert_eq!((image.kind, image.linkage, image.libc), (Kind::Program, Linkage::Dynamic, Some(Libc::Glibc)));
    assert!(image.glibc() >= audit::Version::parse("2.17"), "{:?}", image.glibc());
    agrees_with_readelf(&dynamic);
    let fixed = rust(&folder, "static", main, &["-C", "target-feature=+crt-static"]);
    let image = read(&fixed);
    assert_eq!((image.linkage, image.interpreter, image.needed), (Linkage::StaticPie, None, vec![]));
    agrees_with_readelf(&fixed);
    let library = rust(
        &folder,
        "libplugin.so",
        "#[unsafe(no_mangle)] pub extern \"C\" fn f() -> u32 { 7 }\n",
        &["--crate-type", "cdylib", "-C", "strip=symbols"],
    );
    let image = read(&library);
    assert_eq!((image.kind, image.linkage, image.is_stripped), (Kind::Library, Linkage::Dynamic, Some(true)));
    agrees_with_readelf(&library);
}

#[cfg(target_os = "linux")]
#[test]
fn an_object_file_and_a_static_library_are_refused() {
    if !(has("gcc") && has("ar")) {
        return;
    }
    let folder = folder("refused");
    let object = c(&folder, "x.o", MAIN, &["-c"]);
    let archive = folder.join("libx.a");
    let _ = fs::remove_file(&archive);
    run("ar", &["rcs", archive.to_str().unwrap(), object.to_str().unwrap()]);
    for (path, words) in [(object, "is an object file"), (archive, "is a static library")] {
        let audit = judged(&fs::read(path).unwrap(), "", "");
        assert_eq!(audit.verdict, Verdict::Unreadable);
        assert!(audit.findings[0].message.contains(words), "{}", audit.findings[0].message);
    }
}

/// Programs and libraries of the system: whatever is there.
#[cfg(target_os = "linux")]
#[test]
fn binaries_of_this_machine() {
    if !has("readelf") {
        return;
    }
    let mut count = 0;
    for (folder, most) in
        [("/usr/bin", 40), ("/usr/lib/x86_64-linux-gnu", 40), ("/usr/lib64", 20), ("/usr/lib", 20)]
    {
        let mut paths: Vec<_> =
            fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let is_elf = |path: &&std::path::PathBuf| {
            fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() < 4 << 20)
                && fs::read(path)
                    .is_ok_and(|bytes| bytes.starts_with(b"\x7fELF") && bytes.get(16) != Some(&1))
        };
        for path in paths.iter().filter(is_elf).take(most) {
            agrees_with_readelf(path);
            count += 1;
        }
    }
    assert!(count >= 30, "only {count} binaries to compare");
    eprintln!("{count} binaries agree with readelf");
}

/// Compares with what binutils reads from the same file.
fn agrees_with_readelf(path: &Path) {
    let image = read(path);
    let shown = run("readelf", &["-W", "-d", "-l", "-V", "-S", path.to_str().unwrap()]);
    let between = |line: &str, open: &str| {
        line.split_once(open).and_then(|(_, rest)| rest.split_once(']')).map(|(text, _)| text.to_owned())
    };
    let tagged = |tag: &str| -> Vec<String> {
        shown.lines().filter(|line| line.contains(tag)).filter_map(|line| between(line, "[")).collect()
    };
    let interpreter = shown.lines().find_map(|line| between(line, "Requesting program interpreter: "));
    assert_eq!(image.interpreter, interpreter, "{}", path.display());
    let needed: Vec<String> = image.needed.iter().map(|needed| needed.name.clone()).collect();
    assert_eq!(needed, tagged("(NEEDED)"), "{}", path.display());
    let runpath: Vec<String> = [tagged("(RUNPATH)"), tagged("(RPATH)")].concat();
    assert_eq!(image.runpath.join(":"), runpath.join(":"), "{}", path.display());
    assert_eq!(image.own_name, tagged("(SONAME)").first().cloned(), "{}", path.display());
    assert_eq!(image.is_stripped, Some(!shown.contains(" SYMTAB ")), "{}", path.display());
    // "  0x0010:   Name: GLIBC_2.34  Flags: WEAK  Version: 3", below "Version needs section".
    let needs = shown.split_once("Version needs section").map_or("", |(_, rest)| rest);
    let needs = needs.split("\nVersion ").next().unwrap_or_default();
    let expected: BTreeSet<(String, bool)> = needs
        .lines()
        .filter_map(|line| line.split_once("Name: "))
        .map(|(_, rest)| {
            let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
            (name.to_owned(), rest.contains("WEAK"))
        })
        .collect();
    let versions: BTreeSet<(String, bool)> =
        image.versions.iter().map(|version| (version.name.clone(), version.is_weak)).collect();
    assert_eq!(versions, expected, "{}", path.display());
}
