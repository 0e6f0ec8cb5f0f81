//! What may be written behind `portolan`.

use std::path::PathBuf;

use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};

use crate::{finding::Severity, process};

const EXIT_CODES: &str = "Exit codes:
  0  clean
  1  findings at or above --fail-on, or a file that cannot be audited
  2  wrong usage, or an internal error
  3  nothing to look at: no Cargo.toml, cargo configuration or flake.nix";

const LOG_EXIT_CODES: &str = "Exit codes:
  0  the log is that of no failure
  1  a failure: the causes are named, or the first error of an unknown one is shown
  2  wrong usage, or the log cannot be read
  3  nothing to look at: no such file, or an empty log";

const BUILD_EXIT_CODES: &str = "Exit codes:
  0  everything was built, and runs elsewhere
  1  a build or an audit failed, or a tool is missing
  2  wrong usage, or an internal error
  3  nothing to build: no Cargo.toml, cargo configuration or flake.nix";

/// Finds and fixes what keeps a Rust program from being built for, or from running on, other machines:
/// in flake.nix, Cargo.toml and .cargo/config.toml together.
#[derive(Debug, Parser)]
#[command(name = "portolan", version, after_help = EXIT_CODES, max_term_width = 100)]
pub(super) struct Arguments {
    /// Colours in what is written to the terminal.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = false)]
    pub(super) color: ColorChoice,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Say what is wrong.
    Check(CheckOptions),
    /// Apply the fixes that are safe.
    Fix(FixOptions),
    /// Show every target that the project ships, and what each still lacks.
    Targets(TargetsOptions),
    /// Build targets, say why a build failed, and audit what came of it.
    Build(BuildOptions),
    /// Read finished binaries, and say where they run.
    Audit(AuditOptions),
    /// Read the log of a build that failed, and say why.
    Log(LogOptions),
    /// Show the page of a rule, or of a failure that `log` names.
    Explain(ExplainOptions),
    /// List all rules.
    Rules(RulesOptions),
    /// Run the language server on standard input and output.
    Server(ServerOptions),
    /// Watch over another program; Portolan calls this itself.
    #[command(hide = true)]
    Supervise(process::SupervisorArguments),
}

/// What every command that reads a project takes.
#[derive(Args, Debug)]
pub(super) struct ProjectOptions {
    /// A target that the project ships besides those that its files name. May be repeated.
    #[arg(long = "target", value_name = "TRIPLE", value_parser = parse_triple)]
    pub(super) targets: Vec<String>,
    /// The machine that builds [default: this machine].
    #[arg(long, value_name = "TRIPLE", value_parser = parse_triple)]
    pub(super) host: Option<String>,
}

/// Whether others are asked than the files.
#[derive(Args, Debug)]
pub(super) struct DeepOptions {
    /// Also ask `nix eval` and `cargo metadata`, which runs what the project says: for projects that you trust.
    /// Nothing is built, and nothing is written into the project.
    #[arg(long)]
    pub(super) deep: bool,
    /// How long one question may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "deep", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(super) deep_limit: u64,
}

