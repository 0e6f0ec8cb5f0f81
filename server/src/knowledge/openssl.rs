//! Crates that reach openssl-sys.

include!(concat!(env!("OUT_DIR"), "/openssl.rs"));

/// A crate that reaches openssl-sys on Linux and the BSDs, in some versions and with some features.
#[derive(Debug, PartialEq, Eq)]
pub struct OpensslUser {
    /// The crate.
    pub name: &'static str,
    /// Leading parts of the versions that it holds for ("0.12"); empty for all.
    pub versions: &'static [&'static str],
    /// Whether it is so with any features.
    pub always: bool,
    /// Whether it is so with the default features.
    pub default: bool,
    /// Features that make it so.
    pub features: &'static [&'static str],
    /// Features that build OpenSSL from source instead.
    pub vendored: &'static [&'static str],
    /// Default features to name again when the defaults go.
    pub keep: &'static [&'static str],
    /// Features that choose rustls.
    pub add: &'static [&'static str],
    /// What choosing rustls costs.
    pub lost: Option<&'static str>,
}

/// What is known of a crate in a version ("0.12.28", or the start of a requirement, "0.12").
pub fn openssl_user(name: &str, version: &str) -> Option<&'static OpensslUser> {
    OPENSSL_USERS.iter().find(|user| user.name == name && user.is_for(version))
}

impl OpensslUser {
    fn is_for(&self, version: &str) -> bool {
        let starts = |known: &str| {
            version.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.versions.is_empty() || self.versions.iter().any(|known| starts(known))
    }
}
