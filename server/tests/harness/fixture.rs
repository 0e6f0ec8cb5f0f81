//! A small project in one text, with the expected findings marked in it.
//!
//! ```text
//! host: x86_64-unknown-linux-gnu
//! #- .cargo/config.toml
//! [build]
//! target = "x86_64-unknown-linux-gnuu"
//! #        ^^^^^^^^^^^^^^^^^^^^^^^^^^^ error unknown-target: no target
//! ```
//!
//! A mark stands below its line; its carets are the columns of the finding (of its first line). Behind the
//! rule may stand words of the message; `#<^^` begins in the first column. Marks are taken out before the project is read. Settings before the
//! first file: `host`, `targets`, `program` (a path that can be executed), `env` (`NAME=value`),
//! `spellings: no` when the spelling is what the fixture is about, `nix: throws, because …` when Nix cannot
//! evaluate a flake that has no syntax error and whose inputs all have stand-ins, `changes: NAME` for an attribute
//! that a fix changes and does not name (see `real_nix/`). Files below `$CARGO_HOME/` are cargo's caches.

use std::{collections::BTreeMap, fmt, sync::Arc};

use portolan::{
    analysis::analyze,
    finding::{Finding, Severity},
    snapshot::{Host, MemoryFiles, Settings, Snapshot},
    text::FileId,
};

const ROOT: &str = "/project";

/// Files of cargo's caches: `#- $CARGO_HOME/registry/src/…`.
pub const CARGO_HOME: &str = "$CARGO_HOME/";

/// A project with its expected findings.
#[derive(Clone, Debug, Default)]
pub struct Fixture {
    pub files: Vec<(String, String)>,
    expected: Vec<Expected>,
    settings: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
struct Expected {
    file: String,
    /// From 0.
    line: usize,
    /// In characters, from 0.
    columns: (usize, usize),
    severity: String,
    rule: String,
    words: String,
}

impl fmt::Display for Fixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.files.iter().try_for_each(|(path, text)| writeln!(f, "#- {path}\n{text}"))
    }
}

impl Fixture {
    /// Reads the text of a fixture.
    pub fn parse(text: &str) -> Self {
        let mut fixture = Self::default();
        for line in text.split_inclusive('\n') {
            if let Some(path) = line.strip_prefix("#- ") {
                fixture.files.push((path.trim().to_owned(), String::new()));
            } else if fixture.files.is_empty() {
                if let Some((key, value)) = line.split_once(':') {
                    fixture.settings.push((key.trim().to_owned(), value.trim().to_owned()));
                }
            } else {
                fixture.line(line);
            }
        }
        fixture
    }

    fn line(&mut self, line: &str) {
        let (path, text) = self.files.last_mut().unwrap();
        let Some(mark) = mark(line) else {
            text.push_str(line);
            return;
        };
        let (columns, severity, rule, words) = mark;
        let line = text.lines().count().saturating_sub(1);
        self.expected.push(Expected { file: path.clone(), line, columns, severity, rule, words });
    }

    /// The project of the code blocks below a heading of a rule's page.
    pub fn from_page(page: &str, heading: &str) -> Self {
        let mut fixture = Self::default();
        let mut is_below = false;
        let mut is_open = false;
        for line in page.lines() {
            if line.starts_with("## ") {
                is_below = line == heading;
            } else if let Some(info) = line.strip_prefix("```") {
                is_open = !is_open && is_below;
                if let (true, Some((_, path))) = (is_open, info.split_once("file:")) {
                    fixture.files.push((path.to_owned(), String::new()));
                }
            } else if is_open && let Some((_, text)) = fixture.files.last_mut() {
                text.push_str(line);
                text.push('\n');
            }
        }
        if !fixture.files.iter().any(|(path, _)| path == "Cargo.toml") {
            let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
            fixture.files.push(("Cargo.toml".to_owned(), manifest.to_owned()));
        }
        fixture.files.push(("src/main.rs".to_owned(), String::new()));
        fixture
    }

    pub fn snapshot(&self) -> Snapshot {
        let mut files = MemoryFiles::new(ROOT);
        for (path, text) in &self.files {
            files = match path.strip_prefix(CARGO_HOME) {
                Some(path) => files.with_registry(path, text.as_str()),
                None => files.with(path, text.as_str()),
            };
        }
        for path in self.setting("program") {
            files = files.with_program(path);
        }
        let host = self.setting("host").next().unwrap_or("x86_64-unknown-linux-gnu");
        let variables = self.setting("env").filter_map(|pair| pair.split_once('='));
        let environment: BTreeMap<String, String> =
            variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let programs: std::collections::BTreeSet<String> =
            self.setting("on-path").map(str::to_owned).collect();
        let host = Host {
            programs: Some(Arc::new(programs)),
            environment: Arc::new(environment),
            ..Host::foreign(host)
        };
        let targets =
            self.setting("targets").flat_map(|value| value.split(',')).map(|triple| triple.trim().to_owned());
        let settings = Settings { targets: targets.collect(), ..Settings::default() };
        Snapshot { host: Arc::new(host), settings: Arc::new(settings), ..files.snapshot() }
    }

