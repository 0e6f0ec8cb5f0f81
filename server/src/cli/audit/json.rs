//! The JSON of `audit`. Its shape is a promise: fields may come, none may go or change.

use serde_json::{Value, json};

use crate::{
    audit::{Binary, Image, Kind, Place, Version, minimum},
    build::Audited,
    cli::report::{self, Report},
};

/// All files as one object.
pub(super) fn render(audited: &[Audited], report: &Report) -> Value {
    let files: Vec<Value> = audited.iter().map(|one| file(one, report)).collect();
    json!({"version": 1, "files": files})
}

fn file(one: &Audited, report: &Report) -> Value {
    let path = one.path.to_string_lossy().replace('\\', "/");
    let findings: Vec<Value> = one
        .audit
        .findings
        .iter()
        .map(|finding| {
            let mut value = json!(report::json::finding(report, finding));
            value["file"] = json!(path);
            value
        })
        .collect();
    let binary = one.artefact.content.as_ref().ok();
    let images = binary.map(|binary| binary.images.as_slice()).unwrap_or_default();
    let only_in_data = |is_data: bool| {
        let references = binary.map(|binary| binary.store.as_slice()).unwrap_or_default().iter();
        let wanted = references.filter(move |reference| !is_data || reference.place == Place::Data);
        wanted.map(|reference| reference.path.as_str()).collect::<Vec<_>>()
    };
    let reason = one.artefact.content.as_ref().err().map(|unreadable| unreadable.reason.as_str());
    let mut value = json!({
        "file": path,
        "format": binary.map(|binary| binary.format.name()),
        "arch": binary.map(arches),
        "kind": images.first().map(|image| kind(image.kind)),
        "linkage": images.iter().map(|image| image.linkage).max().map(crate::audit::Linkage::name),
        "interpreter": images.iter().find_map(|image| image.interpreter.as_deref()),
        "needed": union(images, |image| image.needed.iter().map(|needed| needed.name.as_str()).collect()),
        "runpath": union(images, |image| image.runpath.iter().map(String::as_str).collect()),
        "glibc": images.iter().filter_map(Image::glibc).max().map(|version| version.to_string()),
        "min_os": images.iter().find_map(minimum),
        "symbol_versions": highest(images),
        "stripped": images.iter().map(|image| image.is_stripped).min().flatten(),
        "signed": images.iter().map(|image| image.is_signed).min().flatten(),
        "imports": union_pairs(images),
        "store_references": only_in_data(false),
        "store_references_in_data": only_in_data(true),
        "runs_on": one.audit.runs_on,
        "verdict": one.audit.verdict.name(),
        "reason": reason,
        "findings": findings,
    });
    if images.len() > 1 {
        value["images"] = images.iter().map(slice).collect();
    }
    value
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Program => "program",
        Kind::Library => "library",
    }
}

fn arches(binary: &Binary) -> String {
    binary.images.iter().map(|image| image.arch.as_str()).collect::<Vec<_>>().join("+")
}

/// One architecture of a universal binary.
fn slice(image: &Image) -> Value {
    json!({
        "arch": image.arch,
        "needed": image.needed.iter().map(|needed| &needed.name).collect::<Vec<_>>(),
        "runpath": image.runpath,
        "min_os": minimum(image),
        "signed": image.is_signed,
    })
}

/// What any of the images has, each once, in the order of the file.
fn union<'i>(images: &'i [Image], of: impl Fn(&'i Image) -> Vec<&'i str>) -> Vec<&'i str> {
    let mut all = Vec::new();
    for one in images.iter().flat_map(of) {
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all
}

fn union_pairs(images: &[Image]) -> Vec<String> {
    let imports = images.iter().flat_map(|image| &image.imports);
    imports
        .map(|(module, name)| if name.is_empty() { module.clone() } else { format!("{module}.{name}") })
        .collect()
}

/// The highest version of each library's symbols: `{"libc.so.6": {"GLIBC": "2.34"}}`.
fn highest(images: &[Image]) -> Value {
    let mut found = std::collections::BTreeMap::<&str, std::collections::BTreeMap<&str, Version>>::new();
    for version in images.iter().flat_map(|image| &image.versions).filter(|version| !version.is_weak) {
        let Some((prefix, _)) = version.name.rsplit_once('_') else { continue };
        let Some(number) = version.of(prefix) else { continue };
        let highest = found.entry(&version.library).or_default().entry(prefix).or_default();
        *highest = number.max(*highest);
    }
    let libraries = found.into_iter().map(|(library, versions)| {
        let versions: serde_json::Map<String, Value> = versions
            .into_iter()
            .map(|(prefix, number)| (prefix.to_owned(), json!(number.to_string())))
            .collect();
        (library.to_owned(), Value::Object(versions))
    });
    Value::Object(libraries.collect())
}
