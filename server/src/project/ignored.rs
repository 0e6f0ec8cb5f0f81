//! What git is told to leave out, by the `.gitignore` files of the workspace folder, and what it has.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::Project;
use crate::{
    syntax::Source,
    text::{FileId, Origin, Span},
};

impl Project {
    /// The line of a `.gitignore` that makes git ignore a file, unless it was added before or by force.
    /// Nothing is said of rules outside of the workspace folder.
    pub fn ignored_by(&self, file: &Path) -> Option<Origin> {
        let inside = file.strip_prefix(self.root()).ok()?;
        let mut folder = self.root().to_path_buf();
        let mut found = self.decides(&folder, file);
        // A deeper file has the last word.
        for part in inside.parent()?.components() {
            folder.push(part);
            found = self.decides(&folder, file).or(found);
        }
        found.flatten()
    }

    /// Whether git tracks a file, or is told to by `git add`; `None` when that is not known: the workspace
    /// folder is no repository of its own.
    pub fn is_tracked(&self, file: &Path) -> Option<bool> {
        let index = self.source(&FileId::new(self.root().join(".git").join("index")))?;
        let path = file.strip_prefix(self.root()).ok()?;
        let path: Vec<&str> = path.components().filter_map(|part| part.as_os_str().to_str()).collect();
        let path = path.join("/");
        // A sparse index has folders instead of what is in them.
        let covers = |line: &str| line == path || (line.ends_with('/') && path.starts_with(line));
        Some(index.document().text().lines().any(covers))
    }

    /// What the `.gitignore` of one folder says of a file: nothing, that it is not ignored, or the line that
    /// ignores it.
    #[expect(clippy::option_option, reason = "silence, no and yes")]
    fn decides(&self, folder: &Path, file: &Path) -> Option<Option<Origin>> {
        let source = self.source(&FileId::new(folder.join(".gitignore")))?;
        let rules = source.facts(|| read(&source, folder));
        let matched = rules.matched_path_or_any_parents(file, false);
        if matched.is_none() {
            return None;
        }
        Some(matched.inner().filter(|_| matched.is_ignore()).map(|glob| line(&source, glob.original())))
    }
}

fn read(source: &Source, folder: &Path) -> Gitignore {
    let mut builder = GitignoreBuilder::new(PathBuf::from(folder));
    for line in source.document().text().trim_start_matches('\u{feff}').lines() {
        // A line that is no pattern matches nothing, for git too.
        let _ = builder.add_line(None, line);
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

/// The last line with a pattern: of equal ones it decides.
fn line(source: &Source, pattern: &str) -> Origin {
    let document = source.document();
    let text = document.text();
    let mut start = 0;
    let mut span = Span::at(0);
    for line in text.split_inclusive('\n') {
        if line.trim_start_matches('\u{feff}').trim_end() == pattern.trim_end() {
            span = Span::new(start, start + line.trim_end().len());
        }
        start += line.len();
    }
    Origin::new(source.file().clone(), span)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::snapshot::MemoryFiles;

    fn ignored_by(gitignores: &[(&str, &str)], file: &str) -> Option<String> {
        let files =
            gitignores.iter().fold(MemoryFiles::new("/p"), |files, (path, text)| files.with(path, *text));
        let project = Project::read(&files.snapshot());
        project.ignored_by(&Path::new("/p").join(file)).map(|origin| project.text_at(&origin))
    }

    #[test]
    fn patterns_mean_what_git_means() {
        let ignored = |text| ignored_by(&[(".gitignore", text)], "a/Cargo.lock").is_some();
        for text in [
            "Cargo.lock",
            "*.lock",
            "/a/",
            "a/Cargo.lock",
            "**/Cargo.lock\n",
            "/a/*.lock\r\n",
            "Cargo.lock  ",
        ] {
            assert!(ignored(text), "{text}");
        }
        for text in [
            "",
            "/Cargo.lock",
            "# Cargo.lock",
            "Cargo.lock/",
            "b/Cargo.lock",
            "*.lock\n!Cargo.lock",
            "cargo.lock",
            "[",
            "\\#",
        ] {
            assert!(!ignored(text), "{text}");
        }
    }

    #[test]
    fn the_deciding_line_is_named_and_a_deeper_file_wins() {
        let top = (".gitignore", "\u{feff}/target\n*.lock\n");
        assert_eq!(ignored_by(&[top], "a/Cargo.lock").as_deref(), Some("*.lock"));
        assert_eq!(ignored_by(&[top, ("a/.gitignore", "!Cargo.lock")], "a/Cargo.lock"), None);
        assert_eq!(
            ignored_by(&[("a/.gitignore", "Cargo.lock")], "a/Cargo.lock").as_deref(),
            Some("Cargo.lock")
        );
        assert_eq!(ignored_by(&[("a/.gitignore", "/Cargo.lock")], "Cargo.lock"), None);
    }
}
