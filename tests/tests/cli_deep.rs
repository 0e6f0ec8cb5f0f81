//! `portolan check --deep`: what is asked of Nix, and what becomes of its answers.

#![cfg(unix)]
#![allow(clippy::print_stdout)]

use portolan_tests::{
    Folder,
    binary::{Outcome, command, finished},
    fake::Fake,
};

const FLAKE: &str = "{
  outputs = { nixpkgs, company, ... }: {
    devShells.x86_64-linux.default = nixpkgs.legacyPackages.x86_64-linux.mkShell {
      CARGO_BUILD_TARGET = company.lib.target;
    };
  };
}
";

const ANSWER: &str = r#"echo '{"default":{"name":"nix-shell","platform":{"config":"x86_64-unknown-linux-gnu","triple":"x86_64-unknown-linux-gnu","isStatic":false,"isCross":false},"env":{"CARGO_BUILD_TARGET":"x86_64-unknown-linux-gnuu"},"scripts":{},"inputs":{}}}'"#;

fn project() -> Folder {
    Folder::new(&[("flake.nix", FLAKE)])
}

fn check(folder: &Folder, nix: &Fake, arguments: &[&str]) -> Outcome {
    let arguments = ["check", "--host", "x86_64-unknown-linux-gnu"].iter().chain(arguments);
    let mut command = command(folder.root(), arguments);
    command.env("PATH", nix.path());
    finished(command)
}

#[test]
fn nix_is_asked_only_when_somebody_says_so() {
    let (folder, nix) = (project(), Fake::new("nix", ANSWER));
    let plain = check(&folder, &nix, &[]);
    assert_eq!((plain.code, nix.calls().len()), (Some(0), 0), "{plain:?}");

    let before = folder.contents();
    let deep = check(&folder, &nix, &["--deep"]);
    assert_eq!(deep.code, Some(1), "{deep:?}");
    assert!(deep.out.contains("x86_64-unknown-linux-gnuu"), "{deep:?}");
    assert_eq!(folder.contents(), before, "nothing is written into the project");
    let calls = nix.calls();
    let [eval, environment] = calls.as_slice() else { panic!("{calls:?}") };
    for wanted in
        ["print-dev-env --json", "max-jobs 0", "substitute false", ".#devShells.x86_64-linux.default"]
    {
        assert!(environment.contains(wanted), "no {wanted} in {environment}");
    }
    for wanted in [
        "eval --json",
        "--no-write-lock-file",
        "accept-flake-config false",
        "allow-import-from-derivation false",
        ".#devShells.x86_64-linux",
    ] {
        assert!(eval.contains(wanted), "no {wanted} in {eval}");
    }
}

#[test]
fn no_fix_replaces_what_only_nix_knows() {
    let (folder, nix) = (project(), Fake::new("nix", ANSWER));
    let report = check(&folder, &nix, &["--deep", "--format", "json"]).json();
    let finding = &report["findings"][0];
    assert_eq!((&finding["rule"], &finding["confidence"]), (&"unknown-target".into(), &"certain".into()));
    assert_eq!(finding["fixes"], serde_json::json!([]), "`company.lib.target` is not the name of a target");
}

#[test]
fn without_an_answer_the_static_one_stays() {
    let folder = project();
    for (script, wanted) in [
        ("echo 'error: unable to download https://x: Could not resolve host: x' >&2; exit 1", "offline"),
        ("echo 'error: undefined variable pkgz' >&2; exit 1", "undefined variable pkgz"),
        ("echo 'no JSON at all'", "no JSON"),
        ("kill -9 $$", "cannot be evaluated"),
    ] {
        let deep = check(&folder, &Fake::new("nix", script), &["--deep"]);
        assert_eq!(deep.code, Some(0), "{script}: {deep:?}");
        assert!(deep.err.contains(wanted), "{script}: {deep:?}");
    }
}

#[test]
fn a_machine_without_nix_is_told_once() {
    let folder = project();
    let mut command = command(folder.root(), ["check", "--deep"]);
    command.env("PATH", "/nowhere");
    let outcome = finished(command);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.err.matches("no `nix` on PATH").count(), 1, "{outcome:?}");
}

#[test]
fn a_flake_that_is_half_typed_is_not_asked_about() {
    let (folder, nix) =
        (Folder::new(&[("flake.nix", "{ outputs = { nixpkgs, ... }: { ")]), Fake::new("nix", ANSWER));
    check(&folder, &nix, &["--deep"]);
    assert_eq!(nix.calls(), [""; 0]);
}

