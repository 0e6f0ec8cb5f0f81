//! `knowledge/native.toml` as a table.

use std::fmt::Write as _;

use serde::Deserialize;

use crate::{Outcome, camel_case};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NativeFile {
    #[serde(rename = "crate")]
    crates: Vec<NativeCrate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NativeCrate {
    name: String,
    library: String,
    kind: String,
    #[serde(default)]
    bundled: Vec<String>,
    #[serde(default)]
    unlinked: Vec<String>,
    #[serde(default)]
    system: Vec<String>,
    #[serde(default)]
    sources: Vec<String>,
    #[serde(default)]
    tools: Vec<String>,
    #[serde(default)]
    apple: bool,
    #[serde(default)]
    nix: Vec<String>,
    debian: Option<String>,
    #[serde(default)]
    needs: Vec<String>,
}

/// The table, sorted by name.
pub fn table(mut file: NativeFile) -> Outcome<String> {
    file.crates.sort_by(|one, other| one.name.cmp(&other.name));
    if let Some(twice) = file.crates.windows(2).find(|pair| pair[0].name == pair[1].name) {
        return Err(format!("native.toml: {} stands there twice", twice[0].name).into());
    }
    let mut code = String::from("static NATIVE_CRATES: &[NativeCrate] = &[\n");
    for one in file.crates {
        let needs: Vec<String> = one.needs.iter().map(|need| format!("Need::{}", camel_case(need))).collect();
        writeln!(
            code,
            "NativeCrate {{ name: {:?}, library: {:?}, kind: NativeKind::{}, bundled: &{:?}, unlinked: &{:?}, \
             system: &{:?}, sources: &{:?}, tools: &{:?}, apple: {}, nix: &{:?}, debian: {:?}, needs: &[{}] }},",
            one.name,
            one.library,
            camel_case(&one.kind),
            one.bundled,
            one.unlinked,
            one.system,
            one.sources,
            one.tools,
            one.apple,
            one.nix,
            one.debian,
            needs.join(", "),
        )?;
    }
    code.push_str("];\n");
    Ok(code)
}
