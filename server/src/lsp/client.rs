//! What we ask of the client.
//!
//! No handler waits for the client: it may itself wait for us. Each question has a task of its own and
//! ten seconds; what comes back changes the state like a notification.

use std::{future::Future, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{runtime::Handle, sync::watch};
use tower_lsp::{
    Client,
    ls_types::{
        ConfigurationItem, MessageType, ProgressToken, Registration, WorkDoneProgressCreateParams,
        WorkspaceEdit, request::WorkDoneProgressCreate,
    },
};

use super::{settings, state::Shared};

const PATIENCE: Duration = Duration::from_secs(10);

/// Asks the client, without waiting.
#[derive(Clone, Debug)]
pub struct Asker {
    client: Client,
    runtime: Handle,
    shared: Arc<Shared>,
}

impl Asker {
    /// Asks `client` on tasks of `runtime`.
    pub fn new(client: Client, runtime: Handle, shared: Arc<Shared>) -> Self {
        Self { client, runtime, shared }
    }

    fn detach(&self, what: &'static str, ask: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(async move {
            if tokio::time::timeout(PATIENCE, ask).await.is_err() {
                tracing::warn!(what, "the client did not answer");
            }
        });
    }

    /// Registers for what the client can only be asked for at run time.
    pub fn register(&self) {
        let features = self.shared.lock().features;
        let mut registrations = Vec::new();
        let mut register = |method: &str, options: Option<Value>| {
            registrations.push(Registration {
                id: format!("portolan {method}"),
                method: method.to_owned(),
                register_options: options,
            });
        };
        if features.watches_files {
            register("workspace/didChangeWatchedFiles", Some(watched_files()));
        }
        if features.registers_configuration {
            register("workspace/didChangeConfiguration", Some(json!({"section": "portolan"})));
        }
        if registrations.is_empty() {
            return;
        }
        let asker = self.clone();
        self.detach("client/registerCapability", async move {
            if let Err(error) = asker.client.register_capability(registrations).await {
                tracing::warn!(%error, "the client refuses to register");
                // It said that it can watch files, and will not: look for ourselves.
                asker.shared.lock().features.watches_files = false;
            }
        });
    }

    /// Asks a client that pulls diagnostics to pull again whenever those of a file have changed that it has not edited.
    pub fn renew_pulled(&self) {
        let features = self.shared.lock().features;
        if features.publish_diagnostics || !features.refreshes_diagnostics {
            return;
        }
        let client = self.client.clone();
        let ask = move || {
            let client = client.clone();
            async move { client.workspace_diagnostic_refresh().await }
        };
        self.renew("workspace/diagnostic/refresh", self.shared.old_diagnostics(), ask);
    }

    /// Asks a client that shows inlay hints to ask for them anew whenever what they say has changed.
    pub fn renew_hints(&self) {
        if !self.shared.lock().features.refreshes_hints {
            return;
        }
        let client = self.client.clone();
        let ask = move || {
            let client = client.clone();
            async move { client.inlay_hint_refresh().await }
        };
        self.renew("workspace/inlayHint/refresh", self.shared.old_hints(), ask);
    }

    /// Asks whenever `old` rings. The next word waits for the answer: a client that is slow is asked less often.
    fn renew<A>(&self, what: &'static str, mut old: watch::Receiver<()>, ask: impl Fn() -> A + Send + 'static)
    where
        A: Future<Output = tower_lsp::jsonrpc::Result<()>> + Send,
    {
        self.runtime.spawn(async move {
            while old.changed().await.is_ok() {
                match tokio::time::timeout(PATIENCE, ask()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => tracing::warn!(%error, what, "the client does not ask anew"),
                    Err(_) => tracing::warn!(what, "the client did not answer"),
                }
            }
        });
    }

    /// Asks for the settings and takes them.
    pub fn pull_settings(&self) {
        if !self.shared.lock().features.configuration {
            return;
        }
        let asker = self.clone();
        self.detach("workspace/configuration", async move {
            let item = ConfigurationItem { scope_uri: None, section: Some("portolan".to_owned()) };
            match asker.client.configuration(vec![item]).await {
                Ok(values) => {
                    // A client without such a section answers null: that is no reason to forget what
                    // it said at the start.
                    if let Some(value) = values.first().filter(|value| !value.is_null()) {
                        asker.take_settings(value);
                    }
                }
                Err(error) => tracing::warn!(%error, "the client does not tell its settings"),
            }
        });
    }

    /// Takes settings, and says what is wrong with them.
    pub fn take_settings(&self, value: &Value) {
        let (settings, wrong) = settings::read(value);
        if self.shared.change(|state| state.set_settings(settings)) {
            self.refresh_lenses();
            self.shared.announce_old_hints();
        }
        for message in wrong {
            self.log(MessageType::WARNING, message);
        }
    }

    /// Asks the client to show progress under a token; `ready` is called when it agrees.
    pub fn create_progress(&self, token: Value, ready: impl FnOnce() + Send + 'static) {
        let token = match token {
            Value::Number(number) => {
                ProgressToken::Number(number.as_i64().and_then(|n| i32::try_from(n).ok()).unwrap_or_default())
            }
            other => ProgressToken::String(other.as_str().unwrap_or_default().to_owned()),
        };
        let asker = self.clone();
        self.detach("window/workDoneProgress/create", async move {
            let params = WorkDoneProgressCreateParams { token };
            match asker.client.send_request::<WorkDoneProgressCreate>(params).await {
                Ok(()) => ready(),
                Err(error) => tracing::warn!(%error, "the client shows no progress"),
            }
        });
    }

    /// Asks the client to ask for its lenses anew.
    pub fn refresh_lenses(&self) {
        if self.shared.lock().features.refreshes_lenses {
            let client = self.client.clone();
            self.detach("workspace/codeLens/refresh", async move {
                if let Err(error) = client.code_lens_refresh().await {
                    tracing::warn!(%error, "the client does not renew its lenses");
                }
            });
        }
    }

    /// Asks the client to change the workspace.
    pub fn apply(&self, edit: WorkspaceEdit) {
        let asker = self.clone();
        self.detach("workspace/applyEdit", async move {
            match asker.client.apply_edit(edit).await {
                Ok(answer) if answer.applied => {}
                Ok(answer) => {
                    let why = answer.failure_reason.unwrap_or_else(|| "it did not say why".to_owned());
                    asker
                        .client
                        .log_message(MessageType::WARNING, format!("The fixes were not applied: {why}"))
                        .await;
                }
                Err(error) => tracing::warn!(%error, "the client cannot apply an edit"),
            }
        });
    }

    /// Shows a text to the person.
    pub fn show(&self, text: String) {
        let client = self.client.clone();
        self.detach("window/showMessage", async move { client.show_message(MessageType::INFO, text).await });
    }

    /// Writes a line into the client's log and ours.
    pub fn log(&self, kind: MessageType, message: String) {
        tracing::warn!(message);
        let client = self.client.clone();
        self.detach("window/logMessage", async move { client.log_message(kind, message).await });
    }
}

