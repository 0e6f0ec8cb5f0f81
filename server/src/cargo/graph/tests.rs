#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use super::*;
use crate::{cargo, snapshot::MemoryFiles};

const LINUX: &str = "x86_64-unknown-linux-gnu";
const SOURCES: &str = "registry/src/index.crates.io-0000";
const INDEX: &str = "registry/index/index.crates.io-0000/.cache";

/// A lock file: name, version ("" for a package of the workspace), dependencies.
fn lock(packages: &[(&str, &str, &[&str])]) -> String {
    let mut text = "version = 4\n".to_owned();
    for (name, version, dependencies) in packages {
        let source = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
        let (version, source) = if version.is_empty() { ("0.1.0", "") } else { (*version, source) };
        let list: String = dependencies.iter().fold(String::new(), |mut list, one| {
            let _ = writeln!(list, " \"{one}\",");
            list
        });
        let _ = write!(text, "\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n{source}");
        if !list.is_empty() {
            let _ = write!(text, "dependencies = [\n{list}]\n");
        }
    }
    text
}

fn app(rest: &str) -> MemoryFiles {
    let head = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    MemoryFiles::new("/p").with("Cargo.toml", format!("{head}{rest}")).with("src/main.rs", "")
}

fn with_crate(files: MemoryFiles, name: &str, version: &str, rest: &str) -> MemoryFiles {
    let text = format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\n{rest}");
    files.with_registry(format!("{SOURCES}/{name}-{version}/Cargo.toml"), text)
}

fn ask(files: MemoryFiles, towards: &[&str]) -> Arc<Resolution> {
    let snapshot = files.snapshot();
    let question = Question::build(LINUX, LINUX).towards(towards);
    resolve(&snapshot, &cargo::read(&snapshot), &question)
}

/// "name [features] (possible features)", with `?` when it is possible and `@` when it is for the host.
fn show(resolution: &Resolution) -> Vec<String> {
    let mut shown = Vec::new();
    for package in &resolution.packages {
        let mark = if package.certainty == Confidence::Certain { "" } else { "?" };
        let side = if package.for_host { "@" } else { "" };
        let mut text = format!("{}{side}{mark} [{}]", package.name, package.features.join(" "));
        if !package.possible_features.is_empty() {
            let _ = write!(text, " ({})", package.possible_features.join(" "));
        }
        shown.push(text);
    }
    shown
}

/// app → http (optional TLS) → tls → native
fn chain(dependency: &str) -> MemoryFiles {
    app(&format!("[dependencies]\nhttp = {dependency}\n")).with(
        "Cargo.lock",
        lock(&[
            ("app", "", &["http"]),
            ("http", "1.0.0", &["tls"]),
            ("native", "1.0.0", &[]),
            ("tls", "1.0.0", &["native"]),
        ]),
    )
}

const HTTP: &str = "[features]\ndefault = [\"tls\"]\ntls = [\"dep:tls\"]\n[dependencies.tls]\nversion = \"1\"\noptional = true\n";
const TLS: &str = "[features]\nvendored = [\"native/vendored\"]\n[dependencies.native]\nversion = \"1\"\n";
const NATIVE: &str = "[features]\nvendored = []\n";

#[test]
fn an_edit_of_a_feature_list_is_answered_from_files() {
    let whole = |dependency| {
        let files = with_crate(chain(dependency), "http", "1.0.0", HTTP);
        with_crate(with_crate(files, "tls", "1.0.0", TLS), "native", "1.0.0", NATIVE)
    };
    let on = ask(whole("\"1\""), &[]);
    assert_eq!(show(&on), ["app []", "http [default tls]", "native []", "tls []"]);
    assert!(on.is_closed() && on.gaps.is_empty());
    let off = ask(whole("{ version = \"1\", default-features = false }"), &[]);
    assert_eq!(show(&off), ["app []", "http []"]);
    assert!(off.lacks("native", false));
}

#[test]
fn a_package_that_is_in_no_cache_makes_things_possible_and_is_named() {
    let partial = with_crate(with_crate(chain("\"1\""), "tls", "1.0.0", TLS), "native", "1.0.0", NATIVE);
    let resolution = ask(partial, &[]);
    let shown = show(&resolution);
    assert!(shown.contains(&"http [] (default)".to_owned()), "{shown:?}");
    assert!(shown.contains(&"native? [] (vendored)".to_owned()), "{shown:?}");
    assert_eq!(
        resolution.gaps.iter().map(Gap::explain).collect::<Vec<_>>(),
        ["http 1.0.0 is not in cargo's cache: `cargo fetch` gets it"]
    );
    assert!(resolution.is_closed(), "the lock file still bounds what there can be");
    assert!(!resolution.lacks("native", false));
    assert!(resolution.lacks("openssl-sys", false));
}

