//! "Did you mean …?"

/// The candidate nearest to what was written, if one is near enough to be meant.
pub(super) fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written: Vec<char> = written.to_lowercase().replace('_', "-").chars().take(100).collect();
    let limit = (written.len() / 3).max(1);
    let near = candidates.into_iter().filter_map(|candidate| {
        let letters: Vec<char> = candidate.chars().collect();
        let is_part = written.len() >= 4 && candidate.contains(&written.iter().collect::<String>());
        let distance = distance(&written, &letters);
        (is_part || distance <= limit).then_some((distance, candidate))
    });
    near.min().map(|(_, candidate)| candidate)
}

/// How many letters must be put, taken, changed, or swapped with their neighbour.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let change = last[j] + usize::from(x != y);
            let mut least = change.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = ["missing-linker", "openssl-sys", "unknown-target"];

    #[test]
    fn a_slip_of_the_finger_is_understood() {
        assert_eq!(nearest("mising-linker", NAMES), Some("missing-linker"));
        assert_eq!(nearest("missing_linekr", NAMES), Some("missing-linker"));
        assert_eq!(nearest("openssl", NAMES), Some("openssl-sys"));
        assert_eq!(nearest("Unknown-Target", NAMES), Some("unknown-target"));
    }

    #[test]
    fn something_else_is_not() {
        assert_eq!(nearest("wibble", NAMES), None);
        assert_eq!(nearest("", NAMES), None);
    }
}
