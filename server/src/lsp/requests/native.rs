//! Native code behind a dependency: what it brings for each target, by which way, and the features that would change it.

use serde_json::{Value, json};

use super::{
    code_action::{Action, Kind, Work},
    completion::{Item, Proposals},
    execute_command::Refusal,
    hover::Page,
};
use crate::{
    cargo::{
        Manifest, Workspace,
        graph::{Declarations, Gap},
        manifest::Dependency,
    },
    finding::{Confidence, Finding},
    knowledge,
    lsp::state::Look,
    project::{Library, NativeUse, Project},
    rules::native::likely,
    text::{FileId, Span},
};

/// The command that shows the ways to a native crate.
pub const SHOW_PATH: &str = "portolan.showPath";

/// The dependency whose key is at an offset of a manifest.
fn dependency_at<'p>(
    project: &'p Project,
    file: &FileId,
    is_it: impl Fn(&Dependency) -> bool,
) -> Option<(&'p Manifest, &'p Dependency)> {
    let manifests = project.cargo.workspace.iter().flat_map(Workspace::manifests);
    let own = manifests.filter(|manifest| manifest.file() == file);
    let mut all =
        own.flat_map(|manifest| manifest.dependencies.iter().map(move |dependency| (manifest, dependency)));
    all.find(|(_, dependency)| is_it(dependency))
}

/// The targets that are asked about: those that the project ships, else the host.
fn targets(project: &Project) -> Vec<String> {
    let shipped: Vec<String> = project.targets.iter().map(|target| target.triple.clone()).collect();
    if shipped.is_empty() { vec![project.host.clone()] } else { shipped }
}

/// What native code the dependency at `offset` brings for each target.
pub fn page(look: &Look, file: &FileId, offset: usize) -> Option<Page> {
    let project = &look.analysis.project;
    let at_key = |dependency: &Dependency| dependency.key.origin.span.touches(offset);
    let (manifest, dependency) = dependency_at(project, file, at_key)?;
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    let mut is_certain = true;
    for triple in targets(project) {
        for used in project.native_uses(&triple) {
            let Some(way) = way_through(project, &triple, &used, manifest, dependency) else { continue };
            let how = how(used.known.library, used.library, used.confidence);
            is_certain &= used.confidence == Confidence::Certain;
            add(&mut lines, format!("`{}`: {how} ({})", used.known.name, way.join(" → ")), &triple);
        }
        for found in likely(project, manifest, dependency, &triple) {
            let how = how(found.known.library, found.library, Confidence::Likely);
            is_certain = false;
            add(&mut lines, format!("`{}`: {how} ({})", found.known.name, found.culprit.way()), &triple);
        }
    }
    if lines.is_empty() {
        return None;
    }
    // The gaps are the same for most targets; one thing to do is enough.
    let gap = targets(project).iter().find_map(|triple| project.graph(triple).gaps.first().map(Gap::explain));
    let more = match gap.filter(|_| !is_certain) {
        Some(gap) => format!("\n\nLikely, not certain: {gap}."),
        None if !is_certain => {
            "\n\nLikely, not certain: Cargo.lock does not have all of it yet, and the next cargo command adds it."
                .to_owned()
        }
        None => String::new(),
    };
    let list: Vec<String> =
        lines.iter().map(|(text, triples)| format!("- {text}  \n  {}", triples.join(", "))).collect();
    let markdown = format!("**{}** brings native code:\n\n{}{more}", dependency.crate_name, list.join("\n"));
    Some(Page { markdown, span: dependency.key.origin.span })
}

/// The way from a package through one of its dependencies to a native crate.
fn way_through(
    project: &Project,
    triple: &str,
    used: &NativeUse,
    manifest: &Manifest,
    dependency: &Dependency,
) -> Option<Vec<String>> {
    let graph = project.graph(triple);
    let all = graph.direct(used.known.name, false);
    let direct = all.iter().find(|direct| {
        Some(direct.member.as_str()) == manifest.name()
            && direct.key == dependency.key.value
            && direct.kind == dependency.kind
    });
    direct.map(|direct| direct.path.clone())
}

fn add(lines: &mut Vec<(String, Vec<String>)>, text: String, triple: &str) {
    match lines.iter_mut().find(|(known, _)| *known == text) {
        Some((_, triples)) => triples.push(triple.to_owned()),
        None => lines.push((text, vec![triple.to_owned()])),
    }
}

fn how(library: &str, from: Library, confidence: Confidence) -> String {
    let text = match from {
        Library::System => format!("takes {library} from the system"),
        Library::SystemIfThere => format!("takes {library} from the system where pkg-config finds it"),
        Library::Compiled => format!("compiles {library}"),
    };
    if confidence == Confidence::Certain { text } else { format!("{text}, as far as the files tell") }
}

