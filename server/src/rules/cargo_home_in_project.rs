//! `CARGO_HOME` in the project's own `.cargo` folder.
//!
//! ## What it does
//!
//! Looks at the `CARGO_HOME` that a dev shell sets, as an attribute, in `env` or by `export` in its
//! `shellHook`, and finds the one that is `.cargo` in the folder where the shell is entered.
//!
//! ## Why it matters
//!
//! For everybody who enters the shell: `.cargo` is the folder of the project's configuration. As
//! `CARGO_HOME` it also takes cargo's registry, git checkouts, installed programs and `credentials.toml`. Who
//! commits the configuration commits those too, or has to ignore the folder, and then the configuration is
//! missing for everybody else and in Nix builds. Without such an ignore a flake copies the whole registry to
//! the store at each evaluation.
//!
//! ## Example
//!
//! ```nix file:flake.nix
//! {
//!   outputs = { nixpkgs, ... }: let
//!     pkgs = nixpkgs.legacyPackages.x86_64-linux;
//!   in {
//!     devShells.x86_64-linux.default = pkgs.mkShell {
//!       packages = [ pkgs.rustup ];
//!       shellHook = ''
//!         export CARGO_HOME=$(pwd)/.cargo/
//!       '';
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
//!       packages = [ pkgs.rustup ];
//!       shellHook = ''
//!         export CARGO_HOME=$(pwd)/.cargo-home/
//!       '';
//!     };
//!   };
//! }
//! ```
//!
//! ## When it stays silent
//!
//! For any other folder; for `$HOME/.cargo`; in the builds of packages, whose folder is thrown away.
//!
//! ## Fix safety
//!
//! For review: what is in the old folder is downloaded again, and git should ignore the new one.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/cargo/guide/cargo-home.html>
//! - <https://doc.rust-lang.org/cargo/reference/config.html#hierarchical-structure>

use super::{FixKind, Rule, support};
use crate::{
    finding::{Finding, Fix, Severity},
    fix,
    nix::facts::{Derivation, Piece, Variable},
    project::{Context, Project},
    text::{Origin, Span},
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "cargo-home-in-project",
    summary: "CARGO_HOME in the project's own .cargo folder",
    severity: Severity::Warning,
    fix: FixKind::Review,
    source: include_str!("cargo_home_in_project.rs"),
    touches: &[],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let supplied = project.variables_named("CARGO_HOME");
    let in_shells = supplied.filter(|one| matches!(one.context, Context::Shell(_)));
    support::once_per_place(in_shells.filter_map(|one| finding(project, one.by, one.variable)))
}

fn finding(project: &Project, shell: &Derivation, variable: &Variable) -> Option<Finding> {
    let (piece, start) = project_cargo_folder(project, variable)?;
    let message = format!(
        "{} sets CARGO_HOME to the project's `.cargo`: downloads, programs and credentials land beside its configuration",
        shell.attribute
    );
    let fix = place_in(project, piece, start).map(|place| {
        let edit = fix::toml::replace(&place.file, place.span, ".cargo-home");
        Fix::review("Keep cargo's files in `.cargo-home`", vec![edit])
    });
    Some(
        Finding::new(RULE.name, Severity::Warning, variable.value_origin.clone(), message)
            .with_help("use another folder, such as `$PWD/.cargo-home`, and let git ignore it")
            .with_fixes(fix),
    )
}

/// When the value is `.cargo` in the current folder: the piece that says `.cargo`, and at which of its characters.
fn project_cargo_folder<'v>(project: &Project, variable: &'v Variable) -> Option<(&'v Piece, usize)> {
    let (lead, last) = match variable.value.pieces.as_slice() {
        [last] => (None, last),
        [lead, last] => (Some(lead), last),
        _ => return None,
    };
    let Piece::Literal { text, .. } = last else { return None };
    let path = text.trim_end_matches('/');
    match lead {
        None if path == ".cargo" => Some((last, 0)),
        None if path == "./.cargo" => Some((last, 2)),
        Some(Piece::Unknown { origin, .. }) if path == "/.cargo" && is_current_folder(project, origin) => {
            Some((last, 1))
        }
        _ => None,
    }
}

/// Where exactly `.cargo` stands in a piece, if that can be told.
fn place_in(project: &Project, piece: &Piece, start: usize) -> Option<Origin> {
    let Piece::Literal { text, origin } = piece else { return None };
    // A literal of its own comes with its quotes.
    let quote = (origin.span.len() - text.len().min(origin.span.len())) / 2;
    let offset = origin.span.start() + start + quote;
    let place = Origin::new(origin.file.clone(), Span::new(offset, offset + ".cargo".len()));
    (project.text_at(&place) == ".cargo").then_some(place)
}

/// Whether a shell's expansion is the folder in which the shell is entered, or the project's root.
fn is_current_folder(project: &Project, expansion: &Origin) -> bool {
    let text = project.text_at(expansion);
    // `''$` is how an indented string writes a `$` in front of a brace.
    let text = text.trim_start_matches('\'').trim();
    let name = text
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
        .or_else(|| text.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')')))
        .or_else(|| text.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')))
        .or_else(|| text.strip_prefix('$'))
        .unwrap_or(text);
    let roots = ["pwd", "PWD", "git rev-parse --show-toplevel", "PRJ_ROOT", "FLAKE_ROOT", "DEVENV_ROOT"];
    roots.contains(&name.trim())
}
