//! `knowledge/failures.toml` and the pages beside it become one static table.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use serde::Deserialize;
use toml_edit::de;

use super::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FailureFile {
    failure: Vec<Failure>,
    context: Vec<Context>,
    derived: Vec<Derived>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Failure {
    name: String,
    summary: String,
    message: String,
    help: String,
    rule: Option<String>,
    #[serde(default)]
    key: Vec<String>,
    highest: Option<String>,
    #[serde(default)]
    over: Vec<String>,
    #[serde(default)]
    tentative: bool,
    sign: Vec<Sign>,
    #[serde(default)]
    detail: Vec<Detail>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Sign {
    text: String,
    message: Option<String>,
    help: Option<String>,
    rule: Option<String>,
    confidence: Option<String>,
    #[serde(default)]
    near: Vec<String>,
    #[serde(default)]
    far: Vec<String>,
    #[serde(default)]
    only: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    not: BTreeMap<String, Vec<String>>,
    known_target: Option<bool>,
    #[serde(default)]
    whole: bool,
    #[serde(default)]
    starts: bool,
    #[serde(default)]
    last: bool,
    #[serde(rename = "source")]
    _source: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Detail {
    text: String,
    #[serde(rename = "source")]
    _source: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Context {
    text: String,
    /// Whether it speaks of all that follows in the job, or of the failure that it stands in.
    job: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Derived {
    from: String,
    to: String,
    values: BTreeMap<String, String>,
}

/// Values that the program knows of a target whose triple a log names.
const OF_A_TARGET: [&str; 6] =
    ["target", "cc_variable", "linker_variable", "package", "package_linker", "nearest"];
/// A shorter start of a pattern would be looked at in every line.
const MIN_ANCHOR: usize = 3;

/// Writes the table `failures.rs` and all pages in one file, `failures.md`.
pub(super) fn write(out: &Path) -> Outcome<()> {
    let file: FailureFile = de::from_str(&fs::read_to_string("knowledge/failures.toml")?)?;
    let mut failures = file.failure;
    failures.sort_by(|one, other| one.name.cmp(&other.name));
    let names: Vec<String> = failures.iter().map(|failure| failure.name.clone()).collect();
    let mut code = String::from("static FAILURES: &[FailureKind] = &[\n");
    let mut pages = String::new();
    for failure in &failures {
        let page = fs::read_to_string(format!("knowledge/failures/{}.md", failure.name))
            .map_err(|error| format!("the page of {}: {error}", failure.name))?;
        write!(pages, "\n# {}\n\n{}\n", failure.name, page.trim())?;
        check(failure, &names, &file.derived)
            .map_err(|why| format!("failures.toml: {}: {why}", failure.name))?;
        code.push_str(&row(failure, page.trim())?);
    }
    code.push_str("];\nstatic CONTEXTS: &[ContextSign] = &[\n");
    for context in &file.context {
        let Context { text, job } = context;
        writeln!(code, "ContextSign {{ pattern: {}, job: {job} }},", pattern(text)?)?;
    }
    code.push_str("];\nstatic DERIVED: &[Derived] = &[\n");
    for Derived { from, to, values } in &file.derived {
        let values: Vec<_> = values.iter().collect();
        writeln!(code, "Derived {{ from: {from:?}, to: {to:?}, values: &{values:?} }},")?;
    }
    code.push_str("];\n");
    fs::write(out.join("failures.rs"), code)?;
    fs::write(out.join("failures.md"), pages)?;
    Ok(())
}

/// Holds a row to what the program relies on.
fn check(failure: &Failure, names: &[String], derived: &[Derived]) -> Result<(), String> {
    for other in &failure.over {
        if !names.contains(other) {
            return Err(format!("goes over {other}, which does not exist"));
        }
    }
    let mut given: Vec<String> = vec!["crate".to_owned(), "version".to_owned()];
    given.extend(OF_A_TARGET.map(str::to_owned));
    let texts = failure.sign.iter().map(|sign| &sign.text).chain(failure.detail.iter().map(|one| &one.text));
    for text in texts {
        given.extend(captures(text));
    }
    let more = derived.iter().filter(|one| given.contains(&one.from)).map(|one| one.to.clone());
    given.extend(more.collect::<Vec<_>>());
    let templates = failure.sign.iter().flat_map(|sign| [&sign.message, &sign.help]).flatten();
    for template in templates.chain([&failure.message, &failure.help]) {
        for name in captures(&template.replace("{?", "").replace("?}", "")) {
            if !given.contains(&name) {
                return Err(format!("speaks of {{{name}}}, which no pattern gives"));
            }
        }
    }
    for name in failure.key.iter().chain(&failure.highest) {
        if !given.contains(name) {
            return Err(format!("is told apart by {{{name}}}, which no pattern gives"));
        }
    }
    Ok(())
}

fn row(failure: &Failure, page: &str) -> Outcome<String> {
    let Failure { name, summary, message, help, rule, key, highest, over, tentative, sign, detail } = failure;
    let signs = sign.iter().map(sign_row).collect::<Outcome<String>>()?;
    let details = detail.iter().map(|one| Ok(pattern(&one.text)? + ", ")).collect::<Outcome<String>>()?;
    Ok(format!(
        "FailureKind {{ name: {name:?}, summary: {summary:?}, message: {message:?}, help: {help:?}, rule: {rule:?}, \
         key: &{key:?}, highest: {highest:?}, over: &{over:?}, tentative: {tentative}, signs: &[{signs}], details: &[{details}], \
         page: {page:?} }},\n"
    ))
}

fn sign_row(sign: &Sign) -> Outcome<String> {
    let confidence = match sign.confidence.as_deref() {
        None | Some("certain") => "Certain",
        Some("likely") => "Likely",
        Some("possible") => "Possible",
        Some(other) => return Err(format!("failures.toml: what does the confidence {other} mean?").into()),
    };
    let pairs = |map: &BTreeMap<String, Vec<String>>| {
        let pairs = map.iter().map(|(name, values)| format!("({name:?}, &{values:?})"));
        pairs.collect::<Vec<_>>().join(", ")
    };
    let Sign { message, help, rule, near, far, known_target, whole, starts, last, .. } = sign;
    Ok(format!(
        "Sign {{ pattern: {}, message: {message:?}, help: {help:?}, rule: {rule:?}, \
         confidence: Confidence::{confidence}, near: &{near:?}, far: &{far:?}, only: &[{}], not: &[{}], \
         known_target: {known_target:?}, whole: {whole}, starts: {starts}, last: {last} }}, ",
        pattern(&sign.text)?,
        pairs(&sign.only),
        pairs(&sign.not),
    ))
}

/// "linker `{linker}` not found" as literal parts and captures.
fn pattern(text: &str) -> Outcome<String> {
    let mut parts = String::new();
    let mut anchor = None;
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(capture) = rest.strip_prefix('{') {
            let (name, behind) =
                capture.split_once('}').ok_or_else(|| format!("{text}: no closing brace"))?;
            match name {
                "_" => parts.push_str("Part::Skip, "),
                name => write!(parts, "Part::Capture({name:?}), ")?,
            }
            rest = behind;
        } else {
            let (literal, behind) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
            write!(parts, "Part::Literal({literal:?}), ")?;
            anchor = anchor.or(Some(literal));
            rest = behind;
        }
    }
    match anchor {
        Some(anchor) if anchor.len() >= MIN_ANCHOR => Ok(format!("Pattern {{ parts: &[{parts}] }}")),
        _ => Err(format!("failures.toml: {text}: its first literal part is too short to look for").into()),
    }
}

fn captures(text: &str) -> Vec<String> {
    let pieces = text.split('{').skip(1).filter_map(|piece| Some(piece.split_once('}')?.0.to_owned()));
    pieces.filter(|name| name != "_").collect()
}
