//! What cargo says: JSON of what it made on standard output, words and a progress bar on standard error.

use std::path::{Component, Path, PathBuf};

use anstream::adapter::strip_str;
use serde_json::Value;

use super::{Made, Progress};
use crate::{
    build::plan::{HALVES, UNIVERSAL},
    process::{Line, Stream},
};

/// Endings of libraries that are loaded.
const LIBRARIES: [&str; 4] = ["so", "dylib", "dll", "wasm"];

/// Reads cargo's output.
#[derive(Debug)]
pub(super) struct CargoMessages {
    folder: PathBuf,
    made: Vec<Made>,
    progress: Progress,
}

impl CargoMessages {
    /// Of a build in a workspace's folder: what others make is no product of it.
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), made: Vec::new(), progress: Progress::default() }
    }

    /// Takes a line; gives what of it is for people, and the progress when it changed.
    pub(super) fn take(&mut self, line: &Line) -> (Vec<String>, Option<&Progress>) {
        let is_message = line.stream == Stream::Out && line.text.starts_with('{');
        if is_message && let Ok(message) = serde_json::from_str::<Value>(&line.text) {
            self.message(&message);
            return (Vec::new(), None);
        }
        if line.stream == Stream::Err
            && line.text.contains("Building")
            && let Some(progress) = bar(&line.text)
        {
            let has_changed = progress != self.progress;
            self.progress = progress;
            return (Vec::new(), has_changed.then_some(&self.progress));
        }
        // The bar is wiped with blanks.
        let text = line.text.trim_end();
        let is_wiped = text.is_empty() && !line.text.is_empty();
        (if is_wiped { Vec::new() } else { vec![text.to_owned()] }, None)
    }

    fn message(&mut self, message: &Value) {
        if message["reason"] != "compiler-artifact" {
            return;
        }
        let manifest = message["manifest_path"].as_str().unwrap_or_default();
        if !Path::new(manifest).starts_with(&self.folder) {
            return;
        }
        let target = &message["target"];
        let has =
            |list: &Value, word: &str| list.as_array().is_some_and(|list| list.iter().any(|one| one == word));
        let name = target["name"].as_str().unwrap_or_default();
        if has(&target["kind"], "bin")
            && let Some(path) = message["executable"].as_str()
        {
            self.made.push(Made {
                path: path.into(),
                name: name.to_owned(),
                is_program: true,
                manifest: Some(manifest.into()),
            });
        }
        if has(&target["crate_types"], "cdylib") {
            let files = message["filenames"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let is_library = |file: &&str| {
                Path::new(file).extension().is_some_and(|ending| LIBRARIES.iter().any(|one| ending == *one))
            };
            let files = files.filter(is_library);
            self.made.extend(files.map(|file| Made {
                path: file.into(),
                name: name.to_owned(),
                is_program: false,
                manifest: Some(manifest.into()),
            }));
        }
    }

    /// What was made, as far as it is there. cargo-zigbuild joins two architectures after cargo has ended.
    pub(super) fn made(self) -> Vec<Made> {
        let joined = |made: &Made| -> Option<PathBuf> {
            let parts = made.path.components().map(Component::as_os_str);
            let is_half = |part: &std::ffi::OsStr| part.to_str().is_some_and(|part| HALVES.contains(&part));
            let path: PathBuf =
                parts.map(|part| if is_half(part) { UNIVERSAL.as_ref() } else { part }).collect();
            (path != made.path && path.is_file()).then_some(path)
        };
        let universal = |made: Made| match joined(&made) {
            Some(path) => Made { path, ..made },
            None => made,
        };
        self.made.into_iter().map(universal).collect()
    }
}

/// `    Building [=====>     ] 3/17: serde, app(bin)`.
fn bar(line: &str) -> Option<Progress> {
    let line = strip_str(line).to_string();
    let (_, rest) = line.trim_start().strip_prefix("Building [")?.split_once("] ")?;
    let (count, what) = rest.split_once(':').unwrap_or((rest, ""));
    let (done, all) = count.trim().split_once('/')?;
    let units = Some((done.parse().ok()?, all.parse().ok()?));
    Some(Progress {
        units,
        what: what.trim().trim_end_matches("...").trim_end_matches([',', ' ']).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(stream: Stream, text: &str) -> Line {
        Line { stream, text: text.to_owned() }
    }

    #[test]
    fn cargos_bar_is_progress_and_no_line() {
        let mut messages = CargoMessages::new(Path::new("/p"));
        let bar = "\u{1b}[1m\u{1b}[96m    Building\u{1b}[0m [====>     ] 3/17: serde, app(bin)          ";
        let (lines, progress) = messages.take(&line(Stream::Err, bar));
        assert!(lines.is_empty());
        let progress = progress.cloned().unwrap_or_default();
        assert_eq!((progress.units, progress.percent()), (Some((3, 17)), Some(17)));
        assert_eq!(progress.what, "serde, app(bin)");
        assert_eq!(messages.take(&line(Stream::Err, bar)), (Vec::new(), None), "nothing new");
        let (lines, _) = messages.take(&line(Stream::Err, "   Compiling app v0.1.0    "));
        assert_eq!(lines, ["   Compiling app v0.1.0"]);
        let (lines, _) = messages.take(&line(Stream::Err, "        "));
        assert!(lines.is_empty(), "the bar is wiped");
    }

    #[test]
    fn programs_and_loaded_libraries_of_the_workspace_are_made() {
        let artifact = |manifest: &str, kind: &str, types: &str, executable: &str, files: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","manifest_path":"{manifest}","target":{{"kind":["{kind}"],"crate_types":["{types}"],"name":"x"}},"executable":{executable},"filenames":[{files}]}}"#
            )
        };
        let mut messages = CargoMessages::new(Path::new("/p"));
        for text in [
            artifact("/p/Cargo.toml", "bin", "bin", "\"/p/target/release/x\"", "\"/p/target/release/x\""),
            artifact("/p/Cargo.toml", "custom-build", "bin", "null", "\"/p/target/release/build\""),
            artifact("/p/Cargo.toml", "example", "bin", "\"/p/target/release/examples/x\"", ""),
            artifact("/p/m/Cargo.toml", "cdylib", "cdylib", "null", "\"/p/libx.so\",\"/p/libx.rlib\""),
            artifact("/other/Cargo.toml", "cdylib", "cdylib", "null", "\"/other/liby.so\""),
            "{\"reason\":\"build-finished\",\"success\":true}".to_owned(),
        ] {
            assert_eq!(messages.take(&line(Stream::Out, &text)), (Vec::new(), None));
        }
        let made = messages.made();
        let shown: Vec<_> = made.iter().map(|made| (made.path.to_str(), made.is_program)).collect();
        assert_eq!(shown, [(Some("/p/target/release/x"), true), (Some("/p/libx.so"), false)]);
    }
}
