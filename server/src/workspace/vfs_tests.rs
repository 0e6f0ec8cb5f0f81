#![allow(clippy::unwrap_used)]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    sync::atomic::{AtomicU32, Ordering},
};

use super::Vfs;
use crate::{
    snapshot::{Files, Kind, Read, RegistryPart},
    syntax::{Source, limits},
};

/// A folder that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("portolan-vfs-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        // The temporary folder may itself be a link (macOS).
        let folder = Self(fs::canonicalize(std::env::temp_dir()).unwrap().join(name));
        fs::create_dir_all(&folder.0).unwrap();
        for (path, text) in files {
            folder.write(path, text);
        }
        folder
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn vfs(&self) -> Vfs {
        Vfs::new(&self.0, Some(&self.path("home/.cargo")))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn text(files: &dyn Files, path: &Path) -> String {
    files.read(path).text().unwrap().document().text().to_owned()
}

fn source(vfs: &Vfs, path: &Path) -> Arc<Source> {
    Arc::clone(vfs.snapshot().read(path).text().unwrap())
}

fn refusal(read: Read) -> String {
    match read {
        Read::Unreadable(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_snapshot_keeps_its_answers_while_files_and_buffers_change() {
    let folder = Folder::new(&[("a.nix", "one")]);
    let (a, b) = (folder.path("a.nix"), folder.path("b.nix"));
    let mut vfs = folder.vfs();
    let before = vfs.snapshot();
    assert_eq!(text(&*before, &a), "one");
    assert!(matches!(before.read(&b), Read::Absent));

    folder.write("a.nix", "two, longer");
    folder.write("b.nix", "new");
    assert_eq!(text(&*before, &a), "one");
    assert_eq!(text(&*vfs.snapshot(), &a), "one", "nobody said that something changed");
    assert!(vfs.refresh());
    assert_eq!(text(&*vfs.snapshot(), &a), "two, longer");
    assert_eq!(text(&*vfs.snapshot(), &b), "new");
    assert!(!vfs.refresh());

    vfs.set_overlay(&a, "typed");
    assert_eq!(text(&*vfs.snapshot(), &a), "typed");
    vfs.remove_overlay(&a);
    assert_eq!(text(&*vfs.snapshot(), &a), "two, longer");
    assert_eq!(text(&*before, &a), "one");
}

#[test]
fn a_change_within_one_tick_and_of_the_same_length_is_seen() {
    let folder = Folder::new(&[("a.nix", "one")]);
    let a = folder.path("a.nix");
    let mut vfs = folder.vfs();
    assert_eq!(text(&*vfs.snapshot(), &a), "one");
    let modified = fs::metadata(&a).unwrap().modified().unwrap();
    fs::write(&a, "two").unwrap();
    fs::File::options().write(true).open(&a).unwrap().set_modified(modified).unwrap();
    assert!(vfs.refresh());
    assert_eq!(text(&*vfs.snapshot(), &a), "two");
}

#[test]
fn an_unchanged_file_is_never_parsed_again() {
    let folder = Folder::new(&[("a.nix", "one"), ("b.nix", "two")]);
    let (a, b) = (folder.path("a.nix"), folder.path("b.nix"));
    let mut vfs = folder.vfs();
    let first = source(&vfs, &a);
    // A snapshot is held, so the edit of another file makes a new generation.
    let _held = vfs.snapshot();
    vfs.set_overlay(&b, "typed");
    assert!(Arc::ptr_eq(&first, &source(&vfs, &a)));
    vfs.invalidate(&a);
    assert!(Arc::ptr_eq(&first, &source(&vfs, &a)), "announced as changed, but it did not");
    let typed = source(&vfs, &b);
    vfs.set_overlay(&b, "typed");
    assert!(Arc::ptr_eq(&typed, &source(&vfs, &b)));
}

#[test]
fn a_folder_lists_what_the_editor_is_about_to_create() {
    let folder = Folder::new(&[("b.nix", ""), ("d/e", "")]);
    let mut vfs = folder.vfs();
    vfs.set_overlay(&folder.path("a.nix"), "new");
    let files = vfs.snapshot();
    assert_eq!(files.list(&folder.0).unwrap(), ["a.nix", "b.nix", "d"]);
    assert_eq!(files.kind(&folder.path("a.nix")), Kind::File { executable: false });
    assert_eq!(files.kind(&folder.path("d")), Kind::Folder);
    assert_eq!(files.list(&folder.path("b.nix")), None);
}

#[test]
fn what_cannot_be_read_says_why() {
    let folder = Folder::new(&[]);
    folder.write("bad.toml", b"ab\xff");
    folder.write("large.nix", vec![b' '; limits::MAX_FILE_BYTES + 1]);
    folder.write("Cargo.lock", vec![b' '; limits::MAX_FILE_BYTES + 1]);
    let mut vfs = folder.vfs();
    let files = vfs.snapshot();
    assert_eq!(refusal(files.read(&folder.path("bad.toml"))), "not UTF-8: first bad byte at 2");
    assert_eq!(refusal(files.read(&folder.path("large.nix"))), "larger than 4 MiB");
    assert!(files.read(&folder.path("Cargo.lock")).text().is_some());
    assert_eq!(refusal(files.read(&folder.0)), "a folder, not a file");
    assert_eq!(refusal(files.read(&folder.path("../other"))), "outside the workspace");
    assert_eq!(files.kind(&folder.path("../other")), Kind::Unknown);
    assert!(matches!(files.read(&folder.path("bad.toml/x")), Read::Absent));
    vfs.set_overlay(&folder.path("large.nix"), " ".repeat(limits::MAX_FILE_BYTES + 1));
    assert_eq!(refusal(vfs.snapshot().read(&folder.path("large.nix"))), "larger than 4 MiB");
}

#[test]
fn of_cargos_configuration_only_its_own_files_are_read_outside() {
    let folder =
        Folder::new(&[("home/.cargo/config", "a"), ("up/.cargo/config.toml", "b"), ("up/secret", "c")]);
    let vfs = Vfs::new(&folder.path("up/root"), Some(&folder.path("home/.cargo")));
    let files = vfs.snapshot();
    assert!(files.read_cargo_config(&folder.path("home/.cargo/config")).text().is_some());
    assert!(files.read_cargo_config(&folder.path("up/.cargo/config.toml")).text().is_some());
    assert_eq!(
        refusal(files.read_cargo_config(&folder.path("up/secret"))),
        "not a file of cargo's configuration"
    );
    assert_eq!(refusal(files.read(&folder.path("up/.cargo/config.toml"))), "outside the workspace");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn links_may_lead_around_inside_and_nowhere_else() {
        let folder = Folder::new(&[("root/nix/flake.nix", "inside"), ("outside.nix", "outside")]);
        let root = folder.path("root");
        symlink("nix/flake.nix", root.join("flake.nix")).unwrap();
        symlink("../outside.nix", root.join("out.nix")).unwrap();
        symlink("loop-b", root.join("loop-a")).unwrap();
        symlink("loop-a", root.join("loop-b")).unwrap();
        symlink("nowhere", root.join("dangling")).unwrap();
        let mut vfs = Vfs::new(&root, None);
        let files = vfs.snapshot();
        assert_eq!(text(&*files, &root.join("flake.nix")), "inside");
        let out = files.read(&root.join("out.nix"));
        assert_eq!(refusal(out), "a link that leads outside the workspace");
        assert_eq!(files.kind(&root.join("out.nix")), Kind::Unknown);
        assert_eq!(refusal(files.read(&root.join("loop-a"))), "a loop of links");
        assert_eq!(files.kind(&root.join("loop-a")), Kind::Unknown);
        assert!(matches!(files.read(&root.join("dangling")), Read::Absent));

        // The editor may have the file open under its other name.
        vfs.set_overlay(&root.join("nix/flake.nix"), "typed");
        assert_eq!(text(&*vfs.snapshot(), &root.join("flake.nix")), "typed");
        vfs.remove_overlay(&root.join("nix/flake.nix"));
        assert_eq!(text(&*vfs.snapshot(), &root.join("flake.nix")), "inside");
    }

    #[test]
    fn devices_and_fifos_are_never_opened() {
        let folder = Folder::new(&[]);
        let fifo = folder.path("flake.nix");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
        assert!(made.success());
        let files = folder.vfs().snapshot();
        assert_eq!(refusal(files.read(&fifo)), "not a regular file");
        assert_eq!(files.kind(&fifo), Kind::Unknown);
        assert_eq!(
            refusal(files.read_cargo_config(Path::new("/dev/zero.toml/../zero"))),
            "not a file of cargo's configuration"
        );
    }

    #[test]
    fn a_program_is_looked_at_wherever_it_is() {
        let folder = Folder::new(&[("root/x", ""), ("bin/cc", "")]);
        let cc = folder.path("bin/cc");
        let mut vfs = Vfs::new(&folder.path("root"), None);
        assert_eq!(vfs.snapshot().program(&cc), Kind::File { executable: false });
        fs::set_permissions(&cc, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(vfs.refresh());
        assert_eq!(vfs.snapshot().program(&cc), Kind::File { executable: true });
        assert_eq!(vfs.snapshot().program(&folder.path("bin")), Kind::Folder);
        assert_eq!(vfs.snapshot().program(&folder.path("bin/ld")), Kind::Absent);
    }
}

#[test]
fn of_cargos_caches_manifests_and_records_are_read_and_nothing_else() {
    let home = "home/.cargo";
    let unpacked = "registry/src/index.crates.io-0/a-1.0.0";
    let folder = Folder::new(&[
        ("home/.cargo/credentials.toml", "secret"),
        ("home/.cargo/registry/Cargo.toml", "secret"),
        ("home/.cargo/registry/src/index.crates.io-0/a-1.0.0/Cargo.toml", "[package]"),
        ("home/.cargo/registry/src/index.crates.io-0/a-1.0.0/secret", "secret"),
        ("home/.cargo/registry/index/i-0/.cache/1/a", "\u{3}\u{2}\0\0\0e\u{0}1.0.0\0{\"a\":1}\0"),
        ("Cargo.toml", ""),
    ]);
    let mut vfs = folder.vfs();
    let read = |vfs: &Vfs, path: &str, part| vfs.snapshot().read_registry(Path::new(path), part);
    let is_text = |read: Read, expected: &str| read.text().unwrap().document().text() == expected;
    assert!(is_text(read(&vfs, &format!("{unpacked}/Cargo.toml"), RegistryPart::Manifest), "[package]"));
    assert!(is_text(
        read(&vfs, "registry/index/i-0/.cache/1/a", RegistryPart::Version("1.0.0")),
        "{\"a\":1}"
    ));
    assert!(matches!(
        read(&vfs, "registry/index/i-0/.cache/1/a", RegistryPart::Version("2.0.0")),
        Read::Absent
    ));
    for (path, part) in [
        (format!("{unpacked}/secret"), RegistryPart::Manifest),
        ("credentials.toml".to_owned(), RegistryPart::Manifest),
        ("registry/Cargo.toml".to_owned(), RegistryPart::Manifest),
        (format!("{unpacked}/../../../../credentials.toml"), RegistryPart::Manifest),
        (folder.path("Cargo.toml").display().to_string(), RegistryPart::Manifest),
        (format!("{unpacked}/Cargo.toml"), RegistryPart::Version("1.0.0")),
    ] {
        assert_eq!(refusal(read(&vfs, &path, part)), "not a file of cargo's caches", "{path}");
    }
    let files = vfs.snapshot();
    assert_eq!(*files.list_registry(Path::new("registry/src")).unwrap(), ["index.crates.io-0"]);
    assert_eq!(files.list_registry(Path::new("")), None);

    // That something is missing is believed until somebody says that something changed.
    let late = "registry/src/index.crates.io-0/b-1.0.0/Cargo.toml";
    assert!(matches!(read(&vfs, late, RegistryPart::Manifest), Read::Absent));
    folder.write(&format!("{home}/{late}"), "[package]");
    assert!(matches!(read(&vfs, late, RegistryPart::Manifest), Read::Absent));
    assert!(vfs.refresh());
    assert!(is_text(read(&vfs, late, RegistryPart::Manifest), "[package]"));
    assert!(!vfs.refresh());
}
