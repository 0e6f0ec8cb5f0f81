//! A linker that cannot be executed: a folder, a command line, nothing, or a path that leads nowhere.
//!
//! ## What it does
//!
//! Looks at every value that names a linker or a C compiler: `linker` in cargo's configuration,
//! `CARGO_TARGET_<TRIPLE>_LINKER` and `CC_<triple>` in dev shells and packages.
//!
//! ## Why it matters
//!
//! For whoever builds: the linker is a program's path, nothing else. In Nix a derivation alone
//! (`LINKER = pkgs.stdenv.cc;`) is its folder in the store, and the build ends with "could not exec the
//! linker: Permission denied". Arguments make the whole string the name of a program that does not exist.
//!
//! ## Example
//!
//! ```toml file:.cargo/config.toml
//! [target.x86_64-unknown-linux-gnu]
//! linker = "cc -m64"
//! ```
//!
//! ## Use instead
//!
//! ```toml file:.cargo/config.toml
//! [target.x86_64-unknown-linux-gnu]
//! linker = "cc"
//! rustflags = ["-C", "link-arg=-m64"]
//! ```
//!
//! In Nix, name the program inside the folder: `"${cc}/bin/${cc.targetPrefix}cc"`.
//!
//! ## When it stays silent
//!
//! For a command on PATH (`"${cc.targetPrefix}cc"`), for paths of another kind of machine (Homebrew's on
//! Linux, `C:\` elsewhere than on Windows), and for values that are not known.
//!
//! ## Fix safety
//!
//! Safe in Nix: every compiler of nixpkgs has `targetPrefix`. Moving arguments into the flags is for
//! review; so is naming the target's usual linker, which is proposed where this machine has it.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/cargo/reference/config.html#targettriplelinker>
//! - <https://docs.rs/cc/latest/cc/#external-configuration-via-environment-variables>

use std::path::Path;

use super::{FixKind, Rule, support};
use crate::{
    cargo::config::{Program, TargetTable},
    finding::{Confidence, Finding, Fix, Severity},
    fix, knowledge,
    nix::facts::{Piece, StoreItem, Text, Variable},
    project::Project,
    snapshot::Kind,
    text::Origin,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "linker-not-executable",
    summary: "a linker that is a folder, a command line, or not there",
    severity: Severity::Error,
    fix: FixKind::Safe,
    source: include_str!("linker_not_executable.rs"),
    touches: &["target.*.linker", "target.*.rustflags"],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let tables = project.cargo.config.targets.iter().filter_map(|table| in_config(project, table));
    let mut findings: Vec<Finding> = tables.collect();
    for supplied in project.variables() {
        let Some(what) = supplied.variable.name.value().and_then(|name| Tool::named_by(name)) else {
            continue;
        };
        // Several systems share one expression: it is wrong once.
        let is_known = |finding: &&Finding| finding.origin == supplied.variable.value_origin;
        if let Some(finding) = in_variable(project, supplied.variable, what)
            && !findings.iter().any(|known| is_known(&known))
        {
            findings.push(finding);
        }
    }
    findings
}

/// A program that a variable names.
#[derive(Clone, Copy)]
struct Tool {
    what: &'static str,
    user: &'static str,
}

impl Tool {
    fn named_by(variable: &str) -> Option<Self> {
        if variable.starts_with("CARGO_TARGET_") && variable.ends_with("_LINKER") {
            return Some(Self { what: "linker", user: "rustc" });
        }
        let triple = variable.strip_prefix("CC_").or_else(|| variable.strip_prefix("CXX_"))?;
        knowledge::by_environment_name(&triple.replace('-', "_").to_uppercase())?;
        Some(Self { what: "compiler", user: "the cc crate" })
    }
}

