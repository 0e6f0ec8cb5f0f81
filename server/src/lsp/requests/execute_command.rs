//! The commands.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::{Value, json};

use super::native::SHOW_PATH;
use crate::{
    audit::Policy,
    build::{self, Audited, Plan},
    knowledge,
    lsp::{builds::Results, state::Look},
    matrix, rules,
};

/// The commands that the server takes.
pub const COMMANDS: [&str; 7] = [
    "portolan.audit",
    "portolan.build",
    "portolan.cancel",
    "portolan.explain",
    "portolan.fixAll",
    SHOW_PATH,
    "portolan.targets",
];

/// Why nothing was started.
pub const UNTRUSTED: &str = "Portolan starts nothing in a workspace that is not trusted: trust it in your editor, or set \
                             `portolan.trusted` in your own settings (a file of the project cannot)";

/// Why a command was not run, as one sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The arguments make no sense.
    Arguments(String),
    /// It cannot be done.
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

/// The answer to `portolan.build`: what was put into the queue.
pub fn started(id: u64, plan: &Plan) -> Value {
    json!({
        "id": id,
        "target": plan.target,
        "builder": plan.builder.label(),
        "why": plan.why,
        "commands": plan.steps.iter().map(|step| step.command.shown()).collect::<Vec<_>>(),
    })
}

/// What an audit leaves behind in a project.
type Left = Option<(PathBuf, Results)>;

/// Audits a file, what was built for a target, or all that was built.
pub fn audit(
    arguments: &[Value],
    look: Option<&Look>,
    built: &[Arc<Results>],
) -> Result<(Value, Left), Refusal> {
    let text = |key: &str| arguments.first().and_then(|first| first.get(key)?.as_str()).map(str::to_owned);
    let policy = Policy::default();
    if let Some(path) = text("path") {
        let root = look.map_or_else(PathBuf::new, |look| look.snapshot.root.to_path_buf());
        return Ok((json!({"files": [audited(&build::look(Path::new(&path), &root, &policy, None))]}), None));
    }
    let wanted = text("target");
    let of_target = |results: &&Arc<Results>| wanted.as_ref().is_none_or(|wanted| *wanted == results.target);
    let mut files = Vec::new();
    let mut left = None;
    for results in built.iter().filter(of_target) {
        let target = knowledge::target(&results.target);
        let judged: Vec<Audited> =
            results.made.iter().map(|path| build::look(path, Path::new("/"), &policy, target)).collect();
        files.extend(judged.iter().map(audited));
        if let Some(look) = look.filter(|_| !judged.is_empty()) {
            let root = look.snapshot.root.to_path_buf();
            left = Some((root, Results::of_audit(&look.analysis, &results.target, &judged)));
        }
    }
    if files.is_empty() {
        let what = wanted.unwrap_or_else(|| "this project".to_owned());
        return Err(Refusal::Unknown(format!(
            "nothing was built for {what} yet: build it first, or name a file"
        )));
    }
    Ok((json!({"files": files}), left))
}

/// What is said of a binary that was looked at.
pub fn audited(one: &Audited) -> Value {
    let findings = one.audit.findings.iter().map(|finding| {
        json!({
            "rule": finding.rule,
            "severity": finding.severity,
            "message": finding.message,
            "help": finding.help,
        })
    });
    json!({
        "file": one.path,
        "verdict": one.audit.verdict.name(),
        "runs_on": one.audit.runs_on,
        "findings": findings.collect::<Vec<_>>(),
    })
}

/// Why a command of another name is not run.
pub fn refuse(command: &str) -> Refusal {
    Refusal::Unknown(format!("Portolan has no command {command}"))
}
