//! The reports for people.

use std::path::Path;

use annotate_snippets::normalize_untrusted_str as printable;

use crate::{
    audit::Verdict,
    build::{Missing, Outcome, Plan, Report, dist::Archive},
    cli::{
        audit::text as audit_text,
        output::{CODE, ERROR, FAINT, GOOD, HEADING, WARNING, paint},
        report::{
            Report as Findings,
            text::{plural, render},
        },
        session::{Session, Texts},
    },
    failures::Place,
    finding::{Finding, Severity},
};

/// The commands of all plans, and what is missing for them.
pub(super) fn dry_run(plans: &[Plan], elsewhere: &[String]) -> String {
    let mut text: String = plans.iter().map(one_plan).collect::<Vec<_>>().join("\n");
    text += &skipped(elsewhere);
    text
}

fn one_plan(plan: &Plan) -> String {
    let mut text = format!(
        "{}: {}, because {}\n",
        paint(HEADING, &printable(&plan.target)),
        plan.builder.label(),
        plan.why
    );
    for step in &plan.steps {
        text += &format!("  {} {}\n", paint(FAINT, "in"), printable(&step.command.folder.to_string_lossy()));
        text += &format!("  {}\n", paint(CODE, &printable(&step.command.shown())));
    }
    text + &plan.missing.iter().map(one_missing).collect::<String>()
}

fn one_missing(missing: &Missing) -> String {
    format!(
        "{} {}\n  {} {}\n",
        paint(ERROR, "missing:"),
        printable(&missing.problem),
        paint(FAINT, "get it:"),
        printable(&missing.get)
    )
}

fn skipped(elsewhere: &[String]) -> String {
    let each = elsewhere.iter().map(|triple| {
        format!(
            "{}: not from here: only a table of the configuration or another system's package names it\n",
            printable(triple)
        )
    });
    each.collect()
}

/// What one build came to.
pub(super) fn report(report: &Report, session: &Session, current: &Path) -> String {
    match &report.outcome {
        Outcome::Built => built(report, session),
        Outcome::Cancelled => format!("{}\n", paint(WARNING, "The build was cancelled")),
        Outcome::Missing => {
            let missing = report.plan.missing.iter().map(one_missing).collect::<String>();
            let target = &report.plan.target;
            let of_target = session.analysis.findings.iter().filter(|finding| {
                finding.severity == Severity::Error && finding.targets.iter().any(|one| one == target)
            });
            let findings: Vec<Finding> = of_target.cloned().collect();
            format!("{missing}\n{}", causes(&findings, session, current))
        }
        Outcome::Failed { causes: findings, unknown, remark } => {
            let mut text = String::from("\n");
            text += &causes(findings, session, current);
            if let Some(remark) = remark {
                text += &format!("{} {}\n", paint(ERROR, "error:"), printable(remark));
            } else if findings.is_empty() {
                text += &unknown_cause(unknown.as_ref());
            }
            if let Some(log) = &report.log {
                text +=
                    &format!("{} {}\n", paint(FAINT, "the whole output:"), printable(&log.to_string_lossy()));
            }
            text
        }
    }
}

fn causes(findings: &[Finding], session: &Session, current: &Path) -> String {
    let mut texts = Texts::default();
    texts.gather(&session.snapshot, findings);
    let report = Findings {
        root: session.snapshot.root.to_path_buf(),
        host: session.host().to_owned(),
        targets: session.shipped(),
        findings: findings.to_vec(),
        texts,
    };
    render(&report, current, findings.iter())
}

fn unknown_cause(place: Option<&Place>) -> String {
    let first = place.map_or_else(String::new, |place| {
        format!("; its first error:\n  {}", printable(place.excerpt.trim()))
    });
    format!("{} the build failed, in a way that Portolan does not know{first}\n", paint(ERROR, "error:"))
}

fn built(report: &Report, session: &Session) -> String {
    if report.audited.is_empty() {
        return format!("{}, and it made no program to audit\n", paint(GOOD, "Built"));
    }
    let findings: Vec<Finding> = report.audited.iter().flat_map(|one| one.audit.findings.clone()).collect();
    let found = Findings {
        root: session.snapshot.root.to_path_buf(),
        host: session.host().to_owned(),
        targets: vec![report.plan.target.clone()],
        findings,
        texts: Texts::default(),
    };
    let mut text = audit_text::render(
        &report.audited,
        &report.policy,
        &found,
        Severity::Warning,
        "`portolan audit --fail-on hint`",
    );
    if !report.plan.is_for_others {
        text +=
            "It is for machines with Nix, as most packages are; `--policy default` asks where else it runs\n";
    }
    text
}

/// The table of all builds, when there are several.
pub(super) fn summary(reports: &[Report], elsewhere: &[String]) -> String {
    if reports.len() + elsewhere.len() < 2 {
        return String::new();
    }
    let width = reports.iter().map(|report| report.plan.target.len()).max().unwrap_or_default();
    let row = |report: &Report| {
        let target = format!("{:width$}", report.plan.target);
        let took = format!("{:.0?}", report.took);
        format!(
            "{}  {:8}  {}  {}\n",
            paint(HEADING, &printable(&target)),
            report.plan.builder.label(),
            state(report),
            paint(FAINT, &took)
        )
    };
    let rows: String = reports.iter().map(row).collect();
    format!("\n{rows}{}", skipped(elsewhere))
}

/// That there are none, because somebody has cancelled.
pub(super) fn no_archives() -> String {
    format!("{}: packing was cancelled\n", paint(WARNING, "No archives"))
}

/// The archives that were written.
pub(super) fn archives(folder: &Path, archives: &[Archive]) -> String {
    if archives.is_empty() {
        return format!("{}: nothing passed the audit\n", paint(WARNING, "No archives"));
    }
    let each = archives.iter().map(|archive| {
        let sum: String = archive.sha256.chars().take(16).collect();
        format!("  {}  {}\n", printable(&archive.name), paint(FAINT, &format!("sha256 {sum}…")))
    });
    let what = plural(archives.len(), "archive");
    format!("{what} and SHA256SUMS in {}\n{}", printable(&folder.to_string_lossy()), each.collect::<String>())
}

fn state(report: &Report) -> String {
    match &report.outcome {
        Outcome::Built => {
            let worst = report.audited.iter().map(|one| one.audit.verdict).max();
            let files = plural(report.audited.len(), "file");
            match worst {
                None => paint(GOOD, "built"),
                Some(Verdict::Portable) => format!("{} ({files})", paint(GOOD, "portable")),
                Some(verdict) => {
                    let style = if report.passes() { WARNING } else { ERROR };
                    format!("{} ({files})", paint(style, &verdict.name().replace('-', " ")))
                }
            }
        }
        Outcome::Missing => {
            let tools: Vec<String> = report.plan.missing.iter().map(|one| printable(&one.tool)).collect();
            paint(ERROR, &format!("not started, missing: {}", tools.join(", ")))
        }
        Outcome::Cancelled => paint(WARNING, "cancelled"),
        Outcome::Failed { causes, .. } => {
            let names: Vec<&str> = causes.iter().map(|cause| cause.rule).collect();
            let why = if names.is_empty() { "for an unknown reason".to_owned() } else { names.join(", ") };
            paint(ERROR, &format!("failed: {why}"))
        }
    }
}