fn in_config(project: &Project, table: &TargetTable) -> Option<Finding> {
    let linker = table.linker.as_ref()?;
    let value = linker.value.as_str();
    let origin = linker.origin.clone();
    let error = |message: String| {
        Finding::new(RULE.name, Severity::Error, origin.clone(), message).with_targets(triple_of(table))
    };
    if value.trim().is_empty() {
        let finding = error(
            "the linker is empty: rustc stops with \"couldn't extract file stem from specified linker\""
                .into(),
        );
        return Some(finding.with_help("name a program, or remove the key to let rustc choose"));
    }
    let program = project.cargo.config.linker_of(table)?.program;
    let (first, rest) = value.split_once(char::is_whitespace).unwrap_or((value, ""));
    let exists = |path: &Path| !matches!(project.snapshot.files.program(path), Kind::Absent);
    let is_file = matches!(&program, Program::Path(path) if exists(path));
    if !rest.trim().is_empty() && !is_file && rest.trim_start().starts_with('-') {
        let message = format!("`{value}` is taken as the name of one program: a linker has no arguments");
        let finding =
            error(message).with_help("give arguments to the linker as `-C link-arg=…` in rustflags");
        return Some(finding.with_fixes(split_arguments(project, table, first, rest)));
    }
    let Program::Path(path) = program else { return None };
    if !project.host_is_here || !is_for_this_host(project, table, value) {
        return None;
    }
    match project.snapshot.files.program(&path) {
        Kind::Folder => {
            let finding =
                error(format!("`{value}` is a folder, not a program")).with_help("name the program in it");
            Some(finding.with_fixes(program_here(project, table, Some((value, &path)))))
        }
        Kind::File { executable: false } => {
            Some(error(format!("`{value}` may not be executed")).with_help(format!("chmod +x {value}")))
        }
        // A path of somebody else's machine: absolute-path says so.
        Kind::Absent if super::absolute_path::is_personal(value) => None,
        Kind::Absent => {
            let finding =
                error(format!("there is no `{value}` on this machine")).with_confidence(Confidence::Likely);
            let finding = finding.with_help("install it, or name a program that is on PATH");
            Some(finding.with_fixes(program_here(project, table, None)))
        }
        Kind::File { executable: true } | Kind::Unknown => None,
    }
}

fn triple_of(table: &TargetTable) -> Option<String> {
    knowledge::target(&table.key.value).map(|target| target.triple.to_owned())
}

/// Whether a path can be meant for this host at all.
fn is_for_this_host(project: &Project, table: &TargetTable, value: &str) -> bool {
    let Some(host) = project.host_target() else { return false };
    let is_windows_path = value.contains('\\') || value.as_bytes().get(1) == Some(&b':');
    let is_mac_path =
        ["/opt/homebrew/", "/usr/local/opt/", "/usr/local/Cellar/", "/Users/", "/Library/", "/Applications/"]
            .iter()
            .any(|prefix| value.starts_with(prefix));
    let is_native_elsewhere = knowledge::target(&table.key.value).is_some_and(|target| {
        (target.vendor == "apple" && host.vendor != "apple") || (target.env == "msvc" && host.os != "windows")
    });
    !is_native_elsewhere
        && is_windows_path == (host.os == "windows")
        && (!is_mac_path || host.vendor == "apple")
}

/// Names the target's own cross linker, where it is on this machine: in the folder that was named, or on PATH.
fn program_here(project: &Project, table: &TargetTable, folder: Option<(&str, &Path)>) -> Option<Fix> {
    let linker = table.linker.as_ref()?;
    let target = knowledge::target(&table.key.value)?;
    // What musl-gcc links crashes at start (musl-gcc-breaks-static-pie).
    let usual = target.debian_linker().filter(|name| *name != "musl-gcc");
    let is_in = |below: &str, name: &str| {
        let (value, folder) = folder?;
        let kind = project.snapshot.files.program(&folder.join(below).join(name));
        (kind == Kind::File { executable: true })
            .then(|| [value.trim_end_matches('/'), below, name].join("/").replace("//", "/"))
    };
    // Toolchains that were unpacked somewhere name their programs by the triple.
    let by_triple = format!("{}-gcc", target.triple);
    let nixpkgs = target.names.nixpkgs.and_then(|names| names.linker);
    let names = [usual, Some(by_triple.as_str()), nixpkgs, target.homebrew_linker()];
    let mut places = names.into_iter().flatten().flat_map(|name| [("", name), ("bin", name)]);
    let on_path = || usual.filter(|name| project.snapshot.host.has_program(name) == Some(true));
    let program =
        places.find_map(|(below, name)| is_in(below, name)).or_else(|| on_path().map(str::to_owned))?;
    let edit = support::replace_string(project, &linker.origin, &program)?;
    Some(Fix::review(format!("Link {} with `{program}`", target.triple), vec![edit]))
}

