//! A path below an output of a package that does not have it.
//!
//! ## What it does
//!
//! Looks at store paths in the environment and the scripts of dev shells and packages: `"${pkgs.openssl}/lib"`.
//! nixpkgs splits libraries into outputs, and a package alone stands for its first one. The rule knows the
//! outputs of the libraries that Rust programs link most: openssl, sqlite, curl, zstd, xz, libxml2 and
//! fontconfig begin with `bin`, and the headers and `.pc` files of these, zlib and libgit2 are in `dev`.
//!
//! ## Why it matters
//!
//! For whoever enters the shell or builds the package: there is no `lib` folder in the output of the
//! programs. The path is well-formed, Nix builds it without a word, and the compiler finds nothing in it
//! ("OpenSSL libdir at … does not contain the required files", "cannot find -lsqlite3").
//!
//! ## Example
//!
//! ```nix file:flake.nix
//! {
//!   outputs = { nixpkgs, ... }: let
//!     pkgs = nixpkgs.legacyPackages.x86_64-linux;
//!   in {
//!     devShells.x86_64-linux.default = pkgs.mkShell {
//!       OPENSSL_LIB_DIR = "${pkgs.openssl}/lib";
//!       OPENSSL_INCLUDE_DIR = "${pkgs.openssl}/include";
//!     };
//!   };
//! }
//! ```
//!
//! ## Use instead
//!
//! ```nix file:flake.nix
//! {
//!   outputs = { nixpkgs, ... }: let
//!     pkgs = nixpkgs.legacyPackages.x86_64-linux;
//!   in {
//!     devShells.x86_64-linux.default = pkgs.mkShell {
//!       OPENSSL_LIB_DIR = "${pkgs.openssl.out}/lib";
//!       OPENSSL_INCLUDE_DIR = "${pkgs.lib.getDev pkgs.openssl}/include";
//!     };
//!   };
//! }
//! ```
//!
//! ## When it stays silent
//!
//! With `lib.getLib`, `lib.getDev`, `lib.makeLibraryPath` or the right output; for folders that the output
//! has (`"${pkgs.openssl}/bin"`); for packages whose outputs it does not know.
//!
//! ## Fix safety
//!
//! Safe: the path leads nowhere now, and one output has the folder.
//!
//! ## References
//!
//! - <https://nixos.org/manual/nixpkgs/stable/#chap-multiple-output>

use super::{FixKind, Rule, support};
use crate::{
    finding::{Finding, Fix, Severity},
    fix,
    nix::facts::{Derivation, Piece, StoreItem, Text},
    project::Project,
    text::{Origin, Span},
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "wrong-output",
    summary: "a path below an output of a package that does not have it",
    severity: Severity::Error,
    fix: FixKind::Safe,
    source: include_str!("wrong_output.rs"),
    touches: &[],
    check,
};

/// Where the parts of a package are.
struct Layout {
    /// Its attribute in nixpkgs.
    package: &'static str,
    /// The first output: what the package alone stands for.
    first: &'static str,
    /// The output with the libraries.
    libraries: &'static str,
}

/// As the packages' `outputs` have had it for years (read in nixpkgs of 2021 to 2026). Headers and `.pc`
/// files are in `dev` of all of them.
const LAYOUTS: &[Layout] = &[
    Layout { package: "curl", first: "bin", libraries: "out" },
    Layout { package: "fontconfig", first: "bin", libraries: "lib" },
    Layout { package: "libgit2", first: "lib", libraries: "lib" },
    Layout { package: "libxml2", first: "bin", libraries: "out" },
    Layout { package: "openssl", first: "bin", libraries: "out" },
    Layout { package: "openssl_1_1", first: "bin", libraries: "out" },
    Layout { package: "openssl_3", first: "bin", libraries: "out" },
    Layout { package: "sqlite", first: "bin", libraries: "out" },
    Layout { package: "xz", first: "bin", libraries: "out" },
    Layout { package: "zlib", first: "out", libraries: "out" },
    Layout { package: "zstd", first: "bin", libraries: "out" },
];

