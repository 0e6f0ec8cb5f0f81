//! The flake's packages and dev shells: what each is built by and for, and what of it cannot be known.

use crate::{
    nix::facts::{Builder, Derivation, Gap, Known, Text},
    project::Project,
    text::Origin,
};

/// A package or dev shell of the flake.
#[derive(Debug)]
pub struct Output<'f> {
    /// Attribute path in the flake: "packages.x86_64-linux.default".
    pub attribute: &'f str,
    /// System that builds it.
    pub system: Option<&'f str>,
    /// What makes it, as a word.
    pub builder: &'f str,
    /// Nix's name of the platform that it is for.
    pub config: Option<&'f str>,
    /// rustc's name of it.
    pub triple: Option<&'f str>,
    /// Whether it is for another platform than the one that builds it.
    pub is_cross: bool,
    /// Whether everything is linked statically.
    pub is_static: Option<bool>,
    /// Triples that its build is told, each as far as it is known.
    pub targets: Vec<String>,
    /// Where the flake names it.
    pub declared: &'f Origin,
    /// Whether everything is known of it.
    pub complete: bool,
    /// What is not known, and why.
    pub unknown: &'f [Gap],
}

/// The flake's packages and its dev shells.
pub fn outputs(project: &Project) -> (Vec<Output<'_>>, Vec<Output<'_>>) {
    let Some(flake) = &project.flake else { return (Vec::new(), Vec::new()) };
    (flake.packages.iter().map(output).collect(), flake.shells.iter().map(output).collect())
}

fn output(derivation: &Derivation) -> Output<'_> {
    let platform = &derivation.platform;
    Output {
        attribute: &derivation.attribute,
        system: derivation.system.as_deref(),
        builder: word(&derivation.builder),
        config: platform.config.as_deref(),
        triple: platform.triple.as_deref(),
        is_cross: platform.is_cross,
        is_static: match platform.is_static {
            Known::Value(is_static) => Some(is_static),
            Known::Unknown(_) => None,
        },
        targets: derivation.targets.iter().map(shown).collect(),
        declared: &derivation.origin,
        complete: derivation.complete,
        unknown: &derivation.unknown,
    }
}

fn word(builder: &Builder) -> &str {
    match builder {
        Builder::BuildRustPackage => "buildRustPackage",
        Builder::Crane => "crane",
        Builder::Naersk => "naersk",
        Builder::Zigbuild => "cargo-zigbuild",
        Builder::Shell => "mkShell",
        Builder::Other(name) => name,
        Builder::Unknown(_) => "unknown",
    }
}

/// A target's text; `…` stands for what is not known.
fn shown(text: &Text) -> String {
    use crate::nix::facts::Piece;
    let piece = |piece: &Piece| match piece {
        Piece::Literal { text, .. } => text.clone(),
        _ => "…".to_owned(),
    };
    text.pieces.iter().map(piece).collect()
}
