//! Store paths in Nix's answers: which package of which platform they are of.

use super::super::{
    facts::{Known, Piece, Platform, StoreItem, Text},
    platform::{Machine, cross_configs},
};
use crate::text::Origin;

/// Outputs that derivations have besides "out".
const OUTPUTS: &[&str] = &["bin", "debug", "dev", "devdoc", "doc", "include", "info", "lib", "man", "static"];
/// Characters of a hash.
const HASH: usize = 32;

/// A text of Nix as pieces, all of them known; all are written at `origin`.
pub(super) fn text(value: &str, origin: &Origin) -> Text {
    let mut pieces = Vec::new();
    let mut rest = value;
    let mut literal = String::new();
    while let Some(at) = rest.find("/store/") {
        let (before, path) = (&rest[..at], &rest[at + "/store/".len()..]);
        let Some(name) = store_name(path) else {
            literal.push_str(before);
            literal.push_str("/store/");
            rest = path;
            continue;
        };
        // The store may lie anywhere: "/nix" belongs to the path.
        let start = before.rfind(|c: char| !(c.is_ascii_alphanumeric() || "/_.-".contains(c)));
        let start = start.map_or(0, |start| start + before[start..].chars().next().map_or(1, char::len_utf8));
        let start = before[start..].find('/').map_or(before.len(), |slash| start + slash);
        literal.push_str(&before[..start]);
        if !literal.is_empty() {
            pieces.push(Piece::Literal { text: std::mem::take(&mut literal), origin: origin.clone() });
        }
        pieces.push(Piece::Store { item: item(name), origin: origin.clone() });
        rest = &path[HASH + 1 + name.len()..];
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        pieces.push(Piece::Literal { text: literal, origin: origin.clone() });
    }
    Text { pieces }
}

/// A text as if it was written elsewhere.
pub(super) fn moved(text: &Text, to: &Origin) -> Text {
    let mut pieces = text.pieces.clone();
    for piece in &mut pieces {
        let (Piece::Literal { origin, .. }
        | Piece::Store { origin, .. }
        | Piece::Either { origin, .. }
        | Piece::Unknown { origin, .. }) = piece;
        *origin = to.clone();
    }
    Text { pieces }
}

/// Whether a text that was read can be the one of an answer: store paths are the same by their place, not by name.
pub(super) fn agrees(read: &Text, answer: &str) -> bool {
    let mut rest = answer;
    for (position, piece) in read.pieces.iter().enumerate() {
        match piece {
            Piece::Literal { text, .. } => match rest.strip_prefix(text.as_str()) {
                Some(behind) => rest = behind,
                None => return false,
            },
            Piece::Store { .. } => {
                let Some((_, path)) = rest.split_once("/store/") else { return false };
                let Some(name) = store_name(path) else { return false };
                rest = &path[HASH + 1 + name.len()..];
            }
            // Behind an unknown anything may come: it ends as it should, or there is more that is unknown.
            Piece::Either { .. } | Piece::Unknown { .. } => {
                return match read.pieces[position + 1..] {
                    [] => true,
                    [Piece::Literal { ref text, .. }] => rest.ends_with(text.as_str()),
                    _ => true,
                };
            }
        }
    }
    rest.is_empty()
}

/// The name behind the hash of a store path.
fn store_name(path: &str) -> Option<&str> {
    let (hash, rest) = (path.get(..HASH)?, path.get(HASH..)?.strip_prefix('-')?);
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-._?=".contains(c))).unwrap_or(rest.len());
    (hash.bytes().all(|byte| byte.is_ascii_alphanumeric()) && end > 0).then(|| &rest[..end])
}

/// The package that a store path, or a derivation of that name, is.
pub(super) fn item(name: &str) -> StoreItem {
    let (name, output) = match name.rsplit_once('-') {
        Some((name, output)) if OUTPUTS.contains(&output) => (name, Some(output.to_owned())),
        _ => (name, None),
    };
    let name = without_version(name);
    // A wrapped compiler has its target's name before its own: "aarch64-unknown-linux-gnu-gcc-wrapper".
    for wrapper in ["gcc-wrapper", "clang-wrapper"] {
        if let Some(target) = name.strip_suffix(wrapper) {
            let target =
                target.strip_suffix('-').map(|target| target.strip_suffix("-static").unwrap_or(target));
            let platform = target.filter(|target| !target.is_empty()).map_or_else(unknown, platform_of);
            return StoreItem { attribute: "stdenv.cc".to_owned(), output, platform };
        }
    }
    // A package of a cross set has the platform behind its own name: "openssl-aarch64-unknown-linux-gnu".
    let found = cross_configs().find_map(|config| {
        let name = name.strip_suffix(config)?.strip_suffix('-')?;
        let (name, is_static) = name.strip_suffix("-static").map_or((name, false), |name| (name, true));
        Some((name, Platform { is_static: Known::Value(is_static), ..platform_of(config) }))
    });
    let (name, platform) = found.unwrap_or_else(|| (name, unknown()));
    StoreItem { attribute: name.to_owned(), output, platform }
}

/// "openssl-3.0.14" as Nix itself splits it: the version begins at the first dash before a digit.
pub(super) fn without_version(name: &str) -> &str {
    let dash = name
        .match_indices('-')
        .find(|(at, _)| name.as_bytes().get(at + 1).is_some_and(|next| !next.is_ascii_alphabetic()));
    dash.map_or(name, |(at, _)| &name[..at])
}

fn platform_of(config: &str) -> Platform {
    let machine = Machine::from_config(config);
    Platform { config: Some(config.to_owned()), triple: machine.triple(), is_cross: true, ..unknown() }
}

fn unknown() -> Platform {
    let why = "the name of a store path does not tell".to_owned();
    Platform { is_static: Known::Unknown(why), ..Platform::default() }
}