/// Every file that an analysis reads or looks for. Of Rust's sources all are: a build script may have any name, code that
/// names a crate's feature is a reason not to change it, and cargo finds programs and libraries by their files' names.
fn watched_files() -> Value {
    const CREATED_OR_DELETED: u8 = 1 + 4;
    // No alternatives in braces: Emacs refuses `{config,*.toml}`, and with it the whole registration.
    let read = [
        "**/*.nix",
        "**/flake.lock",
        "**/Cargo.toml",
        "**/Cargo.lock",
        "**/.cargo/config",
        "**/.cargo/*.toml",
        "**/rust-toolchain",
        "**/rust-toolchain.toml",
        "**/Cross.toml",
        "**/portolan.toml",
        "**/*.rs",
        "**/.gitignore",
        "**/.git/index",
        "**/.github/workflows/*.yml",
        "**/.github/workflows/*.yaml",
        // What else drives builds.
        "**/.github/actions/**",
        "**/.circleci/*",
        "**/.ci/*",
        "**/ci/*",
        "**/scripts/*",
        "**/build.sh",
        "**/*akefile",
        "**/*ustfile",
        "**/*ockerfile*",
        "**/.gitlab-ci*",
    ];
    // Custom targets (`--target my-board.json`).
    let looked_for = ["**/*-*.json"];
    let read = read.iter().map(|glob| json!({"globPattern": glob}));
    let looked_for = looked_for.iter().map(|glob| json!({"globPattern": glob, "kind": CREATED_OR_DELETED}));
    json!({"watchers": read.chain(looked_for).collect::<Vec<_>>()})
}
