//! The matrix for people and for programs.

use annotate_snippets::{normalize_untrusted_str, renderer::Style};
use serde_json::{Value, json};

use super::row::{Fact, Row, State};
use crate::{
    cli::{
        output::{ERROR, FAINT, GOOD, HEADING, WARNING, paint},
        session::text_of,
    },
    project::Project,
    text::Origin,
};

/// The matrix as JSON.
pub(super) fn json(rows: &[Row], host: &str, project: &Project) -> Value {
    let rows: Vec<Value> = rows.iter().map(|row| row_json(row, project)).collect();
    json!({"version": 1, "host": host, "targets": rows})
}

fn row_json(row: &Row, project: &Project) -> Value {
    let declared = row.declared.iter().map(|declared| {
        let mut value = declared.origin.as_ref().map_or_else(|| json!({}), |origin| place(origin, project));
        value["as"] = declared.by.into();
        value
    });
    let native = row
        .native
        .iter()
        .map(|native| json!({"crate": native.name, "version": native.version, "path": native.path}));
    json!({
        "triple": row.triple,
        "tier": row.tier,
        "declared": declared.collect::<Vec<_>>(),
        "ready": row.is_ready() == Some(true),
        "std": fact(&row.std, project),
        "linker": fact(&row.linker, project),
        "c_compiler": fact(&row.c_compiler, project),
        "linkage": row.linkage,
        "native": native.collect::<Vec<_>>(),
        "builder": row.builder,
    })
}

fn fact(fact: &Fact, project: &Project) -> Value {
    json!({
        "state": fact.state.word(),
        "value": fact.value,
        "from": fact.from.as_ref().map(|origin| place(origin, project)),
    })
}

fn place(origin: &Origin, project: &Project) -> Value {
    let source = text_of(&project.snapshot, &origin.file);
    let position = |byte: usize| {
        let at = source.as_ref().map(|source| source.document().line_column(byte));
        let (line, column) = at.map_or((1, 1), |at| (at.line, at.column));
        json!({"line": line, "column": column, "byte": byte})
    };
    json!({
        "file": origin.file.relative_to(&project.snapshot.root),
        "range": {"start": position(origin.span.start()), "end": position(origin.span.end())},
    })
}

/// A cell, and how it is painted.
struct Cell(String, Option<Style>);

/// The matrix as a table.
pub(super) fn text(rows: &[Row], host: &str, project: &Project) -> String {
    if rows.is_empty() {
        return format!(
            "No file names a target, so the program is built for the host only: {host}\n\
             Name more with `targets` in rust-toolchain.toml, `build.target` in .cargo/config.toml, or --target\n"
        );
    }
    let heads = ["TARGET", "TIER", "READY", "STD", "LINKER", "C COMPILER", "LINKAGE", "BUILDER", "DECLARED"];
    let mut table = vec![heads.map(|head| Cell(head.to_owned(), Some(HEADING)))];
    // What a file says is printed, but not obeyed.
    let printable = |Cell(text, style): Cell| Cell(normalize_untrusted_str(&text), style);
    table.extend(rows.iter().map(|row| cells(row, project).map(printable)));
    let width =
        |column: usize| table.iter().map(|row| row[column].0.chars().count()).max().unwrap_or_default();
    let widths: [usize; 9] = std::array::from_fn(width);
    let mut text = format!("{} {host}\n\n", paint(FAINT, "host"));
    for row in &table {
        let mut line = String::new();
        for (Cell(cell, style), width) in row.iter().zip(widths) {
            let padding = " ".repeat(width.saturating_sub(cell.chars().count()) + 2);
            line += &style.map_or_else(|| cell.clone(), |style| paint(style, cell));
            line += &padding;
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

fn cells(row: &Row, project: &Project) -> [Cell; 9] {
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
    [
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

fn line(origin: &Origin, project: &Project) -> String {
    let name = origin.file.relative_to(&project.snapshot.root);
    match text_of(&project.snapshot, &origin.file) {
        Some(source) => format!("{name}:{}", source.document().line_column(origin.span.start()).line),
        None => name,
    }
}
