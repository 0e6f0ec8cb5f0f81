//! A library that other machines may not have.
//!
//! ## What it does
//!
//! Compares the libraries that a binary loads with those that come with the system: glibc or musl on Linux,
//! `/usr/lib` and `/System` on macOS, the DLLs of Windows. What Python or Node bring for their extension
//! modules is expected there. A library that the binary looks for beside itself (`$ORIGIN`, `@loader_path`) is
//! a hint. A policy (`manylinux2014`, a file with `libraries = […]`) may allow more. Compares the versions of a
//! library's symbols with those that the policy has, too. Libraries of the desktop (X11, GTK, sound) are a
//! hint, since a graphical program cannot bring them along.
//!
//! ## Why it matters
//!
//! For everybody who has not installed the same packages: the loader says `error while loading shared
//! libraries: libssl.so.3: cannot open shared object file`, or Windows shows a box with the missing DLL. Often
//! the library came in unasked, because pkg-config found it on the machine that built the program.
//!
//! ## Example
//!
//! ```console
//! $ portolan audit target/release/app
//! warning[unexpected-library]: app needs libssl.so.3 and libcrypto.so.3, which not every Linux has
//! ```
//!
//! ## Use instead
//!
//! Link it into the program: most `-sys` crates have a feature `vendored`, `bundled` or `static`; for OpenSSL
//! rustls is the usual answer. `portolan check` names the feature for each crate. Or ship the library beside
//! the program, and let the loader look there (`$ORIGIN`, `@loader_path`).
//!
//! ## References
//!
//! - <https://peps.python.org/pep-0600/>

use super::{ArtefactRule, Subject, support};
use crate::{
    audit::artefact::{Image, System},
    finding::{Confidence, Finding, Severity},
    knowledge,
};

/// The rule.
pub const RULE: ArtefactRule = ArtefactRule {
    name: "unexpected-library",
    summary: "a library that other machines may not have",
    severity: Severity::Warning,
    source: include_str!("unexpected_library.rs"),
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    subject.images().iter().flat_map(|image| of_image(subject, image)).collect()
}

/// What is to be said of a library.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// It comes with desktops.
    Desktop,
    /// It is looked for beside the program, as Windows does with every DLL.
    Beside,
    /// The program itself says where beside it: it is meant to be shipped with it.
    Shipped,
    /// It stands at a path of its own: Homebrew, MacPorts, somebody's folder.
    Elsewhere,
    /// libgcc or libstdc++, which Alpine has as packages.
    CompilerRuntime,
    /// It is some package's.
    Other,
}

fn of_image(subject: &Subject<'_>, image: &Image) -> Vec<Finding> {
    let policy = subject.policy();
    let missing: Vec<&str> = support::missing_libraries(image, policy)
        .into_iter()
        .filter(|name| image.system != System::Windows || knowledge::windows_runtime(name).is_none())
        .collect();
    let classes = [
        Class::Elsewhere,
        Class::Other,
        Class::CompilerRuntime,
        Class::Beside,
        Class::Shipped,
        Class::Desktop,
    ];
    let of_class = |class| {
        let names: Vec<&str> =
            missing.iter().copied().filter(|name| classify(image, name) == class).collect();
        (!names.is_empty()).then(|| finding(subject, image, class, &names))
    };
    classes.into_iter().filter_map(of_class).chain(symbols(subject, image)).collect()
}

fn classify(image: &Image, name: &str) -> Class {
    let looks_beside = |markers: &[&str]| {
        image.runpath.iter().any(|folder| markers.iter().any(|marker| folder.starts_with(marker)))
    };
    match image.system {
        System::MacOs | System::Apple(_) => {
            let relative = ["@loader_path/", "@executable_path/"];
            // A plain name is looked for in the folder that the program was started from.
            if relative.iter().any(|marker| name.starts_with(marker)) {
                Class::Shipped
            } else if name.starts_with("@rpath/") {
                if looks_beside(&["@loader_path", "@executable_path"]) {
                    Class::Shipped
                } else {
                    Class::Beside
                }
            } else {
                Class::Elsewhere
            }
        }
        System::Windows => Class::Beside,
        _ if name.starts_with('/') => Class::Elsewhere,
        _ if knowledge::libraries("desktop").is_some_and(|group| group.holds(name)) => Class::Desktop,
        _ if looks_beside(&["$ORIGIN", "${ORIGIN}"]) => Class::Shipped,
        _ if matches!(name, "libgcc_s.so.1" | "libstdc++.so.6") => Class::CompilerRuntime,
        _ => Class::Other,
    }
}

