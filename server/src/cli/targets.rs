//! `portolan targets`: what each target still lacks, as a table or as JSON.

mod native;
mod render;
mod row;

use serde_json::Value;

use super::{
    CLEAN, Stop,
    args::{TargetsFormat, TargetsOptions},
    output::Output,
    session::{self, Session},
};
use crate::analysis::Analysis;

/// The matrix as JSON: what `--format json` prints, and what the language server answers.
pub fn matrix(analysis: &Analysis) -> Value {
    render::json(&row::gather(analysis), &analysis.project.host, &analysis.project)
}

/// Shows the matrix.
pub(super) fn run(options: &TargetsOptions, output: Output) -> Result<u8, Stop> {
    let root = session::root_of(options.path.as_deref())?;
    let session = Session::open(&root, session::host(&options.project), &options.project);
    let rows = row::gather(&session.analysis);
    let host = session.host();
    match options.format {
        TargetsFormat::Text => output.styled(&render::text(&rows, host, &session.analysis.project)),
        TargetsFormat::Json => Output::json(&render::json(&rows, host, &session.analysis.project)),
    }
    Ok(CLEAN)
}
