//! A program for Apple silicon without a signature.
//!
//! ## What it does
//!
//! Finds code for arm64 of macOS that carries no signature at all. Whether the signature is that of a
//! known developer is another matter: one made without a certificate ("ad hoc") will do to start it.
//!
//! ## Why it matters
//!
//! For everybody with Apple silicon: the kernel ends an unsigned program at once, and the shell says
//! `killed`. Apple's linker signs by itself; what changes the file afterwards (`strip`,
//! `install_name_tool`, `patchelf`, a linker on Linux) may take the signature away.
//!
//! ## Example
//!
//! ```console
//! $ portolan audit dist/app-aarch64-apple-darwin
//! error[macos-unsigned]: app-aarch64-apple-darwin is not signed: Apple silicon ends it when it starts
//! ```
//!
//! ## Use instead
//!
//! ```console
//! $ codesign --force --sign - app     # on macOS
//! $ rcodesign sign app                # elsewhere
//! ```
//!
//! ## References
//!
//! - <https://developer.apple.com/documentation/macos-release-notes/macos-big-sur-11_0_1-universal-apps-release-notes>
//! - <https://gregoryszorc.com/docs/apple-codesign/stable/>

use super::{ArtefactRule, Subject};
use crate::{
    audit::artefact::System,
    finding::{Finding, Severity},
};

/// The rule.
pub const RULE: ArtefactRule = ArtefactRule {
    name: "macos-unsigned",
    summary: "a program for Apple silicon without a signature",
    severity: Severity::Error,
    source: include_str!("macos_unsigned.rs"),
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let unsigned = subject.images().iter().filter(|image| {
        image.system == System::MacOs && image.arch == "aarch64" && image.is_signed == Some(false)
    });
    let finding = |image| {
        let message = format!("{} is not signed: Apple silicon ends it when it starts", subject.name(image));
        let help = format!(
            "sign it as the last step: `codesign --force --sign - {0}` on macOS, `rcodesign sign {0}` elsewhere",
            subject.artefact.name
        );
        subject.finding(&RULE, Severity::Error, message).with_help(help)
    };
    unsigned.map(finding).collect()
}
