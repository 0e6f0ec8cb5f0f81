//! A target triple that rustc does not have.
//!
//! ## What it does
//!
//! Compares every triple in `build.target`, `CARGO_BUILD_TARGET`, the `targets` of the toolchain file, the
//! headers `[target.…]` and Cross.toml with the targets of rustc 1.95, and suggests the nearest one.
//!
//! ## Why it matters
//!
//! For whoever builds: rustup and rustc stop at once ("could not find specification for target"). In a
//! `[target.…]` header it is worse, because cargo says nothing: the linker and the flags below it are
//! simply never used.
//!
//! ## Example
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! target = "x86_64-unkown-linux-musl"
//! ```
//!
//! ## Use instead
//!
//! ```toml file:.cargo/config.toml
//! [build]
//! target = "x86_64-unknown-linux-musl"
//! ```
//!
//! ## When it stays silent
//!
//! For a target specification of your own (`x86_64-myos.json`), for triples computed in Nix, and where
//! Nix wants its own names (`config = "x86_64-w64-mingw32"`). A toolchain that is pinned to a version that
//! still had the target is believed.
//!
//! ## Fix safety
//!
//! Safe: the name is replaced by the one that differs in a letter or two, or by the one that rustc renamed
//! it to. Where there is no such name, there is no fix.
//!
//! ## References
//!
//! - <https://doc.rust-lang.org/rustc/platform-support.html>
//! - <https://blog.rust-lang.org/2024/04/09/updates-to-rusts-wasi-targets/>

use super::{FixKind, Rule, support};
use crate::{
    finding::{Confidence, Finding, Fix, Severity},
    knowledge,
    project::{Declaration, DeclaredAs, Project, ShippedTarget},
    snapshot::Kind,
    text::Origin,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "unknown-target",
    summary: "a target triple that rustc does not have",
    severity: Severity::Error,
    fix: FixKind::Safe,
    source: include_str!("unknown_target.rs"),
    touches: &["build.target", "toolchain.targets", "target.*", "targets", "build.default-target"],
    check,
};

fn check(project: &Project) -> Vec<Finding> {
    let unknown = project.targets.iter().filter(|target| target.known.is_none() && !is_own(project, target));
    unknown
        .flat_map(|target| target.declarations.iter().filter_map(|one| finding(project, target, one)))
        .collect()
}

/// Whether the project brings a specification for it, or something else gives the name a meaning.
fn is_own(project: &Project, target: &ShippedTarget) -> bool {
    let name = format!("{}.json", target.triple);
    let folder = project.cargo.workspace.as_ref().map_or(project.root(), |workspace| workspace.folder());
    let is_named = project
        .cargo
        .config
        .build_targets
        .iter()
        .any(|one| one.value.rsplit(['/', '\\']).next() == Some(&name));
    // "aarch64-unknown-linux-gnu.2.17" is how cargo-zigbuild is told a floor for glibc.
    let is_zigbuild =
        target.triple.split_once('.').is_some_and(|(triple, _)| knowledge::target(triple).is_some())
            || target.triple == "universal2-apple-darwin";
    is_named || is_zigbuild || matches!(project.snapshot.files.kind(&folder.join(&name)), Kind::File { .. })
}

fn finding(project: &Project, target: &ShippedTarget, declaration: &Declaration) -> Option<Finding> {
    let triple = &target.triple;
    let is_header = matches!(declaration.by, DeclaredAs::TargetTable | DeclaredAs::Linker);
    // `[target.x86_64_unknown_linux_gnu]` is the matter of ignored-config-key.
    if is_header && knowledge::by_environment_name(&triple.to_uppercase()).is_some() {
        return None;
    }
    if knowledge::retired(triple)
        .is_some_and(|retired| retired.since.is_some_and(|since| is_pinned_before(project, since)))
    {
        return None;
    }
    let origin = match (declaration.by, &declaration.origin) {
        // The place of a linker is its value; the name stands in the header.
        (DeclaredAs::Linker, _) => header(project, triple)?,
        (_, Some(origin)) => origin.clone(),
        (_, None) => project.anchor()?,
    };
    let nearest = knowledge::nearest(triple);
    let is_certain = nearest.is_some() || knowledge::retired(triple).is_some();
    let severity = match declaration.by {
        DeclaredAs::TargetTable | DeclaredAs::Linker if is_certain => Severity::Warning,
        // It may be a target of a newer rustc, or a specification that lies elsewhere.
        DeclaredAs::TargetTable | DeclaredAs::Linker => Severity::Hint,
        DeclaredAs::Cross | DeclaredAs::PortolanToml => Severity::Warning,
        _ => Severity::Error,
    };
    let consequence = if is_header { ": cargo ignores this table without a word" } else { "" };
    let message = match knowledge::retired(triple) {
        Some(retired) => match retired.since {
            Some(since) => format!("rustc has no target `{triple}` since {since}{consequence}"),
            None => format!("rustc has no target `{triple}` any more{consequence}"),
        },
        None => format!("rustc has no target `{triple}`{consequence}"),
    };
    let help = match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "`rustc --print target-list` lists the targets".to_owned(),
    };
    let fix = nearest.and_then(|nearest| fix(project, triple, declaration, &origin, nearest));
    let finding = Finding::new(RULE.name, severity, origin, message)
        .with_confidence(if is_certain { Confidence::Certain } else { Confidence::Likely })
        .with_targets([triple.clone()])
        .with_help(help)
        .with_fixes(fix);
    Some(finding)
}

