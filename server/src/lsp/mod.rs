//! The language server.
//!
//! ```text
//! stdin -> framing -> transport -> server -> state          one thread, in the order of the wire
//!                                     |         |
//!                                     |     analysis_task -> publish -> outbox   one thread, no timer
//!                                  requests -> convert -----------------^        a task each
//! stdout <- outbox                                                                one thread
//! ```
//!
//! - `framing` and `message` take any bytes and never end the server; `lifecycle` ends it.
//! - `state` is what notifications change, under one short lock, before they return.
//! - `analysis_task` is the only place that analyses and publishes.
//! - `deep_task` asks Nix on save where the editor says that the workspace is trusted; nothing else starts a process.
//! - `verdicts` is what the last builds and audits came to, kept over a restart.
//! - `client` is the only place that asks the client something, and nobody waits for its answer.
//! - `convert` alone, and the framework's two doors `server` and `client`, know the protocol's types;
//!   `convert` alone knows its encodings.
//!
//! The framework is `tower-lsp-server`, the maintained community fork of `tower-lsp`.

mod analysis_task;
mod builds;
mod client;
mod convert;
mod deep_task;
mod documents;
mod framing;
mod hooks;
mod input;
mod lifecycle;
mod message;
mod outbox;
mod publish;
mod requests;
mod roots;
mod server;
mod settings;
mod state;
mod tell;
mod transport;
mod verdicts;

use std::{
    fs::OpenOptions,
    io::{self, BufReader},
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use anyhow::{Context, Result};
use tower_lsp::LspService;
use tracing_subscriber::EnvFilter;

use input::Input;
use lifecycle::Lifecycle;
use outbox::Outbox;
use server::Server;
use state::Shared;
use transport::Transport;

/// How long the last answers may take to be written once the server ends.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// How the server is started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where to log; nowhere without it.
    pub log: Option<PathBuf>,
    /// What to log: a level, or directives like `portolan=debug`. `info` without it.
    pub log_level: Option<String>,
}

/// Serves one client on the standard streams until it ends: 0 after `shutdown`, else 1. A server that
/// cannot start says so on stderr and ends with 2.
pub fn run(options: &Options) -> ExitCode {
    serve(options).unwrap_or_else(|error| {
        anstream::eprintln!("portolan server: {error:#}");
        ExitCode::from(2)
    })
}

fn serve(options: &Options) -> Result<ExitCode> {
    start_log(options)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("requests")
        .thread_stack_size(analysis_task::STACK / 4)
        .enable_time()
        .build()
        .context("cannot start the runtime")?;
    let (lifecycle, end) = Lifecycle::start();
    let outbox = Outbox::default();
    let shared = Arc::new(Shared::default());
    analysis_task::start(Arc::clone(&shared), outbox.clone()).context("cannot start the analysis")?;
    deep_task::start(Arc::clone(&shared)).context("cannot start the thread that asks Nix")?;

    let handle = runtime.handle().clone();
    let input = Input::new(io::stdin(), Arc::clone(&shared));
    let new = |client| Server::new(client, handle.clone(), shared, lifecycle.clone(), outbox.clone());
    let service = LspService::build(new);
    let service = service.custom_method("window/workDoneProgress/cancel", Server::cancel_progress).finish();
    let transport = Transport::new(service, outbox.clone(), lifecycle.clone(), handle);
    let reader = thread::Builder::new().name("stdin".to_owned());
    reader.spawn(move || transport.run(BufReader::with_capacity(64 * 1024, input)))?;
    let writer = thread::Builder::new().name("stdout".to_owned());
    let out = outbox.clone();
    writer.spawn(move || {
        if let Err(error) = out.write_to(io::stdout().lock()) {
            tracing::warn!(%error, "cannot write to the client");
        }
        lifecycle.end("the output is gone");
    })?;

    let code = end.wait();
    outbox.drain(LAST_WORDS);
    // Whatever still runs is left behind: the process ends.
    runtime.shutdown_background();
    Ok(code)
}

fn start_log(options: &Options) -> Result<()> {
    let Some(path) = &options.log else { return Ok(()) };
    let file = OpenOptions::new().create(true).append(true).open(path);
    let file = file.with_context(|| format!("cannot write the log to {}", path.display()))?;
    let level = options.log_level.as_deref().unwrap_or("info");
    let filter = EnvFilter::try_new(level).with_context(|| format!("`{level}` is no log level"))?;
    let log =
        tracing_subscriber::fmt().with_writer(Mutex::new(file)).with_ansi(false).with_env_filter(filter);
    // A second log in one process is the first one.
    let _ = log.try_init();
    Ok(())
}
