//! A path of one machine in the configuration that everybody shares.
//!
//! ## What it does
//!
//! Looks at linkers, runners, flags and `[env]` in the project's own configuration files for paths below
//! somebody's home, of a CI runner, of the Nix store and of Homebrew.
//!
//! ## Why it matters
//!
//! For everybody but the author: the file is in the repository, the path is on one machine. The build ends with
//! "linker `/home/…` not found" on the next machine, with a store path after the next garbage collection or
//! update, with Homebrew's on Linux and, because its prefix differs, on the other kind of Mac.
//!
//! ## Example
//!
//! ```toml file:.cargo/config.toml
//! [target.aarch64-unknown-linux-gnu]
//! linker = "/home/ada/x-tools/bin/aarch64-unknown-linux-gnu-gcc"
//! ```
//!
//! ## Use instead
//!
//! A name that is looked up on PATH, with the folder in each machine's own PATH; or the variable
//! `CARGO_TARGET_<TRIPLE>_LINKER` in a dev shell.
//!
//! ```toml file:.cargo/config.toml
//! [target.aarch64-unknown-linux-gnu]
//! linker = "aarch64-linux-gnu-gcc"
//! ```
//!
//! ## When it stays silent
//!
//! For paths that every machine of the kind has (`/usr/bin/ld.lld`); for paths below the project; with
//! `relative = true` in `[env]`; for `--remap-path-prefix`, which means to hide such paths; in `$CARGO_HOME`
//! and above the project; for a configuration that `.gitignore` keeps out of the repository. Homebrew's folders
//! in a table for Apple's targets are worth a hint only: that is where they are on most Macs.
//!
//! ## Fix safety
//!
//! For review: a linker's path becomes its name, which has to be on PATH then.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/cargo/reference/config.html#config-relative-paths>

use super::{FixKind, Rule, linker_for_other_host, support};
use crate::{
    cargo::{
        Sourced,
        config::{Flags, Matcher, Scope, TargetTable},
    },
    finding::{Confidence, Finding, Fix, Severity},
    knowledge,
    project::{Project, matches},
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "absolute-path",
    summary: "a path of one machine in the configuration that everybody shares",
    severity: Severity::Warning,
    fix: FixKind::Review,
    source: include_str!("absolute_path.rs"),
    touches: &["target.*.linker"],
    check,
};

/// Whose a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Home,
    Ci,
    NixStore,
    Homebrew,
}

/// The folders, the more special first. `*` stands for one name.
const FOLDERS: &[(&str, Owner)] = &[
    ("/home/runner/", Owner::Ci),
    ("/Users/runner/", Owner::Ci),
    ("/__w/", Owner::Ci),
    ("/github/workspace/", Owner::Ci),
    ("/opt/hostedtoolcache/", Owner::Ci),
    ("/builds/", Owner::Ci),
    ("D:\\a\\", Owner::Ci),
    ("D:/a/", Owner::Ci),
    ("/home/linuxbrew/", Owner::Homebrew),
    ("/opt/homebrew/", Owner::Homebrew),
    ("/usr/local/Cellar/", Owner::Homebrew),
    ("/usr/local/opt/", Owner::Homebrew),
    ("/nix/store/", Owner::NixStore),
    ("/home/", Owner::Home),
    ("/Users/", Owner::Home),
    ("/root/", Owner::Home),
    ("C:\\Users\\", Owner::Home),
    ("C:/Users/", Owner::Home),
];

impl Owner {
    fn label(self) -> &'static str {
        match self {
            Self::Home => "somebody's home",
            Self::Ci => "a CI runner",
            Self::NixStore => "the Nix store of one machine",
            Self::Homebrew => "Homebrew",
        }
    }

    fn effect(self) -> &'static str {
        match self {
            Self::Home | Self::Ci => "no other machine has it",
            Self::NixStore => "no other machine has it, nor this one after the next update",
            Self::Homebrew => "it is nowhere on Linux, and elsewhere on other Macs",
        }
    }
}

