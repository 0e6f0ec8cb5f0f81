//! The methods of the protocol. Each takes the protocol's types, turns them into ours at once and calls
//! what does the work.

use std::{path::PathBuf, sync::Arc};

use serde_json::Value;
use tokio::runtime::Handle;
use tower_lsp::{
    Client, LanguageServer,
    jsonrpc::{Error, ErrorCode, Result},
    ls_types::{
        CodeAction, CodeActionParams, CodeActionResponse, CodeLens, CodeLensParams, Command, CompletionItem,
        CompletionItemKind, CompletionParams, CompletionResponse, CompletionTextEdit,
        DidChangeConfigurationParams, DidChangeTextDocumentParams, DidChangeWatchedFilesParams,
        DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
        DidSaveTextDocumentParams, DocumentDiagnosticParams, DocumentDiagnosticReport,
        DocumentDiagnosticReportResult, DocumentLink, DocumentLinkParams, ExecuteCommandParams,
        FullDocumentDiagnosticReport, Hover, HoverContents, HoverParams, InitializeParams, InitializeResult,
        InitializedParams, InlayHint, InlayHintLabel, InlayHintParams, InlayHintTooltip, MarkupContent,
        MarkupKind, ProgressToken, RelatedFullDocumentDiagnosticReport, TextEdit, Uri,
        WorkDoneProgressCancelParams,
    },
};

use super::{
    builds::{Builds, Order, Wanted},
    client::Asker,
    convert::{
        action, capabilities, capabilities::Features, diagnostic, params, position::Encoding,
        position::Positions, uri,
    },
    hooks,
    lifecycle::Lifecycle,
    outbox::Outbox,
    requests::{
        code_action::{self, Work},
        completion,
        execute_command::{self, Refusal},
        explain, hover, inlay, lens, links, native,
    },
    settings,
    state::{Look, Shared},
    verdicts,
};
use crate::{
    build::plan::target_folder,
    text::{Document, FileId, Span},
};

/// The server as the framework calls it.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    asker: Asker,
    lifecycle: Lifecycle,
    builds: Builds,
}

impl Server {
    /// A server that has not heard of its client yet.
    pub fn new(
        client: Client,
        runtime: Handle,
        shared: Arc<Shared>,
        lifecycle: Lifecycle,
        outbox: Outbox,
    ) -> Self {
        let asker = Asker::new(client, runtime, Arc::clone(&shared));
        let builds = Builds::new(Arc::clone(&shared), asker.clone(), outbox);
        Self { shared, asker, lifecycle, builds }
    }

    fn client(&self) -> (Features, Encoding) {
        let state = self.shared.lock();
        (state.features, state.encoding)
    }

    /// The text of a document as it is now, without waiting for an analysis.
    fn document(&self, file: &FileId) -> Option<Document> {
        let text = self.shared.lock().documents.get_mut(file)?.text();
        Some(Document::new(file.clone(), text))
    }

    /// An open document with a look at its project that is no older. `None` when there is no project.
    async fn look(&self, uri: &Uri) -> Option<(FileId, Arc<Look>)> {
        let file = params::file(uri)?;
        let look = self.shared.look_at(&file).await?;
        Some((file, look))
    }

    /// `window/workDoneProgress/cancel`, which the framework has no method for.
    #[allow(clippy::unused_async, reason = "the framework takes nothing else")]
    pub async fn cancel_progress(&self, given: WorkDoneProgressCancelParams) {
        self.builds.cancel_by_token(&token(given.token));
    }

    /// The project that a command means: that of its path, else the first one.
    async fn meant(&self, arguments: &[Value]) -> Result<Arc<Look>> {
        let look = match params::path_argument(arguments) {
            Some(path) => self.shared.look_at(&FileId::new(path)).await,
            None => self.shared.look_at_all().await.into_iter().next(),
        };
        look.ok_or_else(|| {
            failure("there is no project here: no Cargo.toml, .cargo/config.toml or flake.nix")
        })
    }

