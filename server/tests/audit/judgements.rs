//! Each rule both ways: binaries, what they are held to, and what comes of it.

use std::collections::BTreeSet;

use portolan::{
    audit::{Verdict, rules::ARTEFACT_RULES},
    finding::Severity::{self, Error, Hint, Warning},
};

use super::{
    forge::{AARCH64, Elf, MachO, Pe, universal, wasm},
    judged,
};

struct Case {
    what: &'static str,
    bytes: Vec<u8>,
    policy: &'static str,
    target: &'static str,
    verdict: Verdict,
    findings: Vec<(&'static str, Severity)>,
}

const STORE_LOADER: &str =
    "/nix/store/0c9jw0yvcf2aqbhqkqgpv8dgbh4kz2ld-glibc-2.40-66/lib/ld-linux-x86-64.so.2";
const STORE_LIB: &str = "/nix/store/0c9jw0yvcf2aqbhqkqgpv8dgbh4kz2ld-libiconv-109/lib";
const STORE_DYLIB: &str = "/nix/store/0c9jw0yvcf2aqbhqkqgpv8dgbh4kz2ld-libiconv-109/lib/libiconv.2.dylib";

fn case(
    what: &'static str,
    bytes: Vec<u8>,
    (policy, target): (&'static str, &'static str),
    verdict: Verdict,
    findings: &[(&'static str, Severity)],
) -> Case {
    Case { what, bytes, policy, target, verdict, findings: findings.to_vec() }
}

fn glibc(version: &'static str) -> Elf {
    Elf { versions: vec![("libc.so.6", version, false)], ..Elf::dynamic() }
}

fn linux() -> Vec<Case> {
    use Verdict::{Limited, NotPortable, Portable};
    let musl = Elf {
        interpreter: Some("/lib/ld-musl-x86_64.so.1"),
        needed: vec!["libc.so"],
        versions: vec![],
        ..Elf::dynamic()
    };
    let store_path = Elf { runpath: Some(STORE_LIB), ..Elf::dynamic() };
    let nix = Elf { interpreter: Some(STORE_LOADER), runpath: Some(STORE_LIB), ..Elf::dynamic() };
    let needs = |name| Elf { needed: vec![name, "libc.so.6"], ..Elf::dynamic() };
    let data = Elf { data: b"/nix/store/0c9jw0yvcf2aqbhqkqgpv8dgbh4kz2ld-src/a.rs", ..Elf::static_pie() };
    let cxx = Elf {
        needed: vec!["libstdc++.so.6", "libc.so.6"],
        versions: vec![("libstdc++.so.6", "GLIBCXX_3.4.30", false), ("libc.so.6", "GLIBC_2.17", false)],
        ..Elf::dynamic()
    };
    vec![
        case("static", Elf::static_pie().bytes(), ("", ""), Portable, &[]),
        case(
            "static for its target",
            Elf::static_pie().bytes(),
            ("static", "x86_64-unknown-linux-musl"),
            Portable,
            &[],
        ),
        case("dynamic, old glibc", Elf::dynamic().bytes(), ("", "x86_64-unknown-linux-gnu"), Portable, &[]),
        case(
            "new glibc, no policy",
            glibc("GLIBC_2.39").bytes(),
            ("", ""),
            Limited,
            &[("glibc-floor", Hint)],
        ),
        case(
            "glibc above its floor",
            glibc("GLIBC_2.18").bytes(),
            ("glibc-2.17", ""),
            NotPortable,
            &[("glibc-floor", Error)],
        ),
        case("glibc at its floor", glibc("GLIBC_2.17").bytes(), ("manylinux2014", ""), Portable, &[]),
        case(
            "dynamic where nothing may be",
            Elf::dynamic().bytes(),
            ("static", ""),
            NotPortable,
            &[("unexpected-library", Error)],
        ),
        case(
            "nix",
            nix.bytes(),
            ("", ""),
            NotPortable,
            &[("interpreter-not-standard", Error), ("store-library", Warning)],
        ),
        case("nix on nix", nix.bytes(), ("nix", ""), Portable, &[]),
        case("runpath only", store_path.bytes(), ("", ""), Limited, &[("store-library", Warning)]),
        case(
            "conda's loader",
            Elf { interpreter: Some("/opt/conda/lib/ld-linux-x86-64.so.2"), ..Elf::dynamic() }.bytes(),
            ("", ""),
            NotPortable,
            &[("interpreter-not-standard", Error)],
        ),
        case("store path in data", data.bytes(), ("", ""), Portable, &[("store-reference", Hint)]),
        case("openssl", needs("libssl.so.3").bytes(), ("", ""), Limited, &[("unexpected-library", Warning)]),
        case(
            "openssl, strict",
            needs("libssl.so.3").bytes(),
            ("manylinux2014", ""),
            NotPortable,
            &[("unexpected-library", Error)],
        ),
        case("zlib, allowed", needs("libz.so.1").bytes(), ("manylinux2014", ""), Portable, &[]),
        case("desktop", needs("libgtk-3.so.0").bytes(), ("", ""), Limited, &[("unexpected-library", Hint)]),
        case(
            "library by path",
            needs("/usr/local/lib/libx.so").bytes(),
            ("", ""),
            NotPortable,
            &[("unexpected-library", Error)],
        ),
        case(
            "library beside it",
            Elf { runpath: Some("$ORIGIN/lib"), ..needs("libx.so.1") }.bytes(),
            ("", ""),
            Limited,
            &[("unexpected-library", Hint)],
        ),
        case(
            "new libstdc++",
            cxx.bytes(),
            ("manylinux2014", ""),
            NotPortable,
            &[("unexpected-library", Error)],
        ),
        case("new libstdc++, old enough policy", cxx.bytes(), ("manylinux_2_35", ""), Portable, &[]),
        case("musl", musl.bytes(), ("", "x86_64-unknown-linux-musl"), Portable, &[]),
        case(
            "musl with the compiler's run time",
            Elf { needed: vec!["libc.so", "libgcc_s.so.1"], ..musl }.bytes(),
            ("", ""),
            Limited,
            &[("unexpected-library", Warning)],
        ),
        case(
            "musl code, glibc loader",
            Elf { needed: vec!["libc.so"], versions: vec![], ..Elf::dynamic() }.bytes(),
            ("", ""),
            NotPortable,
            &[("musl-with-glibc-interpreter", Error)],
        ),
        case(
            "static musl with a loader",
            Elf { needed: vec![], versions: vec![], ..Elf::dynamic() }.bytes(),
            ("", "x86_64-unknown-linux-musl"),
            NotPortable,
            &[("musl-with-glibc-interpreter", Error)],
        ),
        case(
            "native build for a cross target",
            Elf::dynamic().bytes(),
            ("", "aarch64-unknown-linux-gnu"),
            NotPortable,
            &[("wrong-architecture", Error)],
        ),
        case(
            "linux for windows",
            Elf::dynamic().bytes(),
            ("", "x86_64-pc-windows-gnu"),
            NotPortable,
            &[("wrong-architecture", Error)],
        ),
        case(
            "policy for another architecture",
            Elf::dynamic().bytes(),
            ("manylinux2014_aarch64", ""),
            NotPortable,
            &[("wrong-architecture", Error)],
        ),
        case(
            "loader of another architecture",
            Elf { machine: AARCH64, ..Elf::dynamic() }.bytes(),
            ("", ""),
            NotPortable,
            &[("wrong-architecture", Error)],
        ),
    ]
}

fn others() -> Vec<Case> {
    use Verdict::{Limited, NotPortable, Portable, Unreadable};
    let dylib = |path| MachO { dylibs: vec!["/usr/lib/libSystem.B.dylib", path], ..MachO::program() };
    let dll = |name| Pe { dlls: vec!["KERNEL32.dll", name], ..Pe::program() };
    let unsigned = MachO { is_signed: false, ..MachO::program() };
    let intel = MachO { is_arm: false, is_signed: false, ..MachO::program() };
    vec![
        case("mac", MachO::program().bytes(), ("macos-11", "aarch64-apple-darwin"), Portable, &[]),
        case("mac, unsigned", unsigned.bytes(), ("", ""), NotPortable, &[("macos-unsigned", Error)]),
        case("intel mac, unsigned", intel.bytes(), ("", "x86_64-apple-darwin"), Portable, &[]),
        case(
            "universal, one unsigned",
            universal(&[intel.clone(), unsigned]),
            ("", ""),
            NotPortable,
            &[("macos-unsigned", Error)],
        ),
        case(
            "universal fits either target",
            universal(&[intel.clone(), MachO::program()]),
            ("", "x86_64-apple-darwin"),
            Portable,
            &[],
        ),
        case(
            "intel for arm",
            intel.bytes(),
            ("", "aarch64-apple-darwin"),
            NotPortable,
            &[("wrong-architecture", Error)],
        ),
        case(
            "mac, too new",
            MachO { build: Some((1, 15)), ..MachO::program() }.bytes(),
            ("macos-11", ""),
            NotPortable,
            &[("macos-minimum", Error)],
        ),
        case(
            "mac, very new",
            MachO { build: Some((1, 26)), ..MachO::program() }.bytes(),
            ("", ""),
            Limited,
            &[("macos-minimum", Hint)],
        ),
        case("mac from nix", dylib(STORE_DYLIB).bytes(), ("", ""), NotPortable, &[("store-library", Error)]),
        case(
            "mac, weak from nix",
            MachO { weak: vec![STORE_DYLIB], ..MachO::program() }.bytes(),
            ("", ""),
            Limited,
            &[("store-library", Warning)],
        ),
        case(
            "mac library named by its path",
            MachO { is_library: true, id: Some(STORE_DYLIB), ..MachO::program() }.bytes(),
            ("", ""),
            Limited,
            &[("store-library", Warning)],
        ),
        case(
            "homebrew",
            dylib("/opt/homebrew/opt/openssl@3/lib/libssl.3.dylib").bytes(),
            ("", ""),
            NotPortable,
            &[("unexpected-library", Error)],
        ),
        case(
            "rpath",
            dylib("@rpath/libx.dylib").bytes(),
            ("", ""),
            Limited,
            &[("unexpected-library", Warning)],
        ),
        case(
            "rpath beside it",
            MachO { rpaths: vec!["@loader_path/../lib"], ..dylib("@rpath/libx.dylib") }.bytes(),
            ("", ""),
            Limited,
            &[("unexpected-library", Hint)],
        ),
        case(
            "beside it by its name",
            dylib("@loader_path/../.dylibs/libx.dylib").bytes(),
            ("", ""),
            Limited,
            &[("unexpected-library", Hint)],
        ),
        case(
            "frameworks",
            dylib("/System/Library/Frameworks/Security.framework/Versions/A/Security").bytes(),
            ("", ""),
            Portable,
            &[],
        ),
        case("windows", Pe::program().bytes(), ("", "x86_64-pc-windows-msvc"), Portable, &[]),
        case("visual c++", dll("VCRUNTIME140.dll").bytes(), ("", ""), Limited, &[("runtime-dll", Warning)]),
        case("mingw", dll("libgcc_s_seh-1.dll").bytes(), ("", ""), NotPortable, &[("runtime-dll", Error)]),
        case("some dll", dll("sqlite3.dll").bytes(), ("", ""), Limited, &[("unexpected-library", Warning)]),
        case(
            "a copy of the run time",
            dll("msvcp140-a4c2229bdc2a2a630acdc095b4d86008.dll").bytes(),
            ("", ""),
            Limited,
            &[("unexpected-library", Warning)],
        ),
        case(
            "extension of python",
            Pe { is_library: true, dlls: vec!["python313.dll", "VCRUNTIME140.dll"], ..Pe::program() }.bytes(),
            ("", ""),
            Portable,
            &[],
        ),
        case(
            "program with python",
            Pe { dlls: vec!["python313.dll", "VCRUNTIME140.dll"], ..Pe::program() }.bytes(),
            ("", ""),
            Limited,
            &[("runtime-dll", Warning), ("unexpected-library", Warning)],
        ),
        case(
            "extension of node",
            Pe { is_library: true, dlls: vec!["libnode.dll"], ..Pe::program() }.bytes(),
            ("", ""),
            Portable,
            &[],
        ),
        case("api sets", dll("api-ms-win-core-synch-l1-2-0.dll").bytes(), ("", ""), Portable, &[]),
        case(
            "windows 10 for windows 7",
            dll("bcryptprimitives.dll").bytes(),
            ("windows-7", ""),
            NotPortable,
            &[("macos-minimum", Error)],
        ),
        case(
            "arm windows",
            Pe { machine: 0xaa64, ..Pe::program() }.bytes(),
            ("", "x86_64-pc-windows-msvc"),
            NotPortable,
            &[("wrong-architecture", Error)],
        ),
        case("wasm", wasm(&[], "add"), ("", "wasm32-unknown-unknown"), Portable, &[]),
        case(
            "wasi",
            wasm(&[("wasi_snapshot_preview1", "fd_write")], "_start"),
            ("", "wasm32-wasip1"),
            Portable,
            &[],
        ),
        case(
            "old wasi",
            wasm(&[("wasi_unstable", "fd_write")], "_start"),
            ("", ""),
            Limited,
            &[("wasm-imports", Warning)],
        ),
        case("env", wasm(&[("env", "malloc")], "add"), ("", ""), Limited, &[("wasm-imports", Warning)]),
        case(
            "unfinished",
            wasm(&[("__wbindgen_placeholder__", "__wbindgen_describe")], "add"),
            ("", ""),
            NotPortable,
            &[("wasm-imports", Error)],
        ),
        case(
            "finished for node",
            wasm(&[("__wbindgen_placeholder__", "__wbindgen_throw")], "add"),
            ("", ""),
            Portable,
            &[],
        ),
        case(
            "emscripten",
            wasm(&[("env", "__syscall_openat"), ("env", "abort")], "add"),
            ("", ""),
            Portable,
            &[],
        ),
        case("emscripten, minified", wasm(&[("a", "a"), ("a", "B")], "c"), ("", ""), Portable, &[]),
        case("go", wasm(&[("gojs", "runtime.wasmExit")], "run"), ("", ""), Portable, &[]),
        case("finished", wasm(&[("./app_bg.js", "alert")], "add"), ("", ""), Portable, &[]),
        case(
            "script",
            b"#!/nix/store/x/bin/bash\nexec -a app .app-wrapped\n".to_vec(),
            ("", ""),
            Unreadable,
            &[("unreadable-artifact", Error)],
        ),
    ]
}

#[test]
fn findings_and_verdicts() {
    let mut failures = Vec::new();
    for case in linux().into_iter().chain(others()) {
        let audit = judged(&case.bytes, case.policy, case.target);
        let found: Vec<_> = audit.findings.iter().map(|finding| (finding.rule, finding.severity)).collect();
        if found != case.findings || audit.verdict != case.verdict {
            let messages: Vec<_> = audit.findings.iter().map(|finding| &finding.message).collect();
            failures.push(format!("{}: {:?} {found:?}\n  {messages:#?}", case.what, audit.verdict));
        }
        for finding in &audit.findings {
            assert!(!finding.help.is_empty(), "{}: what is to be done?", finding.message);
            assert!(
                finding.message.starts_with("app ") || finding.message.starts_with("the "),
                "{}",
                finding.message
            );
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_rule_is_tried_both_ways() {
    let cases: Vec<Case> = linux().into_iter().chain(others()).collect();
    for rule in ARTEFACT_RULES {
        let severities: BTreeSet<Severity> = cases
            .iter()
            .flat_map(|case| &case.findings)
            .filter(|one| one.0 == rule.name)
            .map(|one| one.1)
            .collect();
        assert!(severities.contains(&rule.severity), "{} is never of its usual severity", rule.name);
        assert!(cases.iter().any(|case| case.findings.iter().all(|one| one.0 != rule.name)), "{}", rule.name);
    }
}

#[test]
fn a_program_bound_to_a_store_runs_nowhere_else() {
    let nix = Elf { interpreter: Some(STORE_LOADER), ..Elf::dynamic() };
    assert!(judged(&nix.bytes(), "", "").runs_on.is_empty());
    assert!(
        judged(&MachO { dylibs: vec![STORE_DYLIB], ..MachO::program() }.bytes(), "", "").runs_on.is_empty()
    );
}

#[test]
fn what_is_no_binary_is_called_by_its_name() {
    for (bytes, words) in [
        (b"".as_slice(), "is empty"),
        (b"#!/usr/bin/env -S python3 -u\n", "is a script for python3"),
        (b"#!/bin/sh\n", "is a shell script, not a binary"),
        (b"!<arch>\nx.o/", "is a static library"),
        (b"!<arch>\ndebian-binary   ", "is a Debian package"),
        (b"\x1f\x8b\x08\0", "is compressed by gzip"),
        (b"<!DOCTYPE html><html>404", "is a web page"),
        (b"fn main() {}\n", "is text"),
        (b"version https://git-lfs.github.com/spec/v1\n", "pointer of Git LFS"),
        (b"\xca\xfe\xba\xbe\0\0\0\x41", "is a Java class"),
        (b"MZ\x90\0", "is damaged or cut short"),
        (b"\x7fELF", "is damaged or cut short"),
        (b"\0asm\x02\0\0\0", "is damaged or cut short"),
        (b"\x80\x81\x82\x83", "is in no format"),
    ] {
        let audit = judged(bytes, "", "");
        assert_eq!(audit.verdict, Verdict::Unreadable);
        assert!(audit.findings[0].message.contains(words), "{}", audit.findings[0].message);
    }
}
