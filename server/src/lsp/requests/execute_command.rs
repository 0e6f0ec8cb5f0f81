//! The commands.

use serde_json::{Value, json};

use super::native::SHOW_PATH;
use crate::{lsp::state::Look, matrix, rules};

/// The commands that the server takes.
pub const COMMANDS: [&str; 4] = ["portolan.fixAll", "portolan.explain", "portolan.targets", SHOW_PATH];

/// The commands that the contract names and that this version has not learned.
const LATER: [&str; 3] = ["portolan.build", "portolan.cancel", "portolan.audit"];

/// Why a command was not run, as one sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The arguments make no sense.
    Arguments(String),
    /// There is no such command, or not yet.
    Unknown(String),
}

/// The page of the rule that the arguments name; without one, the list of all rules.
pub fn explain(arguments: &[Value]) -> Result<Value, Refusal> {
    let Some(first) = arguments.first() else {
        let rules = rules::RULES.iter().map(|rule| json!({"rule": rule.name, "summary": rule.summary}));
        return Ok(rules.collect());
    };
    let name = first.as_str().or_else(|| first.get("rule")?.as_str());
    let name =
        name.ok_or_else(|| Refusal::Arguments("portolan.explain takes the name of a rule".to_owned()))?;
    let rule = rules::find(name).ok_or_else(|| Refusal::Arguments(format!("there is no rule `{name}`")))?;
    Ok(json!({"rule": rule.name, "url": rule.url(), "page": rule.page()}))
}

/// The targets of a project: what `portolan targets --format json` prints, with the project's folder.
pub fn targets(look: &Look) -> Value {
    let mut answer = matrix::of(&look.analysis);
    answer["root"] = look.snapshot.root.display().to_string().into();
    answer
}

/// Why a command of another name is not run.
pub fn refuse(command: &str) -> Refusal {
    Refusal::Unknown(if LATER.contains(&command) {
        format!("{command} is not in this version of Portolan")
    } else {
        format!("Portolan has no command {command}")
    })
}