fn split_arguments(project: &Project, table: &TargetTable, program: &str, rest: &str) -> Option<Fix> {
    let linker = table.linker.as_ref()?;
    let file = &linker.origin.file;
    let source = project.source(file)?;
    let mut edits = vec![support::replace_string(project, &linker.origin, program)?];
    let flags =
        rest.split_whitespace().flat_map(|argument| ["-C".to_owned(), format!("link-arg={argument}")]);
    let flags: Vec<String> = flags.map(|flag| fix::toml::quote(&flag)).collect();
    let path = ["target", table.key.value.as_str(), "rustflags"];
    match &table.rustflags {
        None => edits.push(fix::toml::set(file, Some(&source), &path, &format!("[{}]", flags.join(", ")))?),
        Some(existing) if existing.form == crate::cargo::config::Form::Array => {
            let array = source.toml().root.path(&path)?;
            edits.extend(fix::toml::push(&source, array, &flags.join(", "))?);
        }
        Some(_) => return None,
    }
    Some(Fix::review("Move the arguments into rustflags", edits))
}

fn in_variable(project: &Project, variable: &Variable, tool: Tool) -> Option<Finding> {
    let origin = variable.value_origin.clone();
    let name = variable.name.value()?;
    let error = |message: String| {
        Finding::new(RULE.name, Severity::Error, origin.clone(), message).with_targets(triple(name))
    };
    if let Some(folder) = folder(&variable.value) {
        let what = &folder.item.attribute;
        let message = format!(
            "{name} is the folder of `{what}` in the Nix store, not a program: {} cannot execute it",
            tool.user
        );
        let finding = error(message)
            .with_help(format!("name the {} in it: \"${{cc}}/bin/${{cc.targetPrefix}}cc\"", tool.what));
        return Some(finding.with_fixes(store_fix(project, &folder, &origin)));
    }
    let value = variable.value.literal()?;
    if value.trim().is_empty() {
        return Some(
            error(format!("{name} is empty: it names no {}", tool.what))
                .with_help("name a program, or remove it"),
        );
    }
    let (_, rest) = value.split_once(' ')?;
    // The cc crate splits its variable at blanks; rustc does not.
    if tool.what == "linker" && rest.trim_start().starts_with('-') {
        let message = format!("`{value}` is taken as the name of one program: a linker has no arguments");
        return Some(
            error(message).with_help("give arguments to the linker as `-C link-arg=…` in rustflags"),
        );
    }
    None
}

fn triple(variable: &str) -> Option<String> {
    let middle = variable.strip_prefix("CARGO_TARGET_").and_then(|rest| rest.strip_suffix("_LINKER"));
    let middle = middle.or_else(|| variable.strip_prefix("CC_")).or_else(|| variable.strip_prefix("CXX_"))?;
    knowledge::by_environment_name(&middle.replace('-', "_").to_uppercase())
        .map(|target| target.triple.to_owned())
}

/// A store folder that a value ends with.
struct Folder<'v> {
    item: &'v StoreItem,
    /// The expression that gives it.
    origin: &'v Origin,
}

/// The folder that a value is, when it is one: a derivation with at most `/bin` behind it.
fn folder(value: &Text) -> Option<Folder<'_>> {
    let (Piece::Store { item, origin }, tail) = value.pieces.split_first()? else { return None };
    let mut rest = String::new();
    for piece in tail {
        let Piece::Literal { text, .. } = piece else { return None };
        rest.push_str(text);
    }
    let is_folder = matches!(rest.trim(), "" | "/" | "/bin" | "/bin/");
    // These make a single file, not a folder.
    let makes_file = ["writeShellScript", "writeScript", "writeText", "writers."];
    let is_file =
        makes_file.iter().any(|name| item.attribute.contains(name) && !item.attribute.contains("Bin"));
    (is_folder && !is_file).then_some(Folder { item, origin })
}

fn store_fix(project: &Project, folder: &Folder<'_>, value: &Origin) -> Option<Fix> {
    let is_compiler =
        matches!(folder.item.attribute.rsplit('.').next(), Some("cc" | "gcc" | "clang" | "gcc-unwrapped"))
            && !folder.item.attribute.ends_with("unwrapped");
    let expression = project.text_at(folder.origin);
    let expression =
        expression.strip_prefix("${").and_then(|inner| inner.strip_suffix('}')).unwrap_or(&expression).trim();
    let is_path = |character: char| character.is_ascii_alphanumeric() || "._-'".contains(character);
    if !is_compiler
        || expression.is_empty()
        || !expression.chars().all(is_path)
        || folder.origin.file != value.file
    {
        return None;
    }
    let text = format!("\"${{{expression}}}/bin/${{{expression}.targetPrefix}}cc\"");
    let edit = fix::toml::replace(&value.file, value.span, text);
    Some(Fix::safe("Name the compiler in the folder", vec![edit]))
}
