//! `portolan.toml`: the project's own settings for Portolan.

use super::{Gap, Sourced, values::Reader};
use crate::{
    finding::Severity,
    snapshot::{Level, Read, Snapshot},
    syntax::toml::{Data, Entry, Value},
    text::{FileId, Origin, Span},
};

/// The project's settings.
#[derive(Clone, Debug, Default)]
pub struct PortolanToml {
    /// The file, when it is there.
    pub file: Option<FileId>,
    /// `targets`: triples that the project ships.
    pub targets: Vec<Sourced<String>>,
    /// `host`: the triple that builds.
    pub host: Option<Sourced<String>>,
    /// `[diagnostics.severity]`, rule to level; the place is that of the rule's name.
    pub severity: Vec<(Sourced<String>, Level)>,
    /// `build.builder`.
    pub builder: Option<Sourced<String>>,
    /// `inlayHints.enable`.
    pub inlay_hints: Option<bool>,
    /// `codeLens.enable`.
    pub code_lens: Option<bool>,
    /// What is wrong in it, each worth a finding.
    pub problems: Vec<Problem>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// Something wrong in `portolan.toml`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where.
    pub origin: Origin,
    /// One sentence.
    pub message: String,
    /// What to do, one sentence.
    pub help: String,
}

/// The keys that a project may set, for people.
const KEYS: &str = "targets, host, diagnostics.severity, build.builder, inlayHints.enable, codeLens.enable";

/// The values of `build.builder`.
const BUILDERS: [&str; 5] = ["auto", "cargo", "zigbuild", "cross", "nix"];

/// Settings that decide which programs run. A repository that could set them would grant itself trust.
const REFUSED: [&str; 4] = ["trusted", "deepCheckOnSave", "build.extraArgs", "build.nix"];

/// Reads `portolan.toml` in the workspace folder.
pub fn read(snapshot: &Snapshot) -> PortolanToml {
    let path = snapshot.root.join("portolan.toml");
    let mut settings = PortolanToml::default();
    match snapshot.files.read(&path) {
        Read::Absent => {}
        Read::Unreadable(why) => {
            settings.file = Some(FileId::new(&path));
            settings.gaps.push(Gap::file(FileId::new(path), why));
        }
        Read::Text(source) => {
            let reader = Reader::new(&source);
            settings.file = Some(source.file().clone());
            settings.gaps.extend(reader.gap());
            for entry in &reader.root().entries {
                settings.key(reader, "", entry);
            }
        }
    }
    settings.problems.sort();
    settings
}

impl PortolanToml {
    /// Takes in one key; `prefix` names the tables that it stands in ("build.").
    fn key(&mut self, reader: Reader<'_>, prefix: &str, entry: &Entry) {
        let name = format!("{prefix}{}", entry.key.name);
        let value = &entry.value;
        let understood = match name.as_str() {
            "targets" => self.targets(reader, value),
            "host" => {
                self.host = reader.string(value);
                self.host.is_some()
            }
            "build.builder" => {
                self.builder =
                    reader.string(value).filter(|builder| BUILDERS.contains(&builder.value.as_str()));
                self.builder.is_some()
            }
            "inlayHints.enable" => {
                self.inlay_hints = value.as_bool();
                self.inlay_hints.is_some()
            }
            "codeLens.enable" => {
                self.code_lens = value.as_bool();
                self.code_lens.is_some()
            }
            "diagnostics.severity" => {
                let table = value.as_table();
                for rule in table.map(|table| table.entries.as_slice()).unwrap_or_default() {
                    self.severity(reader, rule);
                }
                table.is_some()
            }
            "build" | "diagnostics" | "inlayHints" | "codeLens" => {
                let table = value.as_table();
                for inner in table.map(|table| table.entries.as_slice()).unwrap_or_default() {
                    self.key(reader, &format!("{name}."), inner);
                }
                table.is_some()
            }
            _ => return self.unknown(reader, &name, entry),
        };
        // A value that is still being typed has a syntax error of its own.
        if !understood && !matches!(value.data, Data::Invalid) {
            self.problem(reader, value.span, format!("{name} cannot have this value"), expected(&name));
        }
    }

    fn targets(&mut self, reader: Reader<'_>, value: &Value) -> bool {
        self.targets = reader.strings(value);
        value.as_array().is_some_and(|elements| elements.len() == self.targets.len())
    }