fn header(project: &Project, triple: &str) -> Option<Origin> {
    let table = project
        .cargo
        .config
        .targets
        .iter()
        .find(|table| table.key.value == triple && table.linker.is_some())?;
    Some(table.key.origin.clone())
}

fn fix(
    project: &Project,
    triple: &str,
    declaration: &Declaration,
    origin: &Origin,
    nearest: &str,
) -> Option<Fix> {
    // Without a place of its own there is nothing to write to.
    declaration.origin.as_ref()?;
    if declaration.by == DeclaredAs::FlakeToolchain {
        return None;
    }
    let exists = |triple: &str| project.cargo.config.targets.iter().any(|table| table.key.value == triple);
    let is_header = matches!(declaration.by, DeclaredAs::TargetTable | DeclaredAs::Linker);
    if is_header && exists(nearest) {
        return None;
    }
    // For a computed value the place is an expression, not the name.
    if support::unquoted(&project.text_at(origin)) != triple {
        return where_it_is_bound(project, triple, declaration, nearest);
    }
    let edit = support::replace_string(project, origin, nearest)?;
    Some(Fix::safe(format!("Change to `{nearest}`"), vec![edit]))
}

/// `target = "…"; … CARGO_BUILD_TARGET = target;`: the text has one place, which others may use too.
fn where_it_is_bound(
    project: &Project,
    triple: &str,
    declaration: &Declaration,
    nearest: &str,
) -> Option<Fix> {
    let derivation = project.derivation(declaration.context)?;
    let mut of_variable = derivation
        .env
        .iter()
        .filter(|variable| Some(&variable.value_origin) == declaration.origin.as_ref())
        .filter_map(|variable| support::single_literal(&variable.value));
    let (text, origin) = of_variable.next()?;
    if text != triple || support::unquoted(&project.text_at(origin)) != triple {
        return None;
    }
    let edit = support::replace_string(project, origin, nearest)?;
    Some(Fix::review(format!("Change to `{nearest}` where it is bound"), vec![edit]))
}

/// Whether the toolchain file pins a release before `since` ("1.84.0").
fn is_pinned_before(project: &Project, since: &str) -> bool {
    let channel = project.cargo.toolchain.toolchain().and_then(|toolchain| toolchain.channel.as_ref());
    let Some(channel) = channel.map(|channel| channel.value.as_str()) else { return false };
    match (release(channel), release(since)) {
        (Some(pinned), Some(since)) => pinned < since,
        (None, Some(since)) => nightly(channel).is_some_and(|day| day < first_beta(since)),
        _ => false,
    }
}

/// The day of "nightly-2023-04-15", counted from 1 January 1970.
fn nightly(channel: &str) -> Option<i64> {
    let date = channel.strip_prefix("nightly-").or_else(|| channel.strip_prefix("beta-"))?;
    let mut parts = date.splitn(4, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    ((2015..2200).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day))
        .then(|| days(year, month, day))
}

/// The day on which the first beta of a release was made: any nightly before it may be older than the release's
/// changes. There is a release each six weeks since 1.0 (2015-05-14, the Thursday of that week).
fn first_beta((_, minor): (u32, u32)) -> i64 {
    days(2015, 5, 14) + 42 * (i64::from(minor) - 1)
}

/// Days from 1 January 1970, with years that begin in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    365 * year + year / 4 - year / 100 + year / 400 + of_year - 719_468
}

/// "1.80", "1.80.1" or "1.80.1-x86_64-unknown-linux-gnu" as numbers.
fn release(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split(['.', '-']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nightlies_are_older_than_the_beta_of_a_later_release() {
        assert_eq!(days(1970, 1, 1), 0);
        assert_eq!(days(2000, 3, 1), 11_017);
        // 1.84 was released on 2025-01-09, its beta made on 2024-11-28.
        assert_eq!(first_beta((1, 84)), days(2024, 11, 28));
        let is_before = |channel: &str| nightly(channel).is_some_and(|day| day < first_beta((1, 84)));
        assert!(is_before("nightly-2023-04-15"));
        assert!(is_before("nightly-2023-04-15-x86_64-unknown-linux-gnu"));
        assert!(!is_before("nightly-2025-02-01"));
        assert!(!is_before("nightly"));
        assert!(!is_before("nightly-2025"));
    }
}