/// Whose path a text names, at its start or behind the sign that ends an option.
fn owner(text: &str) -> Option<(Owner, &str)> {
    let starts = text.char_indices().filter_map(|(at, character)| match character {
        '=' | ',' | ':' | ';' | ' ' => Some(at + 1),
        _ => None,
    });
    let options = ["-L", "-I", "-F", "-B"].iter().filter(|option| text.starts_with(**option)).map(|_| 2);
    let behind = ["=-L", ",-L", "=-I", "=-F", "=-B"];
    let inner = behind.iter().filter_map(|option| text.find(option).map(|at| at + 3));
    let places = std::iter::once(0).chain(options).chain(starts).chain(inner);
    let mut found: Vec<(usize, Owner)> = places
        .filter_map(|at| {
            let rest = text.get(at..)?;
            let folder = FOLDERS.iter().find(|(folder, _)| starts_with(rest, folder))?;
            Some((at, folder.1))
        })
        .collect();
    found.sort_by_key(|(at, _)| *at);
    let (at, owner) = *found.first()?;
    let rest = text.get(at..)?;
    let end = rest.find([',', ';', ' ']).unwrap_or(rest.len());
    Some((owner, rest.get(..end)?))
}

/// Drive letters and `Users` of Windows in any case; everything else as written.
fn starts_with(text: &str, folder: &str) -> bool {
    match folder.as_bytes().get(1) {
        Some(b':') => text.get(..folder.len()).is_some_and(|start| start.eq_ignore_ascii_case(folder)),
        _ => text.starts_with(folder),
    }
}

/// Whether a program's path is one machine's own: other rules leave it to this one.
pub(super) fn is_personal(path: &str) -> bool {
    owner(path).is_some_and(|(owner, found)| owner != Owner::Homebrew && found == path)
}

fn check(project: &Project) -> Vec<Finding> {
    let config = &project.cargo.config;
    let is_shared = |index: usize| {
        config.files.get(index).is_some_and(|file| {
            file.scope == Scope::Project && project.ignored_by(file.file().path()).is_none()
        })
    };
    let mut findings = Vec::new();
    for table in config.targets.iter().filter(|table| is_shared(table.file)) {
        let is_for_apple = is_for_apple(table);
        let setting = |key: &str| format!("target.{}.{key}", crate::fix::toml::key(&table.key.value));
        if let Some(linker) = &table.linker {
            let found = finding(&setting("linker"), linker, is_for_apple);
            let fix = by_name(project, table, linker);
            findings.extend(found.map(|found| found.with_fixes(fix).with_targets(triple_of(table))));
        }
        let runner = table.runner.iter().filter_map(|words| words.values.first());
        findings.extend(runner.filter_map(|word| finding(&setting("runner"), word, is_for_apple)));
        let flags = table.rustflags.as_ref();
        findings
            .extend(flags.into_iter().flat_map(|flags| in_flags(&setting("rustflags"), flags, is_for_apple)));
    }
    for flags in &config.build_rustflags {
        let file = config.files.iter().position(|file| *file.file() == flags.key.file);
        if file.is_some_and(is_shared) {
            findings.extend(in_flags("build.rustflags", flags, false));
        }
    }
    for entry in config.env.iter().filter(|entry| !entry.relative && is_shared(entry.file)) {
        let setting = format!("env.{}", entry.name.value);
        findings.extend(finding(&setting, &entry.value, false));
    }
    findings
}

fn triple_of(table: &TargetTable) -> Option<String> {
    match &table.matcher {
        Matcher::Triple(triple) => Some(triple.clone()),
        Matcher::Cfg(_) | Matcher::Invalid(_) => None,
    }
}

/// Whether a table holds for Apple's targets alone.
fn is_for_apple(table: &TargetTable) -> bool {
    let mut held = knowledge::targets().iter().filter(|target| matches(table, target.triple)).peekable();
    held.peek().is_some() && held.all(knowledge::Target::is_apple)
}

