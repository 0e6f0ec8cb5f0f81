//! "Suppress here": a comment of its own above the line.

use crate::{
    finding::Edit,
    lsp::documents::{Language, language},
    text::{Document, Span},
};

const ALLOW: &str = "# portolan: allow(";

/// The edit that suppresses `rule` at `span`. `None` where a comment cannot stand: in a file that a tool
/// writes, or within a string of several lines.
pub fn edit(document: &Document, span: Span, rule: &str) -> Option<Edit> {
    let path = document.file().path();
    let language = language(path)?;
    if matches!(document.file().name(), "Cargo.lock" | "rust-toolchain") {
        return None;
    }
    let line = document.line_at(span.start());
    let start = document.line_range(line).start;
    let text = document.line_text(line);
    let bom = if start == 0 { text.len() - text.trim_start_matches('\u{feff}').len() } else { 0 };
    let text = text.get(bom..)?;
    if is_within_string(document.text().get(..start)?, language) {
        return None;
    }
    let insert = |at: usize, text: String| Edit { file: document.file().clone(), start: at, end: at, text };
    if let Some(above) = line.checked_sub(1)
        && let Some(close) = end_of_names(document.line_text(above))
    {
        return Some(insert(document.line_range(above).start + close, format!(", {rule}")));
    }
    let indent = text.len() - text.trim_start().len();
    let indent = text.get(..indent)?;
    Some(insert(start + bom, format!("{indent}{ALLOW}{rule}){}", document.line_ending())))
}

/// Where another rule fits into a line that is a suppression and nothing else.
fn end_of_names(line: &str) -> Option<usize> {
    let names = line.trim_start().strip_prefix(ALLOW)?;
    let close = names.find(')')?;
    Some(line.len() - names.len() + close)
}

/// What the end of a text lies in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    /// A string that ends at these characters.
    String(&'static str),
    /// `${` in a Nix string, with the braces that are open in it.
    Interpolation(u32),
}

/// Whether the end of `before`, the start of a line, lies within a string or a block comment.
///
/// Reads only as much of the language as that takes, so it works in a text that does not parse.
fn is_within_string(before: &str, language: Language) -> bool {
    let mut stack: Vec<Within> = Vec::new();
    let mut rest = before;
    while !rest.is_empty() {
        let step = match stack.last().copied() {
            Some(Within::String(end)) => in_string(rest, end, language, &mut stack),
            other => in_code(rest, other, language, &mut stack),
        };
        let step = step.max(rest.chars().next().map_or(1, char::len_utf8));
        rest = rest.get(step..).unwrap_or_default();
    }
    stack.iter().any(|within| matches!(within, Within::String(_)))
}

/// One step within a string: how many bytes it takes.
fn in_string(rest: &str, end: &'static str, language: Language, stack: &mut Vec<Within>) -> usize {
    // A string of one line that is not closed is a mistake; it goes no further than its line in TOML.
    if language == Language::Toml && end.len() == 1 && rest.starts_with('\n') {
        stack.pop();
        return 1;
    }
    if language == Language::Nix && end == "''" {
        // Escapes of an indented string: ''' is two quotes, ''$ and ''\ take what follows.
        for (escape, length) in [("'''", 3), ("''$", 3), ("''\\", 4), ("$$", 2)] {
            if rest.starts_with(escape) {
                return length;
            }
        }
    }
    if rest.starts_with(end) {
        stack.pop();
        return end.len();
    }
    if rest.starts_with('\\') && (end == "\"" || end == "\"\"\"") {
        return 1 + rest.chars().nth(1).map_or(0, char::len_utf8);
    }
    if language == Language::Nix && rest.starts_with("${") && end != "*/" {
        stack.push(Within::Interpolation(0));
        return 2;
    }
    0
}

/// One step outside of strings.
fn in_code(rest: &str, within: Option<Within>, language: Language, stack: &mut Vec<Within>) -> usize {
    let open: &[&'static str] = match language {
        Language::Toml => &["\"\"\"", "'''", "\"", "'"],
        Language::Nix => &["''", "\""],
    };
    if rest.starts_with('#') {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if language == Language::Nix && rest.starts_with("/*") {
        stack.push(Within::String("*/"));
        return 2;
    }
    if let Some(quote) = open.iter().find(|quote| rest.starts_with(**quote)) {
        stack.push(Within::String(quote));
        return quote.len();
    }
    if let (Some(Within::Interpolation(depth)), Some(brace @ ('{' | '}'))) = (within, rest.chars().next()) {
        stack.pop();
        match (brace, depth) {
            ('{', _) => stack.push(Within::Interpolation(depth + 1)),
            (_, 0) => {}
            _ => stack.push(Within::Interpolation(depth - 1)),
        }
        return 1;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fix::apply_edits, text::FileId};

    fn suppressed(path: &str, text: &str, at: &str) -> Option<String> {
        let document = Document::new(FileId::new(path), text);
        let start = text.find(at).unwrap_or_default();
        let edit = edit(&document, Span::new(start, start + at.len()), "some-rule")?;
        Some(apply_edits(text, &[edit]))
    }

    #[test]
    fn a_comment_stands_above_with_the_lines_indentation_and_ending() {
        assert_eq!(
            suppressed("/.cargo/config.toml", "[a]\r\n\tx = [\r\n\t\t'here',\r\n]\r\n", "here").as_deref(),
            Some("[a]\r\n\tx = [\r\n\t\t# portolan: allow(some-rule)\r\n\t\t'here',\r\n]\r\n")
        );
        assert_eq!(
            suppressed("/flake.nix", "\u{feff}{ a = 1; }\n", "a").as_deref(),
            Some("\u{feff}# portolan: allow(some-rule)\n{ a = 1; }\n")
        );
    }

    #[test]
    fn a_second_rule_joins_the_first() {
        let text = "{\n  # portolan: allow(other) because\n  a = 1;\n}\n";
        assert_eq!(
            suppressed("/flake.nix", text, "a = 1").as_deref(),
            Some("{\n  # portolan: allow(other, some-rule) because\n  a = 1;\n}\n")
        );
    }

    #[test]
    fn no_comment_goes_into_a_string_or_a_generated_file() {
        for (path, text) in [
            ("/Cargo.toml", "a = \"\"\"\nhere\"\"\"\n"),
            ("/Cargo.toml", "a = '''\n'' \\\nhere\n'''\n"),
            ("/flake.nix", "{ a = ''\n  x ''${ ''' $${\n  here\n  ''; }"),
            ("/flake.nix", "{ a = ''${f { b = { }; }}\n  here''; }"),
            ("/flake.nix", "{ a = \"x\n here\"; }"),
            ("/flake.nix", "/* x\n here */ { }"),
            ("/Cargo.lock", "here = 1\n"),
            ("/rust-toolchain", "here\n"),
        ] {
            assert_eq!(suppressed(path, text, "here"), None, "{text}");
        }
    }

    #[test]
    fn quotes_that_are_closed_or_commented_are_no_string() {
        for (path, text) in [
            ("/Cargo.toml", "a = \"'''\" # \"\"\"\nb = 'it\nhere = 1\n"),
            ("/flake.nix", "{ a = ''${\"''\"} x''; # ''\n  here = 1; }"),
            ("/flake.nix", "{ a = \"\\\"\"; b = ''\n  '';\n  here = 1; }"),
        ] {
            assert!(suppressed(path, text, "here").is_some(), "{text}");
        }
    }
}
