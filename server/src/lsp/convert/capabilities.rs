//! What the client can, and what we offer it.

use tower_lsp::ls_types::{
    ClientCapabilities, CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CodeLensOptions,
    CompletionOptions, DiagnosticOptions, DiagnosticServerCapabilities, DocumentLinkOptions,
    ExecuteCommandOptions, HoverProviderCapability, InitializeResult, MarkupKind, OneOf,
    ResourceOperationKind, SaveOptions, ServerCapabilities, ServerInfo, TextDocumentSyncCapability,
    TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions, WorkDoneProgressOptions,
    WorkspaceFoldersServerCapabilities, WorkspaceServerCapabilities,
};

use super::{action::FIX_ALL, position::Encoding};
use crate::lsp::requests::execute_command::COMMANDS;

/// What of the client's capabilities changes what we do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// It takes pushed diagnostics: it says so, or says of neither way. Small clients say little, and show what they get.
    pub publish_diagnostics: bool,
    /// It shows places that belong to a diagnostic.
    pub related_information: bool,
    /// It takes code actions, not only commands.
    pub code_action_literals: bool,
    /// It asks for an action's edit when it is chosen.
    pub resolves_edits: bool,
    /// It takes edits with the version that they are made for.
    pub document_changes: bool,
    /// It takes edits that create a file.
    pub creates_files: bool,
    /// It takes edits that rename a file.
    pub renames_files: bool,
    /// It applies edits that we send.
    pub apply_edit: bool,
    /// It answers questions for settings.
    pub configuration: bool,
    /// It says when settings change, if asked to.
    pub registers_configuration: bool,
    /// It watches files for us, if asked to.
    pub watches_files: bool,
    /// It shows Markdown.
    pub markdown: bool,
    /// It shows progress that we start.
    pub work_done_progress: bool,
    /// It pulls diagnostics anew when we say so.
    pub refreshes_diagnostics: bool,
    /// It shows lenses.
    pub code_lens: bool,
    /// It asks for its lenses anew when we say so.
    pub refreshes_lenses: bool,
    /// It asks for its inlay hints anew when we say so.
    pub refreshes_hints: bool,
}

impl Features {
    /// Reads the client's capabilities.
    pub fn read(client: &ClientCapabilities) -> Self {
        let text = client.text_document.as_ref();
        let workspace = client.workspace.as_ref();
        let action = text.and_then(|text| text.code_action.as_ref());
        let publish = text.and_then(|text| text.publish_diagnostics.as_ref());
        let edit = workspace.and_then(|workspace| workspace.workspace_edit.as_ref());
        let operations = edit.and_then(|edit| edit.resource_operations.as_deref()).unwrap_or_default();
        let document_changes = edit.and_then(|edit| edit.document_changes) == Some(true);
        Self {
            publish_diagnostics: publish.is_some() || text.is_none_or(|text| text.diagnostic.is_none()),
            related_information: publish.and_then(|publish| publish.related_information) == Some(true),
            // Who says nothing at all of actions takes what everybody takes today.
            code_action_literals: action.is_none_or(|action| action.code_action_literal_support.is_some()),
            resolves_edits: action.is_some_and(|action| {
                action.data_support == Some(true)
                    && action
                        .resolve_support
                        .as_ref()
                        .is_some_and(|support| support.properties.iter().any(|property| property == "edit"))
            }),
            document_changes,
            creates_files: document_changes && operations.contains(&ResourceOperationKind::Create),
            renames_files: document_changes && operations.contains(&ResourceOperationKind::Rename),
            apply_edit: workspace.and_then(|workspace| workspace.apply_edit) == Some(true),
            configuration: workspace.and_then(|workspace| workspace.configuration) == Some(true),
            registers_configuration: workspace
                .and_then(|workspace| workspace.did_change_configuration.as_ref())
                .is_some_and(|registration| registration.dynamic_registration == Some(true)),
            watches_files: workspace
                .and_then(|workspace| workspace.did_change_watched_files.as_ref())
                .is_some_and(|watching| watching.dynamic_registration == Some(true)),
            markdown: text
                .and_then(|text| text.hover.as_ref())
                .and_then(|hover| hover.content_format.as_ref())
                .is_some_and(|formats| formats.contains(&MarkupKind::Markdown)),
            work_done_progress: client.window.as_ref().and_then(|window| window.work_done_progress)
                == Some(true),
            refreshes_diagnostics: workspace
                .and_then(|workspace| workspace.diagnostics.as_ref())
                .is_some_and(|pulling| pulling.refresh_support == Some(true)),
            code_lens: text.is_some_and(|text| text.code_lens.is_some()),
            refreshes_lenses: workspace
                .and_then(|workspace| workspace.code_lens.as_ref())
                .is_some_and(|lens| lens.refresh_support == Some(true)),
            refreshes_hints: workspace
                .and_then(|workspace| workspace.inlay_hint.as_ref())
                .is_some_and(|hint| hint.refresh_support == Some(true)),
        }
    }
}

/// The answer to `initialize`.
pub fn offer(features: Features, encoding: Encoding) -> InitializeResult {
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::INCREMENTAL),
        save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) })),
        ..TextDocumentSyncOptions::default()
    };
    let capabilities = ServerCapabilities {
        position_encoding: Some(encoding.kind()),
        text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(["\"", "'", "-", ".", "(", "["].map(str::to_owned).to_vec()),
            ..CompletionOptions::default()
        }),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![
                CodeActionKind::QUICKFIX,
                CodeActionKind::REFACTOR,
                CodeActionKind::new(FIX_ALL),
            ]),
            resolve_provider: Some(true),
            ..CodeActionOptions::default()
        })),
        inlay_hint_provider: Some(OneOf::Left(true)),
        document_link_provider: Some(DocumentLinkOptions {
            resolve_provider: Some(false),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        }),
        code_lens_provider: features.code_lens.then_some(CodeLensOptions { resolve_provider: Some(false) }),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: COMMANDS.iter().map(|command| (*command).to_owned()).collect(),
            work_done_progress_options: WorkDoneProgressOptions { work_done_progress: Some(true) },
        }),
        // Two ways to the same diagnostics would show each of them twice.
        diagnostic_provider: (!features.publish_diagnostics).then(|| {
            DiagnosticServerCapabilities::Options(DiagnosticOptions {
                identifier: Some("portolan".to_owned()),
                inter_file_dependencies: true,
                workspace_diagnostics: false,
                ..DiagnosticOptions::default()
            })
        }),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            ..WorkspaceServerCapabilities::default()
        }),
        ..ServerCapabilities::default()
    };
    InitializeResult {
        capabilities,
        server_info: Some(ServerInfo {
            name: "portolan".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
        ..InitializeResult::default()
    }
}
