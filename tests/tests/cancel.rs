//! A build is cancelled in each of its phases: it ends within a second, and nothing of it goes on.

#![cfg(target_os = "linux")]

use std::{
    fs,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use portolan_tests::{
    Folder, binary,
    fake::Fake,
    lsp::{Editor, Start},
};
use serde_json::{Value, json};

const MANIFEST: &str =
    "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[profile.release]\nopt-level = 0\n";

fn project(main: &str, more: &[(&str, &str)]) -> Folder {
    Folder::new(&[&[("Cargo.toml", MANIFEST), ("src/main.rs", main)], more].concat())
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_mins(1), "{what}: not within a minute");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Processes whose command line holds these words, or that were started in the folder.
fn living(folder: &Folder, mark: &str) -> Vec<String> {
    let root = folder.root();
    let entries = fs::read_dir("/proc").expect("there is /proc").flatten();
    let lines = entries.filter_map(|entry| {
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        let is_there = fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(root));
        (line.contains(mark) || is_there).then_some(line)
    });
    lines.filter(|line| !line.is_empty()).collect()
}

fn start(folder: &Folder, path: &str, arguments: &[&str]) -> Child {
    let mut command = binary::command(folder.root(), [&["build"], arguments].concat());
    command.env("PATH", path).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("portolan can be started")
}

fn signal(name: &str, child: &Child) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(status.is_ok_and(|status| status.success()));
}

/// Sends a signal once something runs, and sees all of it gone.
fn ends_within_a_second(
    folder: &Folder,
    path: &str,
    arguments: &[&str],
    by: &str,
    runs: &str,
    begins: impl FnMut() -> bool,
) {
    let mut child = start(folder, path, arguments);
    wait_until(runs, begins);
    signal(by, &child);
    let sent = Instant::now();
    let code = binary::wait(&mut child);
    wait_until("the end of all", || living(folder, runs).is_empty());
    let took = sent.elapsed();
    assert!(took < Duration::from_secs(1), "{runs}, {by}: {took:?}");
    // SIGKILL leaves no exit code.
    assert_eq!(code, (by != "-KILL").then_some(1), "{runs}, {by}");
}

fn path() -> String {
    std::env::var("PATH").expect("there is a PATH")
}

/// A time to sleep that nobody else sleeps.
fn mark(phase: u32) -> String {
    format!("94{:05}.{phase:03}", std::process::id())
}

#[test]
fn while_it_compiles() {
    // A macro that never comes to an end keeps rustc itself busy.
    let main = "const fn spin(mut n: u64) -> u64 { while n > 0 { n = n.wrapping_mul(3) | 1; } n }\n#[allow(long_running_const_eval)]\nconst N: u64 = spin(1);\nfn main() { println!(\"{N}\"); }\n";
    for by in ["-INT", "-TERM", "-KILL"] {
        let folder = project(main, &[]);
        ends_within_a_second(&folder, &path(), &[], by, "--crate-name app", || {
            living(&folder, "--crate-name app").iter().any(|line| line.contains("--crate-name app"))
        });
    }
}

#[test]
fn while_it_links() {
    for (number, by) in ["-INT", "-KILL"].into_iter().enumerate() {
        let mark = mark(number as u32);
        // Deaf to the friendly word.
        let linker = Fake::new("slow-linker", &format!("trap '' INT TERM; sleep {mark}"));
        let config = format!("[build]\nrustflags = [\"-Clinker={}\"]\n", linker.program().display());
        let folder = project("fn main() {}\n", &[(".cargo/config.toml", &config)]);
        ends_within_a_second(&folder, &path(), &[], by, &mark, || {
            !living(&folder, &mark).is_empty() && linker.is_running()
        });
    }
}

