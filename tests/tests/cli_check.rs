//! `portolan check`: what it says, in each format, and its exit codes.

use portolan_tests::{
    Folder,
    binary::{Outcome, run},
};
use serde_json::Value;

const TYPO: &str = "[build]\ntarget = \"x86_64-unknown-linux-gnuu\"\n";
const CRT_STATIC_ON_APPLE: &str =
    "[target.aarch64-apple-darwin]\nrustflags = [\"-C\", \"target-feature=+crt-static\"]\n";
const MANIFEST: &str = "[package]\nname = \"demo\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

fn project(config: &str) -> Folder {
    Folder::new(&[
        ("Cargo.toml", MANIFEST),
        ("src/main.rs", "fn main() {}\n"),
        (".cargo/config.toml", config),
    ])
}

fn check(folder: &Folder, arguments: &[&str]) -> Outcome {
    let host = ["check", "--host", "x86_64-unknown-linux-gnu"];
    run(folder.root(), host.iter().chain(arguments))
}

fn rules(outcome: &Outcome) -> Vec<String> {
    let report = outcome.json();
    let findings = report["findings"].as_array().expect("findings are a list");
    findings.iter().map(|finding| finding["rule"].as_str().expect("a rule has a name").to_owned()).collect()
}

#[test]
fn exit_codes_say_what_became_of_it() {
    let clean = project("");
    assert_eq!(check(&clean, &[]).code, Some(0));
    assert!(check(&clean, &[]).out.contains("No problems found"));

    let broken = project(TYPO);
    assert_eq!(check(&broken, &[]).code, Some(1));
    assert_eq!(check(&broken, &["--ignore", "unknown-target"]).code, Some(0));

    for wrong in
        [&["--format", "xml"][..], &["--rule", "no-such-rule"], &["--target", "a b"], &["--frobnicate"]]
    {
        let outcome = check(&broken, wrong);
        assert_eq!(outcome.code, Some(2), "{wrong:?}");
        assert!(outcome.err.starts_with("error: ") && outcome.out.is_empty(), "{wrong:?}: {outcome:?}");
    }

    let empty = Folder::new(&[]);
    for path in [".", "no/such/path"] {
        let outcome = check(&empty, &[path]);
        assert_eq!(outcome.code, Some(3), "{path}");
        assert!(outcome.err.starts_with("error: "), "{outcome:?}");
    }
}

#[test]
fn a_misspelt_rule_is_answered_with_the_right_one() {
    let folder = project("");
    let outcome = check(&folder, &["--ignore", "unknwon-target"]);
    assert!(outcome.err.contains("did you mean unknown-target?"), "{outcome:?}");
}

#[test]
fn the_text_shows_the_line_and_ends_with_a_summary() {
    let folder = project(TYPO);
    let outcome = check(&folder, &[]);
    for part in [
        "[unknown-target]",
        "--> .cargo/config.toml:2:",
        "target = \"x86_64-unknown-linux-gnuu\"",
        "^^^",
        "in 1 file",
    ] {
        assert!(outcome.out.contains(part), "no {part:?} in {}", outcome.out);
    }
    assert!(!outcome.out.contains('\u{1b}'), "colours only on a terminal");
    let colored = run(folder.root(), ["check", "--color", "always"]);
    assert!(colored.out.contains('\u{1b}'));
}

#[test]
fn json_keeps_its_promises() {
    let folder = project(&format!("{TYPO}{CRT_STATIC_ON_APPLE}"));
    let outcome = check(&folder, &["--format", "json"]);
    assert_eq!(outcome.code, Some(1));
    let report = outcome.json();
    assert_eq!(report["version"], 1);
    assert_eq!(report["host"], "x86_64-unknown-linux-gnu");
    assert_eq!(report["root"].as_str(), folder.root().to_str());
    let findings = report["findings"].as_array().expect("findings are a list");
    assert!(findings.len() >= 2, "{report:#}");
    for finding in findings {
        let file = finding["file"].as_str().expect("a finding has a file");
        let text = folder.read(file);
        for end in ["start", "end"] {
            let position = &finding["range"][end];
            let number =
                |name: &str| usize::try_from(position[name].as_u64().expect("a number")).expect("is small");
            let before = text.get(..number("byte")).expect("a character's boundary");
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            assert_eq!((number("line"), number("column")), (line, column), "{finding:#}");
        }
        assert!(["error", "warning", "hint"].contains(&finding["severity"].as_str().unwrap_or_default()));
        assert!(
            ["certain", "likely", "possible"].contains(&finding["confidence"].as_str().unwrap_or_default())
        );
        assert!(finding["url"].as_str().is_some_and(|url| {
            url.contains(finding["rule"].as_str().unwrap_or("?").replace('-', "_").as_str())
        }));
    }
    let key = |finding: &Value| {
        let position = &finding["range"]["start"]["byte"];
        let file = finding["file"].as_str().unwrap_or_default().to_owned();
        (file, position.as_u64(), finding["rule"].as_str().unwrap_or_default().to_owned())
    };
    let keys: Vec<_> = findings.iter().map(key).collect();
    assert!(keys.is_sorted(), "{keys:?}");
}

#[test]
fn two_runs_say_the_same_byte_for_byte() {
    let folder = project(&format!("{TYPO}{CRT_STATIC_ON_APPLE}"));
    for format in ["text", "json", "sarif", "github"] {
        let first = check(&folder, &["--format", format, "--fail-on", "hint"]);
        assert!(!first.out.is_empty(), "{format}");
        assert_eq!(first, check(&folder, &["--format", format, "--fail-on", "hint"]), "{format}");
    }
}

