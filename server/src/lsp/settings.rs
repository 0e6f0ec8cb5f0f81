//! The user's settings, section `portolan`, as the editor sends them.
//!
//! An editor may send anything: a wrong type costs that one key, with a word in the log.

use serde_json::Value;

use crate::{
    finding::Severity,
    rules,
    snapshot::{Level, Settings},
};

/// The values of `build.builder`.
const BUILDERS: [&str; 5] = ["auto", "cargo", "zigbuild", "cross", "nix"];

/// What the user asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserSettings {
    /// What an analysis is given.
    pub analysis: Settings,
    /// The machine that builds, when it is not this one.
    pub host: Option<String>,
    /// Whether commands that start processes may run. Only the editor can say so, never a file.
    pub trusted: bool,
    /// Whether Nix and cargo are asked when a file is saved; only in a trusted workspace.
    pub deep_check_on_save: bool,
    /// How builds are made.
    pub build: BuildSettings,
    /// Whether lenses are shown; the project says it where the user does not.
    pub code_lens: Option<bool>,
    /// Whether inlay hints are shown, likewise.
    pub inlay_hints: Option<bool>,
}

impl Default for UserSettings {
    fn default() -> Self {
        Self {
            analysis: Settings::default(),
            host: None,
            trusted: false,
            deep_check_on_save: true,
            build: BuildSettings::default(),
            code_lens: None,
            inlay_hints: None,
        }
    }
}

/// How builds are made. They name programs and arguments, so they are the user's alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildSettings {
    /// The builder; `auto` as good as none.
    pub builder: Option<String>,
    /// More arguments for it.
    pub extra_arguments: Vec<String>,
    /// Nix's `--builders`.
    pub nix_builders: Option<String>,
}

/// The settings in `value` (the section itself, or an object that holds it), and what was wrong.
pub fn read(value: &Value) -> (UserSettings, Vec<String>) {
    let mut settings = UserSettings::default();
    let mut wrong = Vec::new();
    let section = value.get("portolan").unwrap_or(value);
    let Some(section) = section.as_object() else {
        // Neovim sends an empty table of Lua as an empty array.
        if !section.is_null() && section.as_array().is_none_or(|array| !array.is_empty()) {
            wrong.push("the settings of portolan must be an object".to_owned());
        }
        return (settings, wrong);
    };
    let section = Value::Object(section.clone());
    if let Some(targets) = find(&section, "targets") {
        match strings(targets) {
            Some(targets) => settings.analysis.targets = targets,
            None => wrong.push("portolan.targets must be an array of target triples".to_owned()),
        }
    }
    match find(&section, "host") {
        None => {}
        Some(Value::String(host)) if host.is_empty() => {}
        Some(Value::String(host)) => settings.host = Some(host.clone()),
        Some(_) => wrong.push("portolan.host must be a target triple".to_owned()),
    }
    for (name, switch) in
        [("trusted", &mut settings.trusted), ("deepCheckOnSave", &mut settings.deep_check_on_save)]
    {
        match find(&section, name) {
            None => {}
            Some(Value::Bool(on)) => *switch = *on,
            Some(_) => wrong.push(format!("portolan.{name} must be true or false")),
        }
    }
    match find(&section, "build.builder") {
        None => {}
        Some(Value::String(builder)) if BUILDERS.contains(&builder.as_str()) => {
            settings.build.builder = Some(builder.clone());
        }
        Some(_) => wrong.push(format!("portolan.build.builder must be one of {}", BUILDERS.join(", "))),
    }
    if let Some(arguments) = find(&section, "build.extraArgs") {
        match strings(arguments) {
            Some(arguments) => settings.build.extra_arguments = arguments,
            None => wrong.push("portolan.build.extraArgs must be an array of arguments".to_owned()),
        }
    }
    match find(&section, "build.nix.builders") {
        None => {}
        Some(Value::String(builders)) if builders.is_empty() => {}
        Some(Value::String(builders)) => settings.build.nix_builders = Some(builders.clone()),
        Some(_) => wrong.push("portolan.build.nix.builders must be a text".to_owned()),
    }
    for (name, switch) in
        [("codeLens.enable", &mut settings.code_lens), ("inlayHints.enable", &mut settings.inlay_hints)]
    {
        match find(&section, name) {
            None => {}
            Some(Value::Bool(on)) => *switch = Some(*on),
            Some(_) => wrong.push(format!("portolan.{name} must be true or false")),
        }
    }
    match find(&section, "diagnostics.severity") {
        None => {}
        Some(Value::Object(levels)) => {
            for (rule, level) in levels {
                if rules::find(rule).is_none() {
                    wrong.push(format!("portolan.diagnostics.severity: there is no rule `{rule}`"));
                }
                match level.as_str().and_then(read_level) {
                    Some(level) => {
                        settings.analysis.severity.insert(rule.clone(), level);
                    }
                    None => wrong.push(format!(
                        "portolan.diagnostics.severity: `{rule}` must be error, warning, hint or off"
                    )),
                }
            }
        }
        Some(_) => wrong.push("portolan.diagnostics.severity must map rules to levels".to_owned()),
    }
    (settings, wrong)
}

/// The value at a dotted path; editors send `{"a": {"b": 1}}` and `{"a.b": 1}`. Null is as good as absent.
fn find<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let found = value.get(path).or_else(|| {
        let (first, rest) = path.split_once('.')?;
        find(value.get(first)?, rest)
    });
    found.filter(|value| !value.is_null())
}

fn strings(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

fn read_level(name: &str) -> Option<Level> {
    Some(match name {
        "off" => Level::Off,
        "hint" => Level::As(Severity::Hint),
        "warning" => Level::As(Severity::Warning),
        "error" => Level::As(Severity::Error),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_section_comes_bare_wrapped_nested_and_dotted() {
        for value in [
            json!({"targets": ["a"], "diagnostics": {"severity": {"x": "off"}}}),
            json!({"portolan": {"targets": ["a"], "diagnostics.severity": {"x": "off"}}}),
        ] {
            let (settings, _) = read(&value);
            assert_eq!(settings.analysis.targets, ["a"], "{value}");
            assert_eq!(settings.analysis.severity.get("x"), Some(&Level::Off), "{value}");
        }
    }

    #[test]
    fn a_wrong_type_costs_one_key_and_is_named() {
        let value =
            json!({"targets": "a", "host": 3, "trusted": true, "diagnostics": {"severity": {"x": 1}}});
        let (settings, wrong) = read(&value);
        assert_eq!(settings, UserSettings { trusted: true, ..UserSettings::default() });
        assert_eq!(wrong.len(), 4, "{wrong:?}");
    }

    #[test]
    fn nothing_is_as_good_as_defaults() {
        for value in [json!(null), json!({}), json!({"portolan": null}), json!({"targets": null})] {
            assert_eq!(read(&value), (UserSettings::default(), Vec::new()), "{value}");
        }
        assert_eq!(read(&json!([1])).1.len(), 1);
    }
}