#[test]
fn the_index_will_do_where_nothing_was_unpacked() {
    let dependency = |name: &str, rest: &str| {
        format!(
            "{{\"name\":\"{name}\",\"req\":\"^1\",\"features\":[],\"default_features\":true,\"target\":null,\
             \"kind\":\"normal\"{rest}}}"
        )
    };
    let record = |name: &str, dependencies: &str, features: &str, features2: &str| {
        let json = format!(
            "{{\"name\":\"{name}\",\"vers\":\"1.0.0\",\"deps\":[{dependencies}],\"cksum\":\"\",\
             \"features\":{{{features}}},\"features2\":{{{features2}}},\"yanked\":false,\"v\":2}}"
        );
        format!("\u{3}\u{2}\0\0\0etag\u{0}0.9.0\0{{}}\u{0}1.0.0\0{json}\0")
    };
    let optional = dependency("tls", ",\"optional\":true");
    let renamed = dependency("ssl", ",\"optional\":false,\"package\":\"native\"");
    let files = chain("\"1\"")
        .with_registry(
            format!("{INDEX}/ht/tp/http"),
            record("http", &optional, "\"default\":[\"tls\"]", "\"tls\":[\"dep:tls\"]"),
        )
        .with_registry(format!("{INDEX}/3/t/tls"), record("tls", &renamed, "", ""))
        .with_registry(format!("{INDEX}/na/ti/native"), record("native", "", "", ""));
    let resolution = ask(files, &[]);
    assert_eq!(show(&resolution), ["app []", "http [default tls]", "native []", "tls []"]);
    assert!(resolution.gaps.is_empty());
}

#[test]
fn what_the_index_does_not_say_of_macros_leaves_both_ways_open() {
    let json = "{\"name\":\"http\",\"vers\":\"1.0.0\",\"deps\":[\
        {\"name\":\"syn\",\"req\":\"^2\",\"features\":[],\"optional\":false,\"default_features\":false,\"kind\":null},\
        {\"name\":\"native\",\"req\":\"^1\",\"features\":[],\"optional\":false,\"default_features\":false}],\
        \"features\":{}}";
    let files = app("[dependencies]\nhttp = \"1\"\n")
        .with(
            "Cargo.lock",
            lock(&[("app", "", &["http"]), ("http", "1.0.0", &["native"]), ("native", "1.0.0", &[])]),
        )
        .with_registry(format!("{INDEX}/ht/tp/http"), format!("\u{3}\u{2}\0\0\0e\u{0}1.0.0\0{json}\0"));
    let resolution = ask(with_crate(files, "native", "1.0.0", NATIVE), &["native"]);
    assert_eq!(show(&resolution), ["native? []", "native@ []"]);
}

#[test]
fn a_dependency_that_was_added_since_is_looked_for_among_what_is_locked() {
    let files = |extra: &str| {
        let files = chain(&format!("{{ version = \"1\", default-features = false }}\n{extra}"));
        let files = with_crate(files, "http", "1.0.0", HTTP);
        with_crate(with_crate(files, "tls", "1.0.0", TLS), "native", "1.0.0", NATIVE)
    };
    let found = ask(files("native = { version = \"1\", features = [\"vendored\"] }"), &[]);
    assert_eq!(show(&found), ["app []", "http []", "native [vendored]"]);
    assert!(found.gaps.is_empty());
    for added in ["native = \"2\"", "other = \"1\""] {
        let resolution = ask(files(added), &[]);
        assert!(!resolution.is_closed(), "{added}");
        assert!(!resolution.lacks("native", false), "whatever comes may bring it");
    }
}

#[test]
fn who_asks_for_the_feature_is_to_blame_and_not_who_depends_on_it() {
    let files = app("[dependencies]\nhttp = { version = \"1\", default-features = false }\nuser = \"1\"\n")
        .with(
            "Cargo.lock",
            lock(&[
                ("app", "", &["http", "user"]),
                ("http", "1.0.0", &["tls"]),
                ("native", "1.0.0", &[]),
                ("tls", "1.0.0", &["native"]),
                ("user", "1.0.0", &["http"]),
            ]),
        );
    let files = with_crate(with_crate(files, "http", "1.0.0", HTTP), "tls", "1.0.0", TLS);
    let files = with_crate(files, "native", "1.0.0", NATIVE);
    let user = "[features]\nweb = [\"http/tls\"]\ndefault = [\"web\"]\n[dependencies.http]\nversion = \"1\"\n\
        default-features = false\n";
    let resolution = ask(with_crate(files, "user", "1.0.0", user), &["native"]);
    let direct = resolution.direct("native", false);
    let direct: Vec<_> = direct.iter().map(|one| (one.key.as_str(), one.features.clone())).collect();
    assert_eq!(direct, [("user", vec!["default".to_owned()])]);
    assert_eq!(resolution.direct("native", false)[0].path, ["app", "user", "http", "tls", "native"]);
    let native = resolution.find("native", false).next().unwrap();
    assert_eq!(
        resolution.path_to(native),
        ["app", "http", "tls", "native"],
        "the shortest way goes elsewhere"
    );
}

