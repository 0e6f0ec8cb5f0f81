#![allow(clippy::unwrap_used)]

use std::path::Path;

use serde_json::Value;

use super::{Report, github, json, sarif, text};
use crate::{
    cli::{baseline::Baseline, catalog, session::Texts},
    finding::{Confidence, Edit, Finding, Fix, Rename, Severity},
    snapshot::MemoryFiles,
    text::{FileId, Origin, Span},
};

const CONFIG: &str = "\u{feff}[build]\r\n# ünïcode\r\ntarget = [\r\n  \"ä\",\r\n  \"b\",\r\n]\r\n";

fn origin(path: &str, text: &str, part: &str) -> Origin {
    let start = text.find(part).unwrap();
    Origin::new(FileId::new(path), Span::new(start, start + part.len()))
}

fn config(part: &str) -> Origin {
    origin("/p/.cargo/config.toml", CONFIG, part)
}

fn findings() -> Vec<Finding> {
    let edit = |text: &str| Edit {
        file: FileId::new("/p/.cargo/config.toml"),
        start: config("\"ä\"").span.start(),
        end: config("\"ä\"").span.end(),
        text: text.to_owned(),
    };
    let rename = Rename { from: FileId::new("/p/.cargo/config"), to: FileId::new("/p/.cargo/config.toml") };
    let new_file = Edit { file: FileId::new("/p/new.toml"), start: 0, end: 0, text: "x = 1\n".to_owned() };
    vec![
        Finding::new("rule-b", Severity::Error, config("\"ä\""), "there is no target ä")
            .with_targets(["b", "a"])
            .with_help("write another")
            .with_confidence(Confidence::Likely)
            .with_related(config("target"), "the list is here")
            .with_fixes([
                Fix::safe("Replace it", vec![edit("\"aa\"")]),
                Fix { renames: vec![rename], ..Fix::review("Rename", vec![]) },
                Fix::review("Make a file", vec![new_file]),
            ]),
        Finding::new("rule-a", Severity::Hint, config("[build]"), "worth knowing"),
        Finding::new(
            "rule-a",
            Severity::Warning,
            Origin::new(FileId::new("/p/gone"), Span::at(7)),
            "of nothing\n2",
        ),
    ]
}

fn report() -> Report {
    let snapshot = MemoryFiles::new("/p").with(".cargo/config.toml", CONFIG).snapshot();
    let findings = findings();
    let mut texts = Texts::default();
    texts.gather(&snapshot, &findings);
    let mut report =
        Report { root: "/p".into(), host: "h".to_owned(), targets: vec!["a".to_owned()], findings, texts };
    report.sort();
    report
}

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[test]
fn json_has_the_promised_shape() {
    let report = serde_json::to_value(json::report(&report())).unwrap();
    assert_eq!(report["version"], 1);
    assert_eq!(report["root"], "/p");
    let rules: Vec<&Value> =
        report["findings"].as_array().unwrap().iter().map(|one| &one["message"]).collect();
    assert_eq!(rules, ["worth knowing", "there is no target ä", "of nothing\n2"]);
    let byte = config("\"ä\"").span.start();
    let expected = serde_json::json!({
        "rule": "rule-b", "severity": "error", "confidence": "likely", "message": "there is no target ä",
        "file": ".cargo/config.toml",
        "range": {
            "start": {"line": 4, "column": 3, "byte": byte},
            "end": {"line": 4, "column": 6, "byte": byte + 4},
        },
        "targets": ["a", "b"],
        "related": [{
            "file": ".cargo/config.toml",
            "range": {
                "start": {"line": 3, "column": 1, "byte": config("target").span.start()},
                "end": {"line": 3, "column": 7, "byte": config("target").span.end()},
            },
            "message": "the list is here",
        }],
        "help": "write another",
        "url": "",
        "fixes": [
            {"title": "Replace it", "applicability": "safe", "edits": [
                {"file": ".cargo/config.toml", "start": byte, "end": byte + 4, "text": "\"aa\""},
            ]},
            {"title": "Rename", "applicability": "review", "edits": [],
             "renames": [{"from": ".cargo/config", "to": ".cargo/config.toml"}]},
            {"title": "Make a file", "applicability": "review", "edits": [
                {"file": "new.toml", "start": 0, "end": 0, "text": "x = 1\n"},
            ]},
        ],
    });
    assert_eq!(report["findings"][1], expected);
    // A byte order mark takes no column; a file without text has one empty line.
    assert_eq!(
        report["findings"][0]["range"]["start"],
        serde_json::json!({"line": 1, "column": 1, "byte": 3})
    );
    assert_eq!(
        report["findings"][2]["range"]["start"],
        serde_json::json!({"line": 1, "column": 1, "byte": 7})
    );
}

