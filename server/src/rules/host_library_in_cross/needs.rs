//! What the program needs of its libraries and tools, by the feature graph.

use std::sync::Arc;

use crate::{cargo::graph::Resolution, finding::Confidence, project::Project};

/// Whether something is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Yes,
    No,
    /// The files do not tell.
    Unknown,
}

/// C libraries that Rust programs link, as nixpkgs calls them, and the crates that do. Without crates: nobody
/// has counted them.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("alsa-lib", &["alsa-sys"]),
    ("atk", &["atk-sys"]),
    ("bzip2", &["bzip2-sys"]),
    ("cairo", &["cairo-sys-rs"]),
    ("curl", &["curl-sys"]),
    ("dbus", &["libdbus-sys"]),
    ("eudev", &["libudev-sys"]),
    ("expat", &["expat-sys"]),
    ("fontconfig", &["fontconfig-sys", "servo-fontconfig-sys", "yeslogic-fontconfig-sys"]),
    ("freetype", &["freetype-sys", "servo-freetype-sys"]),
    ("fuse", &["fuse-sys", "fuser"]),
    ("fuse3", &["fuser", "fuse3"]),
    ("gdk-pixbuf", &["gdk-pixbuf-sys"]),
    ("glib", &["glib-sys"]),
    ("gmp", &["gmp-mpfr-sys"]),
    ("gtk3", &["gtk-sys"]),
    ("gtk4", &["gtk4-sys"]),
    ("hidapi", &["hidapi"]),
    ("icu", &[]),
    ("krb5", &["libgssapi-sys"]),
    ("libgit2", &["libgit2-sys"]),
    ("libiconv", &[]),
    ("libmysqlclient", &["mysqlclient-sys"]),
    ("libpcap", &["pcap"]),
    ("libpq", &["pq-sys"]),
    ("libpulseaudio", &["libpulse-sys"]),
    ("libseccomp", &["libseccomp-sys"]),
    ("libsodium", &["libsodium-sys", "libsodium-sys-stable"]),
    ("libssh2", &["libssh2-sys"]),
    ("libudev-zero", &["libudev-sys"]),
    ("libusb1", &["libusb1-sys"]),
    ("libxkbcommon", &[]),
    ("libxml2", &[]),
    ("lz4", &["lz4-sys"]),
    ("mariadb-connector-c", &["mysqlclient-sys"]),
    ("ncurses", &["ncurses"]),
    ("oniguruma", &["onig_sys"]),
    ("openssl", &["openssl-sys"]),
    ("openssl_1_1", &["openssl-sys"]),
    ("openssl_3", &["openssl-sys"]),
    ("pango", &["pango-sys"]),
    ("pcre2", &["pcre2-sys"]),
    ("pcsclite", &["pcsc-sys"]),
    ("postgresql", &["pq-sys"]),
    ("rdkafka", &["rdkafka-sys"]),
    ("rocksdb", &["librocksdb-sys", "rust-librocksdb-sys"]),
    ("snappy", &[]),
    ("sqlite", &["libsqlite3-sys"]),
    ("systemd", &["libudev-sys", "libsystemd-sys", "systemd"]),
    ("systemdLibs", &["libudev-sys", "libsystemd-sys", "systemd"]),
    ("udev", &["libudev-sys"]),
    ("wayland", &["wayland-sys"]),
    ("webkitgtk_4_1", &["webkit2gtk-sys"]),
    ("xz", &["lzma-sys", "liblzma-sys"]),
    ("zeromq", &["zmq-sys"]),
    ("zlib", &["libz-sys"]),
    ("zstd", &["zstd-sys"]),
];

/// A program that build scripts start.
pub(super) struct Tool {
    name: &'static str,
    /// Crates whose users start it.
    crates: &'static [&'static str],
    /// Variables that name it instead of PATH.
    pub(super) variables: &'static [&'static str],
}

const TOOLS: &[Tool] = &[
    Tool { name: "cmake", crates: &["cmake"], variables: &["CMAKE"] },
    Tool { name: "pkg-config", crates: &["pkg-config", "system-deps"], variables: &["PKG_CONFIG"] },
    Tool { name: "pkgconf", crates: &["pkg-config", "system-deps"], variables: &["PKG_CONFIG"] },
    Tool {
        name: "protobuf",
        crates: &["prost-build", "tonic-build", "tonic-prost-build", "protobuf-codegen", "protoc-rust"],
        variables: &["PROTOC"],
    },
];

pub(super) fn is_library(attribute: &str) -> bool {
    crates(attribute).is_some()
}

fn crates(attribute: &str) -> Option<&'static [&'static str]> {
    LIBRARIES.iter().find(|(name, _)| *name == attribute).map(|(_, crates)| *crates)
}

pub(super) fn tool(attribute: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| tool.name == attribute)
}

/// Whether a crate that links the library is compiled for the target.
pub(super) fn of_library(project: &Project, triple: &str, attribute: &str) -> Need {
    let crates = crates(attribute).unwrap_or_default();
    if crates.is_empty() {
        return Need::Unknown;
    }
    let resolution = resolve(project, triple, crates);
    let found = || crates.iter().flat_map(|name| resolution.find(name, false));
    if found().any(|package| package.certainty == Confidence::Certain) {
        Need::Yes
    } else if resolution.is_closed() && found().next().is_none() {
        Need::No
    } else {
        Need::Unknown
    }
}

/// Whether a crate that is compiled for the target starts the tool in its build script.
pub(super) fn of_tool(project: &Project, triple: &str, tool: &Tool) -> Need {
    let resolution = resolve(project, triple, tool.crates);
    let users = resolution.users_in_build_scripts(tool.crates);
    match users.iter().map(|(_, certainty)| *certainty).max() {
        _ if !resolution.is_closed() => Need::Unknown,
        None => Need::No,
        Some(Confidence::Possible) => Need::Unknown,
        Some(Confidence::Likely | Confidence::Certain) => Need::Yes,
    }
}

fn resolve(project: &Project, triple: &str, crates: &[&str]) -> Arc<Resolution> {
    project.graph_towards(triple, crates)
}
