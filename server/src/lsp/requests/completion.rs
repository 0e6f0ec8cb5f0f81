//! What could stand at the cursor: target triples and names of rules.
//!
//! Works on the text before the cursor alone. While somebody types, the text does not parse; what key
//! the value belongs to can be seen all the same.

use super::{hover::allowed_names, triples};
use crate::{
    lsp::documents::{Language, language},
    rules,
    text::{Document, Span},
};

/// How far above the cursor the key of an array is looked for, in lines.
const MAX_LINES: usize = 200;

/// One thing that could stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What is shown.
    pub label: String,
    /// What is inserted.
    pub text: String,
    /// One line about it.
    pub detail: String,
}

/// What could stand at the cursor, and the bytes that it replaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposals {
    /// The bytes that go.
    pub span: Span,
    /// The items, the likeliest first.
    pub items: Vec<Item>,
}

/// What could stand at `offset`.
pub fn at(document: &Document, offset: usize) -> Option<Proposals> {
    let language = language(document.file().path())?;
    let line = document.line_at(offset);
    let start = document.line_range(line).start;
    let before = document.text().get(start..offset)?;
    let rest = document.text().get(offset..document.line_range(line).end)?;
    if let Some(names) = allowed_names(before) {
        let typed = names.rsplit(',').next().unwrap_or_default().trim_start();
        let span = Span::new(offset - typed.len(), offset + word_length(rest));
        return Some(Proposals { span, items: rule_items() });
    }
    let slot = match language {
        Language::Toml => header_slot(before).or_else(|| value_slot(document, line, before, language)),
        Language::Nix => value_slot(document, line, before, language),
    }?;
    let mut behind = word_length(rest);
    // An array's or a value's bare word gets its quotes.
    let quote = |triple: &str| if slot.quoted { format!("\"{triple}\"") } else { triple.to_owned() };
    if slot.quoted && rest.get(behind..).is_some_and(|rest| rest.starts_with('"')) {
        behind += 1;
    }
    let items = triples::all().into_iter().map(|target| Item {
        label: target.triple.to_owned(),
        text: quote(target.triple),
        detail: triples::summary(target),
    });
    Some(Proposals { span: Span::new(offset - slot.typed, offset + behind), items: items.collect() })
}

/// A place where a triple may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    /// Bytes before the cursor that belong to it.
    typed: usize,
    /// Whether it needs quotes of its own.
    quoted: bool,
}

fn rule_items() -> Vec<Item> {
    let item = |rule: &rules::Rule| Item {
        label: rule.name.to_owned(),
        text: rule.name.to_owned(),
        detail: rule.summary.to_owned(),
    };
    rules::RULES.iter().map(item).collect()
}

fn word_length(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte)).count()
}

/// `[target.` and `[target."`: a table's header being typed.
fn header_slot(before: &str) -> Option<Slot> {
    let name = before.trim_start().strip_prefix("[target.")?;
    let name = name.strip_prefix(['"', '\'']).unwrap_or(name);
    (word_length(name) == name.len() && name.matches('.').count() < 2)
        .then_some(Slot { typed: name.len(), quoted: false })
}

/// The value of a key that takes triples, or an element of its array.
fn value_slot(document: &Document, line: usize, before: &str, language: Language) -> Option<Slot> {
    let (key, value) = statement(document, line, before)?;
    if !takes_triples(document, line, &key, language) {
        return None;
    }
    let (open_string, brackets) = scan(&value)?;
    let is_list = matches!(last_part(&key), "targets") || (key.ends_with("target") && brackets > 0);
    if is_list && brackets == 0 {
        return None;
    }
    if let Some(start) = open_string {
        let typed = value.get(start..)?;
        return (word_length(typed) == typed.len()).then_some(Slot { typed: typed.len(), quoted: false });
    }
    let ahead = value.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let typed = value.len() - ahead.len();
    // Behind a closed string stands a comma first, in TOML.
    let ahead = ahead.trim_end();
    let free = ahead.is_empty() || ahead.ends_with(['[', ',']) || (language == Language::Nix && brackets > 0);
    free.then_some(Slot { typed, quoted: true })
}

/// The key whose value the cursor is in, and that value up to the cursor.
fn statement(document: &Document, line: usize, before: &str) -> Option<(String, String)> {
    if strip_comment(before) != before {
        return None;
    }
    let mut value = before.to_owned();
    for above in (line.saturating_sub(MAX_LINES)..=line).rev() {
        let text = if above == line { before } else { document.line_text(above) };
        let code = strip_comment(text);
        if above != line {
            value = format!("{code}\n{value}");
        }
        if let Some(at) = assignment(code) {
            let key = code.get(..at)?;
            let key = key.rsplit(['{', ';', ',', '(']).next().unwrap_or(key).trim();
            return Some((key.to_owned(), value.get(at + 1..)?.to_owned()));
        }
        // An array goes on above only while its brackets are open; a header ends the search.
        if above != line && (code.trim_start().starts_with('[') || code.trim_end().ends_with(';')) {
            return None;
        }
    }
    None
}

/// Where the last `=` stands that gives a value, outside of strings.
fn assignment(code: &str) -> Option<usize> {
    let bytes = code.as_bytes();
    let mut quote = None;
    let mut found = None;
    for (at, byte) in bytes.iter().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), _) if open == *byte => quote = None,
            (None, b'=') => {
                let before = at.checked_sub(1).and_then(|at| bytes.get(at)).copied().unwrap_or_default();
                let compares = b"=!<>".contains(&before) || bytes.get(at + 1) == Some(&b'=');
                if !compares {
                    found = Some(at);
                }
            }
            _ => {}
        }
    }
    found
}