    fn severity(&mut self, reader: Reader<'_>, rule: &Entry) {
        let level = match rule.value.as_str() {
            Some("error") => Level::As(Severity::Error),
            Some("warning") => Level::As(Severity::Warning),
            Some("hint") => Level::As(Severity::Hint),
            Some("off") => Level::Off,
            _ if matches!(rule.value.data, Data::Invalid) => return,
            _ => {
                let message = format!("{} has no such severity", rule.key.name);
                return self.problem(reader, rule.value.span, message, expected("diagnostics.severity"));
            }
        };
        self.severity.push((reader.key(rule), level));
    }

    fn unknown(&mut self, reader: Reader<'_>, name: &str, entry: &Entry) {
        let span = entry.key.span;
        if REFUSED.contains(&name) {
            let message =
                format!("a project cannot set {name}: it decides which programs run on this machine");
            let help = "Delete it here and set it in your editor's settings.".to_owned();
            self.problem(reader, span, message, help);
        } else {
            self.problem(
                reader,
                span,
                format!("{name} is no setting of a project"),
                format!("The settings are {KEYS}."),
            );
        }
    }

    fn problem(&mut self, reader: Reader<'_>, span: Span, message: String, help: String) {
        self.problems.push(Problem { origin: reader.origin(span), message, help });
    }
}

/// What a key's value has to be.
fn expected(name: &str) -> String {
    match name {
        "targets" => {
            "Write an array of target triples: targets = [\"x86_64-unknown-linux-musl\"].".to_owned()
        }
        "host" => "Write a target triple: host = \"x86_64-unknown-linux-gnu\".".to_owned(),
        "build.builder" => {
            format!("Write one of {}.", BUILDERS.map(|builder| format!("\"{builder}\"")).join(", "))
        }
        "diagnostics.severity" => {
            "Write a table of rules, each \"error\", \"warning\", \"hint\" or \"off\".".to_owned()
        }
        "inlayHints.enable" | "codeLens.enable" => "Write true or false.".to_owned(),
        _ => format!("Write a table: [{name}]."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::MemoryFiles;

    fn settings(text: &str) -> PortolanToml {
        read(&MemoryFiles::new("/p").with("portolan.toml", text).snapshot())
    }

    #[test]
    fn settings_are_read_in_all_spellings() {
        for text in [
            "targets = [\"a\", \"b\"]\nhost = \"h\"\n[diagnostics.severity]\nmissing-linker = \"off\"\n\
             openssl-sys = \"error\"\n[build]\nbuilder = \"zigbuild\"\n[inlayHints]\nenable = false\n[codeLens]\nenable = true",
            "\u{feff}targets = ['a', 'b']\r\nhost = 'h'\r\ndiagnostics = { severity = { missing-linker = 'off', openssl-sys = 'error' } }\r\nbuild.builder = 'zigbuild'\r\n\
             inlayHints.enable = false\r\ncodeLens = { enable = true }\r\n",
        ] {
            let settings = settings(text);
            let targets: Vec<&str> = settings.targets.iter().map(|target| target.value.as_str()).collect();
            assert_eq!(targets, ["a", "b"]);
            assert_eq!(settings.host.map(|host| host.value).as_deref(), Some("h"));
            assert_eq!(settings.builder.map(|builder| builder.value).as_deref(), Some("zigbuild"));
            assert_eq!((settings.inlay_hints, settings.code_lens), (Some(false), Some(true)));
            let off = settings.severity.iter().find(|(rule, _)| rule.value == "missing-linker");
            assert_eq!(off.map(|(_, level)| *level), Some(Level::Off));
            assert!(settings.problems.is_empty(), "{:?}", settings.problems);
        }
    }

    #[test]
    fn a_project_cannot_trust_itself() {
        for text in [
            "trusted = true",
            "build.extraArgs = ['x']",
            "[build.nix]\nbuilders = 'x'",
            "deepCheckOnSave = true",
        ] {
            let problems = settings(text).problems;
            let message = problems.first().map(|problem| problem.message.clone()).unwrap_or_default();
            assert!(problems.len() == 1 && message.contains("cannot set"), "{text}: {message}");
        }
    }

    #[test]
    fn wrong_keys_and_values_are_problems() {
        for text in [
            "target = ['a']",
            "targets = 'a'",
            "targets = [1]",
            "build.builder = 'make'",
            "build = 1",
            "diagnostics.severity.missing-linker = 'fatal'",
            "inlayHints.enable = 'no'",
        ] {
            assert_eq!(settings(text).problems.len(), 1, "{text}");
        }
    }

    #[test]
    fn what_is_being_typed_is_a_gap_and_no_problem() {
        let settings = settings("targets = ");
        assert_eq!((settings.problems.len(), settings.gaps.len()), (0, 1));
    }
}