fn finding(subject: &Subject<'_>, image: &Image, class: Class, names: &[&str]) -> Finding {
    let policy = subject.policy();
    let (name, system) = (subject.name(image), image.system.name());
    let shown = support::listed(names, 4);
    let them = if names.len() == 1 { "it" } else { "them" };
    if policy.is_strict && (!matches!(class, Class::Beside | Class::Shipped) || policy.is_static) {
        let message = format!("{name} needs {shown}, which {} does not allow", policy.name);
        let help = format!(
            "link {them} statically (features `vendored`, `bundled`, `static` of the -sys crates), or allow {them} in the policy"
        );
        return subject.finding(&RULE, Severity::Error, message).with_help(help);
    }
    match class {
        Class::Elsewhere => {
            let message = format!("{name} loads {shown}, which other machines do not have at that path");
            let help = format!(
                "link {them} statically: look for a feature `vendored`, `bundled` or `static` of the -sys crate; or ship {them} with the program"
            );
            subject.finding(&RULE, Severity::Error, message).with_help(help)
        }
        Class::Other => {
            let message = format!("{name} needs {shown}, which not every {system} has");
            let help = format!(
                "link {them} statically (features `vendored`, `bundled`, `static` of the -sys crates, or rustls for OpenSSL), or name {them} as a dependency of your package"
            );
            subject.finding(&RULE, Severity::Warning, message).with_help(help)
        }
        Class::CompilerRuntime => {
            let message = format!("{name} needs {shown}, which not every {system} has");
            let help = format!(
                "link {them} statically (`-C link-arg=-static-libgcc`, for C++ `-static-libstdc++` too), or name {them} \
                 as a dependency of your package (Alpine: libgcc, libstdc++)"
            );
            subject.finding(&RULE, Severity::Warning, message).with_help(help)
        }
        Class::Shipped => {
            let message = format!("{name} looks beside itself for {shown}");
            let help = format!("ship {them} with the program");
            subject.finding(&RULE, Severity::Hint, message).with_help(help)
        }
        Class::Beside => {
            let message =
                format!("{name} starts only with {shown} beside it: {system} does not bring {them} along");
            let help = format!("ship {them} with the program, or link {them} statically");
            let where_to_look = image.system == System::Windows || subject.images().len() == 1;
            let confidence = if where_to_look { Confidence::Likely } else { Confidence::Possible };
            subject.finding(&RULE, Severity::Warning, message).with_confidence(confidence).with_help(help)
        }
        Class::Desktop => {
            let message =
                format!("{name} needs {shown} of the desktop: servers and containers do not have {them}");
            let help =
                "that is in order for a graphical program; name the packages in its documentation".to_owned();
            subject.finding(&RULE, Severity::Hint, message).with_help(help)
        }
    }
}

/// Symbols of libstdc++, libgcc and others that are newer than the policy's.
fn symbols(subject: &Subject<'_>, image: &Image) -> Vec<Finding> {
    let policy = subject.policy();
    let newer = |(prefix, allowed): &(String, crate::audit::Version)| {
        let needed = image.highest(prefix).filter(|needed| needed > allowed)?;
        let library = image.versions.iter().find(|version| version.of(prefix) == Some(needed))?;
        let message = format!(
            "{} needs {} of {}, and {} allows {prefix}_{allowed}",
            subject.name(image),
            library.name,
            library.library,
            policy.name
        );
        let help =
            "link that library statically, or build with an older compiler (the policy's container image)";
        Some(subject.finding(&RULE, Severity::Error, message).with_help(help))
    };
    policy.symbols.iter().filter_map(newer).collect()
}
