//! The commands.

use serde_json::{Value, json};

use crate::{lsp::state::Look, project::ShippedTarget, rules};

/// The commands that the server takes.
pub const COMMANDS: [&str; 3] = ["portolan.fixAll", "portolan.explain", "portolan.targets"];

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

/// The targets of a project.
pub fn targets(look: &Look) -> Value {
    let project = &look.analysis.project;
    let target = |target: &ShippedTarget| {
        let declared = target.declarations.iter().map(|declaration| {
            let file = declaration.origin.as_ref().map(|origin| project.display(&origin.file));
            json!({"as": declaration.by.label(), "file": file})
        });
        json!({
            "triple": target.triple,
            "tier": target.known.map(|known| known.tier),
            "declared": declared.collect::<Vec<_>>(),
            "linkage": project.linkage(&target.triple).label(),
            "builder": project.builder(&target.triple).label(),
        })
    };
    json!({
        "version": 1,
        "root": look.snapshot.root.display().to_string(),
        "host": project.host,
        "targets": project.targets.iter().map(target).collect::<Vec<_>>(),
    })
}

/// Why a command of another name is not run.
pub fn refuse(command: &str) -> Refusal {
    Refusal::Unknown(if LATER.contains(&command) {
        format!("{command} is not in this version of Portolan")
    } else {
        format!("Portolan has no command {command}")
    })
}
