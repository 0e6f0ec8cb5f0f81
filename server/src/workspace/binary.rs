//! Reading a finished binary. Whatever goes wrong is an answer, not an error: the audit fails closed.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use crate::audit::Unreadable;

/// Programs with all debug information reach some hundred megabytes.
const MAX_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// The bytes of a binary.
pub fn bytes(path: &Path) -> Result<Vec<u8>, Unreadable> {
    let failed = |error: io::Error| {
        let advice = "look whether the build wrote it, and whether you may read it";
        Unreadable::other(format!("cannot be read: {error}"), advice)
    };
    // Asked before it is opened: opening a pipe waits for somebody to write.
    let metadata = fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        let is_bundle = path.extension().is_some_and(|ending| ending == "app" || ending == "framework");
        let advice =
            if is_bundle { "name the program in its Contents/MacOS" } else { "name the files in it" };
        return Err(Unreadable::other("is a folder, not a file", advice));
    }
    if !metadata.is_file() {
        return Err(Unreadable::other("is neither a file nor a link to one", "name a program or a library"));
    }
    if metadata.len() > MAX_BYTES {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES { Err(too_large()) } else { Ok(bytes) }
}

fn too_large() -> Unreadable {
    let reason = format!("is larger than {} GiB", MAX_BYTES >> 30);
    Unreadable::other(
        reason,
        "strip its debug information (`strip = true` in the profile), and audit it again",
    )
}