#[derive(Args, Debug)]
pub(super) struct CheckOptions {
    /// Project folders, or files in them [default: the project around the current folder]. With
    /// several, each is looked at by itself, and the paths in JSON and SARIF are relative to the nearest
    /// folder that holds all of them.
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// How to say it. `json` and `sarif` always hold the hints, too.
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub(super) format: CheckFormat,
    /// The mildest finding that makes the exit code 1. Hints are shown only with `--fail-on hint`.
    #[arg(long, value_enum, default_value_t = FailOn::Warning, value_name = "SEVERITY")]
    pub(super) fail_on: FailOn,
    #[command(flatten)]
    pub(super) project: ProjectOptions,
    /// Only this rule. May be repeated.
    #[arg(long = "rule", value_name = "NAME")]
    pub(super) rules: Vec<String>,
    /// Not this rule. May be repeated.
    #[arg(long = "ignore", value_name = "NAME")]
    pub(super) ignored: Vec<String>,
    #[command(flatten)]
    pub(super) deep: DeepOptions,
    /// Leave out the findings that this file lists.
    #[arg(long, value_name = "FILE", conflicts_with = "write_baseline")]
    pub(super) baseline: Option<PathBuf>,
    /// List the findings of today in this file, for `--baseline`.
    #[arg(long, value_name = "FILE")]
    pub(super) write_baseline: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct FixOptions {
    /// The project folder, or a file in it [default: the project around the current folder].
    #[arg(value_name = "PATH")]
    pub(super) path: Option<PathBuf>,
    /// Also apply the fixes that somebody should review.
    #[arg(long = "unsafe")]
    pub(super) unsafe_too: bool,
    /// Only the fixes of this rule.
    #[arg(long, value_name = "NAME")]
    pub(super) rule: Option<String>,
    /// Show the changes as a unified diff, and write nothing.
    #[arg(long)]
    pub(super) diff: bool,
    #[command(flatten)]
    pub(super) project: ProjectOptions,
}

#[derive(Args, Debug)]
pub(super) struct TargetsOptions {
    /// The project folder, or a file in it [default: the project around the current folder].
    #[arg(value_name = "PATH")]
    pub(super) path: Option<PathBuf>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = TargetsFormat::Text)]
    pub(super) format: TargetsFormat,
    #[command(flatten)]
    pub(super) project: ProjectOptions,
    #[command(flatten)]
    pub(super) deep: DeepOptions,
}

#[derive(Args, Debug)]
#[command(after_help = BUILD_EXIT_CODES)]
pub(super) struct BuildOptions {
    /// The targets; a glibc may stand behind one: x86_64-unknown-linux-gnu.2.17 [default: what a plain
    /// `cargo build` makes].
    #[arg(value_name = "TRIPLE", value_parser = parse_triple)]
    pub(super) targets: Vec<String>,
    /// Every target that the project ships.
    #[arg(long, conflicts_with = "targets")]
    pub(super) all: bool,
    /// What builds them.
    #[arg(long, value_enum, default_value_t = BuilderChoice::Auto)]
    pub(super) builder: BuilderChoice,
    /// The flake's attribute, for Nix: `app`, `packages.x86_64-linux.app`.
    #[arg(long, value_name = "FLAKE_ATTR")]
    pub(super) attr: Option<String>,
    /// The oldest glibc that the programs have to run with, like 2.17: zig links against it.
    #[arg(long, value_name = "VERSION", value_parser = parse_version)]
    pub(super) glibc: Option<String>,
    /// Compile with optimizations (the default).
    #[arg(long, conflicts_with = "debug")]
    pub(super) release: bool,
    /// Compile without optimizations.
    #[arg(long)]
    pub(super) debug: bool,
    /// Only this package of the workspace. May be repeated.
    #[arg(long = "package", short, value_name = "NAME")]
    pub(super) packages: Vec<String>,
    /// Only this program. May be repeated.
    #[arg(long = "bin", value_name = "NAME")]
    pub(super) programs: Vec<String>,
    /// Show the commands, and start nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Write archives of what passed the audit into this folder, with SHA256SUMS.
    #[arg(long, value_name = "DIR", conflicts_with = "dry_run")]
    pub(super) dist: Option<PathBuf>,
    /// What the programs may need, as in `portolan audit` [default: systems that still get updates; where Nix builds a
    /// plain package for this machine, `nix`].
    #[arg(long, value_name = "FILE|NAME")]
    pub(super) policy: Option<String>,
    /// Nix's remote builders.
    #[arg(long, value_name = "BUILDERS")]
    pub(super) nix_builders: Option<String>,
    /// The project folder, or a file in it [default: the project around the current folder].
    #[arg(long, value_name = "PATH")]
    pub(super) project: Option<PathBuf>,
    /// More arguments for cargo, cross or nix.
    #[arg(last = true, value_name = "ARGUMENTS")]
    pub(super) extra: Vec<String>,
}

#[derive(Args, Debug)]
#[command(after_help = LOG_EXIT_CODES)]
pub(super) struct LogOptions {
    /// The log: of cargo, Nix, cross or a continuous integration, raw, coloured or with JSON messages
    /// [default: standard input, as `-`]. For JSON messages give both streams: `cargo build
    /// --message-format=json 2>&1 | portolan log`.
    #[arg(value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub(super) format: LogFormat,
}

