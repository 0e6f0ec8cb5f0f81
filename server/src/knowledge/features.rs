//! Features that people ask for and that a version does not have.

use super::Versions;

include!(concat!(env!("OUT_DIR"), "/features.rs"));

/// A feature that some versions of a crate do not have.
#[derive(Debug)]
pub struct RenamedFeature {
    /// The crate.
    pub crate_name: &'static str,
    /// The versions that do not have it.
    pub versions: Versions,
    /// What people write.
    pub feature: &'static str,
    /// What to ask for instead; empty where it is simply gone.
    pub now: &'static [&'static str],
}

/// What is known of a feature that a version of a crate ("0.13.1", or the start of a requirement) does not have.
pub fn renamed_feature(crate_name: &str, version: &str, feature: &str) -> Option<&'static RenamedFeature> {
    let speaks = |row: &&RenamedFeature| {
        row.crate_name == crate_name && row.feature == feature && row.versions.contain(version)
    };
    RENAMED.iter().find(speaks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_is_looked_up_by_its_version() {
        let now = |version, feature| renamed_feature("reqwest", version, feature).map(|row| row.now);
        assert_eq!(now("0.13.1", "rustls-tls"), Some(["rustls"].as_slice()));
        assert_eq!(now("0.12.28", "rustls-tls"), None);
        assert_eq!(now("0.13", "json"), None);
    }
}
