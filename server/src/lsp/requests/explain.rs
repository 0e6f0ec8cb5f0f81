//! The pages of rules, and of failures of builds.

use serde_json::{Value, json};

use super::execute_command::Refusal;
use crate::{audit::rules::ARTEFACT_RULES, failures::pages, knowledge, rules};

/// What can be said of one name.
struct Page {
    /// Over a second page.
    title: &'static str,
    text: String,
    url: String,
}

/// The page of what the arguments name: a rule of projects or of binaries, or a failure of a build; without a name, the
/// list of all of them.
pub fn explain(arguments: &[Value]) -> Result<Value, Refusal> {
    let Some(first) = arguments.first().filter(|first| !first.is_null()) else { return Ok(list()) };
    let name = first.as_str().or_else(|| first.get("rule")?.as_str());
    let name = name.ok_or_else(|| {
        Refusal::Arguments("portolan.explain takes the name of a rule or of a failure".to_owned())
    })?;
    let pages = pages_of(name);
    let Some(first) = pages.first() else {
        return Err(Refusal::Arguments(format!("there is no rule and no failure `{name}`")));
    };
    let rest =
        pages.iter().skip(1).map(|page| format!("\n\n---\n\n# {}\n\n{}", page.title, page.text.trim()));
    let text = first.text.trim().to_owned() + &rest.collect::<String>();
    Ok(json!({"rule": name, "url": first.url, "page": text}))
}

/// All names with what they stand for, each once.
fn list() -> Value {
    let rules = rules::RULES.iter().map(|rule| (rule.name, rule.summary));
    let of_binaries = ARTEFACT_RULES.iter().map(|rule| (rule.name, rule.summary));
    let failures = knowledge::failures().iter().map(|failure| (failure.name, failure.summary));
    let mut names: Vec<(&str, &str)> = Vec::new();
    for (name, summary) in rules.chain(of_binaries).chain(failures) {
        if names.iter().all(|(known, _)| *known != name) {
            names.push((name, summary));
        }
    }
    names.iter().map(|(name, summary)| json!({"rule": name, "summary": summary})).collect()
}

/// A rule may have the name of the failure that it foresees.
fn pages_of(name: &str) -> Vec<Page> {
    let rule = rules::find(name).map(|rule| Page {
        title: "In the project's files",
        text: rule.page(),
        url: rule.url(),
    });
    let of_binaries = ARTEFACT_RULES.iter().find(|rule| rule.name == name).map(|rule| Page {
        title: "In a binary",
        text: rule.page(),
        url: rule.url(),
    });
    let failure = knowledge::failure(name).map(|failure| Page {
        title: "In a build's log",
        text: format!("{}\n\n{}", failure.summary, failure.page),
        url: pages::url(failure.name),
    });
    [rule, of_binaries, failure].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_list_has_a_page() {
        let list = list();
        let names: Vec<_> = list.as_array().into_iter().flatten().map(|one| one["rule"].clone()).collect();
        assert!(names.len() > rules::RULES.len() + ARTEFACT_RULES.len(), "{}", names.len());
        for name in names {
            let page = explain(&[json!({"rule": name})]).map(|answer| answer["page"].clone());
            assert!(
                page.as_ref().is_ok_and(|page| page.as_str().is_some_and(|text| text.len() > 60)),
                "{name}"
            );
        }
    }

    #[test]
    fn a_name_of_both_kinds_has_both_pages() {
        let page = explain(&[json!("unknown-target")]).map(|answer| answer["page"].to_string());
        let page = page.unwrap_or_default();
        assert!(page.contains("What it does") && page.contains("# In a build's log"), "{page}");
    }
}
