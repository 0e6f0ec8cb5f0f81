//! How long the truth about native code takes on large projects: `cargo bench -p portolan --bench native`.
//!
//! Projects are made up: members that inherit their dependencies, a lock file of layers in which every package depends
//! on some of the next layer, and OpenSSL, SQLite and ring at the bottom. Printed are the time of the first look, of a
//! look after a keystroke in a list of features, of one after a keystroke that changes no dependency, and the memory.

#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::{
    fmt::Write as _,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use portolan::{
    analysis::analyze,
    cargo::{
        self,
        graph::{self, Question},
    },
    snapshot::{Host, Settings, Snapshot},
    workspace::Vfs,
};

const HOST: &str = "x86_64-unknown-linux-gnu";
const MUSL: &str = "x86_64-unknown-linux-musl";
const SOURCE: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
const LAYER: usize = 50;
const ROUNDS: usize = 30;

fn main() {
    let folders: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    println!(
        "members packages | files read  graph  | first look  feature edit  other edit | findings  memory"
    );
    let all = [(1, 200), (1, 1_000), (20, 1_000), (1, 3_000), (500, 1_000)];
    // PORTOLAN_SIZES=1x1000,20x1000 measures some of them.
    let wanted = std::env::var("PORTOLAN_SIZES").ok();
    let is_wanted =
        |size: &str| wanted.as_ref().is_none_or(|wanted| wanted.split(',').any(|one| one == size));
    for (members, packages) in all {
        if is_wanted(&format!("{members}x{packages}")) {
            measure(members, packages);
        }
    }
    // Further folders, each a project that is locked and fetched; nothing is written there.
    for folder in folders {
        measure_real(Path::new(&folder));
    }
}

fn measure_real(root: &Path) {
    let home = portolan::workspace::host::cargo_home();
    let mut files = Vfs::new(root, home.as_deref());
    let started = Instant::now();
    let first = analyze(&snapshot(&files, root));
    let cold = started.elapsed();
    let manifest = root.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let lists = feature_lists(&text);
    let edited = median(|round| look(&mut files, root, &manifest, without_some(&text, &lists, round + 1)));
    let blank = median(|round| look(&mut files, root, &manifest, format!("{text}\n# {round}\n")));
    let now = snapshot(&files, root);
    let read = median(|_| time(|| cargo::read(&now)));
    let facts = cargo::read(&now);
    let towards = ["openssl-sys", "ring", "libsqlite3-sys"];
    let question = Question::build(MUSL, HOST).towards(&towards);
    let graph = median(|_| time(|| graph::resolve(&now, &facts, &question)));
    let packages = facts.lock.lock().map_or(0, |lock| lock.packages.len());
    println!(
        "{}: {packages} packages | {read:>9.1?} {graph:>9.1?} | {cold:>9.1?} feature edit {edited:>9.1?} other edit {blank:>9.1?} | {} findings",
        root.display(),
        first.findings.len()
    );
    slowest(&now);
}

/// The places behind `features = [` in a manifest.
fn feature_lists(text: &str) -> Vec<usize> {
    text.match_indices("features = [\"")
        .filter(|(at, _)| !text[..*at].ends_with('-'))
        .map(|(at, all)| at + all.len())
        .collect()
}

/// The manifest with another character before the first feature of some lists: those at the bits of `which`. So a list
/// looks while somebody types.
fn without_some(text: &str, lists: &[usize], which: usize) -> String {
    let mut edited = text.to_owned();
    for (bit, at) in lists.iter().enumerate().take(16).collect::<Vec<_>>().into_iter().rev() {
        if which >> bit & 1 == 1 {
            edited.insert(*at, 'x');
        }
    }
    edited
}

