//! A rule's page is the `//!` comment of its module.

/// The page in the source of a module, as Markdown.
pub(crate) fn of(source: &str) -> String {
    let mut page = String::new();
    for line in source.lines().map_while(|line| line.strip_prefix("//!")) {
        page.push_str(line.strip_prefix(' ').unwrap_or(line));
        page.push('\n');
    }
    page
}

/// Where the published docs have the page of a rule of the module `folder` ("rules", "audit/rules").
pub(crate) fn url(folder: &str, name: &str) -> String {
    let module = name.replace('-', "_");
    format!("https://docs.rs/portolan/{}/portolan/{folder}/{module}/index.html", env!("CARGO_PKG_VERSION"))
}
