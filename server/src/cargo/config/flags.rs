//! What rustc makes of its flags.

use std::ops::Range;

use super::{FlagSource, Given, Rustflags};
use crate::cargo::By;

impl Rustflags {
    /// The source that counts: the first that is there. The two variables count even when they are empty,
    /// the two lists only when they hold a flag.
    pub fn winner(&self) -> Option<FlagSource> {
        if self.encoded.is_some() {
            Some(FlagSource::Encoded)
        } else if self.environment.is_some() {
            Some(FlagSource::Environment)
        } else if !self.target.is_empty() {
            Some(FlagSource::Target)
        } else if !self.build.is_empty() {
            Some(FlagSource::Build)
        } else {
            None
        }
    }

    /// The flags of one source.
    pub fn of(&self, source: FlagSource) -> Vec<Given> {
        let from = |words: &Option<Vec<String>>, name: &str| {
            let words = words.iter().flatten();
            words.map(|flag| Given { flag: flag.clone(), by: By::Environment(name.to_owned()) }).collect()
        };
        match source {
            FlagSource::Encoded => from(&self.encoded, "CARGO_ENCODED_RUSTFLAGS"),
            FlagSource::Environment => from(&self.environment, "RUSTFLAGS"),
            FlagSource::Target => self.target.clone(),
            FlagSource::Build => self.build.clone(),
        }
    }

    /// The flags that rustc gets.
    pub fn effective(&self) -> Vec<Given> {
        self.winner().map(|source| self.of(source)).unwrap_or_default()
    }
}

/// One `-C name=value` among flags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codegen<'a> {
    /// The option's name, with dashes.
    pub name: String,
    /// Its value, if it has one.
    pub value: Option<&'a str>,
    /// The flags that say it, as indices: one (`-Cname=value`) or two (`-C`, `name=value`).
    pub flags: Range<usize>,
}

/// The `-C` options among flags, in their order. rustc takes `-C x`, `-Cx` and `--codegen x`, and `_` for
/// `-` in their names; where an option may stand once only, the last one counts.
pub fn codegen_options<'a>(flags: impl IntoIterator<Item = &'a str>) -> Vec<Codegen<'a>> {
    let mut options = Vec::new();
    let mut pending = None;
    for (index, flag) in flags.into_iter().enumerate() {
        let (start, option) = match pending.take() {
            Some(start) => (start, flag),
            None if flag == "-C" || flag == "--codegen" => {
                pending = Some(index);
                continue;
            }
            None => match flag.strip_prefix("--codegen=").or_else(|| flag.strip_prefix("-C")) {
                Some(option) => (index, option),
                None => continue,
            },
        };
        let (name, value) =
            option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value)));
        options.push(Codegen { name: name.replace('_', "-"), value, flags: start..index + 1 });
    }
    options
}

impl Rustflags {
    /// The linker that the flags name: it is stronger than [`Config::linker`], because rustc gets the flags
    /// last.
    pub fn linker(&self) -> Option<Given> {
        let flags = self.effective();
        let options = codegen_options(flags.iter().map(|given| given.flag.as_str()));
        let linker = options.iter().rfind(|option| option.name == "linker")?;
        let by = flags.get(linker.flags.end.checked_sub(1)?)?.by.clone();
        Some(Given { flag: linker.value?.to_owned(), by })
    }

    /// Whether the flags turn crt-static on or off, and who says so. Measured: where both are said, on wins,
    /// in whichever order.
    pub fn crt_static(&self) -> Option<(bool, By)> {
        let flags = self.effective();
        let options = codegen_options(flags.iter().map(|given| given.flag.as_str()));
        let mut answer = None;
        for option in options.iter().filter(|option| option.name == "target-feature") {
            let Some(given) = option.flags.end.checked_sub(1).and_then(|last| flags.get(last)) else {
                continue;
            };
            let features = option.value.unwrap_or_default();
            if features.split(',').any(|feature| feature == "+crt-static") {
                return Some((true, given.by.clone()));
            }
            if features.split(',').any(|feature| feature == "-crt-static") {
                answer = Some((false, given.by.clone()));
            }
        }
        answer
    }
}
