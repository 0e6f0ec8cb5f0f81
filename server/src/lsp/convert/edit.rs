//! Our edits as the client's.

use std::collections::{BTreeMap, HashMap};

use tower_lsp::ls_types::{
    CreateFile, DocumentChangeOperation, DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier,
    Range, RenameFile, ResourceOp, TextDocumentEdit, TextEdit, Uri, WorkspaceEdit,
};

use super::{
    capabilities::Features,
    diagnostic::{Client, UriOf, read},
    position::Encoding,
    uri,
};
use crate::{
    finding::{Edit, Rename},
    lsp::state::Look,
    snapshot::Read,
    text::{FileId, Span},
};

/// The edits as one change of the workspace. `None` when the client cannot make it, or the edits do not
/// fit the texts: nothing is better than half of a fix.
pub fn workspace_edit(
    edits: &[Edit],
    renames: &[Rename],
    look: &Look,
    (features, encoding): (Features, Encoding),
) -> Option<WorkspaceEdit> {
    let mut by_file: BTreeMap<&FileId, Vec<&Edit>> = BTreeMap::new();
    for edit in edits {
        by_file.entry(&edit.file).or_default().push(edit);
    }
    let mut changes = Changes::default();
    for (file, mut edits) in by_file {
        edits.sort();
        let address = uri::parse(&look.open.uri_of(file))?;
        let edits = match read(&look.snapshot, file) {
            Read::Text(source) => {
                let client = Client { features, encoding, uri_of: &*look.open };
                let positions = client.positions(source.document());
                text_edits(&edits, source.document().text(), |span| positions.range(span))?
            }
            Read::Absent if features.creates_files => {
                changes.creates.push(address.clone());
                text_edits(&edits, "", |_| Range::default())?
            }
            Read::Absent | Read::Unreadable(_) => return None,
        };
        let version = look.open.get(file).map(|open| open.version);
        changes.edits.push((address, version, edits));
    }
    for rename in renames {
        let new_uri = uri::parse(&uri::from_path(rename.to.path()))?;
        changes.renames.push((uri::parse(&look.open.uri_of(&rename.from))?, new_uri));
    }
    changes.finish(features)
}

/// Sorted and disjoint, or `None`.
fn text_edits(edits: &[&Edit], text: &str, range: impl Fn(Span) -> Range) -> Option<Vec<TextEdit>> {
    let mut behind = 0;
    edits
        .iter()
        .map(|edit| {
            let fits = behind <= edit.start && text.get(edit.start..edit.end).is_some();
            behind = edit.end;
            fits.then(|| TextEdit::new(range(Span::new(edit.start, edit.end)), edit.text.clone()))
        })
        .collect()
}

#[derive(Default)]
struct Changes {
    creates: Vec<Uri>,
    edits: Vec<(Uri, Option<i32>, Vec<TextEdit>)>,
    renames: Vec<(Uri, Uri)>,
}

impl Changes {
    fn finish(self, features: Features) -> Option<WorkspaceEdit> {
        if !self.renames.is_empty() && !features.renames_files {
            return None;
        }
        if !features.document_changes {
            let changes: HashMap<_, _> = self.edits.into_iter().map(|(uri, _, edits)| (uri, edits)).collect();
            return Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() });
        }
        let edits = self.edits.into_iter().map(|(uri, version, edits)| TextDocumentEdit {
            text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
            edits: edits.into_iter().map(OneOf::Left).collect(),
        });
        let document_changes = if self.creates.is_empty() && self.renames.is_empty() {
            DocumentChanges::Edits(edits.collect())
        } else {
            let create = |uri| ResourceOp::Create(CreateFile { uri, options: None, annotation_id: None });
            let rename = |(old_uri, new_uri)| {
                ResourceOp::Rename(RenameFile { old_uri, new_uri, options: None, annotation_id: None })
            };
            let creates = self.creates.into_iter().map(create).map(DocumentChangeOperation::Op);
            let renames = self.renames.into_iter().map(rename).map(DocumentChangeOperation::Op);
            let edits = edits.map(DocumentChangeOperation::Edit);
            DocumentChanges::Operations(creates.chain(edits).chain(renames).collect())
        };
        Some(WorkspaceEdit { document_changes: Some(document_changes), ..WorkspaceEdit::default() })
    }
}
