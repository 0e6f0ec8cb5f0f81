//! The commands.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::{Value, json};

use super::native::SHOW_PATH;
use crate::{
    audit::Policy,
    build::{self, Audited, Plan, plan},
    knowledge,
    lsp::{
        builds::Results,
        state::Look,
        verdicts::{self, Entry, LastAudit, Subject},
    },
    matrix,
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

/// The targets of a project: what `portolan targets --format json` prints, with the project's folder and what the last
/// builds and audits came to.
pub fn targets(look: &Look) -> Value {
    let mut answer = matrix::of(&look.analysis);
    answer["root"] = look.snapshot.root.display().to_string().into();
    for row in answer["targets"].as_array_mut().into_iter().flatten() {
        let triple = row["triple"].as_str().unwrap_or_default().to_owned();
        add_verdicts(row, look, |subject| subject.target == triple);
    }
    let project = &look.analysis.project;
    let system = project.host_system();
    let packages = project.flake.iter().flat_map(|flake| &flake.packages);
    for (row, package) in answer["packages"].as_array_mut().into_iter().flatten().zip(packages) {
        let attribute = plan::installable(package, system.as_deref());
        let is_here = package.system.is_none() || package.system == system;
        add_verdicts(row, look, |subject| is_here && subject.is_of_attribute(&attribute));
    }
    answer
}

fn add_verdicts(row: &mut Value, look: &Look, wanted: impl Fn(&Subject) -> bool) {
    let (build, audit) = look.verdicts.of(wanted);
    row["last_build"] = build.map(verdicts::build_json).into();
    row["last_audit"] = audit.map(|audit| verdicts::audit_json(audit, build)).into();
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
pub type Left = (Results, Entry);

/// Audits a file, what was built for a target, or all that was built.
pub fn audit(
    arguments: &[Value],
    look: Option<&Look>,
    built: &[Arc<Results>],
) -> Result<(Value, Vec<Left>), Refusal> {
    let text = |key: &str| arguments.first().and_then(|first| first.get(key)?.as_str());
    let policy = Policy::default();
    if let Some(path) = text("path") {
        let root = look.map_or_else(PathBuf::new, |look| look.snapshot.root.to_path_buf());
        let judged = build::look(Path::new(path), &root, &policy, None);
        return Ok((json!({"files": [audited(&judged)]}), Vec::new()));
    }
    let is_wanted = |key: &str, is: Option<&str>| text(key).is_none_or(|wanted| Some(wanted) == is);
    let mut wanted: Vec<&Arc<Results>> = built
        .iter()
        .filter(|results| is_wanted("target", Some(&results.subject.target)))
        .filter(|results| is_wanted("attr", results.subject.attribute.as_deref()))
        .collect();
    // What was built of a package alone; else it is among what was built of all.
    if wanted.iter().any(|results| is_wanted("package", results.subject.package.as_deref())) {
        wanted.retain(|results| is_wanted("package", results.subject.package.as_deref()));
    }
    let (mut files, mut left) = (Vec::new(), Vec::new());
    for results in wanted {
        let target = knowledge::target(&results.subject.target);
        let judged: Vec<Audited> =
            results.made.iter().map(|path| build::look(path, Path::new("/"), &policy, target)).collect();
        files.extend(judged.iter().map(audited));
        if let Some(look) = look.filter(|_| !judged.is_empty()) {
            let subject = results.subject.clone();
            let again = Results::of_audit(&look.analysis, &subject, &judged);
            let audit = LastAudit::of(&judged, verdicts::now());
            left.push((again, Entry { subject, build: None, audit }));
        }
    }
    if files.is_empty() {
        let what = text("target").or(text("attr")).or(text("package")).unwrap_or("this project");
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
