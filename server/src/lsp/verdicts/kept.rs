//! The verdicts on disk: one small file for each project, beside the logs of its builds.
//!
//! It lies in a folder that anybody may have written to, so all of it is data to show and nothing else: what does not
//! read as verdicts of this project is as good as none, and no word in it is longer than a word.

use std::{
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Entry, Outcome, Verdicts};

/// A larger file is none of ours.
const MOST_BYTES: u64 = 256 * 1024;
/// More binaries of one build are not kept.
const MOST_FILES: usize = 32;
/// A longer word is none of ours.
const MOST_LETTERS: usize = 400;

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    /// The project's folder: several may share a target folder.
    root: PathBuf,
    verdicts: Vec<Entry>,
}

/// What was kept of a project that builds into `folder`.
pub fn read(folder: &Path, root: &Path) -> Verdicts {
    let path = path(folder, root);
    // Asked before it is opened: opening a pipe waits for somebody to write.
    if !fs::metadata(&path).is_ok_and(|metadata| metadata.is_file()) {
        return Verdicts::default();
    }
    let mut text = String::new();
    let file = fs::File::open(&path).and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text));
    let kept = file.ok().and_then(|_| serde_json::from_str::<Kept>(&text).ok());
    let mut verdicts = Verdicts::default();
    let ours = kept.filter(|kept| kept.version == VERSION && kept.root == root);
    for entry in ours.into_iter().flat_map(|kept| kept.verdicts).filter(is_sound) {
        verdicts.take(entry);
    }
    verdicts
}

/// Keeps a new verdict beside those that are there; another server may have written some.
pub fn keep(folder: &Path, root: &Path, new: Entry) {
    let mut verdicts = read(folder, root);
    verdicts.take(new);
    let kept = Kept { version: VERSION, root: root.to_owned(), verdicts: verdicts.0 };
    if let Err(error) = write(&path(folder, root), &kept) {
        tracing::info!(%error, "the last verdicts are not kept");
    }
}

fn write(path: &Path, kept: &Kept) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    if !folder.exists() {
        fs::create_dir_all(folder)?;
        // Where Nix builds, nobody may have told Git of a target folder.
        fs::write(folder.join(".gitignore"), "*\n")?;
    }
    let mut kept = Kept { version: kept.version, root: kept.root.clone(), verdicts: kept.verdicts.clone() };
    for audit in kept.verdicts.iter_mut().filter_map(|entry| entry.audit.as_mut()) {
        audit.files.truncate(MOST_FILES);
    }
    // Never half of it: written beside and moved. What lies there already is not ours; it may be a link to anything.
    let beside = path.with_extension(format!("{}.tmp", std::process::id()));
    let _ = fs::remove_file(&beside);
    let mut file = fs::File::create_new(&beside)?;
    let written = file.write_all(&serde_json::to_vec(&kept)?).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn path(folder: &Path, root: &Path) -> PathBuf {
    let digest = Sha256::digest(root.as_os_str().as_encoded_bytes());
    let name = digest.iter().take(6).fold(0_u64, |name, byte| name << 8 | u64::from(*byte));
    folder.join("portolan").join(format!("verdicts-{name:012x}.json"))
}

/// Whether an entry can be one that was written here.
fn is_sound(entry: &Entry) -> bool {
    let words = |text: &str| text.chars().count() <= MOST_LETTERS && !text.chars().any(char::is_control);
    let path = |path: &Path| path.to_str().is_some_and(words);
    let subject = &entry.subject;
    words(&subject.target)
        && subject.attribute.as_deref().is_none_or(words)
        && subject.package.as_deref().is_none_or(words)
        && entry.build.as_ref().is_none_or(|build| {
            build.outcome != Outcome::Running
                && words(&build.builder)
                && build.log.as_deref().is_none_or(path)
                && is_time(build.time)
        })
        && entry.audit.as_ref().is_none_or(|audit| {
            (1..=MOST_FILES).contains(&audit.files.len())
                && audit.files.iter().all(|one| path(&one.file) && one.runs_on.iter().all(|one| words(one)))
                && is_time(audit.time)
        })
}

