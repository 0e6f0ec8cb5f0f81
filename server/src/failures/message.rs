//! Fills the templates of the data file: `{linker}` is a value, `{?… {target}?}` goes when one of its
//! values is unknown, and `{?{program}|the program?}` becomes what stands behind the bar.

use super::failure::Failure;
use crate::{knowledge, project::environment::target_variable};

/// A longer value says no more.
const MAX_VALUE: usize = 240;

/// All values that a template may speak of.
pub(super) fn values_of(failure: &Failure) -> Vec<(&'static str, String)> {
    let mut values: Vec<(&'static str, String)> =
        failure.values.iter().map(|(name, value)| (*name, shorten(value))).collect();
    if let Some(name) = &failure.crate_name {
        values.push(("crate", shorten(name)));
    }
    let target = failure.target.as_deref().or_else(|| failure.value("target")).map(str::to_owned);
    if let Some(triple) = target {
        values.push(("cc_variable", format!("CC_{}", triple.replace(['-', '.'], "_"))));
        values.push(("linker_variable", target_variable(&triple, "LINKER")));
        values.extend(knowledge::nearest(&triple).map(|nearest| ("nearest", nearest.to_owned())));
        if let Some(tool) = knowledge::target(&triple).and_then(|target| target.names.debian) {
            values.push(("package", tool.package.to_owned()));
            values.extend(tool.linker.map(|linker| ("package_linker", linker.to_owned())));
        }
        values.push(("target", triple));
    }
    for derived in knowledge::derived_values() {
        let from = values.iter().find(|(name, _)| *name == derived.from).map(|(_, value)| value.clone());
        let to = from.and_then(|from| derived.values.iter().find(|(value, _)| *value == from));
        values.extend(to.map(|(_, to)| (derived.to, (*to).to_owned())));
    }
    values
}

fn shorten(value: &str) -> String {
    if value.len() <= MAX_VALUE {
        return value.to_owned();
    }
    format!("{}…", value.get(..value.floor_char_boundary(MAX_VALUE)).unwrap_or_default())
}

/// Puts the values in.
pub(super) fn fill(template: &str, values: &[(&'static str, String)]) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once("{?") {
        text.push_str(&put_known(before, values));
        let (optional, behind) = behind.split_once("?}").unwrap_or((behind, ""));
        text.push_str(&optional.split('|').find_map(|choice| put(choice, values)).unwrap_or_default());
        rest = behind;
    }
    text.push_str(&put_known(rest, values));
    text
}

/// The text with its values, if all of them are known.
fn put(template: &str, values: &[(&'static str, String)]) -> Option<String> {
    let mut text = String::new();
    let mut pieces = template.split('{');
    text.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (name, behind) = piece.split_once('}')?;
        let (_, value) = values.iter().find(|(known, _)| *known == name)?;
        text.push_str(value);
        text.push_str(behind);
    }
    Some(text)
}

/// The text with the values that are known.
fn put_known(template: &str, values: &[(&'static str, String)]) -> String {
    let mut text = String::new();
    let mut pieces = template.split('{');
    text.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (name, behind) = piece.split_once('}').unwrap_or(("", piece));
        text.push_str(values.iter().find(|(known, _)| *known == name).map_or("…", |(_, value)| value));
        text.push_str(behind);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn optional_words_go_with_their_values() {
        let values = [("linker", "cc".to_owned())];
        let template = "`{linker}` is missing{? for {target}?}{?, says {linker}?}";
        assert_eq!(fill(template, &values), "`cc` is missing, says cc");
        assert_eq!(fill("{?{x}|{linker}|no?} {?{x}|a b?}", &values), "cc a b");
        assert_eq!(fill("{x} and {linker}", &values), "… and cc");
    }
}