fn measure(members: usize, packages: usize) {
    let folder =
        std::env::temp_dir().join(format!("portolan-bench-{}-{members}-{packages}", std::process::id()));
    let (root, home) = (folder.join("project"), folder.join("home"));
    write_project(&root, &home, members, packages);
    let before = memory();
    let mut files = Vfs::new(&root, Some(&home));

    let started = Instant::now();
    let first = analyze(&snapshot(&files, &root));
    let cold = started.elapsed();

    // Another set of features in each round, so that none of them was met before; and one more line.
    let manifest = root.join("m0/Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let feature = |round: usize| {
        let mut dependency = 0;
        let mut edited = String::new();
        for line in text.lines() {
            let is_plain = line.ends_with("{ workspace = true }");
            let is_on = is_plain && (round + 1) >> dependency & 1 == 1;
            dependency += usize::from(is_plain);
            let more =
                if is_on { "{ workspace = true, features = [\"other\"] }" } else { "{ workspace = true }" };
            edited.push_str(&line.replace("{ workspace = true }", more));
            edited.push('\n');
        }
        edited
    };
    let edited = median(|round| look(&mut files, &root, &manifest, feature(round)));
    let blank = median(|round| {
        let text = format!("{text}\n# {round}\n");
        look(&mut files, &root, &manifest, text)
    });
    let now = snapshot(&files, &root);
    let read = median(|_| time(|| cargo::read(&now)));
    let facts = cargo::read(&now);
    let towards = ["openssl-sys", "ring", "libsqlite3-sys"];
    let question = Question::build(MUSL, HOST).towards(&towards);
    let graph = median(|_| time(|| graph::resolve(&now, &facts, &question)));
    println!(
        "{members:>7} {packages:>8} | {read:>9.1?} {graph:>9.1?} | {cold:>9.1?} {edited:>9.1?} {blank:>9.1?} | {:>3} {:>5} MiB",
        first.findings.len(),
        memory().saturating_sub(before) / 1024,
    );
    slowest(&now);
    fs::remove_dir_all(&folder).unwrap();
}

/// The rules that take the longest once the graphs are known.
fn slowest(now: &Snapshot) {
    let project = portolan::project::Project::read(now);
    portolan::rules::run(&project);
    let mut times: Vec<(Duration, &str)> =
        portolan::rules::RULES.iter().map(|rule| (time(|| (rule.check)(&project)), rule.name)).collect();
    times.sort();
    let named: Vec<String> =
        times.iter().rev().take(3).map(|(time, name)| format!("{name} {time:.1?}")).collect();
    println!("                 | {}", named.join(", "));
}

fn look(files: &mut Vfs, root: &Path, manifest: &Path, text: String) -> Duration {
    let started = Instant::now();
    files.set_overlay(manifest, text);
    std::hint::black_box(analyze(&snapshot(files, root)));
    started.elapsed()
}

fn time<T>(work: impl Fn() -> T) -> Duration {
    let started = Instant::now();
    std::hint::black_box(work());
    started.elapsed()
}

fn median(mut work: impl FnMut(usize) -> Duration) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS).map(&mut work).collect();
    times.sort();
    times[ROUNDS / 2]
}

/// Of this process, in KiB; 0 where the system does not say.
fn memory() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default()
}

fn snapshot(files: &Vfs, root: &Path) -> Snapshot {
    Snapshot {
        root: root.into(),
        files: files.snapshot(),
        host: Host::foreign(HOST).into(),
        settings: Settings::default().into(),
        settled: std::sync::Arc::default(),
    }
}

/// The packages that one of the registry depends on: some of the next layer, and at the bottom native ones.
fn dependencies(package: usize, packages: usize) -> Vec<String> {
    let layer = package / LAYER;
    let next = (layer + 1) * LAYER;
    if next >= packages {
        let native = ["openssl-sys", "ring", "libsqlite3-sys", "cc"];
        return vec![native[package % native.len()].to_owned()];
    }
    let width = LAYER.min(packages - next);
    let mut chosen: Vec<usize> = (0..5).map(|step| next + (package * 7 + step * 11) % width).collect();
    chosen.sort_unstable();
    chosen.dedup();
    chosen.into_iter().map(|index| format!("p{index}")).collect()
}

