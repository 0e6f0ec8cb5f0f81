//! Lenses: build and audit, over what names a target or makes a program.

use serde_json::{Value, json};

use crate::{
    build::plan,
    cargo::config::Matcher,
    lsp::{
        convert::uri,
        state::Look,
        verdicts::{self, LastAudit, LastBuild},
    },
    project::{Project, is_rust_package},
    text::{FileId, Origin, Span},
};

/// A lens.
#[derive(Clone, Debug, PartialEq)]
pub struct Lens {
    /// What it stands over.
    pub span: Span,
    /// Its words.
    pub title: String,
    /// The command.
    pub command: &'static str,
    /// The command's argument.
    pub argument: Value,
}

/// The lenses of a file, in the order of the text.
pub fn of_file(look: &Look, file: &FileId) -> Vec<Lens> {
    let project = &look.analysis.project;
    let root = uri::from_path(&look.snapshot.root);
    let mut lenses = Vec::new();
    let mut add = |origin: &Origin, title: &str, argument: Value| {
        let at_start = Span::at(origin.span.start());
        if origin.file != *file
            || lenses.iter().any(|lens: &Lens| lens.span == at_start && lens.argument == argument)
        {
            return;
        }
        let (build, audit) = last(look, &argument);
        let said = |words: Option<String>| words.map(|words| format!(" · {words}")).unwrap_or_default();
        let build_said = said(build.map(verdicts::for_build));
        let audit_said = said(audit.map(|audit| verdicts::for_audit(audit, build)));
        for (verb, command, said) in
            [("Build", "portolan.build", build_said), ("Audit", "portolan.audit", audit_said)]
        {
            let title = format!("{verb}{title}{said}");
            lenses.push(Lens { span: at_start, title, command, argument: argument.clone() });
        }
    };
    for (origin, triple) in named_targets(project) {
        add(&origin, &format!(" {triple}"), json!({"uri": root, "target": triple}));
    }
    for manifest in project.cargo.workspace.iter().flat_map(crate::cargo::Workspace::packages) {
        if let Some(package) = manifest.package.as_ref().filter(|_| manifest.has_binary()) {
            add(&package.header, "", json!({"uri": root, "package": package.name.value}));
        }
    }
    for package in project.flake.iter().flat_map(|flake| &flake.packages).filter(|one| is_rust_package(one)) {
        let system = project.host_system();
        // A flake writes a package once for all systems: the lens is for this one.
        if package.system.is_none() || package.system == system {
            let attribute = plan::installable(package, system.as_deref());
            let mut argument = json!({"uri": root, "attr": attribute, "builder": "nix"});
            if let Some(triple) = &package.platform.triple {
                argument["target"] = triple.as_str().into();
            }
            add(&package.origin, &format!(" {}", package.name), argument);
        }
    }
    lenses.sort_by_key(|lens| lens.span);
    lenses
}

/// What the last build and the last audit of what a lens stands for came to.
fn last<'a>(look: &'a Look, argument: &Value) -> (Option<&'a LastBuild>, Option<&'a LastAudit>) {
    let text = |key: &str| argument[key].as_str();
    look.verdicts.of(|subject| match (text("attr"), text("package"), text("target")) {
        (Some(attribute), ..) => subject.is_of_attribute(attribute),
        (None, Some(package), _) => subject.package.as_deref() == Some(package),
        (None, None, target) => target == Some(subject.target.as_str()),
    })
}

/// Every place that names a target to build, and the triple.
pub fn named_targets(project: &Project) -> Vec<(Origin, String)> {
    let cargo = &project.cargo;
    let mut places: Vec<(Origin, String)> = Vec::new();
    for table in &cargo.config.targets {
        if let Matcher::Triple(triple) = &table.matcher {
            places.push((table.header.clone(), triple.clone()));
        }
    }
    let toolchain = cargo.toolchain.toolchain().and_then(|toolchain| toolchain.targets.as_ref());
    let listed = toolchain.iter().flat_map(|list| &list.values);
    let listed = listed.chain(&cargo.portolan.targets).chain(&cargo.config.build_targets);
    for target in listed {
        let is_host = target.value == "host-tuple";
        let triple = if is_host { project.host.clone() } else { target.value.clone() };
        places.push((target.origin.clone(), triple));
    }
    for target in &cargo.cross.targets {
        places.push((target.header.clone(), target.triple.value.clone()));
    }
    // What rustc does not have is a finding of its own.
    places.retain(|(_, triple)| crate::knowledge::target(triple).is_some());
    places
}
