//! Edits of Nix files in the form that the file already uses.

use super::toml::replace;
use crate::{
    finding::Edit,
    nix::facts::{AttributeSet, Binding},
    text::{Document, Span},
};

/// A string as a Nix string literal.
pub fn quote(text: &str) -> String {
    let mut out = String::from('"');
    for (index, character) in text.char_indices() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '$' if text.get(index + 1..).is_some_and(|rest| rest.starts_with('{')) => out.push_str("\\$"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

/// Adds `name = value;` to a set, below its last binding and indented like it. `None` when the set
/// has a binding of that name, or one that sets several (`inherit (x) …` is fine, `name.more` is not).
pub fn add_attribute(document: &Document, set: &AttributeSet, name: &str, value: &str) -> Option<Edit> {
    add_attributes(document, set, &[(name.to_owned(), value.to_owned())])
}

/// Adds several at once: one after the other they would all want the same place.
pub fn add_attributes(document: &Document, set: &AttributeSet, new: &[(String, String)]) -> Option<Edit> {
    let taken = |binding: &Binding| {
        let path = binding.path.as_str();
        new.iter().any(|(name, _)| {
            path == name || path.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('.'))
        })
    };
    if new.is_empty() || set.bindings.iter().any(taken) {
        return None;
    }
    let texts: Vec<String> = new.iter().map(|(name, value)| format!("{name} = {value};")).collect();
    let newline = document.line_ending();
    let Some(last) = set.bindings.last() else {
        let inner = document.slice(set.span).strip_prefix('{')?.strip_suffix('}')?;
        let text = format!("{{ {} }}", texts.join(" "));
        return inner.trim().is_empty().then(|| replace(document.file(), set.span, text));
    };
    let Some(indent) = indent_of(document, set) else {
        let text = format!(" {}", texts.join(" "));
        return Some(replace(document.file(), Span::at(last.span.end()), text));
    };
    // Behind a comment on the binding's last line, so that it stays with its binding.
    let end_line = document.line_at(last.span.end());
    let line_end = document.line_range(end_line).start + document.line_text(end_line).len();
    let rest = document.slice(Span::new(last.span.end(), line_end)).trim_start();
    let at = if rest.is_empty() || rest.starts_with('#') { line_end } else { last.span.end() };
    let separator = format!("{newline}{indent}");
    let text = format!("{separator}{}", texts.join(&separator));
    Some(replace(document.file(), Span::at(at), text))
}

/// How the bindings of a set are indented; `None` when they stand on the line of its brace.
pub fn indent_of(document: &Document, set: &AttributeSet) -> Option<String> {
    let last = set.bindings.last()?;
    let last_line = document.line_at(last.span.start());
    if document.line_at(set.span.start()) == last_line {
        return None;
    }
    let blanks = document.line_text(last_line).chars();
    Some(blanks.take_while(|character| matches!(character, ' ' | '\t')).collect())
}

/// A binding with the whole of its lines when nothing else stands on them, else with the blanks before it.
pub fn whole_lines(document: &Document, binding: Span) -> Span {
    let first = document.line_range(document.line_at(binding.start()));
    let last = document.line_range(document.line_at(binding.end()));
    let before = document.slice(Span::new(first.start, binding.start()));
    let behind = document.slice(Span::new(binding.end(), last.end));
    if before.trim().is_empty() && behind.trim().is_empty() {
        return Span::new(first.start, last.end);
    }
    Span::new(binding.start() - (before.len() - before.trim_end().len()), binding.end())
}

/// Adds an environment variable to the attribute set of a shell or package: into `env` where the set
/// writes its variables there, else as an attribute. Mixing both for one name is an evaluation error.
pub fn add_variable(document: &Document, set: &AttributeSet, name: &str, value: &str) -> Option<Edit> {
    add_variables(document, set, &[(name.to_owned(), value.to_owned())])
}

/// Adds several variables at once.
pub fn add_variables(document: &Document, set: &AttributeSet, new: &[(String, String)]) -> Option<Edit> {
    let in_env = |binding: &Binding| {
        let name = binding.path.strip_prefix("env.");
        name.is_some_and(|name| new.iter().any(|(known, _)| known == name))
    };
    if set.bindings.iter().any(in_env) {
        return None;
    }
    if let Some(env) = set.bindings.iter().find(|binding| binding.path == "env") {
        return add_attributes(document, env.set.as_deref()?, new);
    }
    if set.bindings.iter().any(|binding| binding.path.starts_with("env.")) {
        let dotted: Vec<(String, String)> =
            new.iter().map(|(name, value)| (format!("env.{name}"), value.clone())).collect();
        return add_attributes(document, set, &dotted);
    }
    add_attributes(document, set, new)
}

/// Adds an element, a path from a package set, at the end of a list of a set; adds the list where there is none.
/// `None` when the value is no plain list, or its last line is a comment.
pub fn add_to_list(document: &Document, set: &AttributeSet, name: &str, element: &str) -> Option<Edit> {
    let Some(binding) = set.bindings.iter().find(|binding| binding.path == name) else {
        return add_attribute(document, set, name, &format!("[ {element} ]"));
    };
    let value = document.slice(binding.value);
    // One list and nothing behind it: no `++`, no list in the list.
    let at = value.find('[').filter(|at| is_scope(value.get(..*at).unwrap_or_default()))?;
    let inner = value.get(at + 1..)?.trim_end().strip_suffix(']')?;
    if inner.contains(['[', ']']) {
        return None;
    }
    let kept = inner.trim_end();
    if kept.rsplit('\n').next().is_some_and(|line| line.contains('#')) {
        return None;
    }
    let end = Span::at(binding.value.start() + at + 1 + kept.len());
    let text = match kept.rsplit_once('\n') {
        Some((_, last)) => {
            let indent: String = last.chars().take_while(|blank| matches!(blank, ' ' | '\t')).collect();
            format!("{}{indent}{element}", document.line_ending())
        }
        None if kept.trim().is_empty() && inner.is_empty() => format!(" {element} "),
        None => format!(" {element}"),
    };
    Some(replace(document.file(), end, text))
}

/// Whether a text before a list is nothing, or `with pkgs;`.
fn is_scope(before: &str) -> bool {
    let before = before.trim();
    before.is_empty() || before.strip_prefix("with ").is_some_and(|rest| rest.trim_end().ends_with(';'))
}