fn write_project(root: &Path, home: &Path, members: usize, packages: usize) {
    let write = |path: &Path, text: &str| {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let mut shared = String::new();
    for index in 0..LAYER {
        writeln!(shared, "p{index} = \"1\"").unwrap();
    }
    write(
        &root.join("Cargo.toml"),
        &format!("[workspace]\nmembers = [\"m*\"]\nresolver = \"3\"\n\n[workspace.dependencies]\n{shared}"),
    );
    write(
        &root.join(".cargo/config.toml"),
        &format!(
            "[build]\ntarget = [\"{MUSL}\", \"aarch64-unknown-linux-gnu\", \"x86_64-pc-windows-gnu\"]\n"
        ),
    );
    let mut lock = "version = 4\n".to_owned();
    let mut entry = |name: &str, version: &str, source: &str, dependencies: &[String]| {
        let list: Vec<String> = dependencies.iter().map(|one| format!(" \"{one}\",\n")).collect();
        writeln!(
            lock,
            "\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n{source}\ndependencies = [\n{}]",
            list.concat()
        )
        .unwrap();
    };
    for member in 0..members {
        let own: Vec<usize> = (0..12).map(|step| (member * 5 + step * 3) % LAYER).collect();
        let mut lines = String::new();
        for (position, index) in own.iter().enumerate() {
            let more = if (member, position) == (0, 0) { ", features = [\"extra\"]" } else { "" };
            writeln!(lines, "p{index} = {{ workspace = true{more} }}").unwrap();
        }
        write(
            &root.join(format!("m{member}/Cargo.toml")),
            &format!(
                "[package]\nname = \"m{member}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n{lines}"
            ),
        );
        write(&root.join(format!("m{member}/src/main.rs")), "fn main() {}\n");
        let names: Vec<String> = own.iter().map(|index| format!("p{index}")).collect();
        entry(&format!("m{member}"), "0.1.0", "", &names);
    }
    let cache = |name: &str, version: &str, rest: &str| {
        let path = home.join(format!("registry/src/index.crates.io-0000/{name}-{version}/Cargo.toml"));
        write(&path, &format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\n{rest}"));
    };
    for package in 0..packages {
        let wanted = dependencies(package, packages);
        let mut rest = "\n[features]\ndefault = [\"std\"]\nstd = []\nextra = []\nother = []\n".to_owned();
        for (position, name) in wanted.iter().enumerate() {
            let version = if name == "ring" {
                "0.17"
            } else if name.ends_with("-sys") {
                "0"
            } else {
                "1"
            };
            let more = if position == 0 && name.starts_with('p') { ", features = [\"extra\"]" } else { "" };
            write!(rest, "\n[dependencies.{name}]\nversion = \"{version}\"\n").unwrap();
            if !more.is_empty() {
                rest.push_str("features = [\"extra\"]\n");
            }
        }
        cache(&format!("p{package}"), "1.0.0", &rest);
        entry(&format!("p{package}"), "1.0.0", SOURCE, &wanted);
    }
    cache("openssl-sys", "0.9.111", "\n[features]\nvendored = []\n\n[build-dependencies]\ncc = \"1\"\n");
    cache("libsqlite3-sys", "0.35.0", "\n[features]\nbundled = []\n");
    cache("ring", "0.17.14", "\n[build-dependencies]\ncc = \"1\"\n");
    cache("cc", "1.2.50", "");
    let cc = ["cc".to_owned()];
    entry("cc", "1.2.50", SOURCE, &[]);
    entry("libsqlite3-sys", "0.35.0", SOURCE, &[]);
    entry("openssl-sys", "0.9.111", SOURCE, &cc);
    entry("ring", "0.17.14", SOURCE, &cc);
    write(&root.join("Cargo.lock"), &lock);
}
