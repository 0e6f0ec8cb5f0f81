//! `knowledge/features.toml` as a table.

use std::fmt::Write as _;

use serde::Deserialize;

use crate::{Outcome, versions};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureFile {
    renamed: Vec<Renamed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Renamed {
    #[serde(rename = "crate")]
    crate_name: String,
    requirement: String,
    feature: String,
    now: Vec<String>,
}

/// The table, sorted by crate.
pub fn table(mut file: FeatureFile) -> Outcome<String> {
    file.renamed.sort_by(|one, other| one.crate_name.cmp(&other.crate_name));
    let mut code = String::from("static RENAMED: &[RenamedFeature] = &[\n");
    for one in file.renamed {
        let (from, below) = versions(&one.requirement).ok_or_else(|| {
            format!("features.toml: {}: what does {:?} mean?", one.crate_name, one.requirement)
        })?;
        writeln!(
            code,
            "RenamedFeature {{ crate_name: {:?}, versions: Versions {{ from: {from:?}, below: {below:?} }}, \
             feature: {:?}, now: &{:?} }},",
            one.crate_name, one.feature, one.now
        )?;
    }
    code.push_str("];\n");
    Ok(code)
}