#[test]
fn sarif_locates_every_result_and_carries_its_fixes() {
    let log = sarif::render(&report(), &catalog::of_projects());
    let run = &log["runs"][0];
    assert_eq!(run["originalUriBaseIds"]["ROOT"]["uri"], "file:///p/");
    let results = run["results"].as_array().unwrap();
    for result in results {
        assert!(result["message"]["text"].is_string(), "{result}");
        let place = &result["locations"][0]["physicalLocation"];
        assert!(place["artifactLocation"]["uri"].is_string(), "{result}");
        assert!(place["region"]["startLine"].as_u64().unwrap() >= 1, "{result}");
    }
    assert_eq!(results[1]["level"], "error");
    assert_eq!(results[0]["level"], "note");
    // A rename cannot be said in SARIF.
    assert_eq!(results[1]["fixes"].as_array().unwrap().len(), 2);
    let replacement = &results[1]["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(
        *replacement,
        serde_json::json!({
            "deletedRegion": {"startLine": 4, "startColumn": 3, "endLine": 4, "endColumn": 6},
            "insertedContent": {"text": "\"aa\""},
        })
    );
    assert!(results[0].get("fixes").is_none());
}

#[test]
fn github_gets_one_command_a_line() {
    let report = report();
    let text = github::render(&report, Path::new("/p"), report.findings.iter());
    assert_eq!(
        text.lines().collect::<Vec<_>>(),
        [
            "::notice file=.cargo/config.toml,line=1,endLine=1,col=1,endColumn=8,title=rule-a::worth knowing",
            "::error file=.cargo/config.toml,line=4,endLine=4,col=3,endColumn=6,title=rule-b::there is no target \
             ä%0Awrite another",
            "::warning file=gone,line=1,endLine=1,col=1,endColumn=1,title=rule-a::of nothing%0A2",
        ]
    );
}

#[test]
fn the_text_shows_the_place_and_what_to_do() {
    let report = report();
    let text = plain(&text::render(&report, Path::new("/p"), report.findings.iter().skip(1).take(1)));
    let expected = "\
error[rule-b]: there is no target ä
 --> .cargo/config.toml:4:3
  |
4 |   \"ä\",
  |   ^^^
  |
  = note: this is likely, but the files do not settle it
  = help: write another
  = fix: Replace it (`portolan fix`)
  = fix: Rename (`portolan fix --unsafe`)
  = fix: Make a file (`portolan fix --unsafe`)
note: the list is here
 --> .cargo/config.toml:3:1
  |
3 | target = [
  | ------
";
    assert_eq!(text.trim_end(), expected.trim_end(), "{text}");
}

#[test]
fn the_summary_counts_and_names_the_next_step() {
    let report = report();
    let hidden = plain(&text::summary(&report, text::Tally::default()));
    assert_eq!(
        hidden,
        "1 error, 1 warning in 2 files; 1 can be fixed with `portolan fix`\n1 hint not shown; `--fail-on hint` shows it\n"
    );
    let all = text::Tally { known: 2, gone: 1, with_hints: true };
    let shown = plain(&text::summary(&report, all));
    assert!(shown.starts_with("1 error, 1 warning, 1 hint in 2 files;"), "{shown}");
    assert!(shown.contains("2 findings left out"), "{shown}");
    assert!(shown.contains("1 finding of the baseline is gone"), "{shown}");
}

#[test]
fn hostile_text_neither_breaks_the_excerpt_nor_reaches_the_terminal() {
    const BLINK: &str = "\u{1b}[5m";
    let long = "x".repeat(100_000);
    let cases = [
        (format!("a{BLINK}b\u{202e}c"), Span::new(0, 3)),
        (String::new(), Span::at(0)),
        (String::new(), Span::new(5, 9)),
        ("é".to_owned(), Span::new(1, 1)),
        ("a\rb\rc".to_owned(), Span::new(0, 5)),
        ("a\r\nb".to_owned(), Span::new(1, 3)),
        ("a\n".to_owned(), Span::at(2)),
        ("\u{feff}".to_owned(), Span::at(0)),
        ("tab\there".to_owned(), Span::new(3, 8)),
        (long, Span::new(50_000, 50_001)),
    ];
    for (text, span) in cases {
        let name = format!("f{BLINK}");
        let snapshot = MemoryFiles::new("/p").with(&name, text.as_str()).snapshot();
        let origin = Origin::new(FileId::new(format!("/p/{name}")), span);
        let finding = Finding::new("rule", Severity::Error, origin.clone(), format!("message {BLINK}"))
            .with_help(BLINK)
            .with_related(origin, BLINK)
            .with_fixes([Fix::safe(BLINK, vec![])]);
        let findings = vec![finding];
        let mut texts = Texts::default();
        texts.gather(&snapshot, &findings);
        let report = Report { root: "/p".into(), host: String::new(), targets: Vec::new(), findings, texts };
        let rendered = text::render(&report, Path::new("/p"), report.findings.iter());
        assert!(rendered.contains("rule"), "{text:?}: {rendered}");
        assert!(rendered.len() < 20_000, "{text:.20?}: {} bytes", rendered.len());
        assert!(!rendered.contains(BLINK) && !rendered.contains('\u{202e}'), "{text:?}: {rendered:?}");
        let _ = json::report(&report);
        let _ = sarif::render(&report, &catalog::of_projects());
    }
}

#[test]
fn a_baseline_hides_as_many_as_it_lists() {
    let mut report = report();
    let baseline = Baseline::of(&report);
    let again = Finding::new("rule-a", Severity::Hint, config("[build]"), "worth knowing, too");
    report.findings.push(again);
    assert_eq!(baseline.subtract(&mut report), (3, 0));
    assert_eq!(report.findings.len(), 1);
    let baseline = Baseline::of(&self::report());
    assert_eq!(baseline.subtract(&mut report), (1, 2));
}
