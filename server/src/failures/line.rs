//! What kind of line it is: the frame that cargo, rustc and Nix give to their words.

use super::decisive;

/// The part that a line plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineKind {
    /// An error begins.
    Error,
    /// A warning begins.
    Warning,
    /// Cargo says what it does ("   Compiling app v0.1.0").
    Status,
    /// A build has come to its good end.
    Success,
    /// Belongs to what stands above it.
    Continuation,
    /// Anything else.
    Other,
}

/// Words that cargo begins its progress lines with.
const STATUS: [&str; 27] = [
    "Adding",
    "Archiving",
    "Blocking",
    "Building",
    "Checking",
    "Cleaned",
    "Compiling",
    "Dirty",
    "Doc-tests",
    "Documenting",
    "Downloaded",
    "Downloading",
    "Executable",
    "Finished",
    "Fixing",
    "Fresh",
    "Generated",
    "Installed",
    "Installing",
    "Locking",
    "Packaging",
    "Removing",
    "Replacing",
    "Running",
    "Unpacking",
    "Updating",
    "Verifying",
];

/// Reads the frame of a line, prefixes already gone.
pub(super) fn kind(line: &str) -> LineKind {
    let trimmed = line.trim_start();
    let indent = line.len() - trimmed.len();
    if trimmed.is_empty() {
        return LineKind::Continuation;
    }
    if indent == 0 {
        if is_error(trimmed) {
            return LineKind::Error;
        }
        if trimmed.starts_with("warning:")
            || trimmed.starts_with("warning[")
            || trimmed.starts_with("WARNING:")
        {
            return LineKind::Warning;
        }
    }
    // The bar that cargo draws again and again, between the lines of everything else.
    if trimmed.starts_with("Building [") {
        return LineKind::Continuation;
    }
    // Right-aligned to twelve columns.
    let word = trimmed.split(' ').next().unwrap_or_default();
    if indent + word.len() == 12 && STATUS.contains(&word) {
        return if word == "Finished" { LineKind::Success } else { LineKind::Status };
    }
    if trimmed.starts_with("test result: ok.") {
        return LineKind::Success;
    }
    let is_continuation = indent > 0
        || trimmed.starts_with(['|', '=', '-'])
        || trimmed.starts_with("...")
        || trimmed.starts_with("note:")
        || trimmed.starts_with("help:")
        || trimmed.starts_with("Caused by:")
        || trimmed.starts_with("For more information about")
        || trimmed
            .split_once(" |")
            .is_some_and(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()));
    if is_continuation { LineKind::Continuation } else { LineKind::Other }
}

fn is_error(trimmed: &str) -> bool {
    ["error:", "error[", "Error:", "ERROR:", "fatal error:", "fatal:", "FAILED:"]
        .iter()
        .any(|word| trimmed.starts_with(word))
        || (trimmed.starts_with("make") && trimmed.contains(": *** "))
}

/// Whether a line is of the instructions that a build script gives to cargo: they are no words of an error.
pub(super) fn is_instruction(line: &str) -> bool {
    line.trim_start().starts_with("cargo:")
}

/// It says why a build failed.
pub(super) const CLEAR: u8 = 0;
/// A word that a build failed, and no more.
pub(super) const VAGUEST: u8 = 2;

/// How much a line says about why a build failed; the least is the most.
pub(super) fn vagueness(line: &str) -> u8 {
    const GENERAL: [&str; 21] = [
        "error: could not compile",
        "error: failed to run custom build command",
        "error: build failed",
        "error: aborting due to",
        "error: process didn't exit successfully",
        "error: builder for",
        "error: Cannot build",
        "error: test failed",
        "error: Recipe",
        "error: Build failed due to failed dependency",
        "make",
        "Process completed with exit code",
        "The process ",
        "Error: Process completed with exit code",
        "Error: The process ",
        "error: Bad exit status from ",
        "ERROR: Job failed: ",
        "ERROR: failed to solve: process ",
        "ERROR: process \"",
        "Error: The command exited with status",
        "FAILED:",
    ];
    let trimmed = line.trim_start();
    let is_dependency = trimmed.contains("dependencies of derivation") && trimmed.contains("failed to build");
    let is_general = is_dependency
        || decisive::announces(trimmed)
        || trimmed == "error:"
        || GENERAL.iter().any(|general| trimmed.starts_with(general));
    u8::from(is_general)
}

/// The crate that cargo could not build.
pub(super) fn failed_crate(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("error: could not compile `").or_else(|| custom_build(line))?;
    let name = rest.split(['`', ' ']).next().unwrap_or_default();
    (!name.is_empty() && name.len() < 100).then_some(name)
}

/// What stands behind "failed to run custom build command for `".
pub(super) fn custom_build(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix("error: failed to run custom build command for `")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_told_from_words() {
        for (line, expected) in [
            ("error: linker `x` not found", LineKind::Error),
            ("error[E0463]: can't find crate for `std`", LineKind::Error),
            ("make[1]: *** [Makefile:3: all] Error 127", LineKind::Error),
            ("warning: unused", LineKind::Warning),
            ("   Compiling app v0.1.0", LineKind::Status),
            (" Downloading crates ...", LineKind::Status),
            ("    Finished `dev` profile", LineKind::Success),
            ("  = note: error: x", LineKind::Continuation),
            ("    Building [==>    ] 3/17: app", LineKind::Continuation),
            ("12 | fn main() {}", LineKind::Continuation),
            ("  error: x", LineKind::Continuation),
            ("Compiling is fun", LineKind::Other),
            ("errors: none", LineKind::Other),
            ("checking for x... no", LineKind::Other),
        ] {
            assert_eq!(kind(line), expected, "{line}");
        }
    }

    #[test]
    fn the_crate_that_failed_is_named() {
        assert_eq!(failed_crate("error: could not compile `app` (bin \"app\") due to 1"), Some("app"));
        assert_eq!(
            failed_crate("error: failed to run custom build command for `ring v0.17.14`"),
            Some("ring")
        );
        assert_eq!(failed_crate("error: x"), None);
    }
}
