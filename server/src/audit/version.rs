//! Versions of systems and libraries.

use std::fmt;

/// Up to four numbers: "2.34", "10.0", "3.4.19".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version([u32; 4]);

impl Version {
    /// The version of these numbers.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self([major, minor, patch, 0])
    }

    /// Reads "2.34": one to four numbers between dots, nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = [0; 4];
        let mut slots = numbers.iter_mut();
        for part in text.split('.') {
            if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            *slots.next()? = part.parse().ok()?;
        }
        Some(Self(numbers))
    }

    /// The number before the first dot.
    pub fn major(self) -> u32 {
        self.0[0]
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, rest @ ..] = self.0;
        write!(out, "{major}.{minor}")?;
        let shown = rest.iter().rposition(|number| *number != 0).map_or(0, |last| last + 1);
        rest.iter().take(shown).try_for_each(|number| write!(out, ".{number}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        let version = |text| Version::parse(text);
        assert!(version("2.9") < version("2.34"));
        assert!(version("2.2.5") > version("2.2"));
        assert_eq!(version("11"), version("11.0"));
        assert_eq!(version("2.34").map(|v| v.to_string()).as_deref(), Some("2.34"));
        assert_eq!(version("3.4.0.1").map(|v| v.to_string()).as_deref(), Some("3.4.0.1"));
        for bad in ["", "2.", "2..3", "PRIVATE", "+1", "1.2.3.4.5", "99999999999"] {
            assert_eq!(version(bad), None, "{bad}");
        }
    }
}
