use super::*;
use crate::snapshot::MemoryFiles;

fn lock(text: &str) -> LockFile {
    read(&MemoryFiles::new("/p").with("Cargo.lock", text).snapshot(), Path::new("/p"))
}

fn package(name: &str, version: &str, source: &str, dependencies: &[&str]) -> String {
    let source = if source.is_empty() { String::new() } else { format!("source = \"{source}\"\n") };
    let list: Vec<String> = dependencies.iter().map(|name| format!("\"{name}\"")).collect();
    let list = list.join(",\n ");
    format!(
        "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n{source}dependencies = [\n {list}\n]\n\n"
    )
}

const REGISTRY: &str = "registry+https://example.org/index";

fn names(lock: &Lock, indices: &[usize]) -> Vec<String> {
    let packages = indices.iter().filter_map(|index| lock.packages.get(*index));
    packages.map(|package| format!("{} {}", package.name, package.version)).collect()
}

fn dependencies(lock: &Lock, name: &str) -> Vec<String> {
    let package = lock.find(name).next().and_then(|index| lock.packages.get(index));
    package.map(|package| names(lock, &package.dependencies)).unwrap_or_default()
}

#[test]
fn dependencies_are_found_in_all_formats() {
    let packages =
        package("app", "0.1.0", "", &["rand 0.8.5", "serde", "tool 1.0.0 (git+https://g/t?branch=b)"])
            + &package("rand", "0.7.3", REGISTRY, &[])
            + &package("rand", "0.8.5", REGISTRY, &[])
            + &package("serde", "1.0.0", REGISTRY, &["rand 0.7.3 (registry+https://example.org/index)"])
            + &package("tool", "1.0.0", REGISTRY, &[])
            + &package("tool", "1.0.0", "git+https://g/t?branch=b#0123abc", &["missing"]);
    for (head, version) in [("", 1), ("version = 3\n\n", 3), ("# made by cargo\r\nversion = 4\r\n", 4)] {
        let file = lock(&format!("{head}{packages}"));
        let lock = file.lock().map(|lock| &**lock);
        assert_eq!(lock.map(|lock| lock.version), Some(version));
        let of = |name| lock.map(|lock| dependencies(lock, name)).unwrap_or_default();
        assert_eq!(of("app"), ["rand 0.8.5", "serde 1.0.0", "tool 1.0.0"]);
        assert_eq!(of("serde"), ["rand 0.7.3"]);
        let app = lock.and_then(|lock| lock.packages.first());
        assert_eq!(
            app.map(|app| app.dependencies.clone()),
            Some(vec![2, 3, 5]),
            "the tool of the repository"
        );
        assert_eq!(lock.map(|lock| lock.local().collect::<Vec<_>>()), Some(vec![0]));
    }
}

#[test]
fn the_oldest_format_has_the_root_package_apart() {
    let file = lock(
        "[root]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\"libc 0.2.0 (registry+x)\"]\n\n\
         [[package]]\nname = \"libc\"\nversion = \"0.2.0\"\nsource = \"registry+x\"\n\n[metadata]\n\"checksum libc 0.2.0\" = \"0\"\n",
    );
    assert_eq!(file.lock().map(|lock| dependencies(lock, "app")), Some(vec!["libc 0.2.0".to_owned()]));
}

#[test]
fn the_shortest_path_starts_at_the_workspace() {
    let text = package("app", "0.1.0", "", &["long", "reqwest"])
        + &package("core", "0.1.0", "", &["app"])
        + &package("long", "1.0.0", REGISTRY, &["reqwest"])
        + &package("native-tls", "0.2.0", REGISTRY, &["openssl-sys"])
        + &package("openssl-sys", "0.9.0", REGISTRY, &["long"])
        + &package("other", "1.0.0", REGISTRY, &[])
        + &package("reqwest", "0.12.0", REGISTRY, &["native-tls"]);
    let file = lock(&text);
    let path = |name: &str| {
        let lock = file.lock()?;
        Some(lock.path_to(lock.find(name).next()?))
    };
    assert_eq!(path("openssl-sys"), Some(vec!["app", "reqwest", "native-tls", "openssl-sys"]));
    assert_eq!(path("app"), Some(vec!["app"]));
    assert_eq!(path("other"), Some(Vec::new()), "nothing leads there");
}

#[test]
fn places_are_those_of_the_entry() {
    let text = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"b\"\nversion = \"1.0.0\"\n";
    let file = lock(text);
    let written: Vec<&str> = file
        .lock()
        .map(|lock| lock.packages.iter())
        .into_iter()
        .flatten()
        .filter_map(|package| text.get(package.span.start()..package.span.end()))
        .map(str::trim_end)
        .collect();
    assert_eq!(
        written,
        ["[[package]]\nname = \"a\"\nversion = \"1.0.0\"", "[[package]]\nname = \"b\"\nversion = \"1.0.0\""]
    );
}

#[test]
fn what_cannot_be_relied_on_is_broken() {
    for (text, why) in [
        ("version = 4\n<<<<<<< HEAD\n[[package]]\n=======\n>>>>>>> other\n", "merge conflict"),
        ("[[package]\nname = \"a\"", "syntax error"),
        ("version = 99\n", "version 99"),
        ("version = -1\n", "version -1"),
    ] {
        let gap = lock(text).gap().map(|gap| gap.why.clone()).unwrap_or_default();
        assert!(gap.contains(why), "{text}: {gap}");
    }
    let unreadable = MemoryFiles::new("/p").with_unreadable("Cargo.lock", "permission denied");
    assert!(read(&unreadable.snapshot(), Path::new("/p")).gap().is_some());
    assert!(matches!(read(&MemoryFiles::new("/p").snapshot(), Path::new("/p")), LockFile::Absent));
}

#[test]
fn odd_entries_are_passed_over() {
    let file = lock(
        "[[package]]\nname = 1\n[[package]]\nname = \"a\"\nversion = \"1\"\ndependencies = [1, \"a\", \"\", \"a 1 (\"]\n",
    );
    let lock = file.lock();
    assert_eq!(lock.map(|lock| lock.packages.len()), Some(1));
    assert_eq!(
        lock.map(|lock| lock.path_to(0)),
        Some(vec!["a"]),
        "a package that needs itself is no endless way"
    );
    assert_eq!(lock.and_then(|lock| lock.shortest_path([7], 9)), None);
}