/// Whether this can be a time at which something was built: years that a calendar has four digits for.
fn is_time(seconds: i64) -> bool {
    (0..250_000_000_000).contains(&seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        audit::Verdict,
        lsp::verdicts::{AuditedFile, LastAudit, LastBuild, Subject},
    };

    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("portolan-kept-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&folder);
            Self(folder)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn entry(outcome: Outcome, time: i64) -> Entry {
        let file = AuditedFile {
            file: PathBuf::from("/a/target/release/app"),
            verdict: Verdict::NotPortable,
            runs_on: vec!["Debian 12+".to_owned()],
        };
        Entry {
            subject: Subject {
                target: "x86_64-unknown-linux-gnu".to_owned(),
                attribute: Some(".#default".to_owned()),
                package: None,
            },
            build: Some(LastBuild { outcome, time, builder: "nix".to_owned(), log: None }),
            audit: Some(LastAudit { time, files: vec![file] }),
        }
    }

    #[test]
    fn what_is_kept_is_read_again_for_the_same_project_only() {
        let scratch = Scratch::new("same");
        let (folder, root) = (&scratch.0, Path::new("/project/ü"));
        keep(folder, root, entry(Outcome::Failed, 7));
        keep(folder, Path::new("/other"), entry(Outcome::Built, 9));
        assert_eq!(read(folder, root).entries(), [entry(Outcome::Failed, 7)]);
        assert_eq!(read(folder, Path::new("/third")), Verdicts::default());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_way_is_not_followed() {
        let scratch = Scratch::new("link");
        let (folder, root) = (&scratch.0, Path::new("/project"));
        let (file, other) = (path(folder, root), folder.join("other"));
        fs::create_dir_all(folder.join("portolan")).unwrap_or_default();
        fs::write(&other, "precious").unwrap_or_default();
        let beside = file.with_extension(format!("{}.tmp", std::process::id()));
        for link in [&beside, &file] {
            std::os::unix::fs::symlink(&other, link).unwrap_or_default();
            assert!(link.is_symlink(), "the control");
            keep(folder, root, entry(Outcome::Built, 7));
            assert_eq!(fs::read_to_string(&other).unwrap_or_default(), "precious");
            assert_eq!(read(folder, root).entries().len(), 1);
            fs::remove_file(&file).unwrap_or_default();
        }
    }

    #[test]
    fn broken_hostile_and_foreign_content_is_as_good_as_none() {
        let scratch = Scratch::new("broken");
        let (folder, root) = (&scratch.0, Path::new("/project"));
        keep(folder, root, entry(Outcome::Built, 7));
        let file = path(folder, root);
        let good = fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(read(folder, root).entries().len(), 1, "the control");
        let long = "x".repeat(1000);
        for (from, to) in [
            ("\"version\":1", "\"version\":2"),
            ("/project", "/other"),
            ("built", "running"),
            ("built", "triumphant"),
            ("not-portable", "certified"),
            ("Debian 12+", "\\u001b[31m"),
            ("Debian 12+", &long),
            ("7", "-7"),
            ("7", "9000000000000000000"),
            ("}", ""),
        ] {
            let bad = good.replace(from, to);
            assert_ne!(bad, good, "{from}");
            fs::write(&file, bad).unwrap_or_default();
            assert_eq!(read(folder, root), Verdicts::default(), "{from} -> {to}");
        }
        fs::write(&file, " ".repeat(300 * 1024) + &good).unwrap_or_default();
        assert_eq!(read(folder, root), Verdicts::default(), "too large");
        fs::remove_file(&file).unwrap_or_default();
        fs::create_dir(&file).unwrap_or_default();
        assert_eq!(read(folder, root), Verdicts::default(), "a folder");
        // Nor does it keep anybody from going on.
        keep(folder, root, entry(Outcome::Built, 8));
    }
}