    /// Starts builds, and answers with what was started before any of them has begun.
    async fn build(&self, arguments: Vec<Value>, token: Option<Value>) -> Result<Value> {
        let settings = self.shared.lock().settings.clone();
        if !settings.trusted {
            return Err(failure(execute_command::UNTRUSTED));
        }
        let look = self.meant(&arguments).await?;
        let orders = compute(move || {
            let wanted = Wanted::read(&arguments)?;
            Order::make(&look, &wanted, &settings.build)
        })
        .await??;
        let mut token = token;
        let start = |order: Order| {
            let plan = order.plan.clone();
            let id = self.builds.start(order, token.take());
            execute_command::started(id, &plan)
        };
        Ok(orders.into_iter().map(start).collect())
    }

    /// Audits a file, or what the last builds made.
    async fn audit(&self, arguments: Vec<Value>) -> Result<Value> {
        let look = self.meant(&arguments).await;
        let (built, is_trusted) = {
            let state = self.shared.lock();
            let root = look.as_ref().ok().and_then(|look| state.roots.get(&*look.snapshot.root));
            let built = root.map(|root| root.built.values().cloned().collect::<Vec<_>>());
            (built.unwrap_or_default(), state.settings.trusted)
        };
        let (answer, root, left) = compute(move || {
            let look = look.ok();
            let (answer, left) = execute_command::audit(&arguments, look.as_deref(), &built)?;
            let root = look.as_ref().map(|look| look.snapshot.root.to_path_buf()).unwrap_or_default();
            // The repository says where its target folder is: without trust nothing is written there.
            if let Some(look) = look.filter(|_| is_trusted && !left.is_empty()) {
                let folder = target_folder(&look.analysis.project);
                for (_, verdict) in &left {
                    verdicts::keep(&folder, &root, verdict.clone());
                }
            }
            Ok::<_, Refusal>((answer, root, left))
        })
        .await??;
        if !left.is_empty() {
            for (results, verdict) in left {
                self.shared.change(|state| state.built(&root, Some(results), verdict));
            }
            self.asker.refresh_lenses();
        }
        Ok(answer)
    }

    /// Fixes all that is safe in the project of `path`, or in every project.
    async fn fix_all(&self, path: Option<PathBuf>, rule: Option<String>) -> Result<()> {
        let (features, encoding) = self.client();
        if !features.apply_edit {
            return Err(failure("this editor does not let a server edit files"));
        }
        let looks = match path {
            Some(path) => self.shared.look_at(&FileId::new(path)).await.into_iter().collect(),
            None => self.shared.look_at_all().await,
        };
        for look in looks {
            let work = Work::FixAll { rule: rule.clone() };
            let edit = compute(move || action::edit_of(&work, &look, features, encoding)).await?;
            if let Some(edit) = edit.filter(|edit| !action::is_empty(edit)) {
                self.asker.apply(edit);
            }
        }
        Ok(())
    }
}

/// Runs work on a thread that may be busy: a panic in it is an error for this one request, and whoever
/// cancels the request waits no longer.
async fn compute<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error {
        code: ErrorCode::InternalError,
        message: format!("Portolan failed on this request and goes on: {error}").into(),
        data: None,
    })
}

fn token(token: ProgressToken) -> Value {
    match token {
        ProgressToken::Number(number) => number.into(),
        ProgressToken::String(text) => text.into(),
    }
}

/// `RequestFailed`: the request is right, and cannot be done.
fn failure(why: impl Into<String>) -> Error {
    Error { code: ErrorCode::ServerError(-32803), message: why.into().into(), data: None }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Arguments(why) => Self { message: why.into(), ..Self::invalid_params("") },
            Refusal::Unknown(why) => failure(why),
        }
    }
}

