//! The command line: a thin face over the same findings that the language server shows.

// Texts for people are short: they are put together in the way that reads best.
#![allow(clippy::format_push_string)]

mod args;
mod audit;
mod baseline;
mod build;
mod catalog;
mod check;
mod diff;
mod explain;
mod fix;
mod log;
mod output;
mod report;
mod session;
mod suggest;
mod targets;
mod write;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};
use output::Output;

use crate::{lsp, process};

/// Nothing at or above the level asked for.
const CLEAN: u8 = 0;
/// Findings at or above it.
const FINDINGS: u8 = 1;
/// Wrong usage, or an error inside Portolan.
const FAILED: u8 = 2;
/// No Cargo.toml, configuration or flake.
const NOTHING: u8 = 3;

/// Why a command ends without an answer.
#[derive(Debug, thiserror::Error)]
enum Stop {
    /// There is nothing to look at.
    #[error("{0}")]
    Nothing(String),
    /// Wrong usage, or something that Portolan cannot get past.
    #[error("{0}")]
    Failed(String),
}

impl Stop {
    fn code(&self) -> u8 {
        match self {
            Self::Nothing(_) => NOTHING,
            Self::Failed(_) => FAILED,
        }
    }
}

/// Runs the program and gives its exit code.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Whoever asked for help into a closed pipe has read enough.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(FAILED));
        }
    };
    let output = Output::new(arguments.color);
    match arguments.command {
        Command::Server(options) => return server(options),
        Command::Supervise(arguments) => return process::supervise(&arguments),
        _ => {}
    }
    let work = move || match run(arguments.command, output) {
        Ok(code) => code,
        Err(stop) => {
            output.error(&stop.to_string());
            stop.code()
        }
    };
    ExitCode::from(on_large_stack(work))
}

fn run(command: Command, output: Output) -> Result<u8, Stop> {
    match command {
        Command::Check(options) => check::run(&options, output),
        Command::Fix(options) => fix::run(&options, output),
        Command::Targets(options) => targets::run(&options, output),
        Command::Log(options) => log::run(&options, output),
        Command::Build(options) => build::run(&options, output),
        Command::Audit(options) => audit::run(&options, output),
        Command::Explain(options) => explain::explain(&options.rule, output),
        Command::Rules(options) => Ok(explain::rules(options.format, output)),
        Command::Server(_) | Command::Supervise(_) => Ok(CLEAN),
    }
}

/// Runs the work where deeply nested files do not overflow the stack. Only touched pages take memory.
fn on_large_stack(work: impl FnOnce() -> u8 + Send + 'static) -> u8 {
    const STACK_BYTES: usize = 256 * 1024 * 1024;
    let thread = std::thread::Builder::new().name("main".to_owned()).stack_size(STACK_BYTES).spawn(work);
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        // The panic has said on stderr what happened.
        Ok(Err(_)) => {
            Output::new(clap::ColorChoice::Auto).error(
                "Portolan failed, and it is not your fault; please report the lines above with the files that caused it",
            );
            FAILED
        }
        Err(error) => {
            let message = format!("no memory for a thread ({error}); close something and try again");
            Output::new(clap::ColorChoice::Auto).error(&message);
            FAILED
        }
    }
}

fn server(options: args::ServerOptions) -> ExitCode {
    let options =
        lsp::Options { log: options.log, log_level: Some(options.log_level.directive().to_owned()) };
    lsp::run(&options)
}
