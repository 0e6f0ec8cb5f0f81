//! What the client sends, in our words.

use std::path::PathBuf;

use serde_json::Value;
use tower_lsp::ls_types::{
    InitializeParams, TextDocumentContentChangeEvent, TextDocumentItem, Uri, WorkspaceFolder,
};

use super::uri;
use crate::{
    lsp::documents::{Change, OpenDocument, is_ours},
    text::FileId,
};

/// The file of ours that a URI names.
pub fn file(uri: &Uri) -> Option<FileId> {
    uri::to_path(uri).filter(|path| is_ours(path)).map(FileId::new)
}

/// A document as it was opened, with its file.
pub fn opened(item: &TextDocumentItem) -> Option<(FileId, OpenDocument)> {
    let file = file(&item.uri)?;
    Some((file, OpenDocument::new(item.uri.as_str().to_owned(), item.version, &item.text)))
}

/// The changes of a text.
pub fn changes(events: Vec<TextDocumentContentChangeEvent>) -> Vec<Change> {
    let convert = |event: TextDocumentContentChangeEvent| Change {
        range: event
            .range
            .map(|range| (range.start.line, range.start.character)..(range.end.line, range.end.character)),
        text: event.text,
    };
    events.into_iter().map(convert).collect()
}

/// The paths of workspace folders.
pub fn folders(folders: &[WorkspaceFolder]) -> Vec<PathBuf> {
    folders.iter().filter_map(|folder| uri::to_path(&folder.uri)).collect()
}

/// The folders that the client starts with: the old ways to name one count only without the new.
pub fn initial_folders(params: &InitializeParams) -> Vec<PathBuf> {
    if let Some(given) = &params.workspace_folders {
        return folders(given);
    }
    #[allow(deprecated)]
    let (uri, path) = (params.root_uri.as_ref(), params.root_path.as_ref());
    let folder =
        uri.and_then(uri::to_path).or_else(|| path.map(PathBuf::from).filter(|path| path.is_absolute()));
    folder.into_iter().collect()
}

/// The path in the first argument of a command: a URI, or an object with one.
pub fn path_argument(arguments: &[Value]) -> Option<PathBuf> {
    let first = arguments.first()?;
    let uri = first.as_str().or_else(|| first.get("uri")?.as_str())?;
    uri::to_path(&uri::parse(uri)?)
}
