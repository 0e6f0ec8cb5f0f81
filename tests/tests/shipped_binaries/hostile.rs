//! The same binaries cut short and damaged: never a panic, never a pass for what is cut off.

use std::time::{Duration, Instant};

use portolan::{
    audit::{self, Policy, Request, Verdict},
    text::FileId,
};

use super::files;

/// xorshift64*: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % limit.max(1) as u64) as usize
    }
}

fn verdict(bytes: &[u8]) -> Verdict {
    let policy = Policy::default();
    let file = FileId::new("/binary");
    audit::judge(&audit::read(bytes, "binary"), &Request { file: &file, policy: &policy, target: None })
        .verdict
}

/// Damages some bytes, most of them where the headers are.
fn damage(bytes: &mut [u8], random: &mut Random) {
    for _ in 0..=random.below(8) {
        let within = if random.below(4) > 0 { bytes.len().min(4096) } else { bytes.len() };
        let at = random.below(within);
        let value = match random.below(4) {
            0 => 0,
            1 => 0xff,
            2 => 0x80,
            _ => random.below(256) as u8,
        };
        // A whole word, as a length or an offset is.
        for byte in bytes.iter_mut().skip(at).take([1, 2, 4, 8][random.below(4)]) {
            *byte = value;
        }
    }
}

/// A number that somebody gave for a longer run.
fn given(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Whether a module of WebAssembly ends where one of its first sections does: the types alone are a valid one.
fn is_whole_wasm(bytes: &[u8]) -> bool {
    let Some(mut rest) = bytes.strip_prefix(b"\0asm\x01\0\0\0") else { return false };
    // No more than types and imports.
    while let [1 | 2, size @ ..] = rest {
        let end = size.iter().position(|byte| byte & 0x80 == 0).unwrap_or_default();
        let length = size.iter().take(end + 1).rev().fold(0, |sum, byte| sum << 7 | usize::from(byte & 0x7f));
        rest = size.get(end + 1 + length..).unwrap_or(b"cut");
    }
    rest.is_empty()
}

/// The verdict on damaged bytes. Those that panic are kept.
fn survived(bytes: &[u8], what: &str) -> Verdict {
    std::panic::catch_unwind(|| verdict(bytes)).unwrap_or_else(|_| {
        let kept = std::env::temp_dir().join(format!("portolan-hostile-{}", std::process::id()));
        std::fs::write(&kept, bytes).unwrap();
        panic!("{what}: kept as {}", kept.display());
    })
}

/// Each file is damaged `PORTOLAN_ROUNDS` times, and all of them again until `PORTOLAN_MINUTES` are over;
/// `PORTOLAN_SEED` makes other damages.
#[test]
#[ignore = "needs shipped binaries: tests/run --only audits"]
fn damaged_and_cut_files_are_survived() {
    // Reading all of a large file again and again proves no more.
    let small = |(_, whole): &(String, Vec<u8>)| whole.len() <= 3 << 20;
    let read = |file: files::File| (file.path.display().to_string(), std::fs::read(file.path).unwrap());
    let files: Vec<(String, Vec<u8>)> = files::shipped().into_iter().map(read).filter(small).collect();
    for (name, whole) in &files {
        assert_ne!(verdict(whole), Verdict::Unreadable, "{name}");
    }
    let seed = given("PORTOLAN_SEED").unwrap_or(0x9e37_79b9_7f4a_7c15);
    let limit = Duration::from_mins(given("PORTOLAN_MINUTES").unwrap_or(0));
    let (started, mut random, mut judged) = (Instant::now(), Random(seed), 0_usize);
    let mut slowest = Duration::ZERO;
    loop {
        for (name, whole) in &files {
            for _ in 0..given("PORTOLAN_ROUNDS").unwrap_or(60) {
                let mut bytes = whole.clone();
                damage(&mut bytes, &mut random);
                let begun = Instant::now();
                survived(&bytes, name);
                slowest = slowest.max(begun.elapsed());
                // The first half lacks segments, sections or the list of imports.
                let cut = random.below(whole.len() / 2);
                let rest = whole.get(..cut).unwrap();
                let verdict = survived(rest, name);
                assert!(verdict == Verdict::Unreadable || is_whole_wasm(rest), "{name} cut at {cut}");
                judged += 2;
            }
        }
        if started.elapsed() >= limit {
            break;
        }
    }
    println!("{judged} hostile files judged, seed {seed}, the slowest in {slowest:?}");
    assert!(judged > 1000, "only {judged}");
}