#[test]
fn where_we_read_what_is_not_so_a_bug_is_told() {
    let flake = FLAKE.replace("company.lib.target", "\"x86_64-unknown-linux-gnu\"");
    let folder = Folder::new(&[("flake.nix", flake.as_str())]);
    let deep = check(&folder, &Fake::new("nix", ANSWER), &["--deep"]);
    assert!(deep.err.contains("bug in Portolan"), "{deep:?}");
    assert!(deep.out.contains("gnuu"), "what Nix says counts: {deep:?}");
}

/// Real Nix, with flakes on this disk as inputs.
#[test]
fn real_nix_settles_what_is_unknown() {
    let Some(nix) = real_nix() else { return };
    let company = Folder::new(&[(
        "flake.nix",
        "{ outputs = { self }: {
            lib.flags = { RUSTFLAGS = \"-C target-cpu=native\"; };
            lib.linkerOf = cpu: \"CARGO_TARGET_${cpu}_UNKNOWN_LINUX_GNU_LINKER\";
            lib.broken = throw \"never\";
          }; }",
    )]);
    let stub = concat!(env!("CARGO_MANIFEST_DIR"), "/nix/stub-nixpkgs");
    let flake = format!(
        "{{
  inputs.nixpkgs.url = \"path:{stub}\";
  inputs.company.url = \"path:{}\";
  outputs = {{ nixpkgs, company, ... }}: let pkgs = nixpkgs.legacyPackages.x86_64-linux; in {{
    packages.x86_64-linux.default = pkgs.rustPlatform.buildRustPackage (company.lib.flags // {{
      pname = \"app\"; version = \"1\"; src = ./.; cargoHash = \"\";
    }});
    devShells.x86_64-linux.default = pkgs.mkShell {{
      \"${{company.lib.linkerOf \"aarch64\"}}\" = \"aarch64-linux-gnu-gcc\";
      BROKEN = company.lib.broken;
    }};
    devShells.x86_64-linux.wrong = pkgs.mkShell {{ X = company.lib.absent; }};
  }};
}}
",
        company.root().display()
    );
    let folder = Folder::new(&[("flake.nix", flake.as_str())]);
    let before = folder.contents();
    let mut command = command(folder.root(), ["check", "--deep", "--host", "x86_64-unknown-linux-gnu"]);
    nix.surround(&mut command);
    let deep = finished(command);
    assert_eq!(deep.code, Some(1), "{deep:?}");
    assert!(deep.out.contains("warning[target-cpu-native]"), "{deep:?}");
    assert!(deep.out.contains("error[environment-name-case]"), "a computed name is known: {deep:?}");
    assert!(deep.err.contains("devShells.x86_64-linux.wrong cannot be evaluated"), "{deep:?}");
    assert!(!deep.err.contains("bug in Portolan"), "{deep:?}");
    assert_eq!(folder.contents(), before, "nothing is written into the project");
}

const STUB: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/nix/stub-nixpkgs");

/// A flake that takes `company` from a folder of its own, and its outputs.
fn with_company(library: &str, outputs: &str) -> (Folder, Folder) {
    let company = format!("{{ outputs = {{ self }}: {{ lib = {{ {library} }}; }}; }}");
    let company = Folder::new(&[("flake.nix", company.as_str())]);
    let flake = format!(
        "{{
  inputs.nixpkgs.url = \"path:{STUB}\";
  inputs.company.url = \"path:{}\";
  outputs = {{ nixpkgs, company, ... }}: {outputs};
}}
",
        company.root().display()
    );
    (Folder::new(&[("flake.nix", flake.as_str())]), company)
}

fn ask(nix: &RealNix, folder: &Folder, arguments: &[&str]) -> Outcome {
    let arguments = arguments.iter().copied().chain(["--deep", "--host", "x86_64-unknown-linux-gnu"]);
    let mut command = command(folder.root(), arguments.collect::<Vec<_>>());
    nix.surround(&mut command);
    finished(command)
}

