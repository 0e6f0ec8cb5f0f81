//! Our actions as the client's.

use std::collections::HashMap;

use serde_json::{Value, json};
use tower_lsp::ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, Command, Diagnostic, DocumentChanges, WorkspaceEdit,
};

use super::{
    capabilities::Features,
    diagnostic::{Client, from_finding},
    edit::workspace_edit,
    position::Encoding,
};
use crate::lsp::{
    requests::code_action::{self, Action, Kind, Work},
    state::Look,
};

/// The kind of "fix all that is safe".
pub const FIX_ALL: &str = "source.fixAll.portolan";

/// Which kinds of action the client asks for.
#[derive(Clone, Debug, Default)]
pub struct Only(Option<Vec<CodeActionKind>>);

impl Only {
    /// As the client says it; `None` asks for all.
    pub fn new(only: Option<Vec<CodeActionKind>>) -> Self {
        Self(only)
    }

    /// Whether actions of the kind are asked for: a kind stands for those below it as well.
    pub fn asks_for(&self, kind: Kind) -> bool {
        let Some(only) = &self.0 else { return true };
        only.iter().any(|asked| {
            let asked = asked.as_str();
            let below = name(kind).strip_prefix(asked);
            asked.is_empty() || below.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::QuickFix => "quickfix",
        Kind::FixAll => FIX_ALL,
        Kind::Refactor => "refactor",
    }
}

/// The actions as the client takes them. Those that it cannot make are left out.
pub fn from_actions(
    actions: Vec<Action>,
    look: &Look,
    features: Features,
    encoding: Encoding,
) -> Vec<CodeActionOrCommand> {
    let client = Client { features, encoding, uri_of: &*look.open };
    let convert = |action: Action| {
        if !features.code_action_literals {
            return as_command(&action, look);
        }
        let command = match &action.work {
            Work::Command { command, argument } => Some(command_of(&action.title, command, argument)),
            Work::Edits { .. } | Work::FixAll { .. } => None,
        };
        let (edit, data) = match &action.work {
            Work::Command { .. } => (None, None),
            Work::FixAll { rule } if features.resolves_edits => (None, Some(data(look, rule.as_deref()))),
            work => (Some(edit_of(work, look, features, encoding)?), None),
        };
        let findings = action.findings.iter().filter_map(|index| look.analysis.findings.get(*index));
        let diagnostics: Vec<Diagnostic> =
            findings.map(|finding| from_finding(finding, &look.snapshot, client)).collect();
        Some(CodeActionOrCommand::CodeAction(CodeAction {
            title: action.title,
            kind: Some(CodeActionKind::new(name(action.kind))),
            diagnostics: (!diagnostics.is_empty()).then_some(diagnostics),
            edit,
            command,
            is_preferred: action.preferred.then_some(true),
            data,
            ..CodeAction::default()
        }))
    };
    actions.into_iter().filter_map(convert).collect()
}

/// For a client that knows only commands: those fixes that a command of ours can make.
fn as_command(action: &Action, look: &Look) -> Option<CodeActionOrCommand> {
    match &action.work {
        Work::FixAll { rule } => {
            let data = data(look, rule.as_deref());
            Some(CodeActionOrCommand::Command(command_of(&action.title, "portolan.fixAll", &data)))
        }
        Work::Command { command, argument } => {
            Some(CodeActionOrCommand::Command(command_of(&action.title, command, argument)))
        }
        Work::Edits { .. } => None,
    }
}

fn command_of(title: &str, command: &str, argument: &Value) -> Command {
    Command { title: title.to_owned(), command: command.to_owned(), arguments: Some(vec![argument.clone()]) }
}

fn data(look: &Look, rule: Option<&str>) -> Value {
    json!({"uri": super::uri::from_path(&look.snapshot.root), "rule": rule})
}

/// What an action does to the workspace.
pub fn edit_of(work: &Work, look: &Look, features: Features, encoding: Encoding) -> Option<WorkspaceEdit> {
    match work {
        Work::Edits { edits, renames } => workspace_edit(edits, renames, look, (features, encoding)),
        Work::Command { .. } => None,
        Work::FixAll { rule } => {
            let (edits, renames) = code_action::fix_all(&look.snapshot, rule.as_deref());
            workspace_edit(&edits, &renames, look, (features, encoding))
        }
    }
}

/// Whether a change changes nothing.
pub fn is_empty(edit: &WorkspaceEdit) -> bool {
    let no_changes = edit.changes.as_ref().is_none_or(HashMap::is_empty);
    let no_operations = match &edit.document_changes {
        None => true,
        Some(DocumentChanges::Edits(edits)) => edits.is_empty(),
        Some(DocumentChanges::Operations(operations)) => operations.is_empty(),
    };
    no_changes && no_operations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_stands_for_those_below_it() {
        for (asked, quick_fix, fix_all) in [
            (None, true, true),
            (Some(""), true, true),
            (Some("quickfix"), true, false),
            (Some("source"), false, true),
            (Some("source.fixAll"), false, true),
            (Some(FIX_ALL), false, true),
            (Some("source.fixAll.eslint"), false, false),
            (Some("source.fix"), false, false),
            (Some("refactor"), false, false),
        ] {
            let only = Only::new(asked.map(|asked| vec![CodeActionKind::new(asked)]));
            assert_eq!(only.asks_for(Kind::QuickFix), quick_fix, "{asked:?}");
            assert_eq!(only.asks_for(Kind::FixAll), fix_all, "{asked:?}");
        }
    }
}
