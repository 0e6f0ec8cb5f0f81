use super::*;
use crate::snapshot::MemoryFiles;

/// A package with an empty library.
fn with_package(files: MemoryFiles, folder: &str, rest: &str) -> MemoryFiles {
    let name = folder.rsplit('/').next().unwrap_or_default();
    files.with(format!("{folder}/Cargo.toml"), format!("[package]\nname = \"{name}\"\n{rest}"))
}

fn names(manifests: &[Manifest]) -> Vec<&str> {
    manifests.iter().filter_map(Manifest::name).collect()
}

fn found(files: MemoryFiles) -> Option<Workspace> {
    read(&files.snapshot()).ok().flatten()
}

fn members(root: &str, folders: &[&str]) -> Vec<String> {
    let mut files = MemoryFiles::new("/p").with("Cargo.toml", root);
    for folder in folders {
        files = with_package(files, folder, "");
    }
    let workspace = found(files);
    workspace.iter().flat_map(|workspace| names(&workspace.members)).map(str::to_owned).collect()
}

/// The same folders and patterns as in a run of `cargo metadata` 1.95.
#[test]
fn members_are_those_that_cargo_finds() {
    let mut files = MemoryFiles::new("/p").with(
        "Cargo.toml",
        "[workspace]\nmembers = [\"crates/[ab]\", \"crates/?\", \"listed/in\", \".hid/*\"]\nexclude = [\"crates/ex\", \"listed\"]",
    );
    files = with_package(
        files,
        "crates/a",
        "[dependencies]\npd = { path = \"../../pd\" }\nex = { path = \"../ex\" }",
    );
    for folder in ["crates/b", "crates/ab1", "crates/ex", "pd", ".hid/h", "listed/in", "unlisted"] {
        files = with_package(files, folder, "");
    }
    let workspace = found(files);
    let members = workspace.as_ref().map(|workspace| names(&workspace.members));
    assert_eq!(members, Some(vec!["h", "a", "b", "in", "pd"]));
    assert_eq!(workspace.as_ref().map(|workspace| names(&workspace.local)), Some(vec!["ex"]));
    assert_eq!(workspace.map(|workspace| workspace.gaps.len()), Some(0));
}

#[test]
fn globs_of_all_kinds() {
    let folders = ["crates/a", "crates/b", "tools/x/y", "target/debug/z"];
    assert_eq!(members("[workspace]\nmembers = [\"crates/*\"]", &folders), ["a", "b"]);
    assert_eq!(members("[workspace]\nmembers = [\"./crates/*/\"]", &folders), ["a", "b"]);
    assert_eq!(members("[workspace]\nmembers = [\"**\"]", &folders), ["a", "b", "y"]);
    assert_eq!(members("[workspace]\nmembers = [\"crates/*\"]\nexclude = [\"crates/b\"]", &folders), ["a"]);
    assert_eq!(
        members("[workspace]\nmembers = [\"crates/b\"]\nexclude = [\"crates/b\"]", &folders),
        ["b"],
        "named itself"
    );
    assert_eq!(
        members("[package]\nname = \"root\"\n[workspace]\nmembers = [\".\", \"tools/x/y\"]", &folders),
        ["y"]
    );
}

#[test]
fn path_dependencies_of_a_plain_package_are_local() {
    let files = MemoryFiles::new("/p")
        .with(
            "Cargo.toml",
            "[package]\nname = \"root\"\n[dependencies]\na = { path = \"a\" }\no = { path = \"../o\" }",
        )
        .with("/o/Cargo.toml", "[package]\nname = \"o\"");
    let files = with_package(files, "a", "[dependencies]\nb = { path = \"../b\" }\nroot = { path = \"..\" }");
    let files = with_package(files, "b", "[dependencies]\na = { path = \"../a\" }");
    let workspace = found(files);
    let shown = workspace.as_ref().map(|workspace| (names(&workspace.members), names(&workspace.local)));
    assert_eq!(shown, Some((vec![], vec!["a", "b"])));
    assert_eq!(workspace.as_ref().map(|workspace| workspace.packages().count()), Some(1));
}

#[test]
fn a_member_that_is_not_there_is_a_gap() {
    let workspace =
        found(MemoryFiles::new("/p").with("Cargo.toml", "[workspace]\nmembers = [\"gone\", \"no*\"]"));
    assert_eq!(workspace.map(|workspace| workspace.gaps.len()), Some(1));
    let unreadable = MemoryFiles::new("/p")
        .with("Cargo.toml", "[workspace]\nmembers = [\"a\"]")
        .with_unreadable("a/Cargo.toml", "permission denied");
    assert_eq!(found(unreadable).map(|workspace| workspace.gaps.len()), Some(1));
}

#[test]
fn a_manifest_below_is_found_where_there_is_none_at_the_root() {
    let at = |files: MemoryFiles| found(files).and_then(|workspace| workspace.root.name().map(str::to_owned));
    let files = || MemoryFiles::new("/p").with("flake.nix", "{}");
    assert_eq!(at(files()), None);
    let several = with_package(with_package(with_package(files(), "b/c", ""), "rust", ""), "src-tauri", "");
    assert_eq!(at(several).as_deref(), Some("rust"), "the first of the shallowest");
    assert_eq!(at(with_package(files(), "a/b/c", "")).as_deref(), Some("c"));
    assert_eq!(at(with_package(files(), "a/b/c/d", "")), None, "too deep");
    for folder in ["target/x", "node_modules/x", ".hidden/x"] {
        assert_eq!(at(with_package(files(), folder, "")), None, "{folder}");
    }
}

#[test]
fn a_root_that_cannot_be_read_is_not_absent() {
    let files = MemoryFiles::new("/p").with_unreadable("Cargo.toml", "permission denied");
    let files = with_package(files, "below", "");
    assert!(read(&files.snapshot()).is_err());
    let broken = found(MemoryFiles::new("/p").with("Cargo.toml", "[package\nname = "));
    assert_eq!(broken.map(|workspace| workspace.all_gaps().count()), Some(1));
}

#[test]
fn too_many_members_are_a_gap() {
    let mut files = MemoryFiles::new("/p").with("Cargo.toml", "[workspace]\nmembers = [\"c/*\"]");
    for index in 0..1_010 {
        files = with_package(files, &format!("c/m{index}"), "");
    }
    let workspace = found(files);
    assert_eq!(workspace.as_ref().map(|workspace| workspace.members.len()), Some(1_000));
    assert!(workspace.is_some_and(|workspace| !workspace.gaps.is_empty()));
}

#[test]
fn globs_together_list_a_bounded_number_of_folders() {
    let patterns: Vec<String> = (0..400).map(|index| format!("\"**/x{index}*/**\"")).collect();
    let mut files = MemoryFiles::new("/p")
        .with("Cargo.toml", format!("[workspace]\nmembers = [{}]", patterns.join(", ")));
    for index in 0..100 {
        files = with_package(files, &format!("c/x{index}"), "");
    }
    let workspace = found(files).expect("there is a root");
    assert_eq!(workspace.gaps.len(), 1, "{:?}", workspace.gaps);
    assert!(workspace.gaps.iter().all(|gap| gap.why.contains("more folders")), "{:?}", workspace.gaps);
    assert!(!workspace.members.is_empty());
}
