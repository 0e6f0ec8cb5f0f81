//! What is under the cursor: a target triple, or a rule.

use crate::{
    lsp::{
        requests::{native, triples},
        state::Look,
    },
    rules,
    text::{Document, Span},
};

/// Something to show, as Markdown, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Markdown.
    pub markdown: String,
    /// The bytes that it is about.
    pub span: Span,
}

/// What to show at `offset`. A finding there is shown with its rule's page when nothing else is.
pub fn at(document: &Document, offset: usize, look: Option<&Look>) -> Option<Page> {
    let span = word_at(document.text(), offset);
    let word = span.map(|span| document.slice(span)).unwrap_or_default();
    if let (Some(markdown), Some(span)) =
        (triples::page(word, look.map(|look| &*look.analysis.project)), span)
    {
        return Some(Page { markdown, span });
    }
    if let (Some(span), true) = (span, is_in_suppression(document, offset))
        && let Some(rule) = rules::find(word)
    {
        return Some(Page { markdown: brief(rule), span });
    }
    if let Some(page) = look.and_then(|look| native::page(look, document.file(), offset)) {
        return Some(page);
    }
    let mut findings = look?.analysis.findings.iter();
    let finding = findings
        .find(|finding| finding.origin.file == *document.file() && finding.origin.span.touches(offset))?;
    let rule = rules::find(finding.rule)?;
    Some(Page { markdown: brief(rule), span: finding.origin.span })
}

/// A rule in a hover: what it is and why it matters; the page has the rest.
fn brief(rule: &rules::Rule) -> String {
    let page = rule.page();
    let why = page.split("\n## ").find_map(|section| section.strip_prefix("Why it matters\n"));
    format!(
        "**{}**: {}\n\n{}\n\n[The rule's page]({})",
        rule.name,
        rule.summary,
        why.unwrap_or_default().trim(),
        rule.url()
    )
}

/// The word around an offset: letters, digits, and what else a triple or a rule's name holds.
pub fn word_at(text: &str, offset: usize) -> Option<Span> {
    let belongs = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    let (before, after) = text.split_at_checked(offset)?;
    let start = before.len() - before.chars().rev().take_while(|c| belongs(*c)).count();
    let end = offset + after.chars().take_while(|c| belongs(*c)).count();
    (start < end).then(|| Span::new(start, end))
}

fn is_in_suppression(document: &Document, offset: usize) -> bool {
    let line = document.line_at(offset);
    let before = document.text().get(document.line_range(line).start..offset).unwrap_or_default();
    allowed_names(before).is_some()
}

/// What stands between `# portolan: allow(` and the end of `before`, if the bracket is open there.
pub fn allowed_names(before: &str) -> Option<&str> {
    let comment = before.rfind("portolan:")?;
    before.get(..comment)?.contains('#').then_some(())?;
    let list = before.get(comment + "portolan:".len()..)?.trim_start();
    let names = ["allow(", "allow-file("].iter().find_map(|word| list.strip_prefix(word))?;
    (!names.contains(')')).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_triples_and_rules_are_made_of() {
        let text = "targets = [\"thumbv8m.main-none-eabi\"]";
        assert_eq!(word_at(text, 20), Some(Span::new(12, 35)));
        assert_eq!(word_at(text, 12), Some(Span::new(12, 35)));
        assert_eq!(word_at(text, 10), None);
        assert_eq!(word_at("é", 1), None);
        assert_eq!(word_at("", 9), None);
    }

    #[test]
    fn names_of_rules_count_only_in_an_open_suppression() {
        assert_eq!(allowed_names("x = 1 # portolan: allow(a, b"), Some("a, b"));
        assert_eq!(allowed_names("# portolan: allow-file("), Some(""));
        for before in
            ["# portolan: allow(a) ", "portolan: allow(a", "# portolan allow(a", "# portolan: deny(a"]
        {
            assert_eq!(allowed_names(before), None, "{before}");
        }
    }
}
