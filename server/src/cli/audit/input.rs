//! Reading the policy that was named.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

/// A policy is a few lines.
const MAX_POLICY_BYTES: u64 = 1024 * 1024;

/// The text of a policy.
pub(super) fn policy(path: &Path) -> io::Result<String> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut text = String::new();
    File::open(path)?.take(MAX_POLICY_BYTES).read_to_string(&mut text)?;
    Ok(text)
}