impl LanguageServer for Server {
    async fn initialize(&self, given: InitializeParams) -> Result<InitializeResult> {
        if let Some(process) = given.process_id {
            self.lifecycle.watch(process);
        }
        let features = Features::read(&given.capabilities);
        let asked = given
            .initialization_options
            .as_ref()
            .and_then(|options| options.pointer("/experimental/targets"));
        let wants_notifications = asked == Some(&Value::Bool(true));
        let offered = given.capabilities.general.as_ref();
        let encoding = Encoding::negotiate(offered.and_then(|general| general.position_encodings.as_deref()));
        let (settings, wrong) = given.initialization_options.as_ref().map(settings::read).unwrap_or_default();
        for message in wrong {
            tracing::warn!(message);
        }
        self.shared.change(|state| {
            state.features = features;
            state.encoding = encoding;
            state.settings = settings;
            state.wants_notifications = wants_notifications;
            state.change_folders(params::initial_folders(&given), &[]);
        });
        Ok(capabilities::offer(features, encoding))
    }

    async fn initialized(&self, _: InitializedParams) {
        self.asker.register();
        self.asker.pull_settings();
        self.asker.renew_pulled();
        self.asker.renew_hints();
    }

    async fn shutdown(&self) -> Result<()> {
        self.lifecycle.shut_down();
        Ok(())
    }

    async fn did_open(&self, given: DidOpenTextDocumentParams) {
        if let Some((file, document)) = params::opened(&given.text_document) {
            self.shared.change(|state| {
                state.open(file, document);
                state.recheck_unwatched_disk();
            });
        }
    }

    async fn did_change(&self, given: DidChangeTextDocumentParams) {
        let Some(file) = params::file(&given.text_document.uri) else { return };
        let changes = params::changes(given.content_changes);
        let version = given.text_document.version;
        if let Err(why) = self.shared.change(|state| state.edit(&file, version, &changes)) {
            tracing::warn!(?file, why, "an edit was dropped");
        }
    }

    async fn did_save(&self, given: DidSaveTextDocumentParams) {
        let path = uri::to_path(&given.text_document.uri);
        self.shared.change(|state| {
            // The watcher's word may come late, or never.
            if let Some(path) = &path {
                state.invalidate(path);
            }
            state.recheck_unwatched_disk();
            if let Some(path) = &path {
                state.ask_about(path);
            }
        });
    }

    async fn did_close(&self, given: DidCloseTextDocumentParams) {
        if let Some(file) = params::file(&given.text_document.uri) {
            self.shared.change(|state| state.close(&file));
        }
    }

    async fn did_change_configuration(&self, given: DidChangeConfigurationParams) {
        // Most clients send null, or everything, and expect to be asked.
        if self.client().0.configuration {
            self.asker.pull_settings();
        } else {
            self.asker.take_settings(&given.settings);
        }
    }

    async fn did_change_workspace_folders(&self, given: DidChangeWorkspaceFoldersParams) {
        let (added, removed) = (params::folders(&given.event.added), params::folders(&given.event.removed));
        self.shared.change(|state| state.change_folders(added, &removed));
    }

    async fn did_change_watched_files(&self, given: DidChangeWatchedFilesParams) {
        let paths: Vec<PathBuf> =
            given.changes.iter().filter_map(|change| uri::to_path(&change.uri)).collect();
        self.shared.change(|state| state.disk_changed(&paths));
    }

    async fn code_action(&self, given: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        let Some((file, look)) = self.look(&given.text_document.uri).await else { return Ok(None) };
        let (features, encoding) = self.client();
        compute(move || {
            let source = diagnostic::read(&look.snapshot, &file);
            let span = Positions::new(source.text()?.document(), encoding).span(given.range);
            let actions = code_action::actions(&look, &file, span, &action::Only::new(given.context.only));
            Some(action::from_actions(actions, &look, features, encoding))
        })
        .await
    }

    async fn code_action_resolve(&self, mut given: CodeAction) -> Result<CodeAction> {
        let Some(data) = given.data.clone().filter(|_| given.edit.is_none()) else { return Ok(given) };
        let path = params::path_argument(std::slice::from_ref(&data));
        let path = path.ok_or_else(|| Error::invalid_params("the action is none of Portolan's"))?;
        let rule = data.get("rule").and_then(Value::as_str).map(str::to_owned);
        let Some(look) = self.shared.look_at(&FileId::new(path)).await else { return Ok(given) };
        let (features, encoding) = self.client();
        given.edit =
            compute(move || action::edit_of(&Work::FixAll { rule }, &look, features, encoding)).await?;
        Ok(given)
    }

