//! The outcome of reading a flake: packages and dev shells with what decides where their binaries run.
//!
//! Facts are plain data, shared between threads. What the evaluator could not know is in the facts as
//! [`Piece::Unknown`], [`Known::Unknown`] or a `complete: false`, each with its reason: a rule never
//! concludes that something is absent from a collection that is not complete.

pub use super::usage::{App, OutputKind, Setting, SettingValue, SourceTree};
pub use super::vendoring::CargoLock;
use crate::text::{FileId, Origin, Span};

/// All that the flake says.
#[derive(Clone, Debug, Default)]
pub struct FlakeFacts {
    /// `flake.nix` first, then every workspace file that the evaluation read or looked for, in that order.
    pub files: Vec<FileId>,
    /// Systems that outputs exist for, as Nix names them ("x86_64-linux"), sorted.
    pub systems: Vec<String>,
    /// `packages.*`, `defaultPackage`, and packages reached only through apps or checks; sorted by system and name.
    pub packages: Vec<Derivation>,
    /// `devShells.*`, `devShell`; sorted by system and name.
    pub shells: Vec<Derivation>,
    /// Package sets made for another platform (`import nixpkgs { crossSystem = …; }`, `pkgsMusl`,
    /// `pkgsCross.musl64`), each place once for each platform that is made there; a step on the way to
    /// another set (`pkgsCross.musl64` in `pkgsCross.musl64.pkgsStatic`) too.
    pub cross_sets: Vec<CrossSet>,
    /// The kinds of outputs that it has, by name.
    pub kinds: Vec<OutputKind>,
    /// `apps.*`, `defaultApp`; sorted by system and name.
    pub apps: Vec<App>,
    /// What could not be known, and why.
    pub gaps: Vec<Gap>,
    /// Packages and dev shells at which the evaluation stops (`throw`, a missing attribute), by attribute path, and why; they are
    /// not in the lists.
    pub failing: Vec<(String, Gap)>,
    /// Expressions whose values a real Nix has told: what is written there is not the value, so no fix replaces it.
    pub told: Vec<Origin>,
    /// False when a syntax error, a bound or an unknown leaves room for outputs that are not listed here.
    pub complete: bool,
    /// Steps that reading the flake took, of those that one edit may take: the same on every machine.
    pub work: u32,
}

/// Something that could not be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The expression.
    pub origin: Origin,
    /// Why, as one phrase.
    pub why: String,
}

/// A value, or the reason why it is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known<T> {
    /// The value.
    Value(T),
    /// Why it is not known.
    Unknown(String),
}

impl<T> Known<T> {
    /// The value, if it is known.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }
}

/// A package or a dev shell of one system.
#[derive(Clone, Debug)]
pub struct Derivation {
    /// Attribute path in the flake: "packages.x86_64-linux.default".
    pub attribute: String,
    /// Last part of the attribute path; "default" for `defaultPackage` and `devShell`.
    pub name: String,
    /// `pname`/`name` of the derivation, when known.
    pub package_name: Option<String>,
    /// System that builds it.
    pub system: Option<String>,
    /// Where the flake names it: the attribute's key.
    pub origin: Origin,
    /// What makes it.
    pub builder: Builder,
    /// Name of the function that makes it: "buildRustPackage", "buildDepsOnly"; empty for none.
    pub function: String,
    /// What it is built from.
    pub source: SourceTree,
    /// Whether the source surely has the project's `.cargo` in it: no filter stands before it that may drop it.
    pub has_cargo_config: bool,
    /// What else its builder is told.
    pub settings: Vec<Setting>,
    /// What it is built for.
    pub platform: Platform,
    /// Environment of its build or shell: attributes, `env`, `export`s of `shellHook`.
    pub env: Vec<Variable>,
    /// Programs and libraries that it is given.
    pub inputs: Vec<Input>,
    /// Scripts: `postInstall`, `shellHook`, …
    pub phases: Vec<Phase>,
    /// Where its Rust toolchain comes from.
    pub toolchain: Toolchain,
    /// Triples that a wrapper like cargo-zigbuild is told to build (`target = "x86_64-pc-windows-gnu"`),
    /// or that crane and naersk get by `CARGO_BUILD_TARGET`.
    pub targets: Vec<Text>,
    /// `cargoLock`, when its dependencies are fetched by the lock file.
    pub cargo_lock: Option<CargoLock>,
    /// False when attributes were merged in that could not be known (`// unknown`): `env`, `inputs` and
    /// `phases` may then lack some.
    pub complete: bool,
    /// What of it could not be known, and why. Empty when it is complete, but for a bound or a syntax error
    /// that concerns the whole flake.
    pub unknown: Vec<Gap>,
    /// The attribute set literal that was given to the builder, when there is one: where a fix can
    /// write an attribute.
    pub literal: Option<AttributeSet>,
}

/// What makes a derivation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Builder {
    /// `rustPlatform.buildRustPackage`.
    BuildRustPackage,
    /// crane's `buildPackage` and relatives.
    Crane,
    /// naersk's `buildPackage`.
    Naersk,
    /// A wrapper around cargo-zigbuild.
    Zigbuild,
    /// `mkShell`, `mkShellNoCC`, `craneLib.devShell`.
    Shell,
    /// `stdenv.mkDerivation` or another builder of nixpkgs, by name ("mkDerivation", "writeShellScriptBin").
    Other(String),
    /// Not known: one phrase why.
    Unknown(String),
}

