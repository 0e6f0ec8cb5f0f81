//! How long reading a flake takes: `cargo bench -p portolan --bench flake`.
//!
//! Prints one line per flake: bytes, and the median of parsing alone and of parsing and evaluating.

#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use portolan::{
    nix::read_flake,
    snapshot::{MemoryFiles, Snapshot},
    syntax::nix::parse,
    text::{Document, FileId},
};

const ROUNDS: usize = 200;

fn main() {
    let run = || {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/seeds");
        let mut folders: Vec<PathBuf> =
            std::fs::read_dir(seeds).unwrap().map(|entry| entry.unwrap().path()).collect();
        // Further folders, each with a flake.nix.
        folders.extend(std::env::args().skip(1).filter(|argument| argument != "--bench").map(PathBuf::from));
        folders.sort();
        for folder in &folders {
            measure(folder);
        }
        hostile();
    };
    std::thread::Builder::new().stack_size(64 << 20).spawn(run).unwrap().join().unwrap();
}

fn measure(folder: &Path) {
    let mut files: Vec<(String, String)> = Vec::new();
    collect(folder, folder, &mut files);
    let Some((_, flake)) = files.iter().find(|(path, _)| path == "flake.nix") else { return };
    let parsing = median(|| parse(&Document::new(FileId::new("/project/flake.nix"), flake.as_str())));
    let all = median(|| read_flake(&snapshot(&files)));
    let name = folder.file_name().unwrap().to_string_lossy();
    println!("{name:<28} {:>6} bytes  parse {parsing:>9.1?}  parse and evaluate {all:>9.1?}", flake.len());
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            files.push((path.strip_prefix(root).unwrap().to_string_lossy().into_owned(), text));
        }
    }
}

fn snapshot(files: &[(String, String)]) -> Snapshot {
    let all =
        files.iter().fold(MemoryFiles::new("/project"), |all, (path, text)| all.with(path, text.as_str()));
    all.snapshot()
}

fn median<T>(mut run: impl FnMut() -> T) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            let result = run();
            let took = started.elapsed();
            drop(result);
            took
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

/// How long this thread has been on a processor, as Linux tells it.
fn on_cpu() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// Sixty values, each made of the next one; `@` stands for it.
fn tower(step: &str) -> String {
    let steps = (0..60).map(|n| format!("x{n} = {};", step.replace('@', &format!("x{}", n + 1))));
    format!("let {} x60 = \"a\"; in x0", steps.collect::<Vec<_>>().concat())
}

/// Options of submodules of submodules, each with a condition on itself.
fn submodules(depth: usize) -> String {
    let inner = (0..depth).fold("lib.types.str".to_owned(), |inner, _| {
        format!(
            "lib.types.submodule ({{ config, ... }}: {{ options.a = lib.mkOption {{ type = {inner}; default = {{ }}; }}; \
             config = lib.mkIf (config.b or true) {{ b = false; }}; }})"
        )
    });
    format!(
        "let lib = nixpkgs.lib; in {{ devShells.x86_64-linux.default = nixpkgs.legacyPackages.x86_64-linux.mkShell {{ A_B = toString \
         (lib.evalModules {{ modules = [ {{ options.a = lib.mkOption {{ type = {inner}; default = {{ }}; }}; }} ]; }}).config.a{}; }}; }}",
        ".a".repeat(depth)
    )
}

/// A set of so many dev shells.
fn numbered(count: usize, value: impl Fn(usize) -> String) -> String {
    let all = (0..count).map(|n| format!("s{n} = {};\n", value(n))).collect::<Vec<_>>().concat();
    format!("{{ devShells.x86_64-linux = {{ {all} }}; }}")
}