#[test]
fn hints_are_for_those_who_ask() {
    let folder = project(CRT_STATIC_ON_APPLE);
    let quiet = check(&folder, &["--rule", "crt-static-no-effect"]);
    assert_eq!(quiet.code, Some(0), "{quiet:?}");
    assert!(!quiet.out.contains("[crt-static-no-effect]"), "{}", quiet.out);
    assert!(quiet.out.contains("1 hint not shown"), "{}", quiet.out);
    let asked = check(&folder, &["--rule", "crt-static-no-effect", "--fail-on", "hint"]);
    assert_eq!(asked.code, Some(1));
    assert!(asked.out.contains("[crt-static-no-effect]"), "{}", asked.out);
    // Programs choose for themselves.
    let json = check(&folder, &["--rule", "crt-static-no-effect", "--format", "json"]);
    assert_eq!((json.code, rules(&json)), (Some(0), vec!["crt-static-no-effect".to_owned()]));
}

#[test]
fn sarif_is_what_code_scanning_takes() {
    let folder = project(TYPO);
    let log = check(&folder, &["--format", "sarif"]).json();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules are a list");
    let results = run["results"].as_array().expect("results are a list");
    assert!(!results.is_empty());
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("is small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(!result["message"]["text"].as_str().unwrap_or_default().is_empty());
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], ".cargo/config.toml");
        assert!(place["region"]["startLine"].as_u64() >= Some(1));
    }
    let replacement = &results[0]["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["deletedRegion"]["startLine"], 2);
    assert!(replacement["insertedContent"]["text"].is_string());
}

#[test]
fn github_annotations_name_the_file_from_where_the_step_runs() {
    let folder = Folder::new(&[("sub/.cargo/config.toml", TYPO)]);
    let outcome = check(&folder, &["sub", "--format", "github"]);
    let first = outcome.out.lines().next().unwrap_or_default();
    assert!(first.starts_with("::error file=sub/.cargo/config.toml,line=2,"), "{outcome:?}");
    assert!(outcome.out.lines().all(|line| line.starts_with("::")), "{outcome:?}");
}

#[test]
fn several_paths_are_one_report() {
    let folder = Folder::new(&[("a/.cargo/config.toml", TYPO), ("b/.cargo/config.toml", TYPO)]);
    let outcome = check(&folder, &["b", "a", "a/.cargo/config.toml", "--format", "json"]);
    let report = outcome.json();
    assert_eq!(report["root"].as_str(), folder.root().to_str());
    let files = report["findings"].as_array().expect("a list").iter().map(|finding| finding["file"].as_str());
    let unknown = rules(&outcome).iter().filter(|rule| *rule == "unknown-target").count();
    assert_eq!(unknown, 2, "{report:#}");
    assert!(files.clone().is_sorted() && files.clone().next() == Some(Some("a/.cargo/config.toml")));
    assert_eq!(check(&folder, &["a", "nowhere"]).code, Some(3));
}

#[test]
fn a_folder_that_is_no_project_means_those_below() {
    let folder = Folder::new(&[
        ("backend/.cargo/config.toml", TYPO),
        ("web/src-tauri/.cargo/config.toml", TYPO),
        ("web/node_modules/x/.cargo/config.toml", TYPO),
        ("web/src-tauri/inner/.cargo/config.toml", TYPO),
    ]);
    let report = check(&folder, &[".", "--format", "json"]).json();
    let findings = report["findings"].as_array().expect("a list");
    let mut files: Vec<&str> = findings.iter().filter_map(|finding| finding["file"].as_str()).collect();
    files.dedup();
    assert_eq!(files, ["backend/.cargo/config.toml", "web/src-tauri/.cargo/config.toml"], "{report:#}");
    // Where one is needed, one has to be named.
    let targets = run(folder.root(), ["targets", "."]);
    assert_eq!(targets.code, Some(2), "{targets:?}");
    assert!(targets.err.contains("name one of them") && targets.err.contains("backend"), "{targets:?}");
}

#[test]
fn without_a_path_the_project_around_is_meant() {
    let folder = project(TYPO);
    let inside = run(&folder.path("src"), ["check", "--format", "json"]);
    assert_eq!(inside.json()["root"].as_str(), folder.root().to_str());
    // A folder that is named is taken at its word.
    assert_eq!(check(&folder, &["src"]).code, Some(3));
    let file = check(&folder, &["src/main.rs", "--format", "json"]);
    assert_eq!(file.json()["root"].as_str(), folder.root().to_str());
}

#[test]
fn a_baseline_holds_until_the_line_changes() {
    let folder = project(TYPO);
    assert_eq!(check(&folder, &["--write-baseline", "known.json"]).code, Some(0));
    let known = check(&folder, &["--baseline", "known.json"]);
    assert_eq!(known.code, Some(0), "{known:?}");
    assert!(known.out.contains("left out: listed in the baseline"), "{known:?}");

    folder.write(".cargo/config.toml", format!("# a line more\n{TYPO}"));
    assert_eq!(check(&folder, &["--baseline", "known.json"]).code, Some(0));
    folder.write(".cargo/config.toml", TYPO.replace("gnuu", "gnuuu"));
    assert_eq!(check(&folder, &["--baseline", "known.json"]).code, Some(1));
    folder.write(".cargo/config.toml", "");
    let gone = check(&folder, &["--baseline", "known.json"]);
    assert!(gone.out.contains("of the baseline"), "{gone:?}");

    for bad in ["{}", "nonsense", "{\"version\": 2, \"findings\": []}"] {
        folder.write("bad.json", bad);
        let outcome = check(&folder, &["--baseline", "bad.json"]);
        assert_eq!(outcome.code, Some(2), "{bad}");
        assert!(outcome.err.contains("--write-baseline"), "{outcome:?}");
    }
    assert_eq!(check(&folder, &["--baseline", "absent.json"]).code, Some(2));
}