/// "Show the path to openssl-sys", for a finding that speaks of one.
pub fn show_path(index: usize, finding: &Finding, look: &Look) -> Option<Action> {
    let names = finding.message.split(" → ").skip(1).filter_map(|part| part.split([' ', ':', ',']).next());
    let name = names.filter(|name| knowledge::native_crate(name).is_some()).last()?;
    Some(Action {
        title: format!("Show the path to {name}"),
        kind: Kind::QuickFix,
        findings: vec![index],
        preferred: false,
        work: Work::Command {
            command: SHOW_PATH,
            argument: json!({
                "path": look.snapshot.root.display().to_string(),
                "crate": name,
            }),
        },
    })
}

/// The ways from the project's packages to a native crate, for each target, as a text for a message.
pub fn paths(looks: &[std::sync::Arc<Look>], arguments: &[Value]) -> Result<String, Refusal> {
    let refusal = || Refusal::Arguments(format!("{SHOW_PATH} takes the name of a crate"));
    let first = arguments.first().ok_or_else(refusal)?;
    let name = first.as_str().or_else(|| first.get("crate")?.as_str()).ok_or_else(refusal)?;
    if knowledge::native_crate(name).is_none() {
        return Err(Refusal::Arguments(format!("nothing is known of native code in {name}")));
    }
    let root = first.get("path").and_then(Value::as_str);
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    for look in looks {
        let project = &look.analysis.project;
        if root.is_some_and(|root| look.snapshot.root.display().to_string() != root) {
            continue;
        }
        for triple in targets(project) {
            for direct in project.graph(&triple).direct(name, false).iter() {
                let way = direct.path.join(" → ");
                match lines.iter_mut().find(|(known, _)| *known == way) {
                    Some((_, triples)) => triples.push(triple.clone()),
                    None => lines.push((way, vec![triple.clone()])),
                }
            }
        }
    }
    if lines.is_empty() {
        return Ok(format!("{name} is not compiled for any target of the project"));
    }
    let list: Vec<String> =
        lines.iter().map(|(way, triples)| format!("{way} ({})", triples.join(", "))).collect();
    Ok(list.join("\n"))
}

/// The features that the dependency around `offset` could ask for, in its list of features.
pub fn features(look: &Look, file: &FileId, offset: usize, text: &str) -> Option<Proposals> {
    let project = &look.analysis.project;
    let in_list = |dependency: &Dependency| {
        dependency
            .features_value
            .as_ref()
            .is_some_and(|list| list.file == *file && list.span.start() < offset && offset <= list.span.end())
    };
    let (manifest, dependency) = dependency_at(project, file, in_list)?;
    let before = text.get(..offset)?;
    let is_part = |character: char| character.is_ascii_alphanumeric() || "-_+".contains(character);
    let typed = before.len() - before.trim_end_matches(is_part).len();
    let ahead = before.get(..before.len() - typed)?;
    let in_string = ahead.ends_with(['"', '\'']);
    if !in_string && !ahead.trim_end().ends_with(['[', ',']) {
        return None;
    }
    let behind = text.get(offset..)?;
    let rest = behind.len() - behind.trim_start_matches(is_part).len();
    let declarations = Declarations::new(&project.snapshot, &project.cargo);
    let offered = declarations.offered(manifest, dependency);
    let version = offered.as_ref().map(|offered| offered.version.clone()).unwrap_or_default();
    let rows = knowledge::remedies(&dependency.crate_name).iter();
    let fitting = rows.filter(|row| version.is_empty() || row.fits(&version));
    let cures: Vec<&str> = fitting.flat_map(|row| row.add.iter().copied()).collect();
    let mut names: Vec<String> = match &offered {
        Some(offered) => offered.features.clone(),
        None => cures.iter().map(|name| (*name).to_owned()).collect(),
    };
    let is_asked =
        |name: &str| dependency.features.iter().any(|asked| asked.value == name && !asked.value.is_empty());
    names.retain(|name| !is_asked(name) && name != "default" && !name.starts_with('_'));
    // What is of use against native code comes first.
    names.sort_by_key(|name| (!cures.contains(&name.as_str()), name.clone()));
    names.dedup();
    let items = names.into_iter().map(|name| Item {
        detail: if cures.contains(&name.as_str()) {
            format!("{} {version}: does without the system's library", dependency.crate_name)
        } else {
            format!("{} {version}", dependency.crate_name)
        },
        text: if in_string { name.clone() } else { format!("\"{name}\"") },
        label: name,
    });
    Some(Proposals { span: Span::new(offset - typed, offset + rest), items: items.collect() })
}
