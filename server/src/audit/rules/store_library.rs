//! Libraries that are loaded from the Nix store.
//!
//! ## What it does
//!
//! Finds paths of a Nix or Guix store in what the loader reads: libraries named by their path (`NEEDED` of
//! ELF, the load commands of Mach-O), folders to look for libraries in (`RUNPATH`, `RPATH`, `LC_RPATH`), and
//! the name that a library gives itself.
//!
//! ## Why it matters
//!
//! For everybody without that store. A library named by its path is not found, and the program does not
//! start: on macOS this is how most programs from Nix fail elsewhere (`libiconv.2.dylib`). A folder that is
//! not there is passed over, so the loader takes the system's library instead: another version, or none.
//!
//! ## Example
//!
//! ```console
//! $ portolan audit result/bin/app
//! error[store-library]: app loads /nix/store/…-libiconv-109/lib/libiconv.2.dylib
//! ```
//!
//! ## Use instead
//!
//! On macOS link the library statically (`pkgsStatic.libiconv`), or point to the system's own:
//!
//! ```nix
//! postInstall = ''
//!   install_name_tool -change ${pkgs.libiconv}/lib/libiconv.2.dylib /usr/lib/libiconv.2.dylib $out/bin/app
//! '';
//! ```
//!
//! On Linux build statically, or remove the folders with `patchelf --remove-rpath`.

use super::{ArtefactRule, Subject, support};
use crate::{
    audit::{
        artefact::{Image, Kind, System},
        store::store_path,
    },
    finding::{Finding, Severity},
};

/// The rule.
pub const RULE: ArtefactRule = ArtefactRule {
    name: "store-library",
    summary: "libraries that are loaded from the Nix store",
    severity: Severity::Error,
    source: include_str!("store_library.rs"),
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    if subject.policy().allows_store {
        return Vec::new();
    }
    let each = |image| [needed(subject, image), folders(subject, image), own_name(subject, image)];
    subject.images().iter().flat_map(each).flatten().collect()
}

fn is_apple(image: &Image) -> bool {
    matches!(image.system, System::MacOs | System::Apple(_))
}

fn needed(subject: &Subject<'_>, image: &Image) -> Option<Finding> {
    let in_store = image.needed.iter().filter(|needed| store_path(&needed.name).is_some());
    let (optional, needed): (Vec<_>, Vec<_>) = in_store.partition(|needed| needed.is_optional);
    let (severity, shown) =
        if needed.is_empty() { (Severity::Warning, optional) } else { (Severity::Error, needed) };
    let names: Vec<&str> = shown.iter().map(|needed| needed.name.as_str()).collect();
    if names.is_empty() {
        return None;
    }
    let effect = match severity {
        Severity::Error => "it starts only where that path exists",
        _ => "elsewhere it starts without that library",
    };
    let message = format!("{} loads {}: {effect}", subject.name(image), support::listed(&names, 3));
    let help = if is_apple(image) {
        "link it statically (pkgsStatic), or point to the system's library with `install_name_tool -change OLD /usr/lib/NAME`, and sign again"
    } else {
        "link it statically (pkgsStatic, or a musl target)"
    };
    Some(subject.finding(&RULE, severity, message).with_help(help))
}

fn folders(subject: &Subject<'_>, image: &Image) -> Option<Finding> {
    let in_store: Vec<&str> =
        image.runpath.iter().map(String::as_str).filter(|folder| store_path(folder).is_some()).collect();
    if in_store.is_empty() {
        return None;
    }
    let message = format!(
        "{} looks for its libraries in {}: elsewhere it takes the system's instead, another version or none",
        subject.name(image),
        support::listed(&in_store, 3)
    );
    let help = if is_apple(image) {
        "remove the folders with `install_name_tool -delete_rpath FOLDER`, and sign again"
    } else {
        "build it statically, or remove the folders with `patchelf --remove-rpath`"
    };
    Some(subject.finding(&RULE, Severity::Warning, message).with_help(help))
}

/// What links to such a library remembers its name.
fn own_name(subject: &Subject<'_>, image: &Image) -> Option<Finding> {
    let name = image.own_name.as_deref().filter(|name| store_path(name).is_some())?;
    if image.kind != Kind::Library {
        return None;
    }
    let message = format!("{} calls itself {name}: programs that link to it look there", subject.name(image));
    let help = format!(
        "give it a name that moves with it: `install_name_tool -id @rpath/{}`",
        subject.artefact.name
    );
    Some(subject.finding(&RULE, Severity::Warning, message).with_help(help))
}
