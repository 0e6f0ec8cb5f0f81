//! What a dev shell exports: by its `shellHook` as Nix has it, and by the setup hooks of what it is given.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    super::{
        describe::exports_of,
        facts::{Derivation, Known, Piece, Text, Variable, VariableForm},
        value::{Place, Str, StrPiece},
    },
    Output, store,
};
use crate::text::Origin;

/// Beginnings of the variables that decide what cargo builds and with what. Everything else that a shell exports is
/// nixpkgs' own matter.
const BEGINNINGS: &[&str] = &[
    "CARGO_",
    "RUST",
    "CC_",
    "CXX_",
    "AR_",
    "RANLIB_",
    "CFLAGS_",
    "CXXFLAGS_",
    "LDFLAGS_",
    "HOST_C",
    "HOST_AR",
    "TARGET_C",
    "TARGET_AR",
    "OPENSSL_",
    "LIBCLANG_PATH",
    "BINDGEN_",
    "PROTOC",
    "JEMALLOC_",
    "PKG_CONFIG_ALLOW",
    "PKG_CONFIG_SYSROOT",
];

/// What nixpkgs' stdenv exports for builds of its own.
const ENDS: &[&str] = &["_FOR_BUILD", "_FOR_TARGET"];

/// The exports of a script that Nix has told.
pub(super) fn of_script(
    derivation: &mut Derivation,
    script: &str,
    origin: &Origin,
    told: &mut BTreeSet<Origin>,
) {
    let whole = StrPiece::Literal { text: Arc::from(script), place: Place::NOWHERE };
    for export in exports_of(&Str { pieces: vec![whole] }) {
        let value = as_text(&export.value, origin);
        if value.has_unknown() {
            continue;
        }
        let is_it = |variable: &&mut Variable| {
            variable.form == VariableForm::Export && variable.name.value() == Some(&export.name)
        };
        let mut is_known = false;
        for variable in derivation.env.iter_mut().filter(is_it) {
            is_known = true;
            if variable.value.has_unknown() {
                told.insert(variable.value_origin.clone());
                variable.value = store::moved(&value, &variable.value_origin);
            }
        }
        if !is_known {
            told.insert(origin.clone());
            derivation.env.push(exported(export.name, value, origin));
        }
    }
}

/// What the setup hooks of a shell's inputs export.
pub(super) fn of_hooks(derivation: &mut Derivation, output: &Output, told: &mut BTreeSet<Origin>) {
    let origin = derivation.origin.clone();
    for (name, value) in output.exported.iter().filter(|(name, _)| matters(name)) {
        let mut is_known = false;
        for variable in &mut derivation.env {
            if variable.name.value() != Some(name) {
                continue;
            }
            is_known = true;
            // `shellHook` runs behind the setup hooks: what it exports counts.
            if variable.form != VariableForm::Export && !store::agrees(&variable.value, value) {
                told.insert(variable.value_origin.clone());
                variable.value = store::text(value, &variable.value_origin);
            }
        }
        if !is_known {
            told.insert(origin.clone());
            derivation.env.push(exported(name.clone(), store::text(value, &origin), &origin));
        }
    }
}

fn exported(name: String, value: Text, origin: &Origin) -> Variable {
    Variable {
        name: Known::Value(name),
        name_origin: origin.clone(),
        value,
        value_origin: origin.clone(),
        form: VariableForm::Export,
        binding: None,
    }
}

fn matters(name: &str) -> bool {
    BEGINNINGS.iter().any(|start| name.starts_with(start)) && !ENDS.iter().any(|end| name.ends_with(end))
}

fn as_text(value: &Str, origin: &Origin) -> Text {
    let mut pieces = Vec::new();
    for piece in &value.pieces {
        match piece {
            StrPiece::Literal { text, .. } => pieces.extend(store::text(text, origin).pieces),
            StrPiece::Unknown { why, .. } => {
                pieces.push(Piece::Unknown { why: why.to_string(), origin: origin.clone() });
            }
            _ => pieces.push(Piece::Unknown {
                why: "a value that cannot be known here".to_owned(),
                origin: origin.clone(),
            }),
        }
    }
    Text { pieces }
}