/// An evaluation without end is ended with all its processes, and whatever needed no Nix is said all the same.
#[cfg(target_os = "linux")]
#[test]
fn an_endless_evaluation_is_ended() {
    let Some(nix) = real_nix() else { return };
    let (folder, _company) = with_company(
        "target = builtins.seq (builtins.genericClosure { startSet = [ { key = 0; } ]; operator = one: [ { key = one.key + 1; } ]; }) \"x86_64-unknown-linux-musl\";",
        "{ devShells.x86_64-linux.default = nixpkgs.legacyPackages.x86_64-linux.mkShell {
             CARGO_BUILD_TARGET = company.lib.target; RUSTFLAGS = \"-C target-cpu=native\"; CARGO_TARGET_x86_64_UNKNOWN_LINUX_MUSL_LINKER = \"cc\"; }; }",
    );
    let before = folder.contents();
    let started = std::time::Instant::now();
    let deep = ask(&nix, &folder, &["check", "--deep-limit", "2"]);
    assert!(deep.err.contains("took longer than 2 s"), "{deep:?}");
    assert!(deep.out.contains("environment-name-case"), "{deep:?}");
    assert!(started.elapsed() < std::time::Duration::from_mins(1), "{:?}", started.elapsed());
    assert_eq!(folder.contents(), before);
    let is_ours = |process: &std::path::Path| {
        std::fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder.root()))
    };
    let left: Vec<_> = std::fs::read_dir("/proc")
        .expect("Linux has /proc")
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| is_ours(path))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// An input that would have to be fetched: kindly said, and nothing else is lost.
#[test]
fn an_input_that_cannot_be_fetched_is_told_kindly() {
    let Some(nix) = real_nix() else { return };
    let folder = Folder::new(&[(
        "flake.nix",
        "{ inputs.company.url = \"https://127.0.0.1:9/company.tar.gz\";
           outputs = { nixpkgs, company, ... }: { devShells.x86_64-linux.default = nixpkgs.legacyPackages.x86_64-linux.mkShell {
             A = company.lib.a; CARGO_TARGET_x86_64_UNKNOWN_LINUX_MUSL_LINKER = \"cc\"; }; }; }",
    )]);
    let before = folder.contents();
    let deep = ask(&nix, &folder, &["check"]);
    assert!(deep.err.contains("offline?"), "{deep:?}");
    assert!(deep.out.contains("environment-name-case"), "{deep:?}");
    assert_eq!(folder.contents(), before, "no lock file");
}

#[test]
fn many_sets_of_outputs_are_not_all_asked_about_and_that_is_said() {
    let Some(nix) = real_nix() else { return };
    let (folder, _company) = with_company(
        "a = \"b\";",
        "{ devShells = builtins.listToAttrs (map (n: { name = \"s${toString n}-linux\"; value.default =
             nixpkgs.legacyPackages.x86_64-linux.mkShell { A_B = company.lib.a; }; }) [ 1 2 3 4 5 6 7 8 9 10 11 12 13 14 ]); }",
    );
    let deep = ask(&nix, &folder, &["check"]);
    assert!(deep.err.contains("2 sets of outputs were not asked about"), "{deep:?}");
}

#[test]
fn what_nix_says_replaces_what_was_guessed_in_the_table_of_targets() {
    let Some(nix) = real_nix() else { return };
    let (folder, _company) = with_company(
        "target = \"aarch64-unknown-linux-musl\";",
        "{ devShells.x86_64-linux.default = nixpkgs.legacyPackages.x86_64-linux.mkShell { CARGO_BUILD_TARGET = company.lib.target; }; }",
    );
    let plain = finished(command(folder.root(), ["targets", "--host", "x86_64-unknown-linux-gnu"]));
    assert!(!plain.out.contains("aarch64-unknown-linux-musl"), "{plain:?}");
    let deep = ask(&nix, &folder, &["targets"]);
    assert!(deep.out.contains("aarch64-unknown-linux-musl"), "{deep:?}");
    assert!(!deep.err.contains("bug in Portolan"), "{deep:?}");
}

/// The linker's variable, and its value, are made where the shell starts: by a setup hook, and by a computed hook.
const HOOKED: &str = "{ devShells.x86_64-linux = let pkgs = nixpkgs.legacyPackages.x86_64-linux; in {
  default = pkgs.mkShell {
    CARGO_BUILD_TARGET = \"aarch64-unknown-linux-gnu\";
    HOOK = \"cpu=aarch64; export CARGO_TARGET_\\${cpu^^}_UNKNOWN_LINUX_GNU_LINKER=aarch64-unknown-linux-gnu-gcc\";
  };
  computed = pkgs.mkShell { shellHook = ''export ${company.lib.variable}=${company.lib.linker}''; };
}; }";

