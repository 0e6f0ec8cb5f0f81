//! Scripts that start the program that was built.

use super::RULE;
use crate::{
    finding::{Confidence, Finding, Fix, Severity},
    fix,
    nix::facts::{Derivation, Phase, Piece},
    project::Project,
    rules::nix_support as nix,
    syntax::nix::{Expr, Parameter, Tree},
    text::{Origin, Span},
};

const PROGRAMS: &[&str] = &["$out/bin/", "${!outputBin}/bin/"];

pub(super) fn started(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, package) in nix::rust_packages(project) {
        let Some(triple) = foreign(package) else { continue };
        for phase in nix::install_phases(package) {
            let Some((program, origin)) = start(phase) else { continue };
            if !nix::is_new(&findings, &origin) {
                continue;
            }
            let message = format!(
                "{} of {} starts {program}, which is for {triple}: {} cannot run it",
                phase.name,
                nix::name_of(package),
                package.system.as_deref().unwrap_or("the building machine")
            );
            let finding = Finding::new(RULE.name, Severity::Warning, origin, message)
                .with_confidence(Confidence::Likely)
                .with_targets([triple.as_str()])
                .with_related(package.origin.clone(), "the package")
                .with_help("guard it with `lib.optionalString (stdenv.buildPlatform.canExecute stdenv.hostPlatform)`")
                .with_fixes(guard(project, phase));
            findings.push(finding);
        }
    }
    findings
}

/// The platform of a package that its builder cannot run.
fn foreign(package: &Derivation) -> Option<String> {
    let system = package.system.as_deref()?;
    let triples = nix::triples(package);
    let [triple] = triples.as_slice() else { return None };
    let is_known = package.targets.len() <= 1 && (package.platform.is_cross || !package.targets.is_empty());
    (is_known && !nix::can_run(system, triple)).then(|| triple.clone())
}

/// The first program of the package that a script starts. None when the script decides something itself:
/// it may well ask whether it can.
fn start(phase: &Phase) -> Option<(String, Origin)> {
    let decides = phase.text.pieces.iter().any(|piece| match piece {
        Piece::Literal { text, .. } => text
            .lines()
            .any(|line| ["if ", "case ", "[ ", "[[ "].iter().any(|word| line.trim_start().starts_with(word))),
        _ => false,
    });
    if decides {
        return None;
    }
    let mut before = String::new();
    for piece in &phase.text.pieces {
        let Piece::Literal { text, origin } = piece else {
            // A word of unknown text: an emulator, perhaps.
            before.push('?');
            continue;
        };
        for prefix in PROGRAMS {
            for (at, _) in text.match_indices(prefix) {
                let head = format!("{before}{}", &text[..at]);
                if !is_command(&head) {
                    continue;
                }
                let rest = &text[at..];
                let end = rest
                    .find(|end: char| end.is_whitespace() || "\"')`;|&".contains(end))
                    .unwrap_or(rest.len());
                let origin = match text.len() == origin.span.len() {
                    true => {
                        let start = origin.span.start() + at;
                        Origin::new(origin.file.clone(), Span::new(start, start + end))
                    }
                    false => phase.origin.clone(),
                };
                return Some((rest[..end].to_owned(), origin));
            }
        }
        before.push_str(text);
    }
    None
}

/// Whether a command may begin behind this text.
fn is_command(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    if line.trim_start().starts_with('#') {
        return false;
    }
    let head = line.trim_end_matches('"').trim_end_matches([' ', '\t']);
    // A line that goes on from the one before.
    let is_continued =
        head.is_empty() && before[..before.len() - line.len()].trim_end_matches(['\n', '\r']).ends_with('\\');
    // `HOME=$TMPDIR $out/bin/app`
    let own = head.rsplit(['&', '|', ';', '(', '`']).next().unwrap_or_default();
    let sets_only =
        own.split_whitespace().all(|word| word.split_once('=').is_some_and(|(name, _)| is_name(name)));
    sets_only && !is_continued
}

fn is_name(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Puts the script behind the question whether it can run, where `lib` and `stdenv` are those of the
/// package's own set: in a function that `callPackage` calls.
fn guard(project: &Project, phase: &Phase) -> Option<Fix> {
    let source = project.source(&phase.origin.file)?;
    let tree = source.nix();
    let text = project.text_at(&phase.origin);
    let is_string = text.starts_with('"') || text.starts_with("''");
    if !is_string || !takes(tree, phase.origin.span, "lib") || !takes(tree, phase.origin.span, "stdenv") {
        return None;
    }
    let condition = "lib.optionalString (stdenv.buildPlatform.canExecute stdenv.hostPlatform) ";
    let edit = fix::toml::replace(&phase.origin.file, Span::at(phase.origin.span.start()), condition);
    Some(Fix::review("Run it only where it can run", vec![edit]))
}

/// Whether the file is a function around a place that takes an argument of that name.
fn takes(tree: &Tree, place: Span, name: &str) -> bool {
    let root = tree.root().map(|root| tree.expr(root));
    let Some(Expr::Lambda(lambda)) = root else { return false };
    let Parameter::Pattern { formals, .. } = &lambda.parameter else { return false };
    tree.span(lambda.body).contains(place)
        && formals.iter().any(|formal| tree.names().get(formal.name) == name)
}

#[cfg(test)]
mod tests {
    use super::is_command;

    #[test]
    fn a_program_is_started_where_a_command_begins() {
        for head in
            ["", "x\n  ", "a && ", "--bash <(", "x=$(", "a | ", "\"", "x\n# no\n", "HOME=$T A=1 ", "x; A=1 "]
        {
            assert!(is_command(head), "{head:?}");
        }
        for head in ["cp ", "x \\\n  ", "# ", "?", "? ", "wrapProgram ", "-f "] {
            assert!(!is_command(head), "{head:?}");
        }
    }
}
