//! From what people write to the triple that they mean.

use super::targets::{Target, retired, target, targets};

/// The largest number of wrong characters that a name is forgiven.
const MAX_DISTANCE: usize = 3;

/// Longest name that is compared with others.
const MAX_LENGTH: usize = 64;

/// Processors as Nix, Debian, Apple, Go and containers call them, and as rustc does.
const PROCESSORS: &[(&str, &str)] = &[
    ("amd64", "x86_64"),
    ("arm64", "aarch64"),
    ("armhf", "armv7"),
    ("armv5tel", "armv5te"),
    ("armv6l", "arm"),
    ("armv7a", "armv7"),
    ("armv7l", "armv7"),
    ("i386", "i686"),
    ("i486", "i686"),
    ("ppc64le", "powerpc64le"),
    ("ppc64", "powerpc64"),
    ("riscv32", "riscv32gc"),
    ("riscv64", "riscv64gc"),
    ("x64", "x86_64"),
    ("x86", "i686"),
    ("x86-64", "x86_64"),
];

/// The target that a platform of Nix or GNU means: "x86_64-w64-mingw32", "armv6l-unknown-linux-musleabihf",
/// "aarch64-linux-gnu", "x86_64-linux".
pub fn by_nix_config(config: &str) -> Option<&'static Target> {
    target(config).or_else(|| translated(config).and_then(|triple| target(&triple)))
}

/// The triple that somebody meant who wrote one that rustc does not have; `None` when it already has it, or
/// when nothing is near.
pub fn nearest(written: &str) -> Option<&'static str> {
    if target(written).is_some() || written.len() > MAX_LENGTH {
        return None;
    }
    if let Some(retired) = retired(written) {
        return Some(retired.now);
    }
    let name = dashed(&written.trim().to_ascii_lowercase());
    let known = target(&name).or_else(|| by_nix_config(&name));
    known
        .map(|target| target.triple)
        .or_else(|| retired(&name).map(|retired| retired.now))
        .or_else(|| closest(&name))
}

/// The name with the dashes of a triple: the underscore of `x86_64` stays.
fn dashed(name: &str) -> String {
    let (processor, rest) = ["x86_64h", "x86_64", "aarch64_be", "arm64_32"]
        .iter()
        .find_map(|processor| name.strip_prefix(processor).map(|rest| (*processor, rest)))
        .unwrap_or(("", name));
    format!("{processor}{}", rest.replace('_', "-"))
}

fn translated(config: &str) -> Option<String> {
    let (processor, rest) = match config.strip_prefix("x86-64") {
        Some(rest) => ("x86_64", rest.strip_prefix('-')?),
        None => config.split_once('-')?,
    };
    let known = PROCESSORS.iter().find(|(name, _)| *name == processor);
    let processor = known.map_or(processor, |(_, rust)| rust);
    let rest = rest.strip_prefix("unknown-").or_else(|| rest.strip_prefix("pc-")).unwrap_or(rest);
    // Versions of a BSD stand in Nix' names and not in rustc's.
    let rest = if rest.contains("bsd") {
        rest.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
    } else {
        rest
    };
    let system = match rest {
        "w64-mingw32" | "w64-windows-gnu" | "windows-gnu" | "mingw32" | "windows" => {
            "pc-windows-gnu".to_owned()
        }
        "windows-msvc" | "msvc" => "pc-windows-msvc".to_owned(),
        "darwin" | "macos" | "apple-macos" | "apple-macosx" => "apple-darwin".to_owned(),
        "linux" => format!("unknown-linux-gnu{}", float_abi(processor)),
        "linux-gnu" | "linux-musl" => format!("unknown-{rest}{}", float_abi(processor)),
        "unknown-wasi" | "wasi" if processor == "wasm32" => return Some("wasm32-wasip1".to_owned()),
        "none" if processor.starts_with("wasm") => "unknown-unknown".to_owned(),
        "linux-android" | "linux-androideabi" => rest.to_owned(),
        _ if rest.starts_with("linux-") || rest.ends_with("bsd") => format!("unknown-{rest}"),
        _ => rest.to_owned(),
    };
    Some(format!("{processor}-{system}"))
}

/// How 32-bit ARM names its way to pass floats where a name leaves it out.
fn float_abi(processor: &str) -> &'static str {
    match processor {
        "armv7" | "arm" => "eabihf",
        "armv5te" => "eabi",
        _ => "",
    }
}

