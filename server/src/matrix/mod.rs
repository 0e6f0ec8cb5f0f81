//! What every target still lacks: the model's answers as one row for each target; and what the flake makes.

mod derivations;
mod json;
mod native;
mod row;

use serde_json::Value;

pub use derivations::{Output, outputs};
pub use json::json;
pub use native::{Native, builds_c};
pub use row::{Declared, Fact, Row, State, gather};

use crate::analysis::Analysis;

/// The matrix as JSON.
pub fn of(analysis: &Analysis) -> Value {
    json(&gather(analysis), &analysis.project.host, &analysis.project)
}