    /// What stands before the first file under this key.
    pub fn setting<'s>(&'s self, key: &'s str) -> impl Iterator<Item = &'s str> {
        self.settings.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// The same machine and settings with other files.
    pub fn with_files(&self, files: Vec<(String, String)>) -> Self {
        Self { files, ..self.clone() }
    }

    pub fn has_spellings(&self) -> bool {
        self.setting("spellings").next() != Some("no")
    }

    /// Whether a finding of the rule is marked.
    pub fn expects(&self, rule: &str) -> bool {
        self.expected.iter().any(|expected| expected.rule == rule)
    }

    /// Whether the rule finds something.
    pub fn finds(&self, rule: &str) -> bool {
        analyze(&self.snapshot()).findings.iter().any(|finding| finding.rule == rule)
    }

    /// Holds the findings to the marks.
    pub fn check_places(&self) -> Result<(), String> {
        let snapshot = self.snapshot();
        let mut left = analyze(&snapshot).findings;
        let mut missing = Vec::new();
        for expected in &self.expected {
            match left.iter().position(|finding| is_as_expected(&snapshot, expected, finding)) {
                Some(at) => drop(left.remove(at)),
                None => missing.push(format!(
                    "missing: {}:{} columns {:?} {} {}{}",
                    expected.file,
                    expected.line + 1,
                    (expected.columns.0 + 1, expected.columns.1 + 1),
                    expected.severity,
                    expected.rule,
                    if expected.words.is_empty() { String::new() } else { format!(": {}", expected.words) },
                )),
            }
        }
        let shown = left.iter().map(|finding| {
            let (line, columns) = place(&snapshot, finding);
            format!(
                "unexpected: {}:{} columns {:?} {} {}: {}",
                finding.origin.file.relative_to(&snapshot.root),
                line + 1,
                (columns.0 + 1, columns.1 + 1),
                severity(finding),
                finding.rule,
                finding.message
            )
        });
        missing.extend(shown);
        if missing.is_empty() { Ok(()) } else { Err(missing.join("\n")) }
    }

    /// The same project with other line endings, a BOM, and text outside of ASCII.
    pub fn variants(&self) -> Vec<(&'static str, Self)> {
        let readable = |path: &str| !path.starts_with(CARGO_HOME);
        let comment = |path: &str| if path.ends_with(".rs") { "//" } else { "#" };
        let with = |change: &dyn Fn(&str, &str) -> String, lines: usize| {
            let mut variant = self.clone();
            for (path, text) in variant.files.iter_mut().filter(|(path, _)| readable(path)) {
                *text = change(path, text);
            }
            variant.expected.iter_mut().for_each(|expected| expected.line += lines);
            variant
        };
        let crlf = with(&|_, text| text.replace('\n', "\r\n"), 0);
        // Nix refuses a BOM.
        let bom = with(
            &|path, text| if path.ends_with(".nix") { text.to_owned() } else { format!("\u{feff}{text}") },
            0,
        );
        // `config` without its ending is reported at its first line.
        let is_first_line = self.expected.iter().any(|expected| expected.rule == "legacy-cargo-config");
        let mut variants = vec![("CR LF", crlf), ("a BOM", bom)];
        if !is_first_line
            && !self.files.iter().any(|(path, text)| path == "rust-toolchain" && !text.contains('['))
        {
            // JSON has no comments.
            let umlauts = |path: &str, text: &str| match path {
                "flake.lock" => text.to_owned(),
                _ => format!("{} Ünïcödé \u{1f6a2}\n\n{text}", comment(path)),
            };
            variants.push(("umlauts", with(&umlauts, 2)));
        }
        variants
    }
}

fn severity(finding: &Finding) -> &'static str {
    match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "hint",
    }
}

/// The line of a finding's start, and its columns there.
fn place(snapshot: &Snapshot, finding: &Finding) -> (usize, (usize, usize)) {
    let source = snapshot.files.read(finding.origin.file.path()).text().cloned().unwrap();
    let document = source.document();
    let start = document.line_column(finding.origin.span.start());
    let end = document.line_column(finding.origin.span.end());
    let end = if end.line == start.line {
        end.column
    } else {
        document.line_text(start.line - 1).chars().count() + 1
    };
    (start.line - 1, (start.column - 1, end - 1))
}

fn is_as_expected(snapshot: &Snapshot, expected: &Expected, finding: &Finding) -> bool {
    expected.rule == finding.rule
        && expected.severity == severity(finding)
        && finding.origin.file == FileId::new(format!("{ROOT}/{}", expected.file))
        && place(snapshot, finding) == (expected.line, expected.columns)
        && finding.message.contains(&expected.words)
}

type Mark = ((usize, usize), String, String, String);

/// `#   ^^^^ error rule: words of the message`, or `#   | error rule` for an empty place.
fn mark(line: &str) -> Option<Mark> {
    let text = line.trim_end();
    let start = text.trim_start().strip_prefix('#')?.trim_start();
    // `#<^^^` begins in the first column.
    if let Some(rest) = text.strip_prefix("#<") {
        let carets = rest.chars().take_while(|character| *character == '^').count();
        let (severity, rest) = rest[carets..].trim().split_once(' ')?;
        let (rule, words) = rest.split_once(':').unwrap_or((rest, ""));
        return Some(((0, carets + 2), severity.to_owned(), rule.trim().to_owned(), words.trim().to_owned()));
    }
    let carets = start.chars().take_while(|character| *character == '^').count();
    let is_empty = carets == 0 && start.starts_with('|');
    if carets == 0 && !is_empty {
        return None;
    }
    let column = text.chars().count() - start.chars().count();
    let rest = start[carets.max(1)..].trim();
    let (severity, rest) = rest.split_once(' ')?;
    let (rule, words) = rest.split_once(':').unwrap_or((rest, ""));
    let columns = (column, column + carets);
    Some((columns, severity.to_owned(), rule.trim().to_owned(), words.trim().to_owned()))
}