    async fn hover(&self, given: HoverParams) -> Result<Option<Hover>> {
        let place = given.text_document_position_params;
        let Some(file) = params::file(&place.text_document.uri) else { return Ok(None) };
        let look = self.shared.look_at(&file).await;
        let Some(document) = self.document(&file) else { return Ok(None) };
        let (features, encoding) = self.client();
        compute(move || {
            let positions = Positions::new(&document, encoding);
            let page = hover::at(&document, positions.offset(place.position), look.as_deref())?;
            let kind = if features.markdown { MarkupKind::Markdown } else { MarkupKind::PlainText };
            Some(Hover {
                contents: HoverContents::Markup(MarkupContent { kind, value: page.markdown }),
                range: Some(positions.range(page.span)),
            })
        })
        .await
    }

    async fn completion(&self, given: CompletionParams) -> Result<Option<CompletionResponse>> {
        let place = given.text_document_position;
        let Some(file) = params::file(&place.text_document.uri) else { return Ok(None) };
        // Only lists of features need to know the project.
        let look = match file.name() {
            "Cargo.toml" => self.shared.look_at(&file).await,
            _ => None,
        };
        let Some(document) = self.document(&file) else { return Ok(None) };
        let encoding = self.client().1;
        compute(move || {
            let positions = Positions::new(&document, encoding);
            let offset = positions.offset(place.position);
            let of_project = || native::features(look.as_ref()?, document.file(), offset, document.text());
            let proposals = completion::at(&document, offset).or_else(of_project)?;
            let range = positions.range(proposals.span);
            let item = |(rank, item): (usize, completion::Item)| CompletionItem {
                label: item.label.clone(),
                kind: Some(CompletionItemKind::ENUM_MEMBER),
                detail: Some(item.detail).filter(|detail| !detail.is_empty()),
                // Filtered by what is replaced, which has a quote when the item has one.
                filter_text: Some(item.text.clone()),
                sort_text: Some(format!("{rank:04}")),
                text_edit: Some(CompletionTextEdit::Edit(TextEdit::new(range, item.text))),
                ..CompletionItem::default()
            };
            Some(CompletionResponse::Array(proposals.items.into_iter().enumerate().map(item).collect()))
        })
        .await
    }

    async fn diagnostic(&self, given: DocumentDiagnosticParams) -> Result<DocumentDiagnosticReportResult> {
        let mut items = Vec::new();
        if let Some((file, look)) = self.look(&given.text_document.uri).await {
            let (features, encoding) = self.client();
            items = compute(move || diagnostic::of_file(&file, &look, features, encoding)).await?;
        }
        let full = FullDocumentDiagnosticReport { result_id: None, items };
        Ok(DocumentDiagnosticReportResult::Report(DocumentDiagnosticReport::Full(
            RelatedFullDocumentDiagnosticReport {
                related_documents: None,
                full_document_diagnostic_report: full,
            },
        )))
    }

    async fn code_lens(&self, given: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        let Some((file, look)) = self.look(&given.text_document.uri).await else { return Ok(None) };
        let is_on = self.shared.lock().settings.code_lens;
        let (_, encoding) = self.client();
        compute(move || {
            let is_on = is_on.or(look.analysis.project.cargo.portolan.code_lens).unwrap_or(true);
            let source = diagnostic::read(&look.snapshot, &file);
            let positions = Positions::new(source.text().filter(|_| is_on)?.document(), encoding);
            let lens = |lens: lens::Lens| CodeLens {
                range: positions.range(lens.span),
                command: Some(Command {
                    title: lens.title,
                    command: lens.command.to_owned(),
                    arguments: Some(vec![lens.argument]),
                }),
                data: None,
            };
            Some(lens::of_file(&look, &file).into_iter().map(lens).collect())
        })
        .await
    }