impl Layout {
    /// The one output that has a folder, where that is known.
    fn output_with(&self, folder: &str) -> Option<&'static str> {
        let parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
        match parts.as_slice() {
            ["include", ..] | ["lib", "pkgconfig", ..] => Some("dev"),
            ["lib", "cmake", ..] => None,
            ["lib", ..] => Some(self.libraries),
            _ => None,
        }
    }
}

fn check(project: &Project) -> Vec<Finding> {
    let found = project.derivations().flat_map(|(_, derivation)| {
        let variables = derivation.env.iter().map(|variable| &variable.value);
        let texts = variables.chain(derivation.phases.iter().map(|phase| &phase.text));
        texts.flat_map(|text| in_text(project, derivation, text)).collect::<Vec<_>>()
    });
    support::once_per_place(found)
}

fn in_text(project: &Project, derivation: &Derivation, text: &Text) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, piece) in text.pieces.iter().enumerate() {
        match piece {
            Piece::Either { texts, .. } => {
                findings.extend(texts.iter().flat_map(|text| in_text(project, derivation, text)));
            }
            Piece::Store { item, origin } => {
                if let Some(Piece::Literal { text, .. }) = text.pieces.get(index + 1) {
                    findings.extend(finding(project, derivation, item, origin, folder(text)));
                }
            }
            _ => {}
        }
    }
    findings
}

/// The path at the start of the text behind an interpolation.
fn folder(text: &str) -> &str {
    let end = text.find(|character: char| character.is_whitespace() || "\"':;,$)\\".contains(character));
    text.get(..end.unwrap_or(text.len())).filter(|path| path.starts_with('/')).unwrap_or_default()
}

fn finding(
    project: &Project,
    derivation: &Derivation,
    item: &StoreItem,
    origin: &Origin,
    folder: &str,
) -> Option<Finding> {
    let layout = LAYOUTS.iter().find(|layout| layout.package == item.attribute)?;
    let right = layout.output_with(folder)?;
    let named = item.output.as_deref();
    let taken = named.unwrap_or(layout.first);
    // `getLib` and `getBin` take `out` where there is no output of that name.
    let has_lib = layout.libraries == "lib";
    let taken = if taken == "lib" && !has_lib { "out" } else { taken };
    if taken == right || !matches!(taken, "bin" | "dev" | "out" | "lib" | "man") {
        return None;
    }
    let package = &item.attribute;
    let what = match named {
        None => format!("`{package}` alone is its `{taken}` output"),
        Some(_) => format!("this is the `{taken}` output of {package}"),
    };
    let user = &derivation.attribute;
    // pkg-config's files lie in `lib` of `dev`: the folder is there, the library is not.
    let (message, severity) = match taken {
        "dev" if folder.starts_with("/lib") => (
            format!(
                "{what}, whose `/lib` has pkg-config's files and no library, and {user} is given `{folder}`"
            ),
            Severity::Warning,
        ),
        _ => (
            format!("{what}, which has no `{folder}`, so {user} is given a folder that is not there"),
            Severity::Error,
        ),
    };
    Some(
        Finding::new(RULE.name, severity, origin.clone(), message)
            .with_help(format!("`{folder}` is in the `{right}` output: write `{package}.{right}`"))
            .with_fixes(fix(project, item, origin, right)),
    )
}

fn fix(project: &Project, item: &StoreItem, origin: &Origin, right: &str) -> Option<Fix> {
    let written = project.text_at(origin);
    let inner = written.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let offset = if inner.is_some() { 2 } else { 0 };
    let inner = inner.unwrap_or(&written);
    let path = inner.trim();
    if !support::is_attribute_path(path) {
        return None;
    }
    let package = item.attribute.rsplit('.').next()?;
    let base = match &item.output {
        Some(output) => path.strip_suffix(output)?.strip_suffix('.')?,
        None => path,
    };
    // A name that stands for something else (`let ssl = pkgs.openssl.bin;`) is not to be changed here.
    if base.rsplit('.').next() != Some(package) {
        return None;
    }
    let start = origin.span.start() + offset + (inner.len() - inner.trim_start().len());
    let span = Span::new(start, start + path.len());
    let edit = fix::toml::replace(&origin.file, span, format!("{base}.{right}"));
    Some(Fix::safe(format!("Take the `{right}` output"), vec![edit]))
}
