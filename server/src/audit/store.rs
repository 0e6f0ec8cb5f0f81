//! Paths of Nix and Guix stores, in load commands and anywhere in a file.

use std::collections::BTreeMap;

use super::artefact::{Binary, Image, Place, StoreReference};

const HASH_LENGTH: usize = 32;
/// Nix allows no longer names.
const MAX_NAME_LENGTH: usize = 211;
/// Nobody reads more of them.
const MAX_REFERENCES: usize = 1_000;
const STORES: [&str; 2] = ["/nix/store/", "/gnu/store/"];

/// The store path that a path leads into, without what is below it. Stores may lie elsewhere than in /nix,
/// so what counts is the form: ".../store/HASH-NAME".
pub(super) fn store_path(path: &str) -> Option<&str> {
    let marker = "/store/";
    let start = path.find(marker)? + marker.len();
    let rest = path.get(start..)?;
    let length = entry_length(rest.as_bytes())?;
    path.get(..start + length)
}

/// Length of "HASH-NAME" at the beginning of the bytes.
fn entry_length(bytes: &[u8]) -> Option<usize> {
    let (hash, rest) = bytes.split_at_checked(HASH_LENGTH)?;
    let name = rest.strip_prefix(b"-")?;
    // Nix's base 32 has no e, o, t and u; a hash of only "e" is what `remove-references-to` leaves.
    let is_hash = hash.iter().all(|byte| {
        byte.is_ascii_digit() || (byte.is_ascii_lowercase() && !matches!(byte, b'e' | b'o' | b't' | b'u'))
    });
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-._?=".contains(byte);
    let length = name.iter().take(MAX_NAME_LENGTH).take_while(|byte| is_name(byte)).count();
    (is_hash && length > 0).then_some(HASH_LENGTH + 1 + length)
}

/// Gathers the store paths of a binary.
pub(super) fn gather(binary: &mut Binary, bytes: &[u8]) {
    let mut found = BTreeMap::new();
    for image in &binary.images {
        for (path, place) in load_commands(image) {
            if let Some(path) = store_path(path) {
                note(&mut found, path, place);
            }
        }
    }
    // The bound is for what is in the data: load commands are few, and each of them counts.
    for store in STORES {
        for at in memchr::memmem::find_iter(bytes, store.as_bytes()) {
            let Some(rest) = bytes.get(at + store.len()..) else { continue };
            let Some(entry) = entry_length(rest).and_then(|length| rest.get(..length)) else { continue };
            if found.len() >= MAX_REFERENCES {
                binary.store_is_cut = true;
                break;
            }
            note(&mut found, &format!("{store}{}", String::from_utf8_lossy(entry)), Place::Data);
        }
    }
    binary.store = found.into_values().collect();
    binary.store.sort();
}

/// Strings stand wall to wall in a binary, so a name may run into the next one: the shortest is the truest.
/// Two paths with one hash are the same.
fn note(found: &mut BTreeMap<String, StoreReference>, path: &str, place: Place) {
    let key = path.split('-').next().unwrap_or(path).to_owned();
    let entry = found.entry(key).or_insert_with(|| StoreReference { path: path.to_owned(), place });
    entry.place = entry.place.min(place);
    if path.len() < entry.path.len() {
        path.clone_into(&mut entry.path);
    }
}

fn load_commands(image: &Image) -> impl Iterator<Item = (&str, Place)> {
    let interpreter = image.interpreter.iter().map(|path| (path.as_str(), Place::Interpreter));
    let needed = image.needed.iter().map(|needed| (needed.name.as_str(), Place::Needed));
    let runpath = image.runpath.iter().map(|path| (path.as_str(), Place::Runpath));
    let own = image.own_name.iter().map(|path| (path.as_str(), Place::OwnName));
    interpreter.chain(needed).chain(runpath).chain(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLIBC: &str = "/nix/store/0c9jw0yvcf2aqbhqkqgpv8dgbh4kz2ld-glibc-2.40-66";

    #[test]
    fn a_store_path_is_known_by_its_form() {
        assert_eq!(store_path(&format!("{GLIBC}/lib/ld-linux-x86-64.so.2")), Some(GLIBC));
        let elsewhere = "/tmp/t/store/0c9jw0yvcf2aqbhqkqgpv8dgbh4kz2ld-x";
        assert_eq!(store_path(&format!("{elsewhere}/lib")), Some(elsewhere));
        for other in ["/lib64/ld-linux-x86-64.so.2", "/srv/store/app/lib", "/nix/store/", "/store/é"] {
            assert_eq!(store_path(other), None, "{other}");
        }
        let nuked = format!("/nix/store/{}-glibc-2.40", "e".repeat(32));
        assert_eq!(store_path(&nuked), None);
    }

    #[test]
    fn names_that_run_into_the_next_text_are_cut_by_their_shortest_spelling() {
        let mut found = BTreeMap::new();
        note(&mut found, &format!("{GLIBC}called"), Place::Data);
        note(&mut found, GLIBC, Place::Data);
        note(&mut found, &format!("{GLIBC}more"), Place::Runpath);
        let found: Vec<_> = found.into_values().collect();
        assert_eq!(found, [StoreReference { path: GLIBC.to_owned(), place: Place::Runpath }]);
    }
}
