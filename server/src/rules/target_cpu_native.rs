//! Code for the processor of whoever builds.
//!
//! ## What it does
//!
//! Finds `-C target-cpu=native` (or x86-64-v3, x86-64-v4) in flags that every build of the project gets:
//! the project's own cargo configuration, or a Nix package.
//!
//! ## Why it matters
//!
//! For everybody with an older processor: the program dies with "illegal instruction", on some machines
//! only, and only in some code paths. In Nix the result depends on the machine that built it.
//!
//! ## Example
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! rustflags = ["-C", "target-cpu=native"]
//! ```
//!
//! ## Use instead
//!
//! Keep it in your own `~/.cargo/config.toml`, where it reaches only your machine, or in an alias:
//!
//! ```toml file:.cargo/config.toml
//! [alias]
//! bench-native = ["bench", "--config", "build.rustflags=['-C', 'target-cpu=native']"]
//! ```
//!
//! ## Fix safety
//!
//! For review: programs that need the speed and run only where they are built may want it.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/rustc/codegen-options/index.html#target-cpu>

use super::{FixKind, Rule, support};
use crate::{
    cargo::config::{Form, Scope},
    finding::{Confidence, Finding, Fix, Severity},
    fix,
    project::{Context, FlagSet, Project, flags},
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "target-cpu-native",
    summary: "code for the processor of whoever builds",
    severity: Severity::Warning,
    fix: FixKind::Review,
    source: include_str!("target_cpu_native.rs"),
    touches: &["target.*.rustflags", "build.rustflags"],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let mut triples: Vec<&str> = project.targets.iter().map(|target| target.triple.as_str()).collect();
    if !triples.contains(&project.host.as_str()) {
        triples.push(&project.host);
    }
    let mut findings: Vec<Finding> = Vec::new();
    for triple in triples {
        for set in project.flag_sets(triple) {
            let Some(found) = finding(project, triple, &set) else { continue };
            match findings.iter_mut().find(|known| known.origin == found.origin) {
                Some(known) => {
                    known.targets.extend(found.targets);
                    known.targets.sort();
                }
                None => findings.push(found),
            }
        }
    }
    findings
}

fn finding(project: &Project, triple: &str, set: &FlagSet) -> Option<Finding> {
    let is_shared = match set.context {
        Context::Ambient => set.scope == Some(Scope::Project),
        // A dev shell is where people measure; what they ship is a package.
        Context::Shell(_) => false,
        Context::Package(_) => true,
    };
    let option = flags::codegen_value(&set.words, "target-cpu")?;
    if !is_shared || !matches!(option.value, "native" | "x86-64-v3" | "x86-64-v4") {
        return None;
    }
    let origin = flags::origin_of(&set.words, option.first, option.last)?;
    let is_shipped = project.target(triple).is_some() || matches!(set.context, Context::Package(_));
    let who = if option.value == "native" {
        "the processor of the machine that builds it".to_owned()
    } else {
        format!("processors of the level {}", option.value)
    };
    let message = format!(
        "`{}` reaches every build of {triple}: the program runs only on {who} and newer ones",
        set.setting
    );
    let fix = remove(project, set, option.first, option.last);
    let finding = Finding::new(RULE.name, Severity::Warning, origin, message)
        .with_confidence(if is_shipped { Confidence::Certain } else { Confidence::Likely })
        .with_targets([triple])
        .with_help("set it in your own ~/.cargo/config.toml, or in an alias for benchmarks")
        .with_fixes(fix);
    Some(finding)
}

fn remove(project: &Project, set: &FlagSet, first: usize, last: usize) -> Option<Fix> {
    let value = set.value.as_ref()?;
    let title = "Remove the processor from the flags";
    if set.form != Some(Form::Array) {
        return None;
    }
    let located = support::locate(project, value)?;
    let edit = if last + 1 - first == set.words.len() {
        let (key, folders) = located.path.split_last()?;
        let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
        let parent = located.source.toml().root.path(&folders)?.as_table()?;
        fix::toml::remove(&located.source, parent, parent.entry(key)?)?
    } else {
        fix::toml::remove_elements(&located.source, located.value()?, first, last)?
    };
    Some(Fix::review(title, vec![edit]))
}