/// The worst that a flake can ask for.
fn hostile() {
    let many =
        (0..40_000).map(|number| format!("a{number} = {{ b = {number}; }};\n")).collect::<Vec<_>>().concat();
    let written = format!("[ {} ]", "(final: prev: { x = prev.x; })".repeat(10_000));
    let made = "builtins.genList (i: (final: prev: { a = prev.a or 1; })) 10000";
    let with_overlays = |overlays: &str, use_of: &str| {
        format!(
            "let p = import nixpkgs {{ system = \"x86_64-linux\"; overlays = {overlays}; }};
             in {{ packages.x86_64-linux.x = {use_of}; }}"
        )
    };
    for (name, outputs) in [
        ("endless calls", "let f = x: f (f x); in f 1".to_owned()),
        ("endless lists", "builtins.foldl' (l: _: l ++ l) [ 1 ] (builtins.genList (x: x) 100)".to_owned()),
        ("endless choice", "let f = x: if nixpkgs.u then f [ x ] else f { inherit x; }; in f 1".to_owned()),
        ("unique", "nixpkgs.lib.unique (builtins.genList (x: x) 100000)".to_owned()),
        (
            "long names",
            format!("let {} in a", (0..1000).map(|n| format!("a{n} = {n};")).collect::<Vec<_>>().concat()),
        ),
        ("fibonacci", "let f = n: if n < 2 then n else f (n - 1) + f (n - 2); in f 40".to_owned()),
        ("strings", "builtins.foldl' (s: _: s + s) \"x\" (builtins.genList (x: x) 100)".to_owned()),
        (
            "regular expression",
            "builtins.match \"((a*)*)*b\" \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"".to_owned(),
        ),
        ("1 MB of attributes", format!("{{ {many} }}")),
        ("100,000 brackets", "[".repeat(100_000)),
        ("100,000 arguments", format!("f{}", " x".repeat(100_000))),
        ("100,000 dots", format!("a{}", ".b".repeat(100_000))),
        ("100,000 operators", format!("1{}", " + 1".repeat(100_000))),
        ("doubled texts", tower("\"${@}${@}\"")),
        ("doubled sets", format!("builtins.toJSON ({})", tower("{ a = @; b = @; }"))),
        ("20,000 files", numbered(20_000, |n| format!("import ./a{n}.nix"))),
        (
            "20,000 shells",
            numbered(20_000, |n| format!("nixpkgs.legacyPackages.x86_64-linux.mkShell {{ A_{n} = \"b\"; }}")),
        ),
        (
            "60,000 names in 200 withs",
            format!("{}{}", "with { a = 1; }; ".repeat(200), numbered(60_000, |n| format!("b{n}"))),
        ),
        (
            "100,000 exports",
            numbered(1, |_| {
                let exports = (0..100_000).map(|n| format!("export A_{n}=1; ")).collect::<Vec<_>>().concat();
                format!("nixpkgs.legacyPackages.x86_64-linux.mkShell {{ shellHook = ''{exports}''; }}")
            }),
        ),
        ("30 submodules in each other", submodules(30)),
        ("a generated Cargo.nix", {
            let crates = (0..20_000)
                .map(|n| format!("c{n} = rustPackages.unknown.c{n}.\"1.0.0\"; "))
                .collect::<Vec<_>>();
            format!(
                "let p = nixpkgs.legacyPackages.x86_64-linux; r = p.rustBuilder.makePackageSet {{ packageFun = \
                 {{ rustPackages, ... }}: {{ workspace = {{ {} }}; }}; }}; in {{ packages.x86_64-linux = \
                 p.lib.mapAttrs (_: c: c {{ }}) r.workspace; }}",
                crates.concat()
            )
        }),
        (
            "10,000 conditions in a hook",
            numbered(1, |_| {
                let hook = "if true; then export A_B=1; ".repeat(10_000);
                format!("nixpkgs.legacyPackages.x86_64-linux.mkShell {{ shellHook = ''{hook}''; }}")
            }),
        ),
        ("50,000 inherited names", {
            let names = (0..50_000).map(|n| format!("CC_x{n} ")).collect::<Vec<_>>().concat();
            numbered(1, |_| {
                format!("nixpkgs.legacyPackages.x86_64-linux.mkShell {{ inherit (nixpkgs.x) {names}; }}")
            })
        }),
        ("10,000 overlays", with_overlays(&written, "p.x // p.y")),
        ("10,000 made overlays", with_overlays(made, "p.mkShell { A_B = p.a; }")),
        ("overlays of sets of sets", with_overlays(made, "p.pkgsStatic.pkgsMusl.pkgsStatic.a")),
    ] {
        let text = format!("{{ outputs = {{ self, nixpkgs }}: {outputs}; }}");
        let files = [("flake.nix".to_owned(), text)];
        let snapshot = snapshot(&files);
        let started = (Instant::now(), on_cpu());
        let facts = read_flake(&snapshot);
        // Work is what the processor does; where that is not told, the time.
        let worked = on_cpu().zip(started.1).map(|(now, then)| now.saturating_sub(then));
        let took = worked.unwrap_or_else(|| started.0.elapsed());
        println!(
            "{name:<28} {:>9} bytes  {took:>9.1?}  complete {:?}, {} steps",
            files[0].1.len(),
            facts.as_ref().map(|facts| facts.complete),
            facts.map_or(0, |facts| facts.work)
        );
    }
}