#[test]
fn without_a_lock_file_or_a_whole_manifest_nothing_is_ruled_out() {
    let files = chain("\"1\"");
    for files in [
        files.clone().without("Cargo.lock"),
        files.clone().with("Cargo.lock", "<<<<<<< HEAD\nversion = 4\n"),
        files.clone().with("Cargo.toml", "[package]\nname = \"app\"\n[dependencies\nhttp = 1"),
        files.clone().without("Cargo.toml"),
        files.with("Cargo.lock", lock(&[])),
    ] {
        let resolution = ask(files, &[]);
        assert!(!resolution.is_closed());
        assert!(resolution.gaps.iter().all(|gap| !gap.explain().is_empty()));
    }
}

#[test]
fn circles_and_nonsense_come_to_an_end() {
    let circle = app(
        "[features]\na = [\"b\", \"http?/x\", \"dep:nobody\", \"http/\", \"/\", \"?/\"]\nb = [\"a\"]\ndefault = [\"a\"]\n\
         [dependencies]\nhttp = { version = \"1\", features = [\"y/z\", \"dep:tls\", \"\"] }\n",
    )
    .with("Cargo.lock", lock(&[("app", "", &["http"]), ("http", "1.0.0", &["tls"]), ("tls", "1.0.0", &["http"])]));
    let back = "[dependencies.http]\nversion = \"1\"\nfeatures = [\"tls\"]\n";
    let resolution = ask(with_crate(with_crate(circle, "http", "1.0.0", HTTP), "tls", "1.0.0", back), &[]);
    assert_eq!(show(&resolution), ["app [a b default]", "http [default tls]", "tls []"]);
}

#[test]
fn answers_are_kept_while_nothing_changes_that_matters() {
    let lock_text = lock(&[("app", "", &["x"]), ("x", "1.0.0", &[])]);
    let with = |rest: &str| {
        let files = app(rest).with("Cargo.lock", lock_text.as_str());
        with_crate(files, "x", "1.0.0", "[features]\na = []\n").snapshot()
    };
    let first = with("[dependencies]\nx = \"1\"\n");
    // The lock file's text is the same object, as it is between two looks.
    let over = |rest: &str| {
        let head = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
        let file = crate::text::FileId::new("/p/Cargo.toml");
        let text = format!("{head}{rest}");
        crate::fix::Overlay::over(&first, [(&file, Some(text.as_str()))])
    };
    let answer = |snapshot: &Snapshot| {
        let question = Question::build(LINUX, LINUX);
        resolve_kept(snapshot, &cargo::read(snapshot), &question, &[LINUX], Lockfile::AsItIs)
    };
    let known = answer(&first);
    let same = answer(&over("# a comment\n[dependencies]\nx = { version = \"1\" }\n"));
    assert!(Arc::ptr_eq(&known, &same), "nothing that matters has changed");
    let other = answer(&over("[dependencies]\nx = { version = \"1\", features = [\"a\"] }\n"));
    assert_eq!(show(&other[0]), ["app []", "x [a]"]);
    assert_eq!(show(&known[0]), ["app []", "x []"]);
}

#[test]
fn what_the_lock_file_would_get_is_taken_from_the_caches() {
    let files = app("[dependencies]\nx = { version = \"1\", features = [\"y\"] }\n");
    let files = files.with("Cargo.lock", lock(&[("app", "", &["x"]), ("x", "1.0.0", &[])]));
    let files = with_crate(files, "x", "1.0.0", "[dependencies.y]\nversion = \"2\"\noptional = true\n");
    let files = with_crate(files, "y", "2.0.1", "[dependencies.z]\nversion = \"0.3\"\n");
    let files = with_crate(files, "y", "2.1.0", "[dependencies.z]\nversion = \"0.3\"\n");
    let files = with_crate(files, "y", "3.0.0", "");
    let without = files.clone().snapshot();
    let question = Question::build(LINUX, LINUX);
    let updated = |snapshot: &Snapshot| {
        let cargo = cargo::read(snapshot);
        resolve_each(snapshot, &cargo, &question, &[LINUX], Lockfile::BroughtUpToDate).remove(0)
    };
    let open = updated(&without);
    assert!(!open.is_closed() && open.find("y", false).next().is_some(), "{:?}", open.gaps);
    let whole = with_crate(files, "z", "0.3.9", "").snapshot();
    let closed = updated(&whole);
    assert_eq!(show(&closed), ["app []", "x [y]", "y []", "z []"]);
    assert!(closed.is_closed(), "{:?}", closed.gaps);
    assert_eq!(closed.find("y", false).next().map(|one| one.version.as_str()), Some("2.1.0"));
}
