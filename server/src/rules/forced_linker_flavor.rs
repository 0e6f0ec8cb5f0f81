//! A linker of one's own choice, for every target.
//!
//! ## What it does
//!
//! Finds `-fuse-ld=mold`, `-fuse-ld=lld`, `-C linker=…` and the like in flags that every target gets:
//! `build.rustflags`, or a `[target.'cfg(…)']` table that Linux, macOS and Windows all match; and `linker` in such
//! a table.
//!
//! ## Why it matters
//!
//! For everybody on another system, and for every cross build: mold links ELF only, Apple's clang knows no
//! `-fuse-ld=mold`, MSVC's linker knows no `-fuse-ld` at all, and a plain `clang` does not link aarch64 on x86_64
//! without more flags. The build of those fails, or quietly takes another linker.
//!
//! ## Example
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! rustflags = ["-C", "link-arg=-fuse-ld=mold"]
//! ```
//!
//! ## Use instead
//!
//! ```toml file:.cargo/config.toml
//! [target.x86_64-unknown-linux-gnu]
//! rustflags = ["-C", "link-arg=-fuse-ld=mold"]
//! ```
//!
//! ## When it stays silent
//!
//! When the flags are for one target or one system; in the environment of a dev shell, which brings the linker
//! itself; in `~/.cargo/config.toml`, which is yours alone.
//!
//! ## Fix safety
//!
//! For review: the flags go to Linux only, and on Linux a `target` table hides `build.rustflags`, so what else
//! stands there is repeated.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/cargo/reference/config.html#buildrustflags>
//! - <https://github.com/rui314/mold#how-to-use>

use super::{FixKind, Rule, support};
use crate::{
    cargo::config::{Flags, Form, Matcher, Scope, TargetTable},
    finding::{Confidence, Edit, Finding, Fix, Severity},
    fix, knowledge,
    project::{
        Project,
        flags::{self, Codegen, Word},
        matches,
    },
    text::Origin,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "forced-linker-flavor",
    summary: "mold, lld or another linker forced on every target",
    severity: Severity::Warning,
    fix: FixKind::Review,
    source: include_str!("forced_linker_flavor.rs"),
    touches: &["target.*.rustflags", "build.rustflags"],
    check,
};

/// Targets of the three systems: a table that matches all of them is for everybody.
const SYSTEMS: [&str; 3] = ["x86_64-unknown-linux-gnu", "aarch64-apple-darwin", "x86_64-pc-windows-msvc"];

fn check(project: &Project) -> Vec<Finding> {
    let config = &project.cargo.config;
    let mut findings = Vec::new();
    for flags in &config.build_rustflags {
        let file = config.files.iter().find(|file| *file.file() == flags.key.file);
        if file.is_some_and(|file| file.scope == Scope::Project) {
            findings.extend(in_flags(project, flags, "build.rustflags", true));
        }
    }
    for table in config.targets.iter().filter(|table| is_for_all(table) && is_shared(project, table)) {
        let setting = format!("target.{}", fix::toml::key(&table.key.value));
        if let Some(flags) = &table.rustflags {
            findings.extend(in_flags(project, flags, &format!("{setting}.rustflags"), false));
        }
        if let Some(linker) = &table.linker {
            let what = format!("`{}`", linker.value);
            findings.push(finding(linker.origin.clone(), &what, &format!("{setting}.linker")));
        }
    }
    findings
}

fn is_for_all(table: &TargetTable) -> bool {
    matches!(table.matcher, Matcher::Cfg(_)) && SYSTEMS.iter().all(|triple| matches(table, triple))
}

fn is_shared(project: &Project, table: &TargetTable) -> bool {
    let file = project.cargo.config.files.get(table.file);
    file.is_some_and(|file| file.scope == Scope::Project)
}

fn in_flags(project: &Project, flags: &Flags, setting: &str, may_move: bool) -> Option<Finding> {
    let words: Vec<Word> = flags
        .values
        .iter()
        .map(|word| Word { text: word.value.clone(), origin: Some(word.origin.clone()) })
        .collect();
    let options = flags::codegen_options(&words);
    let (option, what) = options.iter().find_map(|option| Some((option, forced(option)?)))?;
    let origin = flags::origin_of(&words, option.first, option.last)?;
    let edits = may_move.then(|| for_linux(project, flags, &words, option)).flatten();
    let fix = edits.map(|edits| Fix::review("Give these flags to Linux only", edits));
    Some(finding(origin, &what, setting).with_fixes(fix))
}

fn finding(origin: Origin, what: &str, setting: &str) -> Finding {
    let message = format!(
        "`{setting}` gives {what} to every target: builds for other systems and cross builds fail or link \
         with something else"
    );
    Finding::new(RULE.name, Severity::Warning, origin, message)
        .with_confidence(Confidence::Likely)
        .with_help("put it under `[target.TRIPLE]` for the targets that have this linker")
}

/// What an option says about the linker; `None` when it says nothing of it.
fn forced(option: &Codegen<'_>) -> Option<String> {
    match option.name.replace('_', "-").as_str() {
        "link-arg" | "link-args" | "pre-link-arg" | "pre-link-args" => {
            let words = option.value.split_whitespace();
            let flavor = words.filter_map(|word| word.strip_prefix("-fuse-ld=")).next_back()?;
            Some(format!("the linker `{}`", flavor.rsplit('/').next().unwrap_or(flavor)))
        }
        "linker" => Some(format!("the linker `{}`", option.value)),
        // rust-lld comes with rustc and links for every target that it is the default of.
        "linker-flavor" => Some(format!("the linker flavor `{}`", option.value)),
        _ => None,
    }
}

/// Moves an option to a table for Linux. That table hides `build.rustflags` there, so it gets all of the flags.
fn for_linux(project: &Project, flags: &Flags, words: &[Word], option: &Codegen<'_>) -> Option<Vec<Edit>> {
    let linux = |table: &TargetTable| {
        table.rustflags.is_some()
            && knowledge::targets().iter().any(|target| target.is_linux() && matches(table, target.triple))
    };
    // Where tables have flags for Linux, these never reached it.
    if flags.form != Form::Array || project.cargo.config.targets.iter().any(linux) {
        return None;
    }
    let located = support::locate(project, &flags.value)?;
    let (key, folders) = located.path.split_last()?;
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    let mut gone = if option.last + 1 - option.first == words.len() {
        let parent = located.source.toml().root.path(&folders)?.as_table()?;
        fix::toml::remove(&located.source, parent, parent.entry(key)?)?
    } else {
        fix::toml::remove_elements(&located.source, located.value()?, option.first, option.last)?
    };
    let all: Vec<String> = words.iter().map(|word| fix::toml::quote(&word.text)).collect();
    let path = ["target", "cfg(target_os = \"linux\")", "rustflags"];
    let mut added = fix::toml::set(
        located.source.file(),
        Some(&located.source),
        &path,
        &format!("[{}]", all.join(", ")),
    )?;
    // What went stood on the last line, behind which the table comes.
    if added.start < gone.end && gone.start < added.start {
        gone.end = added.start;
        let newline = located.source.document().line_ending();
        added.text = added.text.strip_prefix(newline).map(str::to_owned).unwrap_or(added.text);
    }
    Some(vec![gone, added])
}
