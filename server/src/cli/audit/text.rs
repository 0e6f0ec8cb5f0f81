//! The report for people: what each file is, where it runs, and what stands in the way.

use annotate_snippets::normalize_untrusted_str as printable;

use crate::{
    audit::{Binary, Format, Image, Kind, Linkage, Place, Policy, System, Verdict, minimum},
    build::Audited,
    cli::{
        output::{ERROR, FAINT, GOOD, HEADING, WARNING, paint},
        report::{
            Report,
            text::{plural, render as render_findings},
        },
    },
    finding::Severity,
};

/// Lists longer than this are cut.
const MAX_LISTED: usize = 12;

/// The report, with the findings from a severity on, and the words that show those below.
pub(in crate::cli) fn render(
    audited: &[Audited],
    policy: &Policy,
    report: &Report,
    least: Severity,
    shows_hints: &str,
) -> String {
    let mut text = String::new();
    for one in audited {
        text += &header(one);
        let shown = one.audit.findings.iter().filter(|finding| finding.severity >= least);
        let findings = render_findings(report, &report.root, shown);
        text += if findings.is_empty() { "" } else { "\n" };
        text += &findings;
        text += if findings.is_empty() { "\n" } else { "" };
    }
    text + &summary(audited, policy, least, shows_hints)
}

fn header(one: &Audited) -> String {
    let path = printable(&one.path.to_string_lossy());
    let style = match one.audit.verdict {
        Verdict::Portable => GOOD,
        Verdict::Limited => WARNING,
        Verdict::NotPortable | Verdict::Unreadable => ERROR,
    };
    let verdict = one.audit.verdict.name().replace('-', " ");
    let mut text = format!("{}: {}\n", paint(HEADING, &path), paint(style, &verdict));
    let Ok(binary) = &one.artefact.content else { return text };
    for image in &binary.images {
        text += &line("", &describe(binary, image));
        text += &facts(image);
    }
    text += &store(binary);
    if !one.audit.runs_on.is_empty() {
        text += &line("runs on", &systems(&one.audit.runs_on));
    } else if one.audit.verdict == Verdict::NotPortable {
        text += &line("runs on", "no machine but those that it was built for");
    }
    text
}

/// The systems; what all of them need besides is said once.
fn systems(systems: &[String]) -> String {
    let common = systems
        .first()
        .and_then(|first| first.rsplit_once(" with "))
        .map(|(_, what)| format!(" with {what}"));
    let bare: Option<Vec<&str>> = common
        .as_ref()
        .and_then(|common| systems.iter().map(|one| one.strip_suffix(common.as_str())).collect());
    match (common, bare) {
        (Some(common), Some(bare)) if bare.len() > 1 => format!("{}; each{common}", bare.join(", ")),
        _ => systems.join(", "),
    }
}

/// What a file says is printed, but not obeyed.
fn line(label: &str, text: &str) -> String {
    format!("  {} {}\n", paint(FAINT, &format!("{label:11}")), printable(text))
}

fn describe(binary: &Binary, image: &Image) -> String {
    let kind = match image.kind {
        Kind::Program => "program",
        Kind::Library => "library",
    };
    let linkage = match image.linkage {
        Linkage::Static => ", static",
        Linkage::StaticPie => ", static (position-independent)",
        Linkage::Dynamic => ", dynamic",
    };
    let stripped = if image.is_stripped == Some(true) { ", stripped" } else { "" };
    let signed = match image.is_signed {
        Some(true) => ", signed",
        Some(false) => ", not signed",
        None => "",
    };
    let format = match binary.format {
        Format::Elf => "ELF",
        Format::MachO => "Mach-O",
        Format::Pe => "PE",
        Format::Wasm => "WebAssembly",
    };
    // The kernel that a Linux program names is older than every machine.
    let minimum = minimum(image).filter(|_| image.system != System::Linux);
    let minimum = minimum.map(|minimum| format!(", from {minimum} on")).unwrap_or_default();
    format!("{format} {kind} for {} {}{linkage}{stripped}{signed}{minimum}", image.system.name(), image.arch)
}

fn facts(image: &Image) -> String {
    let mut text = String::new();
    if let Some(path) = &image.interpreter {
        text += &line("loader", path);
    }
    if !image.needed.is_empty() {
        let each = image.needed.iter().map(|needed| with_version(image, &needed.name));
        text += &line("needs", &cut(each, image.needed.len()));
    }
    if !image.runpath.is_empty() {
        text += &line("looks in", &cut(image.runpath.iter().cloned(), image.runpath.len()));
    }
    if !image.imports.is_empty() {
        let mut modules: Vec<&String> = image.imports.iter().map(|(module, _)| module).collect();
        modules.dedup();
        text += &line("imports", &cut(modules.iter().map(ToString::to_string), modules.len()));
    }
    text
}

/// "libc.so.6 (GLIBC_2.34)".
fn with_version(image: &Image, library: &str) -> String {
    let versions = image.versions.iter().filter(|version| version.library == library && !version.is_weak);
    let numbered = versions.filter_map(|version| {
        let (prefix, _) = version.name.rsplit_once('_')?;
        Some((version.of(prefix)?, &version.name))
    });
    match numbered.max() {
        Some((_, name)) => format!("{library} ({name})"),
        None => library.to_owned(),
    }
}

fn store(binary: &Binary) -> String {
    let in_data = binary.store.iter().filter(|reference| reference.place == Place::Data).count();
    if in_data == 0 {
        return String::new();
    }
    line("mentions", &format!("{} of the Nix store in its data", plural(in_data, "path")))
}

fn cut(list: impl Iterator<Item = String>, count: usize) -> String {
    let shown = list.take(MAX_LISTED).collect::<Vec<_>>().join(", ");
    match count.saturating_sub(MAX_LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn summary(audited: &[Audited], policy: &Policy, least: Severity, shows_hints: &str) -> String {
    let verdicts = [
        (Verdict::Portable, "portable", GOOD),
        (Verdict::Limited, "limited", WARNING),
        (Verdict::NotPortable, "not portable", ERROR),
        (Verdict::Unreadable, "unreadable", ERROR),
    ];
    let counts = verdicts.into_iter().filter_map(|(verdict, word, style)| {
        let count = audited.iter().filter(|one| one.audit.verdict == verdict).count();
        (count > 0).then(|| paint(style, &format!("{count} {word}")))
    });
    let counts: Vec<String> = counts.collect();
    let against = if *policy == Policy::default() {
        String::new()
    } else {
        format!(" (policy {})", printable(&policy.name))
    };
    let mut text = format!("{}: {}{against}\n", plural(audited.len(), "file"), counts.join(", "));
    let hints = audited.iter().flat_map(|one| &one.audit.findings).filter(|f| f.severity < least).count();
    if hints > 0 {
        let them = if hints == 1 { "it" } else { "them" };
        text += &format!("{} not shown; {shows_hints} shows {them}\n", plural(hints, "hint"));
    }
    text
}
