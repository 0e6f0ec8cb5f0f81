//! The run time of a compiler, which Windows does not have.
//!
//! ## What it does
//!
//! Finds imports from the DLLs of compilers: `VCRUNTIME140.dll` and its like of Visual C++,
//! `libgcc_s_seh-1.dll`, `libwinpthread-1.dll` and `libstdc++-6.dll` of mingw-w64, those of Cygwin and MSYS2.
//!
//! ## Why it matters
//!
//! For everybody who only has Windows: a box says that the DLL was not found, and the program does not
//! start. Those of Visual C++ are on many machines, because some other program installed them: that is why
//! it works for you.
//!
//! ## Example
//!
//! ```console
//! > portolan audit target\release\app.exe
//! warning[runtime-dll]: app.exe needs VCRUNTIME140.dll, the run time of Visual C++, which Windows does not bring along
//! ```
//!
//! ## Use instead
//!
//! Link the run time statically. For `*-pc-windows-msvc`:
//!
//! ```toml
//! [target.x86_64-pc-windows-msvc]
//! rustflags = ["-C", "target-feature=+crt-static"]
//! ```
//!
//! For `*-pc-windows-gnu` Rust links libgcc statically by itself; a library in C++ or one that asks for
//! threads brings the DLLs back: `-C link-arg=-static`.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/reference/linkage.html#static-and-dynamic-c-runtimes>
//! - <https://learn.microsoft.com/cpp/windows/determining-which-dlls-to-redistribute>

use super::{ArtefactRule, Subject, support};
use crate::{
    audit::artefact::{Image, System},
    finding::{Finding, Severity},
    knowledge::{self, Runtime},
};

/// The rule.
pub const RULE: ArtefactRule = ArtefactRule {
    name: "runtime-dll",
    summary: "the run time of a compiler, which Windows does not have",
    severity: Severity::Error,
    source: include_str!("runtime_dll.rs"),
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    subject.images().iter().flat_map(|image| of_image(subject, image)).collect()
}

fn of_image(subject: &Subject<'_>, image: &Image) -> Vec<Finding> {
    let mut runtimes: Vec<(&Runtime, Vec<&str>)> = Vec::new();
    if image.system != System::Windows {
        return Vec::new();
    }
    for needed in &image.needed {
        let Some(runtime) = knowledge::windows_runtime(&needed.name) else { continue };
        if needed.is_optional || support::is_expected(image, &needed.name, subject.policy()) {
            continue;
        }
        match runtimes.iter_mut().find(|(known, _)| known.what == runtime.what) {
            Some((_, names)) => names.push(&needed.name),
            None => runtimes.push((runtime, vec![&needed.name])),
        }
    }
    let finding = |(runtime, names): (&Runtime, Vec<&str>)| {
        let is_error = runtime.is_certain || subject.policy().is_strict;
        let severity = if is_error { Severity::Error } else { Severity::Warning };
        let message =
            format!("{} needs {}, {}", subject.name(image), support::listed(&names, 4), runtime.what);
        subject.finding(&RULE, severity, message).with_help(runtime.remedy)
    };
    runtimes.into_iter().map(finding).collect()
}
