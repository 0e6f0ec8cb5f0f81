//! What somebody wants built.

use crate::{
    knowledge::{self, Target},
    project::Builder,
};

/// How the code is compiled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// `--release`.
    #[default]
    Release,
    /// Cargo's `dev`.
    Debug,
}

/// What somebody wants built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// The triple; `None`: what a plain `cargo build` makes.
    pub target: Option<String>,
    /// The builder; `None`: the one that fits.
    pub builder: Option<Builder>,
    /// The flake's attribute, for Nix.
    pub attribute: Option<String>,
    /// The oldest glibc that it has to run with ("2.17").
    pub glibc: Option<String>,
    /// How the code is compiled.
    pub profile: Profile,
    /// The packages of the workspace; all that cargo takes when empty.
    pub packages: Vec<String>,
    /// The programs; all when empty.
    pub programs: Vec<String>,
    /// More arguments for the builder.
    pub extra: Vec<String>,
    /// Nix's `--builders`.
    pub nix_builders: Option<String>,
    /// Whether it is packed for other machines.
    pub is_packed: bool,
}

impl Wish {
    /// The same for another target. A glibc behind the triple (`x86_64-unknown-linux-gnu.2.17`) becomes one
    /// of the wish.
    #[must_use]
    pub fn of(&self, target: &str) -> Self {
        let (triple, glibc) = split_glibc(target);
        Self {
            target: Some(triple.to_owned()),
            glibc: glibc.map(str::to_owned).or_else(|| self.glibc.clone()),
            ..self.clone()
        }
    }
}

/// Splits cargo-zigbuild's `T.2.17`. Triples have dots of their own (`thumbv8m.main-none-eabi`).
fn split_glibc(target: &str) -> (&str, Option<&str>) {
    let dots = target.match_indices('.').map(|(at, _)| at);
    let mut splits = dots.map(|at| (&target[..at], &target[at + 1..]));
    let is_version = |text: &str| {
        text.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let found = splits.find(|(triple, version)| {
        is_version(version) && knowledge::target(triple).is_some_and(Target::is_glibc)
    });
    match found {
        Some((triple, version)) => (triple, Some(version)),
        None => (target, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glibc_behind_a_triple_is_told_from_the_triples_own_dots() {
        for (written, triple, glibc) in [
            ("x86_64-unknown-linux-gnu.2.17", "x86_64-unknown-linux-gnu", Some("2.17")),
            ("x86_64-unknown-linux-gnu", "x86_64-unknown-linux-gnu", None),
            ("thumbv8m.main-none-eabi", "thumbv8m.main-none-eabi", None),
            ("x86_64-unknown-linux-musl.1.2", "x86_64-unknown-linux-musl.1.2", None),
            ("aarch64-unknown-linux-gnu.", "aarch64-unknown-linux-gnu.", None),
        ] {
            let wish = Wish::default().of(written);
            assert_eq!((wish.target.as_deref(), wish.glibc.as_deref()), (Some(triple), glibc), "{written}");
        }
    }
}
