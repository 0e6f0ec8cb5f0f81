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
    let taken = |binding: &Binding| {
        let path = binding.path.as_str();
        path == name || path.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
    };
    if set.bindings.iter().any(taken) {
        return None;
    }
    let text = format!("{name} = {value};");
    let newline = document.line_ending();
    let Some(last) = set.bindings.last() else {
        let inner = document.slice(set.span).strip_prefix('{')?.strip_suffix('}')?;
        return inner.trim().is_empty().then(|| replace(document.file(), set.span, format!("{{ {text} }}")));
    };
    let open_line = document.line_at(set.span.start());
    let last_line = document.line_at(last.span.start());
    if open_line == last_line {
        return Some(replace(document.file(), Span::at(last.span.end()), format!(" {text}")));
    }
    let indent: String = document
        .line_text(last_line)
        .chars()
        .take_while(|character| matches!(character, ' ' | '\t'))
        .collect();
    // Behind a comment on the binding's last line, so that it stays with its binding.
    let end_line = document.line_at(last.span.end());
    let line_end = document.line_range(end_line).start + document.line_text(end_line).len();
    let rest = document.slice(Span::new(last.span.end(), line_end)).trim_start();
    let at = if rest.is_empty() || rest.starts_with('#') { line_end } else { last.span.end() };
    Some(replace(document.file(), Span::at(at), format!("{newline}{indent}{text}")))
}

/// Adds an environment variable to the attribute set of a shell or package: into `env` where the set
/// writes its variables there, else as an attribute. Mixing both for one name is an evaluation error.
pub fn add_variable(document: &Document, set: &AttributeSet, name: &str, value: &str) -> Option<Edit> {
    let in_env = |binding: &Binding| binding.path.strip_prefix("env.").is_some_and(|rest| rest == name);
    if set.bindings.iter().any(in_env) {
        return None;
    }
    if let Some(env) = set.bindings.iter().find(|binding| binding.path == "env") {
        return add_attribute(document, env.set.as_deref()?, name, value);
    }
    if set.bindings.iter().any(|binding| binding.path.starts_with("env.")) {
        return add_attribute(document, set, &format!("env.{name}"), value);
    }
    add_attribute(document, set, name, value)
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
