//! Builds from the editor: trusted only, shown, cancelled, never left behind.

use std::{
    fs,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use portolan_tests::{
    Folder,
    lsp::{Editor, Start, uri},
};
use serde_json::{Value, json};

const MANIFEST: &str =
    "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[profile.release]\nopt-level = 0\n";
const MAIN: &str = "fn main() { println!(\"hello\"); }\n";

fn project(more: &[(&str, &str)]) -> Folder {
    Folder::new(&[&[("Cargo.toml", MANIFEST), ("src/main.rs", MAIN)], more].concat())
}

/// A script that says that it ran, and then does something.
fn build_script(folder: &Folder, then: &str) {
    let ran = folder.path("ran").display().to_string();
    let script = format!(
        "fn main() {{ println!(\"cargo:rerun-if-changed=gone\"); std::fs::write({ran:?}, \"\").unwrap(); {then} }}\n"
    );
    folder.write("build.rs", script);
}

fn start(folder: &Folder, trusted: bool) -> Editor {
    let mut start = Start::in_folder(folder)
        .with("/window", json!({"workDoneProgress": true}))
        .with("/textDocument/codeLens", json!({}));
    start.params["initializationOptions"] = json!({"trusted": trusted, "experimental": {"targets": true}});
    start.start()
}

fn wait_until(what: &str, limit: Duration, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < limit, "{what}: not within {limit:?}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn living(mark: &str) -> usize {
    let entries = fs::read_dir("/proc").expect("there is /proc").flatten();
    let lines = entries.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    lines.filter(|line| String::from_utf8_lossy(line).contains(mark)).count()
}

/// The word with which a build ends.
fn end(editor: &mut Editor, id: u64) -> Value {
    let message = editor.wait_for(&format!("the end of build {id}"), |message| {
        message["method"] == "portolan/buildOutput"
            && message["params"]["id"] == id
            && message["params"].get("end").is_some()
    });
    message["params"]["end"].clone()
}

fn started(answer: &Value) -> u64 {
    answer["result"][0]["id"].as_u64().unwrap_or_else(|| panic!("a build was started: {answer}"))
}

fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().expect("there is a rustc");
    let text = String::from_utf8(output.stdout).expect("rustc speaks UTF-8");
    text.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc has a host").to_owned()
}

#[test]
fn without_trust_nothing_starts() {
    let folder = project(&[("portolan.toml", "trusted = true\n")]);
    build_script(&folder, "");
    let mut editor = start(&folder, false);
    let refused = editor.command("portolan.build", &json!([]));
    assert!(refused["error"]["message"].to_string().contains("not trusted"), "{refused}");
    thread::sleep(Duration::from_millis(300));
    assert!(!folder.path("ran").exists() && !folder.path("target").exists());
    // The control: with trust, the same command does start it.
    let mut editor = start(&folder, true);
    let answer = editor.command("portolan.build", &json!([]));
    let id = started(&answer);
    assert_eq!(end(&mut editor, id)["outcome"], "built");
    assert!(folder.path("ran").exists());
}

#[test]
fn a_build_is_shown_from_its_begin_to_its_audit() {
    let folder = project(&[]);
    build_script(&folder, "std::thread::sleep(std::time::Duration::from_millis(900));");
    let mut editor = start(&folder, true);
    let none = editor.command("portolan.audit", &json!([]));
    assert!(none["error"]["message"].to_string().contains("nothing was built"), "{none}");
    let answer = editor.command("portolan.build", &json!([{"profile": "release"}]));
    let plan = &answer["result"][0];
    assert_eq!((&plan["builder"], &plan["target"]), (&"cargo".into(), &host().into()));
    assert!(plan["commands"][0].to_string().contains("cargo build --release"), "{plan}");
    let id = started(&answer);
    let end = end(&mut editor, id);
    let log = folder.path(&format!("target/portolan/{}.log", host()));
    assert_eq!((&end["outcome"], &end["passed"], &end["log"]), (&"built".into(), &true.into(), &json!(log)));
    assert!(end["audited"][0]["file"].to_string().contains("app"), "{end}");
    let messages = editor.drain(Duration::from_millis(200));
    let of = |method: &str| {
        messages.iter().filter(|one| one["method"] == method).map(|one| &one["params"]).collect::<Vec<_>>()
    };
    let values: Vec<&Value> = of("$/progress").iter().map(|params| &params["value"]).collect();
    let kinds: Vec<_> = values.iter().filter_map(|value| value["kind"].as_str()).collect();
    assert_eq!((kinds.first(), kinds.last()), (Some(&"begin"), Some(&"end")), "{values:?}");
    let percents: Vec<u64> = values.iter().filter_map(|value| value["percentage"].as_u64()).collect();
    assert!(percents.is_sorted() && percents.last() > Some(&0), "{values:?}");
    assert!(values.iter().any(|value| value["message"].to_string().contains("app")), "{values:?}");
    let lines: String = of("portolan/buildOutput").iter().map(|params| params["lines"].to_string()).collect();
    assert!(lines.contains("Compiling app v0.1.0") && !lines.contains("compiler-artifact"), "{lines}");
    assert!(of("window/showMessage").iter().any(|params| params["message"].to_string().contains("is built")));
    let audit = editor.command("portolan.audit", &json!([{"target": host()}]));
    let file = &audit["result"]["files"][0];
    assert!(file["file"].to_string().contains("target/release/app"), "{audit}");
    assert!(file["runs_on"][0].is_string(), "{audit}");
    let by_path = editor.command("portolan.audit", &json!([{"path": "target/release/app"}]));
    assert_eq!(by_path["result"]["files"][0]["verdict"], file["verdict"]);
}

