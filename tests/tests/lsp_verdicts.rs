//! The last verdicts: the server's own, told to every editor, and still there after a restart.

use std::{fs, process::Command};

use portolan_tests::{
    Folder,
    lsp::{Editor, Start, uri},
};
use serde_json::{Value, json};

const MANIFEST: &str =
    "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[profile.release]\nopt-level = 0\n";
const GOOD: &str = "fn main() { println!(\"hello\"); }\n";
const BAD: &str = "fn main() { no_such_function(); }\n";

fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().expect("there is a rustc");
    let text = String::from_utf8(output.stdout).expect("rustc speaks UTF-8");
    text.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc has a host").to_owned()
}

fn project() -> Folder {
    let config = format!("[build]\ntarget = \"{}\"\n", host());
    Folder::new(&[("Cargo.toml", MANIFEST), ("src/main.rs", GOOD), (".cargo/config.toml", &config)])
}

fn start(folders: &[&Folder], more: &[(&str, &str)]) -> Editor {
    start_with_trust(folders, more, true)
}

fn start_with_trust(folders: &[&Folder], more: &[(&str, &str)], trusted: bool) -> Editor {
    let mut start = Start::in_folder(folders[0])
        .with("/textDocument/codeLens", json!({}))
        .with("/workspace/codeLens", json!({"refreshSupport": true}));
    start.folders = Some(folders.iter().map(|folder| uri(folder.root())).collect());
    // Times of day as the person reads them.
    start.environment.push(("TZ".to_owned(), "UTC".to_owned()));
    start.environment.extend(more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    start.params["initializationOptions"] = json!({"trusted": trusted, "experimental": {"targets": true}});
    start.start()
}

/// Builds and gives the last word on it.
fn build(editor: &mut Editor, argument: &Value) -> Value {
    let answer = editor.command("portolan.build", &json!([argument]));
    let id = answer["result"][0]["id"].as_u64().unwrap_or_else(|| panic!("a build was started: {answer}"));
    let message = editor.wait_for("the end of the build", |message| {
        message["method"] == "portolan/buildOutput"
            && message["params"]["id"] == id
            && message["params"].get("end").is_some()
    });
    message["params"].clone()
}

fn lenses(editor: &mut Editor, folder: &Folder, path: &str) -> Vec<String> {
    let file = uri(&folder.path(path));
    editor.open(&file, &folder.read(path));
    let answer = editor.call("textDocument/codeLens", &json!({"textDocument": {"uri": file}}));
    editor.notify("textDocument/didClose", &json!({"textDocument": {"uri": file}}));
    let lenses = answer["result"].as_array().unwrap_or_else(|| panic!("lenses: {answer}"));
    lenses.iter().map(|lens| lens["command"]["title"].as_str().expect("a title").to_owned()).collect()
}

/// The row of the host in the matrix of the project in that folder.
fn row(editor: &mut Editor, folder: &Folder) -> Value {
    let answer = editor.command("portolan.targets", &json!([]));
    let root = folder.root().display().to_string();
    let projects = answer["result"].as_array().expect("projects");
    let project = projects.iter().find(|project| project["root"] == root);
    let rows = project.and_then(|project| project["targets"].as_array()).expect("rows");
    rows.iter().find(|row| row["triple"] == host()).expect("the host's row").clone()
}

/// `built 14:02` is `built HH:MM`.
fn without_times(text: &str) -> String {
    let is_time = |word: &str| {
        word.len() == 5 && word.as_bytes()[2] == b':' && word.replace(':', "").parse::<u16>().is_ok()
    };
    text.split(' ').map(|word| if is_time(word) { "HH:MM" } else { word }).collect::<Vec<_>>().join(" ")
}

fn shown(editor: &mut Editor, folder: &Folder, path: &str) -> Vec<String> {
    lenses(editor, folder, path).iter().map(|title| without_times(title)).collect()
}

#[test]
fn a_verdict_is_told_and_outlives_the_server() {
    let (folder, host) = (project(), host());
    let config = ".cargo/config.toml";
    let mut editor = start(&[&folder], &[]);
    assert_eq!(shown(&mut editor, &folder, config), [format!("Build {host}"), format!("Audit {host}")]);
    assert_eq!(row(&mut editor, &folder)["last_build"], Value::Null);
    editor.asked.clear();
    let told = build(&mut editor, &json!({"target": host}));
    assert_eq!(told["root"], folder.root().display().to_string());
    let verdict = told["end"]["audited"][0]["verdict"].as_str().expect("a verdict").replace('-', " ");
    let news = editor.wait_for("the new verdict", |message| {
        message["method"] == "portolan/targets"
            && message["params"]["projects"][0]["targets"][0]["last_build"]["outcome"] == "built"
    });
    let last = &news["params"]["projects"][0]["targets"][0];
    assert_eq!(last["last_audit"]["files"][0]["file"], told["end"]["audited"][0]["file"], "{last}");
    assert!(last["last_audit"]["words"].to_string().contains(&verdict), "{last}");
    let time = last["last_build"]["time"].as_str().expect("a time");
    assert!(time.ends_with('Z') && time.len() == 20, "{time}");
    let expected = [format!("Build {host} · built HH:MM"), format!("Audit {host} · {verdict}")];
    assert_eq!(shown(&mut editor, &folder, config), expected);
    let refreshes = editor.asked.iter().filter(|method| *method == "workspace/codeLens/refresh").count();
    assert_eq!(refreshes, 2, "when it began and when it ended: {:?}", editor.asked);

    // A failure: the build's word is the new one, the audit's says of which time it is.
    folder.write("src/main.rs", BAD);
    assert_eq!(build(&mut editor, &json!({"target": host}))["end"]["outcome"], "failed");
    let titles = shown(&mut editor, &folder, config);
    assert_eq!(titles[0], format!("Build {host} · failed HH:MM"));
    assert!(titles[1].starts_with(&format!("Audit {host} · {verdict}")), "{titles:?}");
    editor.shut_down();

    // Another server knows all of it, and audits the same binary.
    let mut editor = start(&[&folder], &[]);
    assert_eq!(shown(&mut editor, &folder, config), titles);
    let row = row(&mut editor, &folder);
    assert_eq!(
        (&row["last_build"]["outcome"], row["last_build"]["words"].as_str().map(without_times)),
        (&json!("failed"), Some("failed HH:MM".to_owned())),
        "{row}"
    );
    let audit = editor.command("portolan.audit", &json!([{"target": host}]));
    assert!(audit["result"]["files"][0]["file"].to_string().contains("release/app"), "{audit}");
}

/// The repository says where its target folder is, so only trust lets anything be written there.
#[test]
fn an_audit_without_trust_writes_nothing() {
    let (folder, host) = (project(), host());
    let mut editor = start(&[&folder], &[]);
    build(&mut editor, &json!({"target": host}));
    editor.shut_down();
    let kept = || {
        let names = fs::read_dir(folder.path("target/portolan")).expect("the logs' folder");
        let mut names = names.map(|entry| entry.expect("an entry").path());
        names.find(|path| path.extension().is_some_and(|extension| extension == "json"))
    };
    for (trusted, is_written) in [(false, false), (true, true)] {
        let text = "{}";
        let mut editor = start_with_trust(&[&folder], &[], trusted);
        // What was kept is known by now; what lies there is replaced by whoever writes.
        row(&mut editor, &folder);
        let file = kept().expect("the verdicts of the build");
        let before = fs::read_to_string(&file).expect("they can be read");
        fs::write(&file, text).expect("they can be written");
        let audit = editor.command("portolan.audit", &json!([{"target": host}]));
        assert!(audit["result"]["files"][0]["file"].to_string().contains("release/app"), "{audit}");
        let after = fs::read_to_string(&file).expect("the file is there");
        assert_eq!(after != text, is_written, "trusted: {trusted}: {after}");
        fs::write(&file, before).expect("they can be written");
        editor.shut_down();
    }
}

#[test]
fn a_cancelled_or_running_build_is_told_and_the_audit_stays() {
    let (folder, host) = (project(), host());
    let mut editor = start(&[&folder], &[]);
    build(&mut editor, &json!({"target": host}));
    let before = row(&mut editor, &folder)["last_audit"]["files"].clone();
    let hangs = "fn main() { std::thread::sleep(std::time::Duration::from_secs(60)); }\n";
    folder.write("build.rs", hangs);
    // What was told of the first build is not looked at.
    editor.drain(std::time::Duration::from_millis(300));
    editor.command("portolan.build", &json!([{"target": host}]));
    editor.wait_for("that it runs", |message| {
        message["method"] == "portolan/targets"
            && message["params"]["projects"][0]["targets"][0]["last_build"]["outcome"] == "running"
    });
    assert_eq!(shown(&mut editor, &folder, ".cargo/config.toml")[0], format!("Build {host} · running"));
    editor.command("portolan.cancel", &json!([]));
    editor.wait_for("that it is cancelled", |message| {
        message["method"] == "portolan/targets"
            && message["params"]["projects"][0]["targets"][0]["last_build"]["outcome"] == "cancelled"
    });
    assert_eq!(row(&mut editor, &folder)["last_audit"]["files"], before);
    assert!(before[0]["file"].is_string(), "{before}");
}

#[test]
fn two_projects_with_one_target_and_one_target_folder_are_not_mixed_up() {
    let (one, two, shared) = (project(), project(), Folder::new(&[]));
    let place = shared.path("target").display().to_string();
    let more = [("CARGO_TARGET_DIR", place.as_str())];
    let mut editor = start(&[&one, &two], &more);
    build(&mut editor, &json!({"uri": uri(one.root()), "target": host()}));
    // Only now: cargo takes the two for one package and goes by the time of the file.
    two.write("src/main.rs", BAD);
    let told = build(&mut editor, &json!({"uri": uri(two.root()), "target": host()}));
    assert_eq!((&told["root"], &told["end"]["outcome"]), (&json!(two.root()), &json!("failed")));
    for _ in ["this server", "the next one"] {
        assert_eq!(row(&mut editor, &one)["last_build"]["outcome"], "built");
        assert_eq!(row(&mut editor, &two)["last_build"]["outcome"], "failed");
        assert_eq!(row(&mut editor, &two)["last_audit"], Value::Null);
        let argument = json!([{"uri": uri(two.root()), "target": host()}]);
        let none = editor.command("portolan.audit", &argument);
        assert!(none["error"]["message"].to_string().contains("nothing was built"), "{none}");
        editor = start(&[&one, &two], &more);
    }
}

#[test]
fn what_is_kept_is_never_trusted() {
    let (folder, host) = (project(), host());
    let mut editor = start(&[&folder], &[]);
    build(&mut editor, &json!({"target": host}));
    drop(editor);
    let kept = || fs::read_dir(folder.path("target/portolan")).expect("a folder").flatten();
    let kept = kept().map(|entry| entry.path()).find(|path| path.extension() == Some("json".as_ref()));
    let kept = kept.expect("the verdicts are kept");
    let good = fs::read_to_string(&kept).expect("they are text");
    let built = |editor: &mut Editor| row(editor, &folder)["last_build"]["outcome"] == "built";
    assert!(built(&mut start(&[&folder], &[])), "the control");
    for bad in [String::new(), "{".repeat(100_000), good.replace("built", "\\u0007"), good[1..].to_owned()] {
        fs::write(&kept, bad).expect("it is written");
        assert!(!built(&mut start(&[&folder], &[])));
    }
    // A file elsewhere is no binary of this project.
    let elsewhere = Folder::new(&[("secret", "root:x:0:0")]);
    let path = folder.path(&format!("target/{host}/release/app")).display().to_string();
    let moved = good.replace(&path, &elsewhere.path("secret").display().to_string());
    assert_ne!(moved, good);
    fs::write(&kept, moved).expect("it is written");
    let mut editor = start(&[&folder], &[]);
    let none = editor.command("portolan.audit", &json!([{"target": host}]));
    assert!(none["error"]["message"].to_string().contains("nothing was built"), "{none}");
    assert!(built(&mut editor));
}

#[test]
fn packages_have_verdicts_of_their_own_and_clients_without_refresh_are_not_asked() {
    let folder = project();
    let mut start = Start::in_folder(&folder).with("/textDocument/codeLens", json!({}));
    start.params["initializationOptions"] = json!({"trusted": true, "experimental": {"targets": true}});
    let mut editor = start.start();
    assert_eq!(shown(&mut editor, &folder, "Cargo.toml"), ["Build", "Audit"]);
    build(&mut editor, &json!({"package": "app"}));
    let titles = shown(&mut editor, &folder, "Cargo.toml");
    assert_eq!(titles[0], "Build · built HH:MM");
    assert!(titles[1].starts_with("Audit · "), "{titles:?}");
    assert!(!editor.asked.iter().any(|method| method.contains("refresh")), "{:?}", editor.asked);
}
