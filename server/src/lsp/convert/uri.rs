//! Between URIs and paths.

use std::path::{Path, PathBuf};

use tower_lsp::ls_types::Uri;

use crate::workspace::normalize;

/// The absolute path that a `file` URI names; `None` for every other URI.
pub fn to_path(uri: &Uri) -> Option<PathBuf> {
    if !uri.scheme().as_str().eq_ignore_ascii_case("file") {
        return None;
    }
    let host = uri.authority().map(|authority| authority.host().to_owned()).unwrap_or_default();
    if !host.is_empty() && host != "localhost" && !cfg!(windows) {
        return None;
    }
    let decoded = decode(uri.path().as_str())?;
    let path =
        if cfg!(windows) { PathBuf::from(windows_path(&host, &decoded)) } else { PathBuf::from(decoded) };
    path.is_absolute().then(|| normalize(&path))
}

/// `/c:/x` is `c:\x`, and with a host it is a share.
fn windows_path(host: &str, path: &str) -> String {
    let path = path.replace('/', "\\");
    if host.is_empty() || host == "localhost" {
        let mut path = path.trim_start_matches('\\').to_owned();
        if let Some(drive) = path.get_mut(..1) {
            drive.make_ascii_uppercase();
        }
        path
    } else {
        format!("\\\\{host}{path}")
    }
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push((high * 16 + low) as u8);
        } else {
            bytes.push(byte);
        }
    }
    // A NUL is in no path, and most system calls refuse it.
    String::from_utf8(bytes).ok().filter(|path| !path.contains('\0'))
}

/// The URI of an absolute path.
pub fn from_path(path: &Path) -> String {
    let path = path.to_string_lossy();
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.into_owned() };
    let mut uri = String::with_capacity(path.len() + 8);
    uri.push_str(if path.starts_with("//") { "file:" } else { "file://" });
    if !path.starts_with('/') {
        uri.push('/');
    }
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let digit = |digit: u8| char::from(b"0123456789ABCDEF"[usize::from(digit % 16)]);
            uri.extend(['%', digit(byte / 16), digit(byte)]);
        }
    }
    uri
}

/// The type on the wire of a URI that we wrote or were given.
pub fn parse(uri: &str) -> Option<Uri> {
    uri.parse().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn path(uri: &str) -> Option<PathBuf> {
        to_path(&parse(uri)?)
    }

    #[cfg(unix)]
    #[test]
    fn paths_go_there_and_back() {
        for text in ["/a/flake.nix", "/a b/ü/c%20d/#x?y/[z]/flake.nix", "/c:/x/flake.nix"] {
            assert_eq!(path(&from_path(Path::new(text))).unwrap(), Path::new(text));
        }
    }

    #[cfg(unix)]
    #[test]
    fn spellings_of_one_file_are_one_path() {
        for uri in
            ["file:///a/b/flake.nix", "file://localhost/a/b/flake.nix", "FILE:///a/./x/../b/flake%2Enix"]
        {
            assert_eq!(path(uri).unwrap(), Path::new("/a/b/flake.nix"), "{uri}");
        }
    }

    #[test]
    fn what_is_no_local_file_is_no_path() {
        for uri in [
            "untitled:Untitled-1",
            "git:/a/flake.nix?x",
            "file:relative",
            "file:///a%00b",
            "file:///a%FF",
            "zip://x/y",
        ] {
            assert_eq!(path(uri), None, "{uri}");
        }
        if cfg!(unix) {
            assert_eq!(path("file://server/share/flake.nix"), None);
        }
    }

    #[test]
    fn windows_spellings() {
        assert_eq!(windows_path("", "/c:/x y/flake.nix"), "C:\\x y\\flake.nix");
        assert_eq!(windows_path("server", "/share/flake.nix"), "\\\\server\\share\\flake.nix");
    }
}
