//! Nix's internal log: `@nix {…}` on standard error, the outputs as JSON on standard output.
//!
//! The numbers are those of Nix's `ActivityType` and `ResultType` (src/libutil/logging.hh); the same number
//! means different things in both, so the action is looked at first.

use std::{collections::BTreeMap, path::PathBuf};

use anstream::adapter::strip_str;
use serde_json::Value;

use super::Progress;
use crate::process::{Line, Stream};

const COPY_PATHS: u64 = 103;
const BUILDS: u64 = 104;
const BUILD: u64 = 105;
const RESULT_LOG_LINE: u64 = 101;
const RESULT_PHASE: u64 = 104;
const RESULT_PROGRESS: u64 = 105;
const RESULT_POST_BUILD_LINE: u64 = 107;
/// Messages of a higher level are for who looks for an error in Nix.
const INFO: u64 = 3;

/// Reads Nix's output.
#[derive(Debug, Default)]
pub(super) struct NixMessages {
    activities: BTreeMap<u64, Activity>,
    counts: BTreeMap<u64, (u64, u64)>,
    progress: Progress,
    out: String,
}

#[derive(Debug)]
struct Activity {
    kind: u64,
    /// The name of what is built.
    name: String,
}

impl NixMessages {
    /// Takes a line; gives what of it is for people, and the progress when it changed.
    pub(super) fn take(&mut self, line: &Line) -> (Vec<String>, Option<&Progress>) {
        if line.stream == Stream::Out {
            self.out.push_str(&line.text);
            self.out.push('\n');
            return (Vec::new(), None);
        }
        let message =
            line.text.strip_prefix("@nix ").and_then(|json| serde_json::from_str::<Value>(json).ok());
        let Some(message) = message else { return (vec![plain(&line.text)], None) };
        let before = self.progress.clone();
        let lines = self.message(&message);
        (lines, (self.progress != before).then_some(&self.progress))
    }

    fn message(&mut self, message: &Value) -> Vec<String> {
        let id = message["id"].as_u64().unwrap_or_default();
        match message["action"].as_str() {
            Some("msg") => {
                let text = message["msg"].as_str().unwrap_or_default();
                let is_shown = message["level"].as_u64().is_none_or(|level| level <= INFO);
                if is_shown { plain(text).lines().map(str::to_owned).collect() } else { Vec::new() }
            }
            Some("start") => {
                self.start(id, message);
                Vec::new()
            }
            Some("stop") => {
                self.activities.remove(&id);
                Vec::new()
            }
            Some("result") => self.result(id, message),
            _ => Vec::new(),
        }
    }

    fn start(&mut self, id: u64, message: &Value) {
        let kind = message["type"].as_u64().unwrap_or_default();
        let path = message["fields"][0].as_str().unwrap_or_default();
        let name = derivation_name(path).to_owned();
        if kind == BUILD {
            self.progress.what.clone_from(&name);
        }
        self.activities.insert(id, Activity { kind, name });
    }

    fn result(&mut self, id: u64, message: &Value) -> Vec<String> {
        let fields = &message["fields"];
        let activity = self.activities.get(&id);
        match message["type"].as_u64() {
            Some(RESULT_LOG_LINE | RESULT_POST_BUILD_LINE) => {
                let text = plain(fields[0].as_str().unwrap_or_default());
                // As Nix itself shows the lines of several builds.
                vec![match activity {
                    Some(activity) if !activity.name.is_empty() => format!("{}> {text}", activity.name),
                    _ => text,
                }]
            }
            Some(RESULT_PHASE) => {
                if let Some(activity) = activity {
                    let phase = fields[0].as_str().unwrap_or_default();
                    self.progress.what = format!("{} ({phase})", activity.name);
                }
                Vec::new()
            }
            Some(RESULT_PROGRESS) => {
                let number = |index: usize| fields[index].as_u64().unwrap_or_default();
                if activity.is_some_and(|activity| [BUILDS, COPY_PATHS].contains(&activity.kind)) {
                    self.counts.insert(id, (number(0), number(1)));
                    let sum = self.counts.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
                    self.progress.units = Some(sum).filter(|(_, all)| *all > 0);
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// The store paths that were built.
    pub(super) fn outputs(&self) -> Vec<PathBuf> {
        let value: Value = serde_json::from_str(&self.out).unwrap_or_default();
        let derivations = value.as_array().into_iter().flatten();
        let outputs =
            derivations.filter_map(|one| one["outputs"].as_object()).flat_map(serde_json::Map::values);
        outputs.filter_map(Value::as_str).map(PathBuf::from).collect()
    }
}

fn plain(text: &str) -> String {
    strip_str(text).to_string()
}

/// `app-0.1.0` of `/nix/store/hash-app-0.1.0.drv`.
fn derivation_name(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or_default();
    let name = file.split_once('-').map_or(file, |(_, name)| name);
    name.strip_suffix(".drv").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(messages: &mut NixMessages, text: &str) -> (Vec<String>, Option<Progress>) {
        let line = Line { stream: Stream::Err, text: text.to_owned() };
        let (lines, progress) = messages.take(&line);
        (lines, progress.cloned())
    }

    #[test]
    fn a_build_is_followed() {
        let mut messages = NixMessages::default();
        let start = r#"@nix {"action":"start","fields":["/nix/store/00-app-0.1.0.drv","",1,1],"id":7,"level":3,"parent":0,"text":"building","type":105}"#;
        let (lines, progress) = take(&mut messages, start);
        assert!(lines.is_empty());
        assert_eq!(progress.map(|progress| progress.what).as_deref(), Some("app-0.1.0"));
        let said = r#"@nix {"action":"result","fields":["\u001b[1merror\u001b[0m: no"],"id":7,"type":101}"#;
        assert_eq!(take(&mut messages, said).0, ["app-0.1.0> error: no"]);
        take(&mut messages, r#"@nix {"action":"start","id":3,"level":0,"parent":0,"text":"","type":104}"#);
        let counted = r#"@nix {"action":"result","fields":[1,4,1,0],"id":3,"type":105}"#;
        assert_eq!(take(&mut messages, counted).1.and_then(|progress| progress.percent()), Some(25));
        let phase = r#"@nix {"action":"result","fields":["buildPhase"],"id":7,"type":104}"#;
        let what = take(&mut messages, phase).1.map(|progress| progress.what);
        assert_eq!(what.as_deref(), Some("app-0.1.0 (buildPhase)"));
        let error = r#"@nix {"action":"msg","level":0,"msg":"error: a\nb"}"#;
        assert_eq!(take(&mut messages, error).0, ["error: a", "b"]);
        let chatter = r#"@nix {"action":"msg","level":5,"msg":"evaluating"}"#;
        assert!(take(&mut messages, chatter).0.is_empty());
        assert_eq!(take(&mut messages, "warning: plain").0, ["warning: plain"]);
        assert_eq!(take(&mut messages, "@nix {broken").0, ["@nix {broken"]);
    }

    #[test]
    fn outputs_are_read_from_the_answer() {
        let mut messages = NixMessages::default();
        let answer = r#"[{"drvPath":"/nix/store/a.drv","outputs":{"out":"/nix/store/b-app"}}]"#;
        messages.take(&Line { stream: Stream::Out, text: answer.to_owned() });
        assert_eq!(messages.outputs(), [PathBuf::from("/nix/store/b-app")]);
        assert!(NixMessages::default().outputs().is_empty());
    }
}
