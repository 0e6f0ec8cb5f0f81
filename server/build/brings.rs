//! `knowledge/brings.toml` as a table.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::Deserialize;

use crate::{Outcome, Version, versions};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BringsFile {
    #[serde(rename = "crate")]
    crates: Vec<Brings>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Brings {
    name: String,
    verified: String,
    #[serde(default)]
    always: Vec<String>,
    #[serde(default)]
    default: Vec<String>,
    #[serde(default)]
    features: BTreeMap<String, Vec<String>>,
}

/// The table, sorted by name and version.
pub fn table(file: BringsFile) -> Outcome<String> {
    let mut rows: Vec<(String, (Version, Version), Brings)> = Vec::new();
    for row in file.crates {
        let line = versions(&format!("^{}", row.verified))
            .ok_or_else(|| format!("brings.toml: {}: what version is {:?}?", row.name, row.verified))?;
        // The row speaks of older versions of the same line, too.
        let ((major, minor, _), below) = line;
        let from = if major > 0 { (major, 0, 0) } else { (0, minor, 0) };
        rows.push((row.name.clone(), (from, below), row));
    }
    rows.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
    if let Some(twice) = rows.windows(2).find(|pair| pair[0].0 == pair[1].0 && pair[0].1 == pair[1].1) {
        return Err(format!("brings.toml: two rows speak of the same versions of {}", twice[0].0).into());
    }
    let mut code = String::from("static BRINGS: &[Brings] = &[\n");
    for (name, (from, below), row) in rows {
        let mut features = String::new();
        for (feature, list) in &row.features {
            write!(features, "({feature:?}, &{}), ", brought(list))?;
        }
        writeln!(
            code,
            "Brings {{ name: {name:?}, versions: Versions {{ from: {from:?}, below: {below:?} }}, always: &{}, \
             default: &{}, features: &[{features}] }},",
            brought(&row.always),
            brought(&row.default),
        )?;
    }
    code.push_str("];\n");
    Ok(code)
}

fn brought(list: &[String]) -> String {
    let one = |text: &String| {
        let name = text.trim_start_matches('+');
        format!("Brought {{ name: {name:?}, own_copy: {} }}, ", text.starts_with('+'))
    };
    format!("[{}]", list.iter().map(one).collect::<String>())
}
