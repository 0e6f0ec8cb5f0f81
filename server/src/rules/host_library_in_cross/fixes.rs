//! Edits of lists of inputs.

use super::{FOR_THE_PACKAGE, support};
use crate::{
    finding::{Edit, Fix},
    fix,
    nix::facts::{AttributeSet, Binding, Derivation, Input, PlatformSource},
    project::Project,
    text::{Document, Span},
};

/// The binding of an attribute where the derivation's attributes are written.
pub(super) fn binding<'d>(derivation: &'d Derivation, name: &str) -> Option<&'d Binding> {
    derivation.literal.as_ref()?.bindings.iter().find(|binding| binding.path == name)
}

/// What is written at a place of the derivation's file.
pub(super) fn text(project: &Project, derivation: &Derivation, span: Span) -> String {
    let file = derivation.literal.as_ref().map(|set| &set.file);
    let source = file.and_then(|file| project.source(file));
    source.map(|source| source.document().slice(span).to_owned()).unwrap_or_default()
}

/// The input from the package set that the derivation itself is made with.
pub(super) fn from_cross_set(project: &Project, derivation: &Derivation, input: &Input) -> Option<Fix> {
    let set = derivation.literal.as_ref().filter(|set| set.file == input.origin.file)?;
    let pkgs = set.pkgs.as_deref()?;
    let cross = match &derivation.platform.how {
        PlatformSource::PkgsStatic => format!("{pkgs}.pkgsStatic"),
        PlatformSource::PkgsMusl => format!("{pkgs}.pkgsMusl"),
        PlatformSource::PkgsCross(name) => format!("{pkgs}.pkgsCross.{name}"),
        PlatformSource::Native | PlatformSource::CrossSystem => return None,
    };
    // `pkgsCross.NAME.pkgsStatic` is another set than `pkgsStatic`.
    let chosen = derivation.platform.origin.as_ref().map(|origin| project.text_at(origin))?;
    let is_whole = chosen == cross || Some(chosen.as_str()) == cross.strip_prefix(&format!("{pkgs}."));
    let is_shared = project.derivations().any(|(_, other)| {
        other.platform != derivation.platform
            && other.inputs.iter().any(|shared| shared.origin == input.origin)
    });
    let name = &input.item.attribute;
    let written = project.text_at(&input.origin);
    let is_plain = written == *name || written == format!("{pkgs}.{name}");
    if is_shared || !is_plain || !is_whole {
        return None;
    }
    let edit = fix::toml::replace(&input.origin.file, input.origin.span, format!("{cross}.{name}"));
    Some(Fix::review(format!("Take {name} from {cross}"), vec![edit]))
}

/// The input in `nativeBuildInputs`, with all others of its list that belong there: one after the other they
/// would come in the order of their fixes.
pub(super) fn to_native(
    project: &Project,
    derivation: &Derivation,
    input: &Input,
    misplaced: &[&Input],
) -> Option<Fix> {
    let set = derivation.literal.as_ref().filter(|set| set.file == input.origin.file)?;
    let source = project.source(&set.file)?;
    let document = source.document();
    let from = set.bindings.iter().find(|binding| {
        FOR_THE_PACKAGE.contains(&binding.path.as_str()) && binding.value.contains(input.origin.span)
    })?;
    let (scope, _) = list(document.slice(from.value))?;
    let mut spans: Vec<Span> = misplaced.iter().map(|input| input.origin.span).collect();
    spans.retain(|span| from.value.contains(*span));
    spans.sort();
    spans.dedup();
    let written: Vec<&str> = spans.iter().map(|span| document.slice(*span)).collect();
    if !written.iter().all(|text| support::is_attribute_path(text)) {
        return None;
    }
    let mut edits: Vec<Edit> = spans.iter().filter_map(|span| take_out(document, from, *span)).collect();
    edits.push(put_in(document, set, &written, scope)?);
    Some(Fix::safe(format!("Move {} to nativeBuildInputs", written.join(" and ")), edits))
}

/// A list literal's `with …;` before it, and whether it is one at all.
fn list(value: &str) -> Option<(&str, &str)> {
    let value = value.trim();
    let (scope, list) = match value.strip_prefix("with ") {
        Some(rest) => {
            let end = value.len() - rest.len() + rest.find(';')? + 1;
            (value.get(..end)?, value.get(end..)?.trim_start())
        }
        None => ("", value),
    };
    // One list and nothing behind it: no `++`, no list in the list.
    let is_one = list.starts_with('[') && list.ends_with(']') && list.matches('[').count() == 1;
    is_one.then_some((scope, list))
}

/// Removes an element with the blanks before it. A comment behind it stays on its line.
fn take_out(document: &Document, from: &Binding, element: Span) -> Option<Edit> {
    let text = document.text();
    let rest = text.get(element.end()..from.value.end())?;
    let behind = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    if rest.get(behind..).is_some_and(|rest| rest.starts_with('#')) {
        let span = Span::new(element.start(), element.end() + behind);
        return Some(fix::toml::replace(document.file(), span, ""));
    }
    let before = text.get(from.value.start()..element.start())?;
    let blanks = before.len() - before.trim_end().len();
    Some(fix::toml::replace(document.file(), Span::new(element.start() - blanks, element.end()), ""))
}

/// Adds elements at the end of `nativeBuildInputs`, or the attribute.
fn put_in(document: &Document, set: &AttributeSet, elements: &[&str], scope: &str) -> Option<Edit> {
    let native = set.bindings.iter().find(|binding| binding.path == "nativeBuildInputs");
    let Some(native) = native else {
        let scope = if scope.is_empty() { String::new() } else { format!("{scope} ") };
        return fix::nix::add_attribute(
            document,
            set,
            "nativeBuildInputs",
            &format!("{scope}[ {} ]", elements.join(" ")),
        );
    };
    let value = document.slice(native.value);
    let (own_scope, list) = list(value)?;
    // A name means the same in both lists only under the same `with`, or as a path from a name of its own.
    if own_scope != scope && !elements.iter().all(|element| element.contains('.')) {
        return None;
    }
    let inner = list.strip_prefix('[')?.strip_suffix(']')?;
    let open =
        native.value.start() + value.len() - value.trim_start().len() + (value.trim().len() - list.len());
    let at = open + 1 + inner.trim_end().len();
    let is_comment_last = inner.trim_end().rsplit('\n').next().is_some_and(|line| line.contains('#'));
    let text = match inner.trim_end().rsplit_once('\n') {
        _ if is_comment_last => return None,
        Some((_, last)) => {
            let indent: String = last.chars().take_while(|blank| matches!(blank, ' ' | '\t')).collect();
            let separator = format!("{}{indent}", document.line_ending());
            format!("{separator}{}", elements.join(&separator))
        }
        None if inner.trim().is_empty() => format!(" {} ", elements.join(" ")),
        None => format!(" {}", elements.join(" ")),
    };
    Some(fix::toml::replace(document.file(), Span::at(at), text))
}
