//! `portolan audit`: exit codes, the JSON that scripts read, policies.

use std::{fs, path::Path, process::Command};

use portolan_tests::{Folder, binary::run};

/// The smallest WebAssembly module: it needs nothing.
const MODULE: &[u8] = b"\0asm\x01\0\0\0";
/// One that asks for env.f.
const ASKING: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x09\x01\x03env\x01f\0\0";

fn folder() -> Folder {
    let folder = Folder::new(&[("script.sh", "#!/bin/sh\n"), ("old.toml", "based-on = \"manylinux2014\"\n")]);
    fs::write(folder.root().join("plain.wasm"), MODULE).expect("the module can be written");
    fs::write(folder.root().join("asking.wasm"), ASKING).expect("the module can be written");
    folder
}

/// A program for glibc, where there is a compiler for one.
fn program(folder: &Path, name: &str, flags: &[&str]) -> bool {
    fs::write(folder.join("main.c"), "int main(void) { return 0; }\n").expect("the source can be written");
    let mut gcc = Command::new("gcc");
    let built = gcc.args(["main.c", "-o", name]).args(flags).current_dir(folder).status();
    cfg!(target_os = "linux") && built.is_ok_and(|status| status.success())
}

#[test]
fn exit_codes_follow_the_findings() {
    let folder = folder();
    let code = |arguments: &[&str]| run(folder.root(), arguments).code;
    assert_eq!(code(&["audit", "plain.wasm"]), Some(0));
    assert_eq!(code(&["audit", "asking.wasm"]), Some(1));
    assert_eq!(code(&["audit", "--fail-on", "error", "asking.wasm"]), Some(0));
    for unreadable in ["script.sh", "gone", "."] {
        assert_eq!(code(&["audit", "--fail-on", "error", "plain.wasm", unreadable]), Some(1), "{unreadable}");
    }
    assert_eq!(code(&["audit", "--target", "wasm32-wasip1", "plain.wasm"]), Some(0));
    assert_eq!(code(&["audit", "--target", "x86_64-unknown-linux-gnu", "plain.wasm"]), Some(1));
    for wrong in [
        ["audit", "--policy", "manylinux2041", "plain.wasm"],
        ["audit", "--policy", "./gone.toml", "plain.wasm"],
        ["audit", "--policy", "script.sh", "plain.wasm"],
        ["audit", "--target", "x86_64-linux", "plain.wasm"],
    ] {
        assert_eq!(code(&wrong), Some(2), "{wrong:?}");
    }
    assert_eq!(code(&["audit"]), Some(2));
}

#[test]
fn wrong_names_are_answered_with_the_right_ones() {
    let folder = folder();
    let policy = run(folder.root(), ["audit", "--policy", "manylinux2041", "plain.wasm"]);
    assert!(policy.err.contains("did you mean manylinux2014?"), "{policy:?}");
    let rule = run(folder.root(), ["check", "--ignore", "glibc-floor"]);
    assert!(rule.err.contains("portolan audit"), "{rule:?}");
}

#[test]
fn json_has_the_fields_of_the_contract() {
    let folder = folder();
    let json = run(folder.root(), ["audit", "--format", "json", "plain.wasm", "./script.sh"]).json();
    assert_eq!(json["version"], 1);
    let [module, script] = json["files"].as_array().expect("files are a list").as_slice() else {
        panic!("two files: {json}")
    };
    for file in [module, script] {
        let fields = [
            "file",
            "format",
            "arch",
            "linkage",
            "interpreter",
            "needed",
            "runpath",
            "glibc",
            "min_os",
            "store_references",
            "runs_on",
            "verdict",
            "findings",
        ];
        for field in fields {
            assert!(file.get(field).is_some(), "no {field} in {file}");
        }
    }
    assert_eq!((&module["format"], &module["verdict"]), (&"wasm".into(), &"portable".into()));
    assert_eq!((&script["verdict"], &script["format"]), (&"unreadable".into(), &serde_json::Value::Null));
    assert_eq!(
        (&script["file"], &script["findings"][0]["file"]),
        (&"./script.sh".into(), &"./script.sh".into())
    );
    assert_eq!(script["findings"][0]["rule"], "unreadable-artifact");
}