#[test]
fn a_failure_is_a_diagnostic_until_its_file_changes() {
    let host = host();
    let config = format!("[target.{host}]\nlinker = \"no-such-linker\"\n");
    let folder = project(&[(".cargo/config.toml", &config)]);
    let mut editor = start(&folder, true);
    let config_uri = uri(&folder.path(".cargo/config.toml"));
    editor.open(&config_uri, &config);
    let answer = editor.command("portolan.build", &json!([{"builder": "cargo"}]));
    let id = started(&answer);
    assert_eq!(end(&mut editor, id)["outcome"], "failed");
    let is_failure = |diagnostic: &Value| diagnostic["code"] == "linker-not-found";
    let found = editor.diagnostics_that(&config_uri, |found| found.iter().any(is_failure));
    let failure = found.iter().find(|one| is_failure(one)).expect("it is there");
    assert_eq!(failure["range"]["start"], json!({"line": 1, "character": 9}), "{failure}");
    assert!(failure["codeDescription"]["href"].to_string().contains("linker-not-found"), "{failure}");
    editor.replace(&config_uri, 2, "# nothing\n");
    let found = editor.diagnostics(&config_uri, 2);
    assert!(!found.iter().any(is_failure), "{found:?}");
}

#[test]
fn an_unknown_failure_stands_at_the_package() {
    let folder = project(&[("src/main.rs", "fn main() { no_such_function(); }\n")]);
    let mut editor = start(&folder, true);
    let answer = editor.command("portolan.build", &json!([]));
    let id = started(&answer);
    assert_eq!(end(&mut editor, id)["outcome"], "failed");
    let manifest = uri(&folder.path("Cargo.toml"));
    let found =
        editor.diagnostics_that(&manifest, |found| found.iter().any(|one| one["code"] == "build-failed"));
    assert!(found.iter().any(|one| one["message"].to_string().contains("E0425")), "{found:?}");
}

#[test]
fn cancel_ends_the_tree_within_a_second() {
    for by_token in [true, false] {
        let mark = format!("95{:05}.{}", std::process::id(), u8::from(by_token));
        let folder = project(&[]);
        build_script(
            &folder,
            &format!("std::process::Command::new(\"sleep\").arg(\"{mark}\").status().unwrap();"),
        );
        let mut editor = start(&folder, true);
        let answer = editor.command("portolan.build", &json!([]));
        let id = started(&answer);
        wait_until("the build script starts", Duration::from_secs(20), || living(&mark) > 0);
        editor.assert_alive();
        let cancelled = Instant::now();
        if by_token {
            let begin = editor.wait_for("the progress", |one| one["method"] == "$/progress");
            editor.notify("window/workDoneProgress/cancel", &json!({"token": begin["params"]["token"]}));
        } else {
            let answer = editor.command("portolan.cancel", &json!([{"id": id}]));
            assert_eq!(answer["result"], true);
        }
        assert_eq!(end(&mut editor, id)["outcome"], "cancelled");
        assert_eq!(living(&mark), 0);
        assert!(cancelled.elapsed() < Duration::from_secs(1), "{:?}", cancelled.elapsed());
        assert_eq!(editor.command("portolan.cancel", &json!([]))["result"], false);
    }
}

#[test]
fn a_killed_server_leaves_nothing_behind() {
    let mark = format!("95{:05}.7", std::process::id());
    let folder = project(&[]);
    build_script(
        &folder,
        &format!("std::process::Command::new(\"sleep\").arg(\"{mark}\").status().unwrap();"),
    );
    let mut editor = start(&folder, true);
    editor.command("portolan.build", &json!([]));
    wait_until("the build script starts", Duration::from_secs(20), || living(&mark) > 0);
    let killed = Command::new("kill").args(["-9", &editor.process().to_string()]).status();
    assert!(killed.is_ok_and(|status| status.success()));
    editor.end();
    wait_until("the tree ends", Duration::from_secs(2), || living(&mark) == 0);
    // Nor is the supervisor, or cargo in the project's folder.
    let folder_name = folder.root().display().to_string();
    wait_until("all of it ends", Duration::from_secs(2), || living(&folder_name) == 0);
}

