//! A key in cargo's configuration that cargo does not know.
//!
//! ## What it does
//!
//! Finds keys of `.cargo/config.toml` that look meant and are read by nobody: `rustflags`, `linker` and
//! the like at the top instead of under `[build]` or `[target.…]`; misspelt tables (`[bild]`) and keys of
//! `[build]`; `[target.T.env]`; triples with underscores in a header
//! (`[target.x86_64_unknown_linux_gnu]`); cargo's own settings in `[env]`
//! (`CARGO_TARGET_<TRIPLE>_LINKER`).
//!
//! ## Why it matters
//!
//! For whoever relies on the setting: cargo skips what it does not know, mostly without a word (measured
//! with cargo 1.95).
//!
//! ## Example
//!
//! ```toml file:.cargo/config.toml
//! [target.x86_64_unknown_linux_musl]
//! rustflags = ["-C", "relocation-model=static"]
//! ```
//!
//! ## Use instead
//!
//! ```toml file:.cargo/config.toml
//! [target.x86_64-unknown-linux-musl]
//! rustflags = ["-C", "relocation-model=static"]
//! ```
//!
//! ## When it stays silent
//!
//! For keys that resemble nothing cargo knows: they may be another tool's.
//!
//! ## Fix safety
//!
//! Safe where a key only gets another name, or moves to the table that it is read from. No fix when the
//! right key is there already.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/cargo/reference/config.html>

use super::{FixKind, Rule};
use crate::{
    cargo::config::{ConfigFile, Scope},
    finding::{Finding, Fix, Severity},
    fix, knowledge,
    project::Project,
    syntax::toml::{Data, Entry, Table},
    text::Origin,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "ignored-config-key",
    summary: "a key in cargo's configuration that cargo does not know",
    severity: Severity::Warning,
    fix: FixKind::Safe,
    source: include_str!("ignored_config_key.rs"),
    touches: &["*"],
    check,
};

/// Tables and keys at the top of cargo's configuration (cargo 1.95), with unstable and historical ones.
const TOP: &[&str] = &[
    "alias",
    "build",
    "cache",
    "cargo-new",
    "credential-alias",
    "doc",
    "env",
    "future-incompat-report",
    "host",
    "http",
    "include",
    "install",
    "net",
    "patch",
    "paths",
    "profile",
    "registries",
    "registry",
    "resolver",
    "source",
    "target",
    "target-applies-to-host",
    "term",
    "unstable",
];

/// Keys of `[build]`.
const BUILD: &[&str] = &[
    "analysis",
    "artifact-dir",
    "build-dir",
    "dep-info-basedir",
    "incremental",
    "jobs",
    "out-dir",
    "pipelining",
    "rustc",
    "rustc-workspace-wrapper",
    "rustc-wrapper",
    "rustdoc",
    "rustdocflags",
    "rustflags",
    "sbom",
    "target",
    "target-dir",
    "warnings",
];

/// Names that other tools are known to keep in the file.
const OTHERS: &[&str] =
    &["xtask", "bind", "metadata", "tools", "test", "run", "bench", "rust-analyzer", "lints"];

fn check(project: &Project) -> Vec<Finding> {
    let files = project.cargo.config.files.iter().filter(|file| file.scope == Scope::Project);
    files.flat_map(in_file).collect()
}

fn in_file(file: &ConfigFile) -> Vec<Finding> {
    let root = &file.tree().root;
    let mut findings: Vec<Finding> =
        root.entries.iter().filter_map(|entry| at_top(file, root, entry)).collect();
    let table = |name: &str| root.get(name).and_then(|value| value.as_table());
    if let Some(build) = table("build") {
        findings.extend(build.entries.iter().filter_map(|entry| in_build(file, build, entry)));
    }
    if let Some(targets) = table("target") {
        findings.extend(targets.entries.iter().filter_map(|entry| in_target(file, targets, entry)));
    }
    if let Some(env) = table("env") {
        findings.extend(env.entries.iter().filter_map(|entry| in_env(file, env, entry)));
    }
    findings
}

fn origin(file: &ConfigFile, entry: &Entry) -> Origin {
    Origin::new(file.file().clone(), entry.key.span)
}

fn finding(file: &ConfigFile, entry: &Entry, message: String) -> Finding {
    Finding::new(RULE.name, Severity::Warning, origin(file, entry), message)
}

fn rename(file: &ConfigFile, entry: &Entry, name: &str) -> Fix {
    let edit = fix::toml::replace(file.file(), entry.key.span, fix::toml::key(name));
    Fix::safe(format!("Rename to `{name}`"), vec![edit])
}

fn at_top(file: &ConfigFile, root: &Table, entry: &Entry) -> Option<Finding> {
    let name = entry.key.name.as_str();
    if TOP.contains(&name) || OTHERS.contains(&name) {
        return None;
    }
    let is_table = matches!(entry.value.data, Data::Table(_));
    if !is_table && (BUILD.contains(&name) || matches!(name, "linker" | "runner")) {
        let message = format!("cargo does not read `{name}` at the top of its configuration");
        if !BUILD.contains(&name) {
            return Some(
                finding(file, entry, message)
                    .with_help("write it into the [target.<triple>] table of its target"),
            );
        }
        return Some(
            finding(file, entry, message)
                .with_help("write it under [build]")
                .with_fixes(move_to_build(file, root, entry)),
        );
    }
    let near = nearest(name, TOP).filter(|_| is_table)?;
    let fix = root.get(near).is_none().then(|| rename(file, entry, near));
    let message = format!("cargo does not know `[{name}]`: nothing in it counts");
    Some(finding(file, entry, message).with_help(format!("did you mean `[{near}]`?")).with_fixes(fix))
}