#[test]
fn a_program_is_held_to_a_policy() {
    let folder = folder();
    if !program(folder.root(), "app", &[]) {
        return;
    }
    let audit = |arguments: &[&str]| {
        let all = [&["audit", "--format", "json"], arguments, &["app"]].concat();
        run(folder.root(), all).json()["files"][0].clone()
    };
    let plain = audit(&[]);
    assert_eq!((&plain["format"], &plain["linkage"]), (&"elf".into(), &"dynamic".into()));
    assert!(plain["glibc"].is_string() && plain["needed"].to_string().contains("libc.so.6"), "{plain}");
    assert!(plain["runs_on"].to_string().contains("Debian"), "{plain}");
    let rules = |file: &serde_json::Value| {
        let findings = file["findings"].as_array().expect("findings are a list").clone();
        findings.iter().map(|finding| finding["rule"].to_string()).collect::<Vec<_>>().join(" ")
    };
    for policy in ["glibc-2.0", "manylinux1"] {
        let strict = audit(&["--policy", policy]);
        assert_eq!(strict["verdict"], "not-portable", "{strict}");
        assert!(rules(&strict).contains("glibc-floor"), "{strict}");
    }
    let allowing = audit(&["--policy", "glibc-2.99"]);
    assert_eq!(allowing["verdict"], "portable", "{allowing}");
    // The file says manylinux2014: 2.17. What this gcc links against is newer, or it would say so.
    let by_file = audit(&["--policy", "old.toml"]);
    let by_name = audit(&["--policy", "manylinux2014"]);
    assert_eq!(rules(&by_file), rules(&by_name));
}

#[test]
fn a_program_bound_to_the_nix_store_is_told_from_a_portable_one() {
    let folder = folder();
    let store = "/nix/store/0c9jw0yvcf2aqbhqkqgpv8dgbh4kz2ld-glibc-2.40-66";
    let loader = format!("-Wl,--dynamic-linker={store}/lib/ld-linux-x86-64.so.2");
    if !program(folder.root(), "bound", &[&loader]) || !program(folder.root(), "free", &["-static-pie"]) {
        return;
    }
    let outcome = run(folder.root(), ["audit", "--format", "json", "bound", "free"]);
    assert_eq!(outcome.code, Some(1));
    let json = outcome.json();
    let (bound, free) = (&json["files"][0], &json["files"][1]);
    assert_eq!((&bound["verdict"], &free["verdict"]), (&"not-portable".into(), &"portable".into()));
    assert_eq!(bound["store_references"], serde_json::json!([store]));
    assert_eq!(bound["runs_on"], serde_json::json!([]));
    assert_eq!((&free["linkage"], &free["interpreter"]), (&"static-pie".into(), &serde_json::Value::Null));
    let text = run(folder.root(), ["audit", "bound", "free"]);
    assert!(text.out.contains("error[interpreter-not-standard]"), "{text:?}");
    assert!(text.out.contains("2 files: 1 portable, 1 not portable"), "{text:?}");
}

#[test]
fn sarif_lists_the_rules_for_binaries() {
    let folder = folder();
    let log = run(folder.root(), ["audit", "--format", "sarif", "asking.wasm"]).json();
    let run = &log["runs"][0];
    let index = run["results"][0]["ruleIndex"].as_u64().expect("a result has the index of its rule");
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules are a list");
    let named = usize::try_from(index).ok().and_then(|index| rules.get(index));
    assert_eq!(named.map(|rule| &rule["id"]), Some(&"wasm-imports".into()));
    let place = &run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(place, "asking.wasm");
}

#[test]
fn what_a_file_is_called_is_printed_but_not_obeyed() {
    let folder = folder();
    if fs::write(folder.root().join("a\u{1b}[31mb.wasm"), ASKING).is_err() {
        return;
    }
    let outcome = run(folder.root(), ["audit", "a\u{1b}[31mb.wasm"]);
    assert!(!outcome.out.contains('\u{1b}'), "{outcome:?}");
}
