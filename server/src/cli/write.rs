//! Changing files so that nobody ever sees half of one.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// A text that lies next to its file, ready to take its place; gone when it is dropped before.
#[derive(Debug)]
pub(super) struct Staged {
    temporary: PathBuf,
    target: PathBuf,
}

impl Staged {
    /// Puts a text beside `path`, with the mode of the file that is there. A link stays a link: the file
    /// that it leads to is the one replaced. Missing folders are made.
    pub(super) fn new(path: &Path, text: &str) -> io::Result<Self> {
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder =
            target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let temporary = folder.join(format!(".{name}.portolan-{}", std::process::id()));
        let mut file = fs::File::create_new(&temporary)?;
        // From here on, dropping it cleans up.
        let staged = Self { temporary, target };
        file.write_all(text.as_bytes())?;
        if let Ok(existing) = fs::metadata(&staged.target) {
            keep_owner(&file, &existing);
            file.set_permissions(existing.permissions())?;
        }
        file.sync_data()?;
        Ok(staged)
    }

    /// Takes the place of the file.
    pub(super) fn commit(self) -> io::Result<()> {
        fs::rename(&self.temporary, &self.target)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // After a commit there is nothing of that name.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// Only root can give a file to somebody else, and only root would otherwise take it away from them.
#[cfg(unix)]
fn keep_owner(file: &fs::File, existing: &fs::Metadata) {
    use std::os::unix::fs::MetadataExt;
    let _ = std::os::unix::fs::fchown(file, Some(existing.uid()), Some(existing.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_file: &fs::File, _existing: &fs::Metadata) {}

/// Replaces one file, or makes it.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    Staged::new(path, text)?.commit()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("portolan-write-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn folders_are_made_and_nothing_is_left_behind() {
        let folder = folder("new");
        replace(&folder.join("a/b.toml"), "one").unwrap();
        replace(&folder.join("a/b.toml"), "two").unwrap();
        drop(Staged::new(&folder.join("a/b.toml"), "three").unwrap());
        assert_eq!(fs::read_to_string(folder.join("a/b.toml")).unwrap(), "two");
        assert_eq!(fs::read_dir(folder.join("a")).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn the_mode_is_kept_and_a_link_stays_a_link() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = folder("link");
        let (file, link) = (folder.join("file"), folder.join("link"));
        fs::write(&file, "one").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("file", &link).unwrap();
        replace(&link, "two").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "two");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        fs::remove_dir_all(folder).unwrap();
    }
}