/// What a package set, and what it builds, is for.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Platform {
    /// Nix's name of the host platform: `config` ("x86_64-w64-mingw32", "aarch64-unknown-linux-gnu").
    pub config: Option<String>,
    /// rustc's name of it.
    pub triple: Option<String>,
    /// `isStatic`: `pkgsStatic`, or `crossSystem.isStatic = true`.
    pub is_static: Known<bool>,
    /// Whether it differs from the build platform.
    pub is_cross: bool,
    /// How it was chosen.
    pub how: PlatformSource,
    /// Where it was chosen (the `crossSystem` value, the `pkgsStatic` select); `None` for the native set.
    pub origin: Option<Origin>,
}

impl<T: Default> Default for Known<T> {
    fn default() -> Self {
        Self::Value(T::default())
    }
}

/// How a package set got its platform.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum PlatformSource {
    /// The system's own.
    #[default]
    Native,
    /// `pkgsStatic`.
    PkgsStatic,
    /// `pkgsMusl`.
    PkgsMusl,
    /// `pkgsCross.NAME`.
    PkgsCross(String),
    /// `import nixpkgs { crossSystem = …; }`.
    CrossSystem,
}

/// A package set for another platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrossSet {
    /// What it is for.
    pub platform: Platform,
    /// The `crossSystem` attribute set literal, when there is one: where a fix can add `isStatic`.
    pub literal: Option<AttributeSet>,
    /// The value of `config` in it, or the attribute name in `pkgsCross.NAME`.
    pub config_origin: Option<Origin>,
}

/// One environment variable.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name; `Unknown` when a part of it is computed from something unknown.
    pub name: Known<String>,
    /// The key as written: the attribute name, or the name behind `export`.
    pub name_origin: Origin,
    /// Its value. Lists of a derivation are joined with blanks as Nix does.
    pub value: Text,
    /// The value's expression.
    pub value_origin: Origin,
    /// How it was written.
    pub form: VariableForm,
    /// The whole binding `NAME = value;`, when it is written as one.
    pub binding: Option<Origin>,
}

/// How a variable is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariableForm {
    /// An attribute of the derivation: `NAME = value;`.
    Attribute,
    /// An attribute of `env`.
    Env,
    /// `export NAME=value` in `shellHook` or a phase.
    Export,
}

/// A string made of pieces, each with its origin.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Text {
    /// The pieces, in order. Empty: the empty string.
    pub pieces: Vec<Piece>,
}

impl Text {
    /// The string, when every piece is literal.
    pub fn literal(&self) -> Option<String> {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal { text, .. } => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }

    /// Whether a part of it is not known.
    pub fn has_unknown(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Unknown { .. } | Piece::Either { .. }))
    }
}

/// A part of a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Characters as written.
    Literal {
        /// The characters, escapes resolved.
        text: String,
        /// The string literal, or the part of it, that they stand in. As long as the text exactly when it
        /// is written there without escapes; a line of an indented string is a piece of its own.
        origin: Origin,
    },
    /// The store folder of a derivation.
    Store {
        /// Which one.
        item: StoreItem,
        /// The expression.
        origin: Origin,
    },
    /// One of several texts, by a condition that could not be decided.
    Either {
        /// The texts.
        texts: Vec<Text>,
        /// The condition.
        origin: Origin,
    },
    /// Something that could not be known.
    Unknown {
        /// Why.
        why: String,
        /// The expression.
        origin: Origin,
    },
}

/// A derivation by its place in a package set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreItem {
    /// Attribute path below the package set: "stdenv.cc", "openssl", "windows.pthreads".
    pub attribute: String,
    /// Output chosen by `.dev`, `lib.getLib`, …; `None` for the default one.
    pub output: Option<String>,
    /// Platform of the package set that it was taken from.
    pub platform: Platform,
}

/// Something that a derivation is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// What.
    pub item: StoreItem,
    /// By which attribute: "nativeBuildInputs", "buildInputs", "packages", …
    pub via: String,
    /// The expression.
    pub origin: Origin,
}

/// A script of a derivation.
#[derive(Clone, Debug)]
pub struct Phase {
    /// "postInstall", "shellHook", …
    pub name: String,
    /// Its text.
    pub text: Text,
    /// The value's expression.
    pub origin: Origin,
}

/// Where the Rust toolchain comes from.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Toolchain {
    /// rustc of the package set (a Nix cross rustc brings std for its platform).
    Nixpkgs,
    /// rustup: rust-toolchain.toml decides.
    Rustup,
    /// rust-overlay or fenix, with these targets besides the host's.
    Declared {
        /// Triples with std.
        targets: Vec<String>,
        /// It reads rust-toolchain.toml.
        from_file: bool,
        /// Whether these are all of them, as far as can be seen.
        complete: bool,
    },
    /// Not known, or none.
    #[default]
    Unknown,
}

/// An attribute set literal in a file, as a fix needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeSet {
    /// The file.
    pub file: FileId,
    /// From `{` to behind `}`.
    pub span: Span,
    /// Its direct bindings, in order: attribute path text ("env.FOO"), span of the binding with its `;`.
    pub bindings: Vec<Binding>,
    /// A name in scope here for the native package set ("pkgs"), if there is one.
    pub pkgs: Option<String>,
}

/// One `path = value;`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The attribute path as written; for `inherit` the text "inherit".
    pub path: String,
    /// From the path to behind the `;`.
    pub span: Span,
    /// The value's expression.
    pub value: Span,
    /// When the value is an attribute set literal: its bindings.
    pub set: Option<Box<AttributeSet>>,
}