fn in_flags(setting: &str, flags: &Flags, is_for_apple: bool) -> Vec<Finding> {
    let is_remapping = |at: usize| {
        let word = |at: usize| flags.values.get(at).map_or("", |word| word.value.as_str());
        word(at).starts_with("--remap-path-prefix")
            || at.checked_sub(1).is_some_and(|before| word(before) == "--remap-path-prefix")
    };
    let words = flags.values.iter().enumerate().filter(|(at, _)| !is_remapping(*at));
    words.filter_map(|(_, word)| finding(setting, word, is_for_apple)).collect()
}

fn finding(setting: &str, value: &Sourced<String>, is_for_apple: bool) -> Option<Finding> {
    let (owner, path) = owner(&value.value)?;
    let is_at_home = owner == Owner::Homebrew && is_for_apple;
    let severity = if is_at_home { Severity::Hint } else { Severity::Warning };
    let message = format!(
        "{setting} is for everybody, and `{path}` is a path of {}: {}",
        owner.label(),
        owner.effect()
    );
    let help = match owner {
        Owner::NixStore => "let the flake's dev shell set it in the environment",
        _ if setting.ends_with(".linker") => {
            "name the program alone and put its folder on PATH, or set CARGO_TARGET_<TRIPLE>_LINKER on that machine"
        }
        _ => "move it to $CARGO_HOME/config.toml on that machine, or make it relative to the project",
    };
    let confidence = if is_at_home { Confidence::Possible } else { Confidence::Certain };
    Some(
        Finding::new(RULE.name, severity, value.origin.clone(), message)
            .with_confidence(confidence)
            .with_help(help),
    )
}

/// A linker's name instead of its path: its own, or what this kind of host calls it.
fn by_name(project: &Project, table: &TargetTable, linker: &Sourced<String>) -> Option<Fix> {
    let own = linker.value.rsplit(['/', '\\']).next().filter(|name| !name.is_empty())?;
    let target = knowledge::target(&table.key.value);
    let debian = target.filter(|_| project.flake.is_none()).and_then(knowledge::Target::debian_linker);
    let is_right = |name: &&str| {
        let as_written = Sourced::new((*name).to_owned(), linker.origin.clone());
        let judge = |target| linker_for_other_host::judge(project, target, &as_written);
        // Debian's musl-gcc would be found, and makes programs that crash.
        *name != "musl-gcc" && !name.contains(char::is_whitespace) && target.and_then(judge).is_none()
    };
    let name = std::iter::once(own).chain(debian).find(is_right)?;
    let edit = support::replace_string(project, &linker.origin, name)?;
    Some(Fix::review(format!("Look `{name}` up on PATH"), vec![edit]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_in_options() {
        for (text, expected) in [
            ("/home/ada/bin/ld", Some((Owner::Home, "/home/ada/bin/ld"))),
            ("-L/opt/homebrew/lib", Some((Owner::Homebrew, "/opt/homebrew/lib"))),
            ("link-arg=-L/nix/store/x/lib", Some((Owner::NixStore, "/nix/store/x/lib"))),
            ("native=/Users/ada/lib", Some((Owner::Home, "/Users/ada/lib"))),
            ("link-arg=-Wl,-rpath,/home/runner/lib,-x", Some((Owner::Ci, "/home/runner/lib"))),
            ("link-arg=-fuse-ld=/opt/homebrew/bin/ld", Some((Owner::Homebrew, "/opt/homebrew/bin/ld"))),
            ("c:\\users\\ada\\x", Some((Owner::Home, "c:\\users\\ada\\x"))),
            ("/usr/bin/clang", None),
            ("/opt/cross/bin/gcc", None),
            ("vendor/home/ada", None),
            ("https://example.org/home/ada/", None),
            ("target-feature=+crt-static", None),
        ] {
            assert_eq!(owner(text), expected, "{text}");
        }
    }
}
