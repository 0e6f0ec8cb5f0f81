//! The same binaries cut short and damaged: never a panic, never a pass for what is cut off.

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

/// How often each file is damaged: `PORTOLAN_ROUNDS` makes a longer run.
fn rounds() -> usize {
    std::env::var("PORTOLAN_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(60)
}

#[test]
#[ignore = "needs shipped binaries: tests/run --only audits"]
fn damaged_and_cut_files_are_survived() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut judged = 0_usize;
    for file in files::shipped() {
        let whole = std::fs::read(&file.path).unwrap();
        // Reading all of a large file again and again proves no more.
        if whole.len() > 3 << 20 {
            continue;
        }
        assert_ne!(verdict(&whole), Verdict::Unreadable, "{}", file.path.display());
        for _ in 0..rounds() {
            let mut bytes = whole.clone();
            damage(&mut bytes, &mut random);
            verdict(&bytes);
            // The first half lacks segments, sections or the list of imports.
            let cut = random.below(whole.len() / 2);
            assert_eq!(verdict(&whole[..cut]), Verdict::Unreadable, "{} cut at {cut}", file.path.display());
            judged += 2;
        }
    }
    println!("{judged} hostile files judged");
    assert!(judged > 1000, "only {judged}");
}
