//! The flake's packages and dev shells for people.

use super::text::{Cell, line, table};
use crate::{
    cli::output::{FAINT, HEADING, WARNING, paint},
    matrix::{self, Output},
    project::Project,
};

/// Reasons that are shown; there are as many as a flake has unknown inputs.
const MAX_REASONS: usize = 12;

/// One line: what is the same for several systems.
#[derive(PartialEq, Eq)]
struct Row {
    output: String,
    builder: String,
    platform: String,
    targets: String,
    known: &'static str,
    declared: String,
}

/// A table of the flake's packages and dev shells, and why what is not known is not; nothing without a flake.
pub(super) fn text(project: &Project) -> String {
    let (packages, shells) = matrix::outputs(project);
    let mut rows: Vec<(Row, Vec<String>)> = Vec::new();
    let mut reasons: Vec<String> = Vec::new();
    for output in packages.iter().chain(&shells) {
        let row = row(output, project);
        let system = output.system.unwrap_or("any system").to_owned();
        match rows.iter_mut().find(|(known, _)| *known == row) {
            Some((_, systems)) => systems.push(system),
            None => rows.push((row, vec![system])),
        }
        for gap in output.unknown {
            let reason = format!("{}: {}", line(&gap.origin, project), gap.why);
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
    }
    if let Some(flake) = project.flake.as_ref().filter(|flake| !flake.complete) {
        let why = flake.gaps.iter().map(|gap| format!("{}: {}", line(&gap.origin, project), gap.why));
        let why: Vec<String> = why.filter(|why| !reasons.contains(why)).take(MAX_REASONS).collect();
        reasons.splice(0..0, why);
        reasons.insert(0, "the flake may have outputs that are not listed here".to_owned());
    }
    let mut shown = String::new();
    if !rows.is_empty() {
        rows.sort_by(|(left, _), (right, _)| left.output.cmp(&right.output));
        let heads = ["OUTPUT", "SYSTEMS", "BUILDER", "FOR", "TARGETS", "KNOWN", "DECLARED"];
        let mut all = vec![heads.map(|head| Cell(head.to_owned(), Some(HEADING))).to_vec()];
        all.extend(rows.into_iter().map(|(row, systems)| cells(row, &systems)));
        shown = format!("\n{}", table(&all));
    }
    shown += &failing(project);
    if !reasons.is_empty() {
        let more = reasons.len().saturating_sub(MAX_REASONS);
        shown += &format!("\n{}\n", paint(HEADING, "NOT KNOWN"));
        for reason in reasons.iter().take(MAX_REASONS) {
            shown += &format!("  {}\n", annotate_snippets::normalize_untrusted_str(reason));
        }
        if more > 0 {
            shown += &format!("  and {more} more (--format json has them all)\n");
        }
    }
    shown
}

/// Packages and shells at which Nix stops; those of several systems that fail alike are one line.
fn failing(project: &Project) -> String {
    let mut rows: Vec<(String, Vec<&str>, String)> = Vec::new();
    for (attribute, gap) in project.flake.iter().flat_map(|flake| &flake.failing) {
        let mut parts = attribute.splitn(3, '.');
        let (kind, system) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let output = format!("{kind} {}", parts.next().unwrap_or("default"));
        let why = format!("{}: {}", line(&gap.origin, project), gap.why);
        match rows.iter_mut().find(|(known, _, reason)| *known == output && *reason == why) {
            Some((_, systems, _)) => systems.push(system),
            None => rows.push((output, vec![system], why)),
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    let mut shown = format!("\n{}\n", paint(HEADING, "CANNOT BE EVALUATED HERE"));
    for (output, systems, why) in rows.iter().take(MAX_REASONS) {
        let text = format!("{output} ({}) {why}", systems.join(" "));
        shown += &format!("  {}\n", annotate_snippets::normalize_untrusted_str(&text));
    }
    if let Some(more) = rows.len().checked_sub(MAX_REASONS).filter(|more| *more > 0) {
        shown += &format!("  and {more} more (--format json has them all)\n");
    }
    shown
}

fn row(output: &Output<'_>, project: &Project) -> Row {
    let mut parts = output.attribute.splitn(3, '.');
    let (kind, name) = (parts.next().unwrap_or_default(), parts.nth(1).unwrap_or("default"));
    let mut platform = match (output.is_cross, output.triple.or(output.config)) {
        (false, Some(_)) => "its own system".to_owned(),
        (_, Some(triple)) => triple.to_owned(),
        (_, None) => "unknown".to_owned(),
    };
    match output.is_static {
        Some(true) => platform.push_str(", static"),
        Some(false) => {}
        None if output.config.is_some() => platform.push_str(", static?"),
        None => {}
    }
    Row {
        output: format!("{kind} {name}"),
        builder: output.builder.to_owned(),
        platform,
        targets: output.targets.join(", "),
        known: if output.complete { "all" } else { "in part" },
        declared: line(output.declared, project),
    }
}

fn cells(row: Row, systems: &[String]) -> Vec<Cell> {
    vec![
        Cell(row.output, None),
        Cell(systems.join(" "), None),
        Cell(row.builder, None),
        Cell(row.platform, None),
        Cell(row.targets, None),
        Cell(row.known.to_owned(), (row.known != "all").then_some(WARNING)),
        Cell(row.declared, Some(FAINT)),
    ]
}
