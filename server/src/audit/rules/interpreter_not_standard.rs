//! A program whose loader other machines do not have.
//!
//! ## What it does
//!
//! Finds dynamic programs whose ELF interpreter (the loader that the kernel starts first) is not at one of
//! the paths where Linux distributions have it: a path in the Nix store, in a Conda environment, or in a
//! sysroot of the build.
//!
//! ## Why it matters
//!
//! For everybody but the machine that built it: the kernel looks for the loader, does not find it and says
//! `No such file or directory`, although the program is there. `ldd` does not show it.
//!
//! ## Example
//!
//! ```console
//! $ nix build && portolan audit result/bin/app
//! error[interpreter-not-standard]: app starts only where its loader
//!   /nix/store/…-glibc-2.40/lib/ld-linux-x86-64.so.2 exists
//! ```
//!
//! ## Use instead
//!
//! A static program has no loader: `pkgsStatic.callPackage`, or a `*-unknown-linux-musl` target. If it has
//! to be dynamic, set the usual path after the build:
//!
//! ```nix
//! postFixup = ''
//!   patchelf --set-interpreter /lib64/ld-linux-x86-64.so.2 --remove-rpath $out/bin/app
//! '';
//! ```
//!
//! The program still needs a glibc as new as that of its nixpkgs.
//!
//! ## References
//!
//! - <https://github.com/NixOS/patchelf>
//! - <https://nixos.org/manual/nixpkgs/stable/#sec-cross-usage>

use super::{ArtefactRule, Subject, support};
use crate::{
    audit::{artefact::Image, store},
    finding::{Finding, Severity},
};

/// The rule.
pub const RULE: ArtefactRule = ArtefactRule {
    name: "interpreter-not-standard",
    summary: "a program whose loader other machines do not have",
    severity: Severity::Error,
    source: include_str!("interpreter_not_standard.rs"),
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    subject.images().iter().filter_map(|image| finding(subject, image)).collect()
}

fn finding(subject: &Subject<'_>, image: &Image) -> Option<Finding> {
    let path = image.interpreter.as_deref()?;
    let is_in_store = store::store_path(path).is_some();
    if support::is_standard_loader(image, path) || (is_in_store && subject.policy().allows_store) {
        return None;
    }
    let name = subject.name(image);
    let message = format!(
        "{name} starts only where its loader {path} exists; everywhere else it ends with \"No such file or directory\""
    );
    let patch = support::usual_loader(image).map(|(loader, _)| {
        format!(
            "or after the build: `patchelf --set-interpreter {loader} --remove-rpath {}`",
            subject.artefact.name
        )
    });
    let link = if is_in_store {
        "build it statically (pkgsStatic, or a musl target)"
    } else {
        "build it statically (a musl target), or against the system's own loader"
    };
    let help = patch.map_or_else(|| link.to_owned(), |patch| format!("{link}; {patch}"));
    Some(subject.finding(&RULE, Severity::Error, message).with_help(help))
}