fn strip_comment(line: &str) -> &str {
    let mut quote = None;
    for (at, character) in line.char_indices() {
        match (quote, character) {
            (None, '#') => return line.get(..at).unwrap_or_default(),
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            _ => {}
        }
    }
    line
}

/// Where an open string's text starts, and how many brackets are open at the end. `None` when the value
/// has ended before.
fn scan(value: &str) -> Option<(Option<usize>, usize)> {
    let mut quote = None;
    let mut brackets = 0_usize;
    for (at, character) in value.char_indices() {
        match (quote, character) {
            (None, ';' | '{' | '}') => return None,
            (None, '"' | '\'') => quote = Some((character, at + 1)),
            (None, '[') => brackets += 1,
            (None, ']') => brackets = brackets.checked_sub(1)?,
            (Some((open, _)), _) if open == character => quote = None,
            _ => {}
        }
    }
    Some((quote.map(|(_, start)| start), brackets))
}

fn last_part(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key).trim()
}

/// Whether a key's value is a triple, or an array of them.
fn takes_triples(document: &Document, line: usize, key: &str, language: Language) -> bool {
    if language == Language::Nix {
        return matches!(last_part(key), "targets" | "CARGO_BUILD_TARGET");
    }
    let table = table_of(document, line);
    let full = if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") };
    let full: String = full.chars().filter(|c| !c.is_whitespace() && *c != '"').collect();
    let file = document.file();
    match file.name() {
        "rust-toolchain" | "rust-toolchain.toml" => full == "toolchain.targets",
        "portolan.toml" => matches!(full.as_str(), "targets" | "host"),
        "Cross.toml" => full == "build.default-target",
        "Cargo.toml" => false,
        _ => full == "build.target",
    }
}

/// The name in the nearest header above.
fn table_of(document: &Document, line: usize) -> String {
    (0..line)
        .rev()
        .find_map(|above| {
            let code = strip_comment(document.line_text(above)).trim();
            let name = code.strip_prefix('[')?.strip_suffix(']')?;
            let is_header = !name.is_empty() && !name.contains(',') && !name.starts_with(['"', '\'', '[']);
            is_header.then(|| name.trim().to_owned())
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;

    /// What would be replaced at `|`, with `Q` before it when quotes are added; `None`: nothing is offered.
    fn slot(path: &str, text: &str) -> Option<String> {
        let offset = text.find('|').unwrap_or_default();
        let document = Document::new(FileId::new(path), text.replace('|', ""));
        let proposals = at(&document, offset)?;
        let quoted = proposals.items.first().is_some_and(|item| item.text.starts_with('"'));
        Some(format!("{}{}", if quoted { "Q" } else { "" }, document.slice(proposals.span)))
    }

    #[test]
    fn triples_are_offered_where_they_stand() {
        for (path, text, expected) in [
            ("/rust-toolchain.toml", "[toolchain]\ntargets = [\"x86|", "x86"),
            ("/rust-toolchain.toml", "[toolchain]\ntargets = [\n  \"a\", # \"\n  \"x86_|64\",\n]", "x86_64"),
            ("/rust-toolchain.toml", "[toolchain]\ntargets = [|]", "Q"),
            ("/rust-toolchain.toml", "[toolchain]\ntargets = [\"a\", x86|]", "Qx86"),
            ("/.cargo/config.toml", "[build]\ntarget = \"|", ""),
            ("/.cargo/config.toml", "[build]\ntarget = \"aarch64-|\"\n", "aarch64-"),
            ("/.cargo/config.toml", "[build]\ntarget = |", "Q"),
            ("/.cargo/config.toml", "[build]\ntarget = [\"a\", '|", ""),
            ("/.cargo/config", "build.target = \"x|", "x"),
            ("/.cargo/config.toml", "[target.x86|", "x86"),
            ("/.cargo/config.toml", "[target.\"x86|\"]", "x86"),
            ("/Cargo.toml", "[target.|.dependencies]", ".dependencies"),
            ("/portolan.toml", "targets = ['|", ""),
            ("/flake.nix", "{ x = { targets = [ \"wasm|\" ]; }; }", "wasm"),
            ("/flake.nix", "{ CARGO_BUILD_TARGET = \"|\"; }", ""),
        ] {
            assert_eq!(slot(path, text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn nothing_is_offered_elsewhere() {
        for (path, text) in [
            ("/rust-toolchain.toml", "[toolchain]\nchannel = \"|"),
            ("/rust-toolchain.toml", "[toolchain]\ntargets = [\"a\"]\nprofile = \"|"),
            ("/rust-toolchain.toml", "[toolchain]\ntargets = [\"a\"|]"),
            ("/rust-toolchain.toml", "targets = [\"|"),
            ("/.cargo/config.toml", "[build]\njobs = |"),
            ("/.cargo/config.toml", "[env]\ntarget = \"|"),
            ("/.cargo/config.toml", "[target.'cfg(|"),
            ("/.cargo/config.toml", "[target.x86.env.|"),
            ("/Cargo.toml", "[build]\ntarget = \"|"),
            ("/flake.nix", "{ name = \"|\"; }"),
            ("/flake.nix", "{ targets = [ \"a\" ];\n  name = \"|\"; }"),
            ("/rust-toolchain.toml", "[toolchain]\ntargets = [ # \"|"),
            ("/x.toml", "[target.|"),
        ] {
            assert_eq!(slot(path, text), None, "{text}");
        }
    }

    #[test]
    fn names_of_rules_are_offered_in_a_suppression() {
        let document = Document::new(FileId::new("/flake.nix"), "{ # portolan: allow(a, mis)\n}");
        let proposals = at(&document, 26);
        assert_eq!(proposals.map(|proposals| proposals.span), Some(Span::new(23, 26)));
    }
}
