//! Verdicts in words: a few for a lens, one line for a view, and all of it for programs.

use jiff::{Timestamp, Zoned, tz::TimeZone};
use serde_json::{Value, json};

use super::{LastAudit, LastBuild, Outcome};
use crate::audit::Verdict;

/// What a lens says behind "Build …": `failed 14:02`.
pub fn for_build(build: &LastBuild) -> String {
    match build.outcome {
        Outcome::Running => "running".to_owned(),
        Outcome::Built => format!("built {}", clock(build.time)),
        Outcome::Failed => format!("failed {}", clock(build.time)),
        Outcome::Missing => format!("a tool is missing {}", clock(build.time)),
        Outcome::Cancelled => format!("cancelled {}", clock(build.time)),
    }
}

/// What a lens says behind "Audit …": `portable`; with the time where a later build made nothing that was looked at.
pub fn for_audit(audit: &LastAudit, build: Option<&LastBuild>) -> String {
    let verdict = audit.files.first().map_or(Verdict::Unreadable, |worst| worst.verdict);
    let verdict = verdict.name().replace('-', " ");
    let is_older = build.is_some_and(|build| build.time > audit.time);
    if is_older { format!("{verdict} {}", clock(audit.time)) } else { verdict }
}

/// A build for programs.
pub fn build_json(build: &LastBuild) -> Value {
    json!({
        "outcome": build.outcome,
        "time": instant(build.time),
        "builder": build.builder,
        "log": build.log,
        "words": for_build(build),
    })
}

/// An audit for programs.
pub fn audit_json(audit: &LastAudit, build: Option<&LastBuild>) -> Value {
    let worst = audit.files.first();
    let systems = worst.map(|worst| worst.runs_on.join(", ")).unwrap_or_default();
    let verdict = for_audit(audit, build);
    let words = if systems.is_empty() { verdict } else { format!("{verdict}: {systems}") };
    let files = audit
        .files
        .iter()
        .map(|one| json!({"file": one.file, "verdict": one.verdict.name(), "runs_on": one.runs_on}));
    json!({
        "verdict": worst.map_or(Verdict::Unreadable, |worst| worst.verdict).name(),
        "time": instant(audit.time),
        "runs_on": worst.map(|worst| worst.runs_on.as_slice()).unwrap_or_default(),
        "files": files.collect::<Vec<_>>(),
        "words": words,
    })
}

/// Seconds since 1970.
pub fn now() -> i64 {
    Timestamp::now().as_second()
}

/// The time of day where the server runs; with the day when it is another.
fn clock(seconds: i64) -> String {
    clock_at(seconds, &Timestamp::now().to_zoned(TimeZone::system()))
}

fn clock_at(seconds: i64, now: &Zoned) -> String {
    let Ok(time) = Timestamp::from_second(seconds) else { return String::new() };
    let time = time.to_zoned(now.time_zone().clone());
    let format = match () {
        () if time.date() == now.date() => "%H:%M",
        () if time.year() == now.year() => "%-d %b %H:%M",
        () => "%-d %b %Y",
    };
    time.strftime(format).to_string()
}

/// RFC 3339, in UTC.
fn instant(seconds: i64) -> String {
    Timestamp::from_second(seconds).map(|time| time.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_says_its_day_only_when_that_is_another() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let now = |seconds| Timestamp::from_second(seconds).map(|time| time.to_zoned(zone.clone()));
        // 2026-11-21 12:02:05 UTC
        let built = 1_795_262_525;
        for (later, expected) in
            [(60, "14:02"), (24 * 3600, "21 Nov 14:02"), (365 * 24 * 3600, "21 Nov 2026")]
        {
            let said = now(built + later).map(|now| clock_at(built, &now));
            assert_eq!(said.ok().as_deref(), Some(expected));
        }
        assert_eq!(instant(built), "2026-11-21T12:02:05Z");
    }
}
