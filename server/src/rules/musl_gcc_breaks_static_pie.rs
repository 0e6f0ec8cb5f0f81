//! `musl-gcc` as the linker of a musl target: the program crashes when it starts.
//!
//! ## What it does
//!
//! Finds `musl-gcc` as the linker of a musl target whose flags do not say `-C relocation-model=static`.
//!
//! ## Why it matters
//!
//! For everybody who runs the program: rustc makes static, position-independent programs for musl and
//! passes `-static-pie`, which the `musl-gcc` wrapper of Debian and Ubuntu does not know. It links without
//! a complaint, and the program dies with a segmentation fault before `main` (measured: exit code 139).
//!
//! ## Example
//!
//! ```toml file:.cargo/config.toml
//! [target.x86_64-unknown-linux-musl]
//! linker = "musl-gcc"
//! ```
//!
//! ## Use instead
//!
//! Nothing: rustc brings musl's start files and links with the host's `cc`. Or keep the linker and give up
//! position independence:
//!
//! ```toml file:.cargo/config.toml
//! [target.x86_64-unknown-linux-musl]
//! linker = "musl-gcc"
//! rustflags = ["-C", "relocation-model=static"]
//! ```
//!
//! ## Fix safety
//!
//! For review, because there are two answers: without the linker the program stays position-independent;
//! with the other model it loses address space randomisation.
//!
//! ## References
//!
//! - <https://github.com/rust-lang/rust/issues/95926>
//! - <https://doc.rust-lang.org/rustc/codegen-options/index.html#relocation-model>

use super::{FixKind, Rule, support};
use crate::{
    cargo::config::{Form, TargetTable},
    finding::{Finding, Fix, Severity},
    fix, knowledge,
    project::{Project, flags},
    text::Origin,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "musl-gcc-breaks-static-pie",
    summary: "musl-gcc as the linker of a musl target: the program crashes at start",
    severity: Severity::Warning,
    fix: FixKind::Review,
    source: include_str!("musl_gcc_breaks_static_pie.rs"),
    touches: &["target.*.linker", "target.*.rustflags"],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    for table in &project.cargo.config.targets {
        let Some(linker) = table.linker.as_ref().filter(|linker| is_musl_gcc(&linker.value)) else {
            continue;
        };
        let triples = musl_targets(project, table);
        let triples: Vec<String> =
            triples.into_iter().filter(|triple| !has_static_model(project, triple)).collect();
        // For another processor it makes nothing at all: linker-for-other-host says so.
        let is_elsewhere = |triple: &String| {
            let target = knowledge::target(triple);
            target.is_some_and(|target| {
                super::linker_for_other_host::is_musl_gcc_elsewhere(project, target, &linker.value)
            })
        };
        let triples: Vec<String> = triples.into_iter().filter(|triple| !is_elsewhere(triple)).collect();
        if triples.is_empty() {
            continue;
        }
        let fixes = fixes(project, table);
        findings.push(finding(linker.origin.clone(), triples).with_fixes(fixes));
    }
    for supplied in project.variables() {
        let Some(name) = supplied.variable.name.value() else { continue };
        let middle = name.strip_prefix("CARGO_TARGET_").and_then(|rest| rest.strip_suffix("_LINKER"));
        let Some(target) = middle.and_then(knowledge::by_environment_name) else { continue };
        let ends = supplied.variable.value.pieces.last().is_some_and(
            |piece| matches!(piece, crate::nix::facts::Piece::Literal { text, .. } if is_musl_gcc(text)),
        );
        let is_new = findings.iter().all(|known: &Finding| known.origin != supplied.variable.value_origin);
        if ends && is_new && is_static_pie(target.triple) && !has_static_model(project, target.triple) {
            findings.push(finding(supplied.variable.value_origin.clone(), vec![target.triple.to_owned()]));
        }
    }
    findings
}

fn finding(origin: Origin, triples: Vec<String>) -> Finding {
    let message = format!(
        "`musl-gcc` does not know -static-pie: a program for {} linked with it crashes when it starts",
        support::join(&triples)
    );
    Finding::new(RULE.name, Severity::Warning, origin, message)
        .with_targets(triples)
        .with_help("remove the linker (rustc links musl itself), or add `-C relocation-model=static`")
}

fn is_musl_gcc(linker: &str) -> bool {
    linker.trim().rsplit('/').next() == Some("musl-gcc")
}

/// Whether rustc makes static, position-independent programs for it: musl that is static by default, or
/// made so by `crt-static`.
fn is_static_pie(triple: &str) -> bool {
    knowledge::target(triple).is_some_and(|target| target.env == "musl")
}

fn musl_targets(project: &Project, table: &TargetTable) -> Vec<String> {
    let mut triples: Vec<String> = project.targets.iter().map(|target| target.triple.clone()).collect();
    triples.push(table.key.value.clone());
    triples.retain(|triple| is_static_pie(triple) && crate::project::matches(table, triple));
    triples.sort();
    triples.dedup();
    triples
}

fn has_static_model(project: &Project, triple: &str) -> bool {
    let sets = project.flag_sets(triple);
    sets.iter().any(|set| {
        let model = flags::codegen_value(&set.words, "relocation-model");
        let dynamic = flags::crt_static(&set.words).is_some_and(|found| !found.on);
        dynamic || model.is_some_and(|model| model.value == "static")
    })
}

fn fixes(project: &Project, table: &TargetTable) -> Vec<Fix> {
    let Some(linker) = &table.linker else { return Vec::new() };
    let Some(located) = support::locate(project, &linker.origin) else { return Vec::new() };
    let source = &located.source;
    let path = ["target", table.key.value.as_str()];
    let Some(parent) = source.toml().root.path(&path).and_then(|value| value.as_table()) else {
        return Vec::new();
    };
    let remove = parent.entry("linker").and_then(|entry| fix::toml::remove(source, parent, entry));
    let add = match &table.rustflags {
        None => {
            let path = ["target", table.key.value.as_str(), "rustflags"];
            fix::toml::set(source.file(), Some(source), &path, "[\"-C\", \"relocation-model=static\"]")
                .map(|edit| vec![edit])
        }
        Some(flags) if flags.form == Form::Array => parent
            .get("rustflags")
            .and_then(|array| fix::toml::push(source, array, "\"-C\", \"relocation-model=static\"")),
        Some(_) => None,
    };
    let remove = remove.map(|edit| Fix::review("Remove the linker: rustc links musl itself", vec![edit]));
    let add = add.map(|edits| Fix::review("Add `-C relocation-model=static`", edits));
    remove.into_iter().chain(add).collect()
}