/// What setup hooks export is in the environment that `nix develop` has built: where somebody has entered the shell,
/// Nix tells it without building anything.
#[test]
fn what_hooks_export_is_known_once_the_shell_was_entered() {
    let Some(nix) = real_nix() else { return };
    let (folder, _company) = with_company(
        "variable = \"CARGO_TARGET_riscv64gc_UNKNOWN_LINUX_GNU_LINKER\"; linker = \"cc\";",
        HOOKED,
    );
    let before = folder.contents();
    let plain = ask(&nix, &folder, &["check"]);
    // A name in lower case, which cargo ignores: only the evaluated hook tells.
    assert!(plain.out.contains("CARGO_TARGET_riscv64gc_UNKNOWN_LINUX_GNU_LINKER"), "{plain:?}");
    assert!(plain.out.contains("missing-linker"), "{plain:?}");
    let outputs = nix.outputs();
    assert!(!outputs.iter().any(|name| name.ends_with("-env")), "nothing was built: {outputs:?}");

    let mut enter = std::process::Command::new("nix");
    enter.args([
        "--extra-experimental-features",
        "nix-command flakes",
        "print-dev-env",
        "--no-write-lock-file",
    ]);
    enter.arg(".#devShells.x86_64-linux.default").current_dir(folder.root());
    nix.surround(&mut enter);
    let entered = enter.output().expect("nix starts");
    assert!(entered.status.success(), "{}", String::from_utf8_lossy(&entered.stderr));
    let outputs = nix.outputs();

    let deep = ask(&nix, &folder, &["check"]);
    assert!(!deep.out.contains("missing-linker"), "the hook's linker counts: {deep:?}");
    assert!(!deep.err.contains("bug in Portolan"), "{deep:?}");
    assert_eq!(nix.outputs(), outputs, "nothing more was built");
    assert_eq!(folder.contents(), before, "nothing is written into the project");
}

/// A store of this test's own.
struct RealNix(Folder);

fn real_nix() -> Option<RealNix> {
    let path = std::env::var_os("PATH")?;
    if !std::env::split_paths(&path).any(|folder| folder.join("nix").is_file()) {
        println!("SKIPPED: there is no nix on PATH");
        return None;
    }
    Some(RealNix(Folder::new(&[("registry.json", "{\"flakes\":[],\"version\":2}")])))
}

impl RealNix {
    /// What was built, by name: neither sources nor derivations nor locks.
    fn outputs(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path("store")).into_iter().flatten();
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let is_output = |name: &String| {
            !["-source", ".drv", ".lock", ".sh"].iter().any(|end| name.ends_with(end)) && name.contains('-')
        };
        let mut names: Vec<String> = names.filter(is_output).collect();
        names.sort();
        names
    }

    fn surround(&self, command: &mut std::process::Command) {
        let configuration = format!(
            "substituters =\nbuild-users-group =\nsandbox = false\nflake-registry = {}",
            self.0.path("registry.json").display()
        );
        command
            .env("NIX_CONFIG", configuration)
            .env("NIX_USER_CONF_FILES", "/dev/null")
            .env("NIX_STORE_DIR", self.0.path("store"))
            .env("NIX_STATE_DIR", self.0.path("var"))
            .env("NIX_LOG_DIR", self.0.path("log"))
            .env("HOME", self.0.path("home"));
    }
}

fn rust_project() -> Folder {
    let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\nhelper = { path = \"helper\" }\n";
    let lock = "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \"helper\",\n]\n\n[[package]]\nname = \"helper\"\nversion = \"0.2.0\"\n";
    Folder::new(&[
        ("Cargo.toml", manifest),
        ("Cargo.lock", lock),
        ("src/main.rs", "fn main() {}\n"),
        (
            "helper/Cargo.toml",
            "[package]\nname = \"helper\"\nversion = \"0.2.0\"\n\n[features]\ndefault = [\"x\"]\nx = []\n",
        ),
        ("helper/src/lib.rs", ""),
    ])
}

#[test]
fn cargo_itself_says_what_we_read_from_files() {
    let folder = rust_project();
    let before = folder.contents();
    let home = Folder::new(&[]);
    let mut command = command(folder.root(), ["check", "--deep"]);
    command.env("CARGO_HOME", home.root());
    let outcome = finished(command);
    assert_eq!((outcome.code, outcome.err.as_str()), (Some(0), ""), "{outcome:?}");
    assert!(folder.contents() == before, "something is written into the project");
}

#[test]
fn where_cargo_says_otherwise_a_bug_is_told() {
    let folder = rust_project();
    for (features, wanted) in
        [("[]", "helper 0.2.0 was read as compiled with default, x"), (r#"["default","x"]"#, "")]
    {
        let answer = format!(
            r#"{{"packages":[{{"id":"app","name":"app","version":"0.1.0"}},{{"id":"helper","name":"helper","version":"0.2.0"}}],"resolve":{{"nodes":[{{"id":"app","features":[]}},{{"id":"helper","features":{features}}}]}}}}"#
        );
        let cargo = Fake::new("cargo", &format!("echo '{answer}'"));
        let mut command = command(folder.root(), ["check", "--deep"]);
        command.env("PATH", cargo.path());
        let outcome = finished(command);
        assert_eq!(cargo.calls().len(), 1);
        assert!(cargo.calls()[0].contains("metadata") && cargo.calls()[0].contains("--offline --locked"));
        assert_eq!(outcome.err.contains("bug in Portolan"), !wanted.is_empty(), "{outcome:?}");
        assert!(outcome.err.contains(wanted), "{outcome:?}");
    }
}