#[derive(Args, Debug)]
pub(super) struct AuditOptions {
    /// Programs and libraries: ELF, Mach-O, PE, WebAssembly. One that cannot be read fails the audit.
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    /// What they may need: glibc-2.17, manylinux2014, musllinux_1_2, static, macos-11, windows-10, nix, or a
    /// TOML file with `glibc`, `macos`, `windows`, `arch`, `static`, `store`, `libraries`, `based-on` [default:
    /// systems that still get updates, as hints].
    #[arg(long, value_name = "FILE|NAME")]
    pub(super) policy: Option<String>,
    /// The target that they were built for.
    #[arg(long, value_name = "TRIPLE", value_parser = parse_triple)]
    pub(super) target: Option<String>,
    /// How to say it. `json` and `sarif` always hold the hints, too.
    #[arg(long, value_enum, default_value_t = AuditFormat::Text)]
    pub(super) format: AuditFormat,
    /// The mildest finding that makes the exit code 1. Hints are shown only with `--fail-on hint`.
    #[arg(long, value_enum, default_value_t = FailOn::Warning, value_name = "SEVERITY")]
    pub(super) fail_on: FailOn,
}

#[derive(Args, Debug)]
pub(super) struct ExplainOptions {
    /// The name of a rule or failure, as it stands in brackets behind `error` or `warning`.
    #[arg(value_name = "RULE")]
    pub(super) rule: String,
}

#[derive(Args, Debug)]
pub(super) struct RulesOptions {
    /// How to list them.
    #[arg(long, value_enum, default_value_t = RulesFormat::Text)]
    pub(super) format: RulesFormat,
}

#[derive(Args, Debug)]
pub(super) struct ServerOptions {
    /// Write a log to this file.
    #[arg(long, value_name = "FILE")]
    pub(super) log: Option<PathBuf>,
    /// How much to log.
    #[arg(long, value_enum, default_value_t = LogLevel::Info, value_name = "LEVEL")]
    pub(super) log_level: LogLevel,
    /// Some clients say how they will talk; there is only one way.
    #[arg(long, hide = true)]
    pub(super) stdio: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    /// For people.
    Text,
    /// One JSON object.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum AuditFormat {
    /// For people.
    Text,
    /// One JSON object.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum BuilderChoice {
    /// What the project uses and this machine has.
    Auto,
    /// cargo.
    Cargo,
    /// cargo-zigbuild.
    Zigbuild,
    /// cross, in a container.
    Cross,
    /// nix build.
    Nix,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TargetsFormat {
    /// A table.
    Text,
    /// One JSON object.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RulesFormat {
    /// One line each.
    Text,
    /// One JSON object.
    Json,
    /// All pages.
    Markdown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// The build or the program will fail.
    Error,
    /// It will not run elsewhere, or something is silently lost.
    Warning,
    /// Worth knowing.
    Hint,
}

impl FailOn {
    pub(super) fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Hint => Severity::Hint,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogLevel {
    /// Only what failed.
    Error,
    /// And what is odd.
    Warn,
    /// And what happens.
    Info,
    /// And how.
    Debug,
    /// And every message.
    Trace,
}

impl LogLevel {
    pub(super) fn directive(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

fn parse_version(text: &str) -> Result<String, String> {
    let is_version = text.split('.').count() >= 2
        && text.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    if is_version { Ok(text.to_owned()) } else { Err("a version of glibc looks like 2.17".to_owned()) }
}

fn parse_triple(text: &str) -> Result<String, String> {
    let is_word =
        |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if !text.is_empty() && is_word(text) && !text.starts_with('-') {
        Ok(text.to_owned())
    } else {
        Err("a target triple looks like aarch64-unknown-linux-gnu".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_triple_is_one_word() {
        assert!(parse_triple("thumbv8m.main-none-eabihf").is_ok());
        for bad in ["", "a b", "--x", "a;b"] {
            assert!(parse_triple(bad).is_err(), "{bad}");
        }
    }
}
