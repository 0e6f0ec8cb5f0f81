//! `portolan explain` and `portolan rules`.

use serde::Serialize;

use super::{
    CLEAN, Stop,
    args::RulesFormat,
    catalog::{self, Entry},
    output::{CODE, FAINT, HEADING, Output, paint},
    suggest,
};
use crate::{failures::pages, finding::Severity, knowledge, rules::FixKind};

/// Shows the page of a rule or of a failure; of both where they have one name.
pub(super) fn explain(name: &str, output: Output) -> Result<u8, Stop> {
    let rule =
        catalog::find(name).map(|rule| (paint(HEADING, rule.name()), style_page(&rule.page()), rule.url()));
    let failure = knowledge::failure(name).map(|failure| {
        let title = format!("{} in a build's log: {}", paint(HEADING, failure.name), failure.summary);
        (title, style_page(failure.page), pages::url(failure.name))
    });
    let pages: Vec<String> = [rule, failure]
        .into_iter()
        .flatten()
        .map(|(title, page, url)| format!("{title}\n\n{page}\n{url}\n"))
        .collect();
    if pages.is_empty() {
        return Err(unknown_name(name));
    }
    output.styled(&pages.join("\n"));
    Ok(CLEAN)
}

fn unknown_name(name: &str) -> Stop {
    let failures = knowledge::failures().iter().map(|failure| failure.name);
    let names = catalog::all().into_iter().map(Entry::name).chain(failures);
    Stop::Failed(match suggest::nearest(name, names) {
        Some(near) => format!("there is no rule or failure {name}; did you mean {near}?"),
        None => format!("there is no rule or failure {name}; `portolan rules` lists the rules"),
    })
}

/// Lists all rules.
pub(super) fn rules(format: RulesFormat, output: Output) -> u8 {
    match format {
        RulesFormat::Text => output.styled(&table()),
        RulesFormat::Json => {
            let rules = catalog::all().into_iter().map(RuleJson::new).collect();
            Output::json(&RulesJson { version: 1, rules });
        }
        RulesFormat::Markdown => Output::plain(&markdown()),
    }
    CLEAN
}

#[derive(Debug, Serialize)]
struct RulesJson {
    version: u32,
    rules: Vec<RuleJson>,
}

#[derive(Debug, Serialize)]
struct RuleJson {
    name: &'static str,
    summary: &'static str,
    severity: Severity,
    fix: &'static str,
    command: &'static str,
    url: String,
}

impl RuleJson {
    fn new(rule: Entry) -> Self {
        Self {
            name: rule.name(),
            summary: rule.summary(),
            severity: rule.severity(),
            fix: fix_word(rule.fix()),
            command: rule.command(),
            url: rule.url(),
        }
    }
}

fn fix_word(fix: FixKind) -> &'static str {
    match fix {
        FixKind::None => "none",
        FixKind::Review => "review",
        FixKind::Safe => "safe",
    }
}

fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "hint",
    }
}

fn table() -> String {
    let rules = catalog::all();
    let width = rules.iter().map(|rule| rule.name().len()).max().unwrap_or_default();
    let line = |rule: &Entry| {
        let name = paint(HEADING, &format!("{:width$}", rule.name()));
        let fix = match rule.fix() {
            FixKind::None => "",
            FixKind::Review => "fix to review",
            FixKind::Safe => "safe fix",
        };
        format!("{name}  {:7}  {fix:13}  {}\n", severity_word(rule.severity()), rule.summary())
    };
    rules.iter().map(line).collect()
}

/// A table of all rules, and behind it their pages.
fn markdown() -> String {
    let mut text =
        "# Rules\n\n| rule | severity | fix | what it finds |\n| --- | --- | --- | --- |\n".to_owned();
    for rule in catalog::all() {
        let (name, severity, fix) = (rule.name(), severity_word(rule.severity()), fix_word(rule.fix()));
        let summary = rule.summary().replace('|', "\\|");
        text += &format!("| [`{name}`](#{name}) | {severity} | {fix} | {summary} |\n");
    }
    for rule in catalog::all() {
        text += &format!("\n## {}\n\n{}\n", rule.name(), lower_headings(rule.page().trim()));
    }
    text
}

/// Puts a page's headings two levels below that of its name's chapter; comments in code stay.
fn lower_headings(page: &str) -> String {
    let mut in_code = false;
    let lines = page.lines().map(|line| {
        in_code ^= line.trim_start().starts_with("```");
        if line.starts_with('#') && !in_code { format!("##{line}") } else { line.to_owned() }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A page for a terminal: headings stand out, code is coloured, fences become indentation.
fn style_page(page: &str) -> String {
    let mut in_code = false;
    let mut text = String::new();
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if in_code {
            text += &format!("    {}\n", paint(CODE, line));
        } else if line.starts_with('#') {
            text += &format!("{}\n", paint(HEADING, line.trim_start_matches('#').trim()));
        } else {
            text += &format!("{}\n", style_code(line));
        }
    }
    text
}

/// Colours what stands between backquotes.
fn style_code(line: &str) -> String {
    let mut pieces = line.split('`').enumerate().peekable();
    let mut text = String::new();
    while let Some((index, piece)) = pieces.next() {
        let is_code = index % 2 == 1;
        match (is_code, pieces.peek().is_some()) {
            (true, true) => text += &paint(CODE, piece),
            // A backquote without its partner.
            (true, false) => text += &format!("{}{piece}", paint(FAINT, "`")),
            (false, _) => text += piece,
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_in_code_are_no_headings() {
        assert_eq!(lower_headings("# A\n```toml\n# b\n```\n# C"), "### A\n```toml\n# b\n```\n### C");
    }

    #[test]
    fn a_lone_backquote_stays() {
        assert!(anstream::adapter::strip_str(&style_code("a `b` ` c")).to_string().ends_with("a b ` c"));
    }
}
