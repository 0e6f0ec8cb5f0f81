//! Native crates that a direct dependency brings, where neither lock file nor cache says.

use super::Versions;

include!(concat!(env!("OUT_DIR"), "/brings.rs"));

/// What the versions of one line of a crate bring into a program for Linux.
#[derive(Debug)]
pub struct Brings {
    /// The crate.
    name: &'static str,
    /// The versions, all compatible with the one that was measured.
    versions: Versions,
    /// With any features.
    always: &'static [Brought],
    /// With the default features, besides.
    default: &'static [Brought],
    /// With each feature alone, sorted; what is not there brings nothing.
    features: &'static [(&'static str, &'static [Brought])],
}

/// A native crate that comes with a dependency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Brought {
    /// Its name.
    pub name: &'static str,
    /// Whether it is made to build its own copy of the library.
    pub own_copy: bool,
}

/// What is known of a crate in a version ("0.12.28", or the start of a requirement, "0.12"); `None` when nothing is.
pub fn brings(name: &str, version: &str) -> Option<&'static Brings> {
    if !version.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let start = BRINGS.partition_point(|row| row.name < name);
    let own = BRINGS.get(start..).unwrap_or_default().iter().take_while(|row| row.name == name);
    // "0" stands for all versions below 1, which are no line of their own: the newest is what cargo would take.
    let mut own =
        own.filter(|row| row.versions.contain(version) || version == "0" && row.versions.from.0 == 0);
    if version == "0" { own.last() } else { own.next() }
}

impl Brings {
    /// What comes with these features, each native crate once, sorted.
    pub fn with<'f>(&self, defaults: bool, features: impl IntoIterator<Item = &'f str>) -> Vec<Brought> {
        let mut all: Vec<Brought> = self.always.to_vec();
        let mut has_defaults = defaults;
        for feature in features {
            has_defaults |= feature == "default";
            let position = self.features.binary_search_by(|(known, _)| (*known).cmp(feature));
            let found = position.ok().and_then(|position| self.features.get(position));
            all.extend(found.iter().flat_map(|(_, brought)| brought.iter()));
        }
        if has_defaults {
            all.extend(self.default);
        }
        // Features are unified: one that asks for a copy of its own decides.
        all.sort_by_key(|one| (one.name, std::cmp::Reverse(one.own_copy)));
        all.dedup_by_key(|one| one.name);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(name: &str, version: &str, defaults: bool, features: &[&str]) -> Option<Vec<String>> {
        let row = brings(name, version)?;
        let brought = row.with(defaults, features.iter().copied());
        Some(
            brought
                .iter()
                .map(|one| format!("{}{}", if one.own_copy { "+" } else { "" }, one.name))
                .collect(),
        )
    }

    #[test]
    fn features_decide() {
        let reqwest = |defaults, features: &[&str]| names("reqwest", "0.12.5", defaults, features);
        assert_eq!(reqwest(true, &[]).as_deref(), Some(["openssl-sys".to_owned()].as_slice()));
        assert_eq!(reqwest(false, &["json"]).as_deref(), Some([].as_slice()));
        assert_eq!(reqwest(false, &["rustls-tls"]).as_deref(), Some(["ring".to_owned()].as_slice()));
        assert_eq!(reqwest(false, &["default"]), reqwest(true, &[]));
        let vendored = reqwest(true, &["native-tls-vendored"]);
        assert_eq!(vendored.as_deref(), Some(["+openssl-sys".to_owned()].as_slice()));
    }

    #[test]
    fn what_is_not_known_is_not_said() {
        assert!(brings("reqwest", "0.3").is_none());
        assert!(brings("reqwest", "*").is_none());
        assert!(brings("no-such-crate", "1").is_none());
        assert!(brings("git2", "0").is_some());
    }
}
