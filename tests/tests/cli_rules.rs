//! `portolan rules`, `explain` and `targets`.

use portolan_tests::{Folder, binary::run};

#[test]
fn every_rule_is_listed_and_has_a_page() {
    let folder = Folder::new(&[]);
    let json = run(folder.root(), ["rules", "--format", "json"]).json();
    let rules = json["rules"].as_array().expect("rules are a list");
    assert!(!rules.is_empty());
    let text = run(folder.root(), ["rules"]).out;
    let markdown = run(folder.root(), ["rules", "--format", "markdown"]).out;
    for rule in rules {
        let name = rule["name"].as_str().expect("a rule has a name");
        assert!(text.lines().any(|line| line.starts_with(name)), "{name}");
        assert!(markdown.contains(&format!("\n## {name}\n")), "{name}");
        let page = run(folder.root(), ["explain", name]);
        assert_eq!(page.code, Some(0), "{name}");
        for heading in ["What it does", "Why it matters", "Example"] {
            assert!(page.out.contains(heading), "no {heading:?} in the page of {name}");
        }
    }
}

#[test]
fn a_rule_that_does_not_exist_is_answered_with_the_nearest() {
    let folder = Folder::new(&[]);
    let near = run(folder.root(), ["explain", "mising-linker"]);
    assert_eq!(near.code, Some(2));
    assert!(near.err.contains("did you mean missing-linker?"), "{near:?}");
    let far = run(folder.root(), ["explain", "quux"]);
    assert_eq!(far.code, Some(2));
    assert!(far.err.contains("portolan rules"), "{far:?}");
}

#[test]
fn the_matrix_names_each_target_with_its_source() {
    let folder = Folder::new(&[
        ("Cargo.toml", "[package]\nname = \"demo\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
        ("src/main.rs", "fn main() {}\n"),
        (
            "rust-toolchain.toml",
            "[toolchain]\ntargets = [\"aarch64-unknown-linux-gnu\", \"wasm32-unknown-unknown\"]\n",
        ),
        (".cargo/config.toml", "[target.aarch64-unknown-linux-gnu]\nlinker = \"aarch64-linux-gnu-gcc\"\n"),
    ]);
    let host = ["targets", "--host", "x86_64-unknown-linux-gnu"];
    let json = run(folder.root(), host.iter().chain(&["--format", "json"])).json();
    assert_eq!((&json["version"], &json["host"]), (&1.into(), &"x86_64-unknown-linux-gnu".into()));
    let targets = json["targets"].as_array().expect("targets are a list");
    let triples: Vec<_> = targets.iter().map(|target| target["triple"].as_str()).collect();
    assert_eq!(triples, [Some("aarch64-unknown-linux-gnu"), Some("wasm32-unknown-unknown")]);
    let arm = &targets[0];
    assert_eq!(arm["linker"]["state"], "ok", "{arm:#}");
    assert_eq!(arm["linker"]["value"], "aarch64-linux-gnu-gcc");
    assert_eq!(arm["linker"]["from"]["file"], ".cargo/config.toml");
    assert_eq!(arm["std"]["state"], "ok");
    assert_eq!(arm["ready"], true);
    let declared: Vec<_> =
        arm["declared"].as_array().expect("a list").iter().map(|one| one["as"].as_str()).collect();
    assert!(declared.contains(&Some("toolchain")) && declared.contains(&Some("linker")), "{arm:#}");

    let text = run(folder.root(), host).out;
    for part in [
        "aarch64-unknown-linux-gnu",
        "wasm32-unknown-unknown",
        "aarch64-linux-gnu-gcc",
        "rust-toolchain.toml:2",
    ] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
}

/// The pages in `docs/` are those of the program; `UPDATE_DOCS=1` writes them anew.
#[test]
fn the_pages_in_the_repository_are_current() {
    let folder = Folder::new(&[]);
    let pages = run(folder.root(), ["rules", "--format", "markdown"]).out;
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/rules.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().expect("docs/ has a parent")).expect("docs/ can be made");
        std::fs::write(&path, &pages).expect("the pages can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == pages,
        "docs/rules.md is not what the rules' pages say: UPDATE_DOCS=1 cargo test -p portolan-tests --test cli_rules"
    );
}
