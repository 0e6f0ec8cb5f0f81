//! Which of the four sources of flags counts.

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
