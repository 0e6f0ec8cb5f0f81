//! Single questions to the file system. None of them blocks on a FIFO, follows a loop of links for
//! ever, or reads more than the bound.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::git_index;
use crate::{snapshot::Kind, syntax::limits};

/// A `Cargo.lock` of a large workspace is larger than any file that people write.
pub(super) const MAX_LOCK_BYTES: usize = 16 * 1024 * 1024;

/// A file of the registry's index holds all versions of a crate; the largest (web-sys) have some megabytes.
const MAX_INDEX_BYTES: usize = 32 * 1024 * 1024;

/// More names than this in one folder are no project's.
const MAX_NAMES: usize = 50_000;

/// File systems stamp in ticks of up to 10 ms (FAT: 2 s): a file that changed this shortly before it was read
/// may change again without a new stamp.
const STAMP_TICK: Duration = Duration::from_secs(2);

/// What a change of a file shows by, without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    len: u64,
    modified: Option<SystemTime>,
    /// Device, inode and time of change, where there are such.
    identity: (u64, u64, i64, i64),
}

impl Stamp {
    pub(super) fn of(metadata: &fs::Metadata) -> Self {
        Self { len: metadata.len(), modified: metadata.modified().ok(), identity: identity(metadata) }
    }

    /// Whether the file may since have changed without getting another stamp.
    pub(super) fn is_fresh(&self) -> bool {
        self.modified.is_none_or(|at| at.elapsed().map_or(true, |age| age < STAMP_TICK))
    }
}

#[cfg(unix)]
fn identity(metadata: &fs::Metadata) -> (u64, u64, i64, i64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn identity(_metadata: &fs::Metadata) -> (u64, u64, i64, i64) {
    (0, 0, 0, 0)
}

/// What a path led to when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) kind: Kind,
    /// Why it cannot be read, when that is known already.
    pub(super) refusal: Option<String>,
    pub(super) stamp: Option<Stamp>,
    /// Where it leads, if that is another path.
    pub(super) leads_to: Option<Arc<Path>>,
}

impl Look {
    fn refused(why: impl Into<String>) -> Self {
        Self { kind: Kind::Unknown, refusal: Some(why.into()), stamp: None, leads_to: None }
    }

    fn failed(error: &io::Error) -> Self {
        if is_absence(error) {
            return Self { kind: Kind::Absent, refusal: None, stamp: None, leads_to: None };
        }
        Self::refused(phrase(error))
    }
}

/// Looks at a path. Within `fence`, the resolved workspace folder, a link may lead anywhere but out.
pub(super) fn look(path: &Path, fence: Option<&Path>) -> Look {
    let resolved = match fs::canonicalize(path) {
        Ok(resolved) => resolved,
        Err(error) => return Look::failed(&error),
    };
    if fence.is_some_and(|fence| !resolved.starts_with(fence)) {
        return Look::refused("a link that leads outside the workspace");
    }
    let metadata = match fs::metadata(&resolved) {
        Ok(metadata) => metadata,
        Err(error) => return Look::failed(&error),
    };
    let (kind, refusal) = if metadata.is_dir() {
        (Kind::Folder, Some("a folder, not a file".to_owned()))
    } else if metadata.is_file() {
        (Kind::File { executable: is_executable(path, &metadata) }, None)
    } else {
        (Kind::Unknown, Some("not a regular file".to_owned()))
    };
    let leads_to = (resolved != path).then(|| resolved.into());
    Look { kind, refusal, stamp: Some(Stamp::of(&metadata)), leads_to }
}

#[cfg(unix)]
fn is_executable(_path: &Path, metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(path: &Path, _metadata: &fs::Metadata) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    ["exe", "com", "bat", "cmd"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// A text from disk, with the stamp that it had when it was read; else one phrase why not.
pub(super) fn read_text(path: &Path) -> Result<(String, Stamp), ReadError> {
    let mut file = fs::File::open(path).map_err(|error| ReadError::from(&error))?;
    let metadata = file.metadata().map_err(|error| ReadError::from(&error))?;
    if !metadata.is_file() {
        return Err(ReadError::Unreadable("not a regular file".to_owned()));
    }
    let limit = size_limit(path);
    let mut bytes = Vec::new();
    // The length may lie (files of /proc) or grow: the bound is on what is read.
    file.by_ref().take(limit as u64 + 1).read_to_end(&mut bytes).map_err(|error| ReadError::from(&error))?;
    if bytes.len() > limit {
        return Err(ReadError::Unreadable(too_large(limit)));
    }
    if is_git_index(path) {
        let paths = git_index::paths(&bytes);
        let paths =
            paths.ok_or_else(|| ReadError::Unreadable("an index of git that is not known".to_owned()))?;
        return Ok((paths, Stamp::of(&metadata)));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok((text, Stamp::of(&metadata))),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            Err(ReadError::Unreadable(format!("not UTF-8: first bad byte at {at}")))
        }
    }
}

/// Whether a file is git's index, which is read as the list of the paths in it.
fn is_git_index(path: &Path) -> bool {
    path.ends_with(".git/index")
}

/// The largest text of that name which is read.
pub(super) fn size_limit(path: &Path) -> usize {
    if path.file_name().is_some_and(|name| name == "Cargo.lock") || is_git_index(path) {
        MAX_LOCK_BYTES
    } else if path.components().any(|part| part.as_os_str() == ".cache") {
        MAX_INDEX_BYTES
    } else {
        limits::MAX_FILE_BYTES
    }
}

/// Why a text above `limit` is not read.
pub(super) fn too_large(limit: usize) -> String {
    format!("larger than {} MiB", limit / (1024 * 1024))
}

/// Why there is no text.
#[derive(Debug)]
pub(super) enum ReadError {
    Absent,
    Unreadable(String),
}

impl From<&io::Error> for ReadError {
    fn from(error: &io::Error) -> Self {
        if is_absence(error) { Self::Absent } else { Self::Unreadable(phrase(error)) }
    }
}

/// Names in a folder, sorted.
pub(super) fn list(folder: &Path) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).ok()? {
        // A name that is not Unicode cannot be written in any file that Portolan reads.
        if let Ok(name) = entry.ok()?.file_name().into_string() {
            names.push(name);
        }
        if names.len() > MAX_NAMES {
            return None;
        }
    }
    names.sort_unstable();
    Some(names)
}

/// The folder with all links followed; itself when that cannot be done.
pub(super) fn resolve(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn is_absence(error: &io::Error) -> bool {
    // `file.toml/x` asks for something below a file: nothing is there either.
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// An error as one phrase. The standard library has no stable kind for a loop of links.
fn phrase(error: &io::Error) -> String {
    const LINK_LOOP: i32 = if cfg!(windows) {
        1921
    } else if cfg!(target_os = "linux") || cfg!(target_os = "android") {
        40
    } else {
        62
    };
    if error.raw_os_error() == Some(LINK_LOOP) {
        return "a loop of links".to_owned();
    }
    match error.kind() {
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::InvalidFilename | io::ErrorKind::InvalidInput => "not a possible file name".to_owned(),
        kind => kind.to_string(),
    }
}
