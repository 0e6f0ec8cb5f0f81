//! How a flake is used, and what its packages are told besides environment, inputs and scripts. Part of
//! the facts, like everything in `facts`.

use std::path::PathBuf;

use super::facts::Text;
use crate::text::Origin;

/// A kind of outputs that the flake has: `packages`, `devShell`, `overlays`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputKind {
    /// Its name.
    pub name: String,
    /// Where the name is written.
    pub origin: Origin,
}

/// An app: a program that `nix run` starts.
#[derive(Clone, Debug)]
pub struct App {
    /// Attribute path in the flake: "apps.x86_64-linux.default".
    pub attribute: String,
    /// Last part of the attribute path; "default" for `defaultApp`.
    pub name: String,
    /// System that it is for.
    pub system: Option<String>,
    /// The path of the program.
    pub program: Text,
    /// The expression that gives it.
    pub origin: Origin,
    /// Attribute paths of the packages that the program may belong to: those that the flake makes with
    /// the expression that the path is made of.
    pub packages: Vec<String>,
    /// The program's text, when the flake itself writes it (`writeShellScript`).
    pub script: Option<Text>,
}

/// An attribute that a builder reads itself: `doCheck`, `auditable`, `meta.mainProgram`.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// What it is.
    pub value: SettingValue,
    /// Where its name is written.
    pub key: Origin,
    /// The value's expression.
    pub origin: Origin,
}

/// What a setting is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingValue {
    /// `true` or `false`.
    Bool(bool),
    /// A string, as far as it is known.
    Text(Text),
    /// Anything else, or not known.
    Unknown,
}

/// What a package is built from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SourceTree {
    /// This folder of the project.
    Project(PathBuf),
    /// Something else: a release that is fetched, another flake.
    Foreign,
    /// It cannot be known.
    #[default]
    Unknown,
}
