//! `portolan targets`: what each target still lacks, and what the flake makes, as tables or as JSON.

mod outputs;
mod text;

use super::{
    CLEAN, Stop,
    args::{TargetsFormat, TargetsOptions},
    output::Output,
    session::{self, Session},
};
use crate::matrix;

/// Shows the matrix.
pub(super) fn run(options: &TargetsOptions, output: Output) -> Result<u8, Stop> {
    let root = session::root_of(options.path.as_deref())?;
    let host = session::host(&options.project);
    let session = Session::asked(&root, host, &options.project, &[], &options.deep, output);
    let rows = matrix::gather(&session.analysis);
    let host = session.host();
    match options.format {
        TargetsFormat::Text => {
            let project = &session.analysis.project;
            output.styled(&(text::text(&rows, host, project) + &outputs::text(project)));
        }
        TargetsFormat::Json => Output::json(&matrix::json(&rows, host, &session.analysis.project)),
    }
    Ok(CLEAN)
}
