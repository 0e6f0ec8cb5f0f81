//! `portolan check`.

use std::path::{Path, PathBuf};

use super::{
    CLEAN, FINDINGS, Stop,
    args::{CheckFormat, CheckOptions, FailOn},
    baseline::Baseline,
    catalog,
    output::Output,
    report::{Report, github, json, sarif, text},
    session::{self, Session, Texts},
};
use crate::finding::{Finding, Severity};

/// Says what is wrong.
pub(super) fn run(options: &CheckOptions, output: Output) -> Result<u8, Stop> {
    for name in options.rules.iter().chain(&options.ignored) {
        session::known_rule(name)?;
    }
    let baseline = options.baseline.as_deref().map(Baseline::read).transpose()?;
    let mut report = look(options, output)?;
    if let Some(path) = &options.write_baseline {
        let baseline = Baseline::of(&report);
        baseline.write(path)?;
        output.note(&format!("{} written to {}", text::plural(baseline.len(), "finding"), path.display()));
        return Ok(CLEAN);
    }
    let mut tally = text::Tally { with_hints: options.fail_on == FailOn::Hint, ..text::Tally::default() };
    if let Some(baseline) = baseline {
        let (known, gone) = baseline.subtract(&mut report);
        // What a filter hides is not gone.
        let is_filtered = !(options.rules.is_empty() && options.ignored.is_empty());
        (tally.known, tally.gone) = (known, if is_filtered { 0 } else { gone });
    }
    say(&report, options.format, tally, output);
    let fails = report.findings.iter().any(|finding| finding.severity >= options.fail_on.severity());
    Ok(if fails { FINDINGS } else { CLEAN })
}

/// Looks at every project that was named.
fn look(options: &CheckOptions, output: Output) -> Result<Report, Stop> {
    let mut roots: Vec<PathBuf> = if options.paths.is_empty() {
        session::roots_of(None)?
    } else {
        let named = options.paths.iter().map(|path| session::roots_of(Some(path)));
        named.collect::<Result<Vec<_>, _>>()?.concat()
    };
    roots.sort();
    roots.dedup();
    let host = session::host(&options.project);
    let mut report = Report {
        root: session::common_root(roots.iter().map(PathBuf::as_path)),
        host: host.triple.clone(),
        targets: Vec::new(),
        findings: Vec::new(),
        texts: Texts::default(),
    };
    for root in &roots {
        let (project, rules) = (&options.project, &options.rules);
        let session = Session::asked(root, host.clone(), project, rules, &options.deep, output);
        session.host().clone_into(&mut report.host);
        report.targets.extend(session.shipped());
        let findings: Vec<Finding> =
            session.analysis.findings.iter().filter(|finding| is_wanted(options, finding)).cloned().collect();
        report.texts.gather(&session.snapshot, &findings);
        report.findings.extend(findings);
    }
    report.targets.sort();
    report.targets.dedup();
    report.sort();
    Ok(report)
}

fn is_wanted(options: &CheckOptions, finding: &Finding) -> bool {
    let named = |names: &[String]| names.iter().any(|name| name == finding.rule);
    (options.rules.is_empty() || named(&options.rules)) && !named(&options.ignored)
}

fn say(report: &Report, format: CheckFormat, tally: text::Tally, output: Output) {
    let current = std::env::current_dir().unwrap_or_else(|_| report.root.clone());
    let current = shown_from(&current, report);
    let shown =
        || report.findings.iter().filter(|finding| tally.with_hints || finding.severity > Severity::Hint);
    match format {
        CheckFormat::Json => Output::json(&json::report(report)),
        CheckFormat::Sarif => Output::json(&sarif::render(report, &catalog::of_projects())),
        CheckFormat::Github => Output::plain(&github::render(report, current, shown())),
        CheckFormat::Text => {
            output.styled(&(text::render(report, current, shown()) + &text::summary(report, tally)));
        }
    }
}

/// Paths are shown from the current folder, and from the project's where that is elsewhere.
fn shown_from<'p>(current: &'p Path, report: &'p Report) -> &'p Path {
    if report.root.starts_with(current) { current } else { &report.root }
}
