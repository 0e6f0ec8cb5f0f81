//! Files that somebody cut, or changed on purpose: never a panic, never a pass for what is not whole.

use std::{fs, sync::OnceLock};

use portolan::{
    audit::{self, Policy, Request, Verdict},
    finding::Severity,
};

use super::{
    build::{c, folder, has},
    forge::{AARCH64, Elf, MachO, Pe, S390X, universal, wasm},
    judged,
};

/// xorshift64*: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// Whole to the last byte: whatever is cut off is missing.
fn whole() -> Vec<(&'static str, Vec<u8>)> {
    let rich = Elf {
        runpath: Some("$ORIGIN/lib"),
        soname: Some("libx.so.1"),
        needed: vec!["libc.so.6", "libm.so.6", "libssl.so.3"],
        versions: vec![("libc.so.6", "GLIBC_2.34", false), ("libm.so.6", "GLIBC_2.29", true)],
        ..Elf::dynamic()
    };
    let big = Elf { machine: S390X, is_big: true, interpreter: Some("/lib/ld64.so.1"), ..rich.clone() };
    let arm = Elf { machine: AARCH64, ..Elf::static_pie() };
    let mac = MachO {
        rpaths: vec!["@loader_path/lib"],
        weak: vec!["/opt/homebrew/lib/x.dylib"],
        ..MachO::program()
    };
    let intel = MachO { is_arm: false, ..MachO::program() };
    let mut files = vec![
        ("elf", rich.bytes()),
        ("big-endian elf", big.bytes()),
        ("static elf", arm.bytes()),
        ("mach-o", mac.bytes()),
        ("universal", universal(&[intel, mac])),
        ("pe", Pe { dlls: vec!["KERNEL32.dll", "VCRUNTIME140.dll"], ..Pe::program() }.bytes()),
    ];
    if let Some(program) = of_gcc() {
        files.push(("gcc", program.clone()));
    }
    files
}

/// Built once: tests that run at the same time would write over each other's.
fn of_gcc() -> Option<&'static Vec<u8>> {
    static PROGRAM: OnceLock<Option<Vec<u8>>> = OnceLock::new();
    let build = || {
        let main = "#include <math.h>\nint main(int n, char **v) { return (int)pow(n, n); }\n";
        let is_possible = cfg!(target_os = "linux") && has("gcc");
        is_possible.then(|| fs::read(c(&folder("hostile"), "app", main, &["-s", "-lm"])).unwrap())
    };
    PROGRAM.get_or_init(build).as_ref()
}

fn all() -> Vec<(&'static str, Vec<u8>)> {
    let imports = [("env", "malloc"), ("wasi_snapshot_preview1", "fd_write"), ("wbg", "x")];
    let mut files = whole();
    files.push(("wasm", wasm(&imports, "_start")));
    files
}

/// Everything that is done to a file, for each policy that looks at something else.
fn survive(bytes: &[u8]) -> Verdict {
    let verdict = judged(bytes, "", "").verdict;
    for (policy, target) in
        [("manylinux2014_x86_64", "x86_64-unknown-linux-musl"), ("static", "aarch64-apple-darwin")]
    {
        let strict = judged(bytes, policy, target);
        assert_eq!(strict.verdict == Verdict::Unreadable, verdict == Verdict::Unreadable);
        let worst = strict.findings.iter().map(|finding| finding.severity).max();
        let is_error = matches!(strict.verdict, Verdict::NotPortable | Verdict::Unreadable);
        assert_eq!(is_error, worst == Some(Severity::Error), "{:?}", strict.findings);
    }
    verdict
}

#[test]
fn a_file_that_is_cut_short_never_passes() {
    for (name, bytes) in whole() {
        let step = (bytes.len() / 2_000).max(1);
        for length in (0..bytes.len()).step_by(step).chain([bytes.len() - 1]) {
            let verdict = judged(&bytes[..length], "", "").verdict;
            assert_eq!(verdict, Verdict::Unreadable, "{name} cut to {length} of {} bytes", bytes.len());
        }
        assert_ne!(survive(&bytes), Verdict::Unreadable, "{name}");
    }
}

#[test]
fn no_change_of_bytes_makes_it_panic() {
    let interesting = [0, 1, 0x7f, 0x80, 0xfe, 0xff];
    let mut random = Random(0x0dd_ba11);
    // More for whoever has an hour: AUDIT_ROUNDS=1000000.
    let rounds = std::env::var("AUDIT_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_500);
    for (_, bytes) in all() {
        // Headers and tables matter more than code: half of the changes go to the first part.
        let front = bytes.len().min(1024);
        for round in 0..rounds {
            let mut changed = bytes.clone();
            for _ in 0..=random.below(6) {
                let at = random.below(if round % 2 == 0 { front } else { bytes.len() });
                changed[at] = match random.below(3) {
                    0 => changed[at] ^ (1 << random.below(8)),
                    1 => interesting[random.below(interesting.len())],
                    _ => random.next() as u8,
                };
            }
            if random.below(8) == 0 {
                changed.truncate(random.below(changed.len()));
            }
            survive(&changed);
        }
    }
}

#[test]
fn every_byte_of_a_header_may_be_the_worst_one() {
    for (_, bytes) in all() {
        for at in 0..bytes.len().min(512) {
            for value in [0x00, 0xff, 0x80, bytes[at].wrapping_add(1)] {
                let mut changed = bytes.clone();
                changed[at] = value;
                let file = portolan::text::FileId::new("/p/app");
                let policy = Policy::default();
                let artefact = audit::read(&changed, "app");
                audit::judge(&artefact, &Request { file: &file, policy: &policy, target: None });
            }
        }
    }
}

#[test]
fn noise_behind_a_beginning_is_no_binary() {
    let mut random = Random(7);
    let beginnings: [&[u8]; 8] = [
        b"\x7fELF\x02\x01\x01",
        b"\x7fELF\x01\x02\x01",
        b"MZ",
        b"\0asm\x01\0\0\0",
        b"\0asm\x0d\0\x01\0",
        b"\xcf\xfa\xed\xfe",
        b"\xca\xfe\xba\xbe\0\0\0\x02",
        b"#!",
    ];
    for beginning in beginnings {
        for _ in 0..500 {
            let length = random.below(600);
            let noise = (0..length).map(|_| random.next() as u8);
            survive(&beginning.iter().copied().chain(noise).collect::<Vec<_>>());
        }
    }
}
