//! Git's index as the list of the files that git tracks, one path a line, as `git ls-files` prints it.
//!
//! A Nix flake in a git repository consists of these files. Asking git would start a process; the format is
//! simple and documented (`gitformat-index(5)`), versions 2 to 4.

/// What stands before an entry's path: times, owner, mode, size, the SHA-1 of the content, flags.
const FIXED: usize = 62;

/// Where in it the flags are.
const FLAGS: usize = 60;

/// The length of a path that has this many bytes or more is not stored.
const LONG_NAME: usize = 0xfff;

/// The paths in an index; `None` when it is none that is understood (a hash other than SHA-1, a part in another
/// file).
pub(super) fn paths(index: &[u8]) -> Option<String> {
    let mut reader = Reader { bytes: index.strip_prefix(b"DIRC")? };
    let version = reader.number()?;
    let count = reader.number()?;
    if !(2..=4).contains(&version) {
        return None;
    }
    let mut out = String::new();
    let mut path: Vec<u8> = Vec::new();
    for _ in 0..count {
        let fixed = reader.take(FIXED)?;
        let flags = u16::from_be_bytes(fixed.get(FLAGS..)?.try_into().ok()?);
        let is_extended = version >= 3 && flags & 0x4000 != 0;
        if is_extended {
            reader.take(2)?;
        }
        if version == 4 {
            // The path is the one before, shortened and continued.
            let dropped = reader.offset()?;
            path.truncate(path.len().checked_sub(dropped)?);
        } else {
            path.clear();
        }
        let rest = reader.until_nul()?;
        path.extend_from_slice(rest);
        let length = usize::from(flags) & LONG_NAME;
        if path.is_empty() || length != path.len().min(LONG_NAME) {
            return None;
        }
        if version < 4 {
            // An entry takes a multiple of eight bytes, with one to eight zeros behind the path.
            let size = FIXED + if is_extended { 2 } else { 0 } + path.len();
            reader.take(7 - size % 8)?;
        }
        out.push_str(std::str::from_utf8(&path).ok().filter(|path| !path.contains('\n'))?);
        out.push('\n');
    }
    (!reader.has_other_file()).then_some(out)
}

struct Reader<'b> {
    bytes: &'b [u8],
}

impl<'b> Reader<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    fn until_nul(&mut self) -> Option<&'b [u8]> {
        let end = memchr::memchr(0, self.bytes)?;
        let taken = self.take(end)?;
        self.take(1)?;
        Some(taken)
    }

    /// The number of bytes that a path drops of the one before, as packs write offsets.
    fn offset(&mut self) -> Option<usize> {
        let mut byte = *self.take(1)?.first()?;
        let mut value = usize::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            byte = *self.take(1)?.first()?;
            value = value.checked_add(1)?.checked_mul(128)? + usize::from(byte & 0x7f);
        }
        Some(value)
    }

    /// Whether an extension says that other entries are in another file.
    fn has_other_file(&mut self) -> bool {
        while let Some(signature) = self.take(4) {
            // Shorter than an extension's header: the checksum's end.
            if self.bytes.len() < 20 {
                return false;
            }
            if signature == b"link" {
                return true;
            }
            let Some(size) = self.number() else { return false };
            if self.take(size as usize).is_none() {
                return false;
            }
        }
        false
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn entry(path: &str) -> Vec<u8> {
        let mut bytes = vec![0; FLAGS];
        bytes.extend(u16::try_from(path.len().min(LONG_NAME)).unwrap().to_be_bytes());
        bytes
    }

    fn index(version: u32, paths: &[&str]) -> Vec<u8> {
        let mut bytes = b"DIRC".to_vec();
        bytes.extend(version.to_be_bytes());
        bytes.extend(u32::try_from(paths.len()).unwrap().to_be_bytes());
        let mut before = "";
        for path in paths {
            bytes.extend(entry(path));
            if version == 4 {
                let shared = path.bytes().zip(before.bytes()).take_while(|(one, other)| one == other).count();
                bytes.push(u8::try_from(before.len() - shared).unwrap());
                bytes.extend(path.bytes().skip(shared));
                bytes.push(0);
                before = path;
            } else {
                bytes.extend(path.bytes());
                bytes.extend(vec![0; 8 - (FIXED + path.len()) % 8]);
            }
        }
        bytes.extend([0; 20]);
        bytes
    }

    #[test]
    fn paths_of_all_versions() {
        let files = [".gitignore", "Cargo.lock", "Cargo.toml", "ä/src/main.rs", "ä/src/map.rs"];
        for version in [2, 3, 4] {
            let expected = format!("{}\n", files.join("\n"));
            assert_eq!(paths(&index(version, &files)), Some(expected), "version {version}");
        }
        let long = "x".repeat(5000);
        assert_eq!(paths(&index(2, &[&long])), Some(format!("{long}\n")));
        assert_eq!(paths(&index(2, &[])), Some(String::new()));
    }

    #[test]
    fn what_is_not_understood_says_nothing() {
        assert_eq!(paths(b""), None);
        assert_eq!(paths(b"DIRC"), None);
        assert_eq!(paths(&index(5, &["a"])), None);
        let whole = index(2, &["Cargo.lock", "Cargo.toml"]);
        for length in 0..whole.len() - 20 {
            assert_eq!(paths(&whole[..length]), None, "{length} bytes");
        }
        let mut split = index(2, &["a"]);
        split.truncate(split.len() - 20);
        split.extend(b"link\0\0\0\x04abcd");
        split.extend([0; 20]);
        assert_eq!(paths(&split), None);
        let mut wrong = index(2, &["Cargo.lock"]);
        wrong[12 + FLAGS + 1] = 3;
        assert_eq!(paths(&wrong), None);
    }
}