/// The target with the fewest wrong characters; of equally near ones the better supported.
fn closest(name: &str) -> Option<&'static str> {
    let most = MAX_DISTANCE.min(name.len() / 5);
    let near = targets().iter().filter_map(|target| {
        let distance = distance(name, target.triple, most)?;
        Some((distance, target.tier, target.triple))
    });
    near.min().map(|(_, _, triple)| triple)
}

/// How many characters have to be added, dropped, changed or swapped with their neighbour; `None` when more
/// than `most`.
pub fn distance(one: &str, other: &str, most: usize) -> Option<usize> {
    if one.len().abs_diff(other.len()) > most {
        return None;
    }
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, byte) in one.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, against) in other.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX / 2);
            let changed = at(&last, column) + usize::from(byte != against);
            let mut best = changed.min(at(&last, column + 1) + 1).min(at(&current, column) + 1);
            let swapped = row > 0
                && column > 0
                && one.get(row - 1) == Some(against)
                && other.get(column - 1) == Some(byte);
            if swapped {
                best = best.min(at(&before_last, column - 1) + 1);
            }
            current.push(best);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_lead_to_a_target() {
        for (written, meant) in [
            ("x86_64-unkown-linux-gnu", "x86_64-unknown-linux-gnu"),
            ("x86_64_unknown_linux_musl", "x86_64-unknown-linux-musl"),
            ("X86_64-unknown-linux-gnu", "x86_64-unknown-linux-gnu"),
            ("aarch64-unknown-linux-gun", "aarch64-unknown-linux-gnu"),
            ("aarch64-linux-gnu", "aarch64-unknown-linux-gnu"),
            ("x86_64-linux-musl", "x86_64-unknown-linux-musl"),
            ("arm64-apple-darwin", "aarch64-apple-darwin"),
            ("aarch64-darwin", "aarch64-apple-darwin"),
            ("x86_64-windows-gnu", "x86_64-pc-windows-gnu"),
            ("x86_64-unknown-windows-msvc", "x86_64-pc-windows-msvc"),
            ("riscv64-unknown-linux-gnu", "riscv64gc-unknown-linux-gnu"),
            ("armv7-unknown-linux-gnu", "armv7-unknown-linux-gnueabihf"),
            ("wasm32-wasi", "wasm32-wasip1"),
            ("wasm32_wasi", "wasm32-wasip1"),
            ("wasm32-unknown-wasi", "wasm32-wasip1"),
            ("wasm32-unknown-unkown", "wasm32-unknown-unknown"),
        ] {
            assert_eq!(nearest(written), Some(meant), "{written}");
        }
    }

    #[test]
    fn other_names_lead_nowhere() {
        for written in ["x86_64-unknown-linux-gnu", "", "default", "my-board", "native", &"x".repeat(10_000)]
        {
            assert_eq!(nearest(written), None, "{written}");
        }
    }

    #[test]
    fn platforms_of_nix_are_understood() {
        for (config, triple) in [
            ("x86_64-w64-mingw32", "x86_64-pc-windows-gnu"),
            ("x86_64-unknown-linux-musl", "x86_64-unknown-linux-musl"),
            ("armv7l-unknown-linux-gnueabihf", "armv7-unknown-linux-gnueabihf"),
            ("armv6l-unknown-linux-musleabihf", "arm-unknown-linux-musleabihf"),
            ("armv5tel-unknown-linux-gnueabi", "armv5te-unknown-linux-gnueabi"),
            ("riscv64-unknown-linux-musl", "riscv64gc-unknown-linux-musl"),
            ("aarch64-linux", "aarch64-unknown-linux-gnu"),
            ("armv7l-linux", "armv7-unknown-linux-gnueabihf"),
            ("arm64-apple-darwin", "aarch64-apple-darwin"),
            ("wasm32-unknown-wasi", "wasm32-wasip1"),
            ("x86_64-unknown-freebsd13", "x86_64-unknown-freebsd"),
            ("aarch64-unknown-linux-android", "aarch64-linux-android"),
        ] {
            assert_eq!(by_nix_config(config).map(|target| target.triple), Some(triple), "{config}");
        }
        assert!(by_nix_config("avr").is_none());
    }
}
