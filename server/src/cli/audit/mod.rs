//! `portolan audit`.

mod input;
mod json;
pub(super) mod text;

use std::path::Path;

use super::{
    CLEAN, FINDINGS, Stop,
    args::{AuditFormat, AuditOptions, FailOn},
    catalog,
    output::Output,
    report::{Report, sarif},
    session::Texts,
    suggest,
};
use crate::{
    audit::{Policy, Verdict},
    build::{self, Audited},
    finding::{Finding, Severity},
    knowledge::{self, Target},
    workspace,
};

/// Says where binaries run.
pub(super) fn run(options: &AuditOptions, output: Output) -> Result<u8, Stop> {
    let policy = policy(options.policy.as_deref())?;
    let target = options.target.as_deref().map(target).transpose()?;
    let current = std::env::current_dir()
        .map_err(|error| Stop::Failed(format!("the current folder cannot be read: {error}")))?;
    let audited: Vec<Audited> =
        options.files.iter().map(|path| build::look(path, &current, &policy, target)).collect();
    say(&audited, &policy, options, &current, output);
    let fails = audited.iter().any(|one| {
        one.audit.verdict == Verdict::Unreadable
            || one.audit.findings.iter().any(|finding| finding.severity >= options.fail_on.severity())
    });
    Ok(if fails { FINDINGS } else { CLEAN })
}

/// A name that is known, else a file.
pub(super) fn policy(written: Option<&str>) -> Result<Policy, Stop> {
    let Some(written) = written else { return Ok(Policy::default()) };
    if let Some(policy) = Policy::named(written) {
        return Ok(policy);
    }
    let path = Path::new(written);
    let is_path = written.contains(['/', '\\'])
        || path.extension().is_some_and(|ending| ending == "toml")
        || path.exists();
    if !is_path {
        let names =
            knowledge::named_policies().iter().flat_map(|policy| policy.aliases.iter().chain([&policy.name]));
        let near = suggest::nearest(written, names.copied());
        let near = near.map_or_else(String::new, |near| format!("did you mean {near}? "));
        return Err(Stop::Failed(format!(
            "there is no policy {written}, and no file of that name; {near}Write one like glibc-2.17, manylinux2014, \
             musllinux_1_2, macos-11, windows-10, static or nix"
        )));
    }
    let text = input::policy(path)
        .map_err(|reason| Stop::Failed(format!("the policy {written} cannot be read: {reason}")))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Policy::from_toml(&text, &name).map_err(|reason| Stop::Failed(format!("the policy {written}: {reason}")))
}

fn target(triple: &str) -> Result<&'static Target, Stop> {
    knowledge::target(triple).ok_or_else(|| unknown_target(triple))
}

/// Says that rustc has no such target, and which one may be meant.
pub(super) fn unknown_target(triple: &str) -> Stop {
    let near = knowledge::nearest(triple);
    let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
    Stop::Failed(format!("rustc has no target {triple}{near}"))
}

fn say(audited: &[Audited], policy: &Policy, options: &AuditOptions, current: &Path, output: Output) {
    let findings: Vec<Finding> = audited.iter().flat_map(|one| one.audit.findings.clone()).collect();
    let report = Report {
        root: current.to_owned(),
        host: workspace::host::triple(),
        targets: options.target.iter().cloned().collect(),
        findings,
        texts: Texts::default(),
    };
    match options.format {
        AuditFormat::Json => Output::json(&json::render(audited, &report)),
        AuditFormat::Sarif => Output::json(&sarif::render(&report, &catalog::of_binaries())),
        AuditFormat::Text => {
            let least = if options.fail_on == FailOn::Hint { Severity::Hint } else { Severity::Warning };
            output.styled(&text::render(audited, policy, &report, least, "`--fail-on hint`"));
        }
    }
}
