//! The matrix for programs: what `targets --format json` prints, and what the language server answers.

use serde_json::{Value, json};

use super::{
    derivations::{Output, outputs},
    row::{Fact, Row},
};
use crate::{nix::facts::Gap, project::Project, text::Origin};

/// The matrix as JSON.
pub fn json(rows: &[Row], host: &str, project: &Project) -> Value {
    let rows: Vec<Value> = rows.iter().map(|row| row_json(row, project)).collect();
    let (packages, shells) = outputs(project);
    let all = |outputs: &[Output<'_>]| -> Vec<Value> {
        outputs.iter().map(|output| output_json(output, project)).collect()
    };
    let mut value = json!({
        "version": 1,
        "host": host,
        "targets": rows,
        "packages": all(&packages),
        "shells": all(&shells),
    });
    if let Some(flake) = &project.flake {
        let failing = flake.failing.iter().map(|(attribute, why)| {
            let mut value = gap(why, project);
            value["attribute"] = attribute.as_str().into();
            value
        });
        // Why outputs may be missing: what is not known beside them hides none.
        let unknown = flake.gaps.iter().filter(|_| !flake.complete).map(|why| gap(why, project));
        value["flake"] = json!({
            "complete": flake.complete,
            "failing": failing.collect::<Vec<_>>(),
            "unknown": unknown.collect::<Vec<_>>(),
        });
    }
    value
}

/// What is not known, or fails: where, and why.
fn gap(gap: &Gap, project: &Project) -> Value {
    let mut value = place(&gap.origin, project);
    value["why"] = gap.why.as_str().into();
    value
}

fn output_json(output: &Output<'_>, project: &Project) -> Value {
    let unknown = output.unknown.iter().map(|why| gap(why, project));
    json!({
        "attribute": output.attribute,
        "system": output.system,
        "builder": output.builder,
        "platform": {"config": output.config, "triple": output.triple, "static": output.is_static},
        "targets": output.targets,
        "declared": place(output.declared, project),
        "complete": output.complete,
        "unknown": unknown.collect::<Vec<_>>(),
    })
}

fn row_json(row: &Row, project: &Project) -> Value {
    let declared = row.declared.iter().map(|declared| {
        let mut value = declared.origin.as_ref().map_or_else(|| json!({}), |origin| place(origin, project));
        value["as"] = declared.by.into();
        value
    });
    let native = row.native.iter().map(|native| {
        json!({
            "crate": native.name,
            "version": native.version,
            "path": native.path,
            "confidence": native.confidence,
        })
    });
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
    let source = project.source(&origin.file);
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