/// Moves `name = value` from the top into `[build]`.
fn move_to_build(file: &ConfigFile, root: &Table, entry: &Entry) -> Option<Fix> {
    let name = entry.key.name.as_str();
    if root.path(&["build", name]).is_some() {
        return None;
    }
    let source = &file.source;
    let value = source.document().slice(entry.value.span);
    let remove = fix::toml::remove(source, root, entry)?;
    let add = fix::toml::set(file.file(), Some(source), &["build", name], value)?;
    // A new table behind the last line would collide with the line that goes.
    let (remove, add) = if add.start <= remove.end && remove.start <= add.end {
        let newline = source.document().line_ending();
        let text = format!("[build]{newline}{}", source.document().slice(entry.statement));
        return Some(Fix::safe(
            "Move to [build]",
            vec![fix::toml::replace(file.file(), entry.statement, text)],
        ))
        .filter(|_| root.entries.len() == 1);
    } else {
        (remove, add)
    };
    Some(Fix::safe("Move to [build]", vec![remove, add]))
}

fn in_build(file: &ConfigFile, build: &Table, entry: &Entry) -> Option<Finding> {
    let name = entry.key.name.as_str();
    if BUILD.contains(&name) {
        return None;
    }
    if matches!(name, "linker" | "runner") {
        let message = format!("cargo does not read `{name}` from [build]");
        return Some(
            finding(file, entry, message)
                .with_help("write it into the [target.<triple>] table of its target"),
        );
    }
    let near = nearest(name, BUILD)?;
    let fix = build.get(near).is_none().then(|| rename(file, entry, near));
    let message = format!("cargo does not know `build.{name}`");
    Some(finding(file, entry, message).with_help(format!("did you mean `{near}`?")).with_fixes(fix))
}

fn in_target(file: &ConfigFile, targets: &Table, entry: &Entry) -> Option<Finding> {
    let name = entry.key.name.as_str();
    let table = entry.value.as_table()?;
    let dashed = name
        .contains('_')
        .then(|| knowledge::by_environment_name(&name.replace('-', "_").to_uppercase()))
        .flatten();
    if let Some(target) = dashed.filter(|target| target.triple != name) {
        let fix = targets.get(target.triple).is_none().then(|| rename(file, entry, target.triple));
        let message = format!("cargo ignores `[target.{name}]`: a triple is written with dashes");
        let help = format!("write `[target.{}]`", target.triple);
        return Some(
            finding(file, entry, message).with_targets([target.triple]).with_help(help).with_fixes(fix),
        );
    }
    let env = table.entry("env").filter(|env| matches!(env.value.data, Data::Table(_)))?;
    // With `rustc-link-lib` and the like in it, it overrides the build script of a crate that links "env".
    let inner = env.value.as_table()?;
    if inner.entries.iter().any(|entry| entry.key.name.starts_with("rustc-")) {
        return None;
    }
    let message = format!("cargo has no environment for one target: it ignores `[target.{name}.env]`");
    Some(finding(file, env, message).with_help("write the variables into [env]; they hold for all targets"))
}

fn in_env(file: &ConfigFile, env: &Table, entry: &Entry) -> Option<Finding> {
    let name = entry.key.name.as_str();
    let is_target = name.starts_with("CARGO_TARGET_")
        && ["_LINKER", "_RUNNER", "_RUSTFLAGS"].iter().any(|setting| name.ends_with(setting));
    let is_setting = is_target || name == "CARGO_BUILD_TARGET";
    if !is_setting {
        return None;
    }
    let message = format!("cargo does not read its own setting `{name}` from [env]");
    let finding = finding(file, entry, message);
    let path = setting_path(name)?;
    let key = path.join(".");
    Some(finding.with_help(format!("write it as `{key}`")).with_fixes(move_setting(file, env, entry, &path)))
}

/// The configuration key that a variable stands for.
pub(super) fn setting_path(variable: &str) -> Option<Vec<String>> {
    if variable == "CARGO_BUILD_TARGET" {
        return Some(vec!["build".into(), "target".into()]);
    }
    let rest = variable.strip_prefix("CARGO_TARGET_")?;
    let (middle, setting) = rest.rsplit_once('_')?;
    let target = knowledge::by_environment_name(middle)?;
    Some(vec!["target".into(), target.triple.into(), setting.to_lowercase()])
}

/// Moves an entry of `[env]` to where cargo reads it.
pub(super) fn move_setting(file: &ConfigFile, env: &Table, entry: &Entry, path: &[String]) -> Option<Fix> {
    entry.value.as_str()?;
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    if file.tree().root.path(&path).is_some() {
        return None;
    }
    let source = &file.source;
    let value = source.document().slice(entry.value.span);
    let remove = fix::toml::remove(source, env, entry)?;
    let add = fix::toml::set(file.file(), Some(source), &path, value)?;
    if add.start < remove.end && remove.start <= add.end {
        return None;
    }
    Some(Fix::safe(format!("Move to {}", path.join(".")), vec![remove, add]))
}

/// The known name that a misspelt one means: one or two letters apart, or with other separators.
fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let plain = |name: &str| name.replace(['_', '-'], "").to_lowercase();
    let same = known.iter().find(|known| plain(known) == plain(name));
    let allowed = if name.len() <= 4 { 1 } else { 2 };
    let near = || {
        let distances =
            known.iter().filter_map(|known| Some((knowledge::distance(known, name, allowed)?, *known)));
        distances.min()
    };
    same.copied().or_else(|| near().map(|(_, known)| known))
}
