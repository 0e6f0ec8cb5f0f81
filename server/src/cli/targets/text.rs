//! The matrix for people.

use crate::{
    cli::{
        output::{ERROR, FAINT, GOOD, HEADING, WARNING, paint},
        session::text_of,
    },
    matrix::{Fact, Row, State},
    project::Project,
    text::Origin,
};
use annotate_snippets::{normalize_untrusted_str, renderer::Style};

/// A cell, and how it is painted.
#[derive(Clone)]
pub(super) struct Cell(pub(super) String, pub(super) Option<Style>);

/// The matrix as a table.
pub(super) fn text(rows: &[Row], host: &str, project: &Project) -> String {
    if rows.is_empty() {
        return format!(
            "No file names a target, so the program is built for the host only: {host}\n\
             Name more with `targets` in rust-toolchain.toml, `build.target` in .cargo/config.toml, or --target\n"
        );
    }
    let heads = ["TARGET", "TIER", "READY", "STD", "LINKER", "C COMPILER", "LINKAGE", "BUILDER", "DECLARED"];
    let mut all = vec![heads.map(|head| Cell(head.to_owned(), Some(HEADING))).to_vec()];
    all.extend(rows.iter().map(|row| cells(row, project)));
    format!("{} {host}\n\n{}", paint(FAINT, "host"), table(&all))
}

/// Rows of cells with even columns. What a file says is printed, but not obeyed.
pub(super) fn table(rows: &[Vec<Cell>]) -> String {
    let printable = |Cell(text, style): &Cell| (normalize_untrusted_str(text), *style);
    let rows: Vec<Vec<_>> = rows.iter().map(|row| row.iter().map(printable).collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|(cell, _)| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for ((cell, style), width) in row.iter().zip(&widths) {
            let padding = " ".repeat(width.saturating_sub(cell.chars().count()) + 2);
            line += &style.map_or_else(|| cell.clone(), |style| paint(style, cell));
            line += &padding;
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

fn cells(row: &Row, project: &Project) -> Vec<Cell> {
    let ready = match row.is_ready() {
        Some(true) => Cell("yes".into(), Some(GOOD)),
        Some(false) => Cell("no".into(), Some(ERROR)),
        None => Cell("maybe".into(), Some(WARNING)),
    };
    let declared: Vec<String> = row
        .declared
        .iter()
        .map(|declared| match &declared.origin {
            Some(origin) => format!("{} ({})", line(origin, project), declared.by),
            None => declared.by.to_owned(),
        })
        .collect();
    vec![
        Cell(row.triple.clone(), None),
        Cell(row.tier.map_or_else(|| "none".to_owned(), |tier| tier.to_string()), None),
        ready,
        fact_cell(&row.std),
        fact_cell(&row.linker),
        fact_cell(&row.c_compiler),
        Cell(row.linkage.to_owned(), None),
        Cell(row.builder.to_owned(), None),
        Cell(declared.join(", "), Some(FAINT)),
    ]
}

fn fact_cell(fact: &Fact) -> Cell {
    let style = match fact.state {
        State::Ok => None,
        State::NotNeeded => Some(FAINT),
        State::Unknown => Some(WARNING),
        State::Missing | State::Broken => Some(ERROR),
    };
    let text = match (fact.state, &fact.value) {
        (State::Ok, Some(value)) => value.clone(),
        (State::Broken, Some(value)) => format!("broken: {value}"),
        (state, _) => state.word().replace('-', " "),
    };
    Cell(text, style)
}

/// `file:line`
pub(super) fn line(origin: &Origin, project: &Project) -> String {
    let name = origin.file.relative_to(&project.snapshot.root);
    match text_of(&project.snapshot, &origin.file) {
        Some(source) => format!("{name}:{}", source.document().line_column(origin.span.start()).line),
        None => name,
    }
}
