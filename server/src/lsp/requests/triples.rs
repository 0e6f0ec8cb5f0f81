//! Target triples as hover and completion show them.

/// All that rustc knows, sorted.
pub fn all() -> impl Iterator<Item = &'static str> {
    ["x86_64-unknown-linux-gnu"].into_iter()
}

/// One line about a triple.
pub fn summary(_triple: &str) -> Option<String> {
    None
}

/// What a triple is, as Markdown.
pub fn page(_triple: &str) -> Option<String> {
    None
}
