//! From Nix's JSON (see `collect.nix`) to data.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::nix::settled::{Output, OutputPlatform};

/// Names by system, as `names.nix` gives them: a system whose outputs throw has none.
pub(super) fn names(value: &Value) -> BTreeMap<String, Option<BTreeSet<String>>> {
    let systems = value.as_object().into_iter().flatten();
    let of = |names: &Value| {
        let names = names.as_array()?.iter().filter_map(Value::as_str);
        Some(names.map(str::to_owned).collect())
    };
    systems.map(|(system, names)| (system.clone(), of(names))).collect()
}

/// The outputs of one group, by name; `None` for what is no derivation, or throws.
pub(super) fn outputs(value: &Value) -> BTreeMap<String, Option<Output>> {
    let outputs = value.as_object().into_iter().flatten();
    outputs.map(|(name, value)| (name.clone(), value.is_object().then(|| output(value)))).collect()
}

/// What `nix print-dev-env --json` says that a shell exports.
pub(super) fn exported(value: &Value) -> BTreeMap<String, String> {
    let variables = value["variables"].as_object().into_iter().flatten();
    let exported = variables.filter(|(_, variable)| variable["type"] == "exported");
    exported
        .filter_map(|(name, variable)| Some((name.clone(), variable["value"].as_str()?.to_owned())))
        .collect()
}

fn output(value: &Value) -> Output {
    let mut failed = BTreeSet::new();
    let mut texts = |key: &str| {
        let mut texts = BTreeMap::new();
        for (name, value) in value[key].as_object().into_iter().flatten() {
            match value.as_str() {
                Some(text) => drop(texts.insert(name.clone(), text.to_owned())),
                None => drop(failed.insert(name.clone())),
            }
        }
        texts
    };
    let (env, scripts) = (texts("env"), texts("scripts"));
    let mut inputs = BTreeMap::new();
    for (via, items) in value["inputs"].as_object().into_iter().flatten() {
        let Some(items) = items.as_array() else {
            failed.insert(via.clone());
            continue;
        };
        let item =
            |item: &Value| Some((item["name"].as_str()?.to_owned(), item["output"].as_str()?.to_owned()));
        inputs.insert(via.clone(), items.iter().filter_map(item).collect());
    }
    let platform = &value["platform"];
    Output {
        name: value["name"].as_str().map(str::to_owned),
        platform: platform["config"].as_str().map(|config| OutputPlatform {
            config: config.to_owned(),
            triple: platform["triple"].as_str().map(str::to_owned),
            is_static: platform["isStatic"].as_bool().unwrap_or_default(),
            is_cross: platform["isCross"].as_bool().unwrap_or_default(),
        }),
        env,
        scripts,
        inputs,
        failed,
        exported: BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_null_has_failed_and_the_rest_is_told() {
        let value = json!({
            "app": {
                "name": "app",
                "platform": {"config": "x86_64-unknown-linux-musl", "triple": null, "isStatic": true, "isCross": true},
                "env": {"A": "1", "B": null},
                "scripts": {"shellHook": "x"},
                "inputs": {"buildInputs": [{"name": "openssl-3", "output": "dev"}, null], "nativeBuildInputs": null},
            },
            "throws": null,
            "odd": 3,
        });
        let outputs = outputs(&value);
        assert_eq!((outputs["throws"].as_ref(), outputs["odd"].as_ref()), (None, None));
        let Some(app) = &outputs["app"] else { panic!("it is told") };
        assert_eq!(app.env, BTreeMap::from([("A".to_owned(), "1".to_owned())]));
        assert_eq!(app.failed, BTreeSet::from(["B".to_owned(), "nativeBuildInputs".to_owned()]));
        assert_eq!(app.inputs["buildInputs"], [("openssl-3".to_owned(), "dev".to_owned())]);
        assert!(
            app.platform.as_ref().is_some_and(|platform| platform.is_static && platform.triple.is_none())
        );
    }

    #[test]
    fn of_a_shell_only_what_is_exported_counts() {
        let value = json!({
            "bashFunctions": {"f": "x"},
            "variables": {
                "A": {"type": "exported", "value": "1"},
                "B": {"type": "var", "value": "2"},
                "C": {"type": "array", "value": ["3"]},
            },
        });
        assert_eq!(exported(&value), BTreeMap::from([("A".to_owned(), "1".to_owned())]));
        assert!(exported(&json!("x")).is_empty());
    }

    #[test]
    fn anything_that_is_no_answer_is_none() {
        for value in [json!(null), json!([1]), json!("x")] {
            assert!(outputs(&value).is_empty() && names(&value).is_empty());
        }
    }
}