/// Stand-ins for builders that take their time, each with a child that left its group.
#[test]
fn while_another_builder_works() {
    let flake = "{ outputs = { self, nixpkgs }: { packages.x86_64-linux.default = nixpkgs.legacyPackages.x86_64-linux.rustPlatform.buildRustPackage { pname = \"app\"; version = \"1\"; src = ./.; cargoLock.lockFile = ./Cargo.lock; }; }; }\n";
    let cases: [(&str, &[&str]); 3] = [
        ("nix", &["--builder", "nix"]),
        ("cross", &["--builder", "cross", "aarch64-unknown-linux-gnu"]),
        ("cargo", &["--builder", "zigbuild", "--glibc", "2.17"]),
    ];
    for (number, (program, arguments)) in cases.into_iter().enumerate() {
        for (round, by) in ["-INT", "-KILL"].into_iter().enumerate() {
            let mark = mark((10 * number + round + 10) as u32);
            let fake = Fake::new(program, &format!("setsid sleep {mark} & sleep {mark}"));
            // Their presence on PATH is all that is asked of the others.
            let tools: Vec<Fake> =
                ["docker", "zig", "cargo-zigbuild"].map(|name| Fake::new(name, "exit 0")).into();
            let path = tools.iter().fold(fake.path(), |path, tool| {
                let folder = tool.program();
                format!("{path}:{}", folder.parent().expect("a folder").display())
            });
            let folder = project("fn main() {}\n", &[("flake.nix", flake), ("Cargo.lock", "version = 4\n")]);
            // Both: a shell that is told to end between them does not hear it, and goes on until the grace is over.
            let sleepers = || living(&folder, &mark).iter().filter(|line| line.starts_with("sleep ")).count();
            ends_within_a_second(&folder, &path, arguments, by, &mark, || sleepers() == 2);
        }
    }
}

#[test]
fn while_it_packs() {
    // Compressing this takes many seconds.
    let main = "static NOISE: &[u8] = include_bytes!(\"noise\");\nfn main() { println!(\"{}\", NOISE.iter().map(|byte| u64::from(*byte)).sum::<u64>()); }\n";
    let folder = project(main, &[]);
    let mut random = 88_172_645_463_325_252_u64;
    let mut noise = Vec::new();
    while noise.len() < 150_000_000 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        noise.extend_from_slice(&random.to_le_bytes());
    }
    folder.write("src/noise", noise);
    let mut child = start(&folder, &path(), &["--dist", "dist"]);
    wait_until("the packing", || folder.path("dist").is_dir());
    signal("-INT", &child);
    let sent = Instant::now();
    assert_eq!(binary::wait(&mut child), Some(1));
    assert!(sent.elapsed() < Duration::from_secs(1), "{:?}", sent.elapsed());
    assert_eq!(fs::read_dir(folder.path("dist")).map(Iterator::count).ok(), Some(0), "half an archive");
}

fn editor(folder: &Folder) -> Editor {
    let mut start = Start::in_folder(folder).with("/window", json!({"workDoneProgress": true}));
    start.params["initializationOptions"] = json!({"trusted": true, "experimental": {"targets": true}});
    start.start()
}

fn end(editor: &mut Editor, id: u64) -> Value {
    let message = editor.wait_for(&format!("the end of build {id}"), |message| {
        message["method"] == "portolan/buildOutput"
            && message["params"]["id"] == id
            && message["params"].get("end").is_some()
    });
    message["params"]["end"]["outcome"].clone()
}

#[test]
fn while_it_waits_for_another_one() {
    let mark = mark(50);
    let script =
        format!("fn main() {{ std::process::Command::new(\"sleep\").arg(\"{mark}\").status().unwrap(); }}\n");
    let folder = project("fn main() {}\n", &[("build.rs", &script)]);
    let mut editor = editor(&folder);
    let mut begin = || {
        let answer = editor.command("portolan.build", &json!([]));
        answer["result"][0]["id"].as_u64().unwrap_or_else(|| panic!("a build was started: {answer}"))
    };
    let (first, second, third) = (begin(), begin(), begin());
    wait_until("the first one", || living(&folder, &mark).iter().any(|line| line.contains(&mark)));
    let log =
        fs::read_dir(folder.path("target/portolan")).expect("a log").flatten().next().expect("a log").path();
    let written = fs::metadata(&log).expect("the log is there").len();
    let sent = Instant::now();
    assert_eq!(editor.command("portolan.cancel", &json!([{"id": second}]))["result"], true);
    assert_eq!(end(&mut editor, second), "cancelled");
    assert!(sent.elapsed() < Duration::from_secs(1), "{:?}", sent.elapsed());
    // The one that runs goes on, with its log, and so does the one behind.
    assert!(living(&folder, &mark).iter().any(|line| line.contains(&mark)));
    assert!(fs::metadata(&log).expect("the log is there").len() >= written);
    assert_eq!(editor.command("portolan.cancel", &json!([{"id": second}]))["result"], false);
    assert_eq!(editor.command("portolan.cancel", &json!([{"id": first}]))["result"], true);
    assert_eq!(end(&mut editor, first), "cancelled");
    wait_until("the third one", || living(&folder, &mark).iter().any(|line| line.contains(&mark)));
    assert_eq!(editor.command("portolan.cancel", &json!([{"id": third}]))["result"], true);
    assert_eq!(end(&mut editor, third), "cancelled");
    wait_until("the end of all", || !living(&folder, &mark).iter().any(|line| line.contains(&mark)));
}