    async fn inlay_hint(&self, given: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        let Some((file, look)) = self.look(&given.text_document.uri).await else { return Ok(None) };
        let is_on = self.shared.lock().settings.inlay_hints;
        let (_, encoding) = self.client();
        compute(move || {
            let is_on = is_on.or(look.analysis.project.cargo.portolan.inlay_hints).unwrap_or(true);
            let source = diagnostic::read(&look.snapshot, &file);
            let positions = Positions::new(source.text().filter(|_| is_on)?.document(), encoding);
            let asked = positions.span(given.range);
            let hint = |hint: inlay::Hint| InlayHint {
                position: positions.range(Span::at(hint.at)).start,
                label: InlayHintLabel::String(hint.label),
                kind: None,
                text_edits: None,
                tooltip: Some(InlayHintTooltip::String(hint.why)),
                padding_left: Some(true),
                padding_right: None,
                data: None,
            };
            let hints = inlay::of_file(&look, &file).into_iter();
            Some(hints.filter(|one| asked.touches(one.at)).map(hint).collect())
        })
        .await
    }

    async fn document_link(&self, given: DocumentLinkParams) -> Result<Option<Vec<DocumentLink>>> {
        let Some((file, look)) = self.look(&given.text_document.uri).await else { return Ok(None) };
        let (_, encoding) = self.client();
        compute(move || {
            let read = diagnostic::read(&look.snapshot, &file);
            let source = read.text()?;
            let positions = Positions::new(source.document(), encoding);
            let link = |link: links::Link| {
                Some(DocumentLink {
                    range: positions.range(link.span),
                    target: Some(link.uri.parse().ok()?),
                    tooltip: Some(link.title),
                    data: None,
                })
            };
            Some(links::of_file(&look, source).into_iter().filter_map(link).collect())
        })
        .await
    }

    async fn execute_command(&self, given: ExecuteCommandParams) -> Result<Option<Value>> {
        let arguments = given.arguments;
        let token = given.work_done_progress_params.work_done_token.map(token);
        match given.command.as_str() {
            "portolan.fixAll" => {
                let rule = arguments.first().and_then(|first| first.get("rule")?.as_str()).map(str::to_owned);
                self.fix_all(params::path_argument(&arguments), rule).await?;
                Ok(None)
            }
            "portolan.build" => self.build(arguments, token).await.map(Some),
            "portolan.cancel" => {
                let id =
                    arguments.first().and_then(|first| first.as_u64().or_else(|| first.get("id")?.as_u64()));
                Ok(Some(self.builds.cancel(id).into()))
            }
            "portolan.audit" => self.audit(arguments).await.map(Some),
            "portolan.explain" => Ok(Some(explain::explain(&arguments)?)),
            native::SHOW_PATH => {
                let looks = self.shared.look_at_all().await;
                let text = compute(move || native::paths(&looks, &arguments)).await??;
                self.asker.show(text.clone());
                Ok(Some(text.into()))
            }
            "portolan.targets" => {
                let looks = match params::path_argument(&arguments) {
                    Some(path) => self.shared.look_at(&FileId::new(path)).await.into_iter().collect(),
                    None => self.shared.look_at_all().await,
                };
                compute(move || looks.iter().map(|look| execute_command::targets(look.as_ref())).collect())
                    .await
                    .map(Some)
            }
            "portolan.test.text" if hooks::are_on() => {
                let file = params::path_argument(&arguments).map(FileId::new);
                let document = file.and_then(|file| self.document(&file));
                Ok(document.map(|document| document.text().into()))
            }
            other => {
                let name = other.to_owned();
                let milliseconds = arguments.first().and_then(Value::as_u64);
                if compute(move || hooks::command(&name, milliseconds)).await? {
                    return Ok(None);
                }
                Err(execute_command::refuse(other).into())
            }
        }
    }
}