#[test]
fn twenty_builds_at_once_end_in_order() {
    let folder = project(&[]);
    let mut editor = start(&folder, true);
    let params = json!({"command": "portolan.build", "arguments": [{"profile": "debug"}]});
    let requests: Vec<i64> = (0..20).map(|_| editor.request("workspace/executeCommand", &params)).collect();
    let mut ids: Vec<u64> = requests.into_iter().map(|request| started(&editor.answer(request))).collect();
    ids.sort_unstable();
    let mut ended = Vec::new();
    while ended.len() < ids.len() {
        let message = editor.wait_for("the end of a build", |message| {
            message["method"] == "portolan/buildOutput" && message["params"].get("end").is_some()
        });
        assert_eq!(message["params"]["end"]["outcome"], "built", "{message}");
        ended.extend(message["params"]["id"].as_u64());
    }
    assert_eq!(ended, ids);
}

#[test]
fn a_missing_tool_is_an_answer_and_starts_nothing() {
    let folder = project(&[]);
    let mut editor = start(&folder, true);
    let answer =
        editor.command("portolan.build", &json!([{"target": "aarch64-apple-ios", "builder": "nix"}]));
    assert!(
        answer["error"]["message"].to_string().contains("has no package for aarch64-apple-ios"),
        "{answer}"
    );
    let wrong = editor.command("portolan.build", &json!([{"target": "--config=x"}]));
    assert_eq!(wrong["error"]["code"], -32602, "{wrong}");
    assert!(!folder.path("target").exists());
}

#[test]
fn lenses_stand_over_targets_and_packages() {
    let config = "[build]\ntarget = \"x86_64-unknown-linux-gnu\"\n\n[target.aarch64-unknown-linux-gnu]\nlinker = \"aarch64-linux-gnu-gcc\"\n";
    let toolchain = "[toolchain]\nchannel = \"stable\"\ntargets = [\n  \"wasm32-unknown-unknown\",\n]\n";
    let flake = "{\n  outputs = { self, nixpkgs }: let\n    each = nixpkgs.lib.genAttrs [ \"x86_64-linux\" \"aarch64-linux\" \"x86_64-darwin\" \"aarch64-darwin\" ];\n  in {\n    packages = each (system: {\n      default = nixpkgs.legacyPackages.${system}.rustPlatform.buildRustPackage { pname = \"app\"; version = \"1\"; src = ./.; cargoLock.lockFile = ./Cargo.lock; };\n    });\n  };\n}\n";
    let folder =
        project(&[(".cargo/config.toml", config), ("rust-toolchain.toml", toolchain), ("flake.nix", flake)]);
    let mut editor = start(&folder, false);
    let mut lenses = |path: &str| -> Vec<(u64, String)> {
        let file = uri(&folder.path(path));
        editor.open(&file, &folder.read(path));
        let answer = editor.call("textDocument/codeLens", &json!({"textDocument": {"uri": file}}));
        let lenses = answer["result"].as_array().unwrap_or_else(|| panic!("lenses: {answer}"));
        let shown = |lens: &Value| {
            let line = lens["range"]["start"]["line"].as_u64().expect("a line");
            assert!(lens["command"]["arguments"][0]["uri"].is_string(), "{lens}");
            (line, lens["command"]["title"].as_str().expect("a title").to_owned())
        };
        lenses.iter().map(shown).collect()
    };
    let pair = |line: u64, what: &str| [(line, format!("Build{what}")), (line, format!("Audit{what}"))];
    let expected = [pair(1, " x86_64-unknown-linux-gnu"), pair(3, " aarch64-unknown-linux-gnu")].concat();
    assert_eq!(lenses(".cargo/config.toml"), expected);
    assert_eq!(lenses("rust-toolchain.toml"), pair(3, " wasm32-unknown-unknown"));
    assert_eq!(lenses("Cargo.toml"), pair(0, ""));
    assert_eq!(lenses("flake.nix"), pair(5, " default"));
}

#[test]
fn a_release_workflow_is_written_on_request() {
    let folder = project(&[(
        "portolan.toml",
        "targets = [\"x86_64-unknown-linux-musl\", \"aarch64-apple-darwin\"]\n",
    )]);
    let mut editor = start(&folder, false);
    let manifest = uri(&folder.path("Cargo.toml"));
    editor.open(&manifest, MANIFEST);
    let at =
        |line: u64| json!({"start": {"line": line, "character": 0}, "end": {"line": line, "character": 0}});
    let is_it = |action: &Value| action["title"].to_string().contains("release workflow");
    let actions = editor.actions(&manifest, &at(0), Some("refactor"));
    let action = actions.iter().find(|action| is_it(action)).unwrap_or_else(|| panic!("{actions:?}"));
    let edit = action["edit"].to_string();
    assert!(edit.contains(".github/workflows/release.yml") && edit.contains("portolan build"), "{edit}");
    assert!(edit.contains("aarch64-apple-darwin") && edit.contains("macos-"), "{edit}");
    assert!(
        !editor.actions(&manifest, &at(3), Some("refactor")).iter().any(is_it),
        "on the package's header only"
    );
}
