//! What continuous integration, containers and Nix put before the lines of a build.

/// What stood before a line's own words.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Prefix {
    /// Where the line's own words begin.
    pub(super) length: usize,
    /// Whether the line is marked as an error.
    pub(super) is_error: bool,
    /// Whether the line is marked as a warning.
    pub(super) is_warning: bool,
    /// Whether the line only shows what will be run.
    pub(super) is_command: bool,
}

/// More than this many prefixes on one line are none.
const MAX_PREFIXES: usize = 6;

/// Takes the prefixes off a line. Those that tell one job from another are added to `label`.
pub(super) fn strip(line: &str, label: &mut String) -> Prefix {
    label.clear();
    let mut prefix = Prefix::default();
    for _ in 0..MAX_PREFIXES {
        let rest = line.get(prefix.length..).unwrap_or_default();
        let length = marker(rest, &mut prefix)
            .or_else(|| github_command_line(rest, label))
            .or_else(|| timestamp(rest))
            .or_else(|| named(rest, label))
            .unwrap_or_default();
        if length == 0 {
            break;
        }
        prefix.length += length;
    }
    let rest = line.get(prefix.length..).unwrap_or_default();
    prefix.is_command |= ["+ ", "++ ", "$ "].iter().any(|shell| rest.starts_with(shell));
    prefix
}

/// GitHub's and Azure's `##[error]`, GitHub's `::error file=…::`.
fn marker(rest: &str, prefix: &mut Prefix) -> Option<usize> {
    let (word, length) = if let Some(marker) = rest.strip_prefix("##[") {
        let (word, _) = marker.split_once(']').filter(|(word, _)| word.len() < 20)?;
        (word, word.len() + 4)
    } else {
        let (marker, _) = rest.strip_prefix("::")?.split_once("::")?;
        (marker.split(' ').next().unwrap_or_default(), marker.len() + 4)
    };
    match word {
        "error" => prefix.is_error = true,
        "warning" | "notice" | "debug" => prefix.is_warning = true,
        "group" | "command" | "section" | "add-mask" => prefix.is_command = true,
        "endgroup" => {}
        _ => return None,
    }
    Some(length)
}

/// `gh run view --log`: job, step and line with a tab between.
fn github_command_line(rest: &str, label: &mut String) -> Option<usize> {
    let (job, behind) = rest.split_once('\t')?;
    let (step, line) = behind.split_once('\t')?;
    let line = line.strip_prefix('\u{feff}').unwrap_or(line);
    (job.len() < 200 && step.len() < 200 && timestamp(line).is_some()).then_some(())?;
    add(label, job);
    Some(rest.len() - line.len())
}

fn add(label: &mut String, name: &str) {
    label.push('/');
    label.push_str(name);
}

/// Where a run of characters ends.
fn run(text: &str, holds: impl Fn(u8) -> bool) -> usize {
    text.bytes().position(|byte| !holds(byte)).unwrap_or(text.len())
}

/// `2026-01-01T00:00:00.0000000Z `, `[2026-01-01 00:00:00] `, `[00:00:00] `, `12.345 `, and what GitLab and
/// Kubernetes put behind them.
fn timestamp(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('[').unwrap_or(rest);
    let is_bracketed = inner.len() < rest.len();
    let mut length = 0;
    if is_date(inner) {
        length = "2026-01-01".len();
        let joint = inner.get(length..length + 1)?;
        (joint == "T" || joint == " ").then_some(())?;
        length += 1;
    }
    let clock = inner.get(length..)?;
    if is_clock(clock) {
        length += "00:00:00".len();
        length +=
            run(inner.get(length..)?, |byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b'Z'));
        let zone = inner.get(length..)?;
        if zone.starts_with(['+', '-']) {
            length += 1 + run(zone.get(1..)?, |byte| byte.is_ascii_digit() || byte == b':');
        }
        // GitLab: stdout or stderr of a section; a plus where a line goes on.
        let stream = inner.get(length..)?.as_bytes();
        if let [b' ', high, low, b'O' | b'E', b' ' | b'+', ..] = stream
            && high.is_ascii_hexdigit()
            && low.is_ascii_hexdigit()
        {
            return (!is_bracketed).then_some(length + 5);
        }
    } else if length > 0 || is_bracketed {
        return None;
    } else {
        // Docker's excerpt of a failed step: seconds.
        length = run(clock, |byte| byte.is_ascii_digit());
        let fraction = clock.get(length..)?.strip_prefix('.')?;
        let digits = run(fraction, |byte| byte.is_ascii_digit());
        ((1..=6).contains(&length) && (2..=3).contains(&digits)).then_some(())?;
        length += 1 + digits;
    }
    let mut behind = inner.get(length..)?;
    if is_bracketed {
        behind = behind.strip_prefix(']')?;
    }
    for stream in [" stdout F ", " stderr F ", " stdout P ", " stderr P "] {
        behind =
            behind.strip_prefix(stream).map_or(behind, |_| behind.get(stream.len() - 1..).unwrap_or(behind));
    }
    match behind.strip_prefix(' ') {
        Some(behind) => Some(rest.len() - behind.len()),
        None => behind.is_empty().then_some(rest.len()),
    }
}

fn is_date(text: &str) -> bool {
    has_form(text, b"0000-00-00")
}

fn is_clock(text: &str) -> bool {
    has_form(text, b"00:00:00")
}

/// Whether a text begins with digits where the form has them, and with what else it has.
fn has_form(text: &str, form: &[u8]) -> bool {
    let fits = |(byte, form): (u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == *form };
    text.len() >= form.len() && text.bytes().zip(form).all(fits)
}

/// Prefixes that name who speaks: a compose service, a derivation, a crate, a stage.
fn named(rest: &str, label: &mut String) -> Option<usize> {
    crate_label(rest, label)
        .or_else(|| bracketed(rest, label))
        .or_else(|| barred(rest, label))
        .or_else(|| quoted(rest, label))
        .or_else(|| buildkit(rest, label))
        .or_else(|| web_link(rest))
}

/// `cargo build -vv` puts `[crate 1.2.3] ` before what a build script says.
fn crate_label(rest: &str, label: &mut String) -> Option<usize> {
    let (inner, _) = rest.strip_prefix('[')?.split_once("] ")?;
    let (name, version) = inner.split_once(' ')?;
    let is_name = !name.is_empty() && name.len() < 100 && run(name, is_word) == name.len();
    let is_version = version.starts_with(|c: char| c.is_ascii_digit()) && version.contains('.');
    (is_name && is_version && !version.contains(' ')).then_some(())?;
    add(label, "[");
    label.push_str(name);
    Some(inner.len() + 3)
}

/// The crate that a label names.
pub(super) fn crate_of(label: &str) -> Option<&str> {
    label.rsplit_once("/[").map(|(_, name)| name)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// `[step-build] `, `[build:L12:34s] `, `[ERROR] `.
fn bracketed(rest: &str, label: &mut String) -> Option<usize> {
    let (inner, _) = rest.strip_prefix('[')?.split_once("] ")?;
    let name = inner.split(':').next().unwrap_or_default();
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && inner.len() < 60
        && run(inner, |byte| is_word(byte) || byte == b':') == inner.len();
    is_name.then_some(())?;
    add(label, name);
    Some(inner.len() + 3)
}

/// Compose's `service-1  | `, Earthly's `+build | `, and the bare `| ` of bitbake.
fn barred(rest: &str, label: &mut String) -> Option<usize> {
    if let Some(behind) = rest.strip_prefix("| ") {
        add(label, "|");
        return Some(rest.len() - behind.len());
    }
    let name = run(rest, |byte| is_word(byte) || matches!(byte, b'+' | b'/' | b':' | b'*' | b'@'));
    let name_text = rest.get(..name)?;
    // A number is the margin of an excerpt of source.
    let is_name = name_text.bytes().any(|byte| byte.is_ascii_alphabetic()) && name < 100;
    let padded = rest.get(name..)?;
    let bar = padded.trim_start_matches(' ');
    let behind = bar.strip_prefix('|')?;
    (is_name && bar.len() < padded.len()).then_some(())?;
    (behind.is_empty() || behind.starts_with(' ')).then_some(())?;
    add(label, name_text);
    Some(rest.len() - behind.strip_prefix(' ').unwrap_or(behind).len())
}

/// Nix's `app> `, and the `> ` before the last lines of a builder that failed.
fn quoted(rest: &str, label: &mut String) -> Option<usize> {
    let trimmed = rest.trim_start_matches(' ');
    if let Some(behind) =
        trimmed.strip_prefix("> ").or_else(|| trimmed.strip_prefix('>').filter(|b| b.is_empty()))
    {
        add(label, ">");
        return Some(rest.len() - behind.len());
    }
    let name = run(rest, |byte| is_word(byte) || byte == b'+');
    let behind = rest.get(name..)?.strip_prefix('>')?;
    (name > 0 && name < 200).then_some(())?;
    (behind.is_empty() || behind.starts_with(' ')).then_some(())?;
    add(label, rest.get(..name)?);
    Some(rest.len() - behind.strip_prefix(' ').unwrap_or(behind).len())
}

/// `#12 34.56 `: a step of a container's build.
fn buildkit(rest: &str, label: &mut String) -> Option<usize> {
    let number = rest.strip_prefix('#')?;
    let digits = run(number, |byte| byte.is_ascii_digit());
    let behind = number.get(digits..)?.strip_prefix(' ')?;
    (1..=5).contains(&digits).then_some(())?;
    add(label, rest.get(..=digits)?);
    Some(rest.len() - behind.len())
}

/// `[366](https://github.com/…#step:4:382)`: lines that were copied from a log's page.
fn web_link(rest: &str) -> Option<usize> {
    let (number, behind) = rest.strip_prefix('[')?.split_once("](http")?;
    (!number.is_empty() && run(number, |byte| byte.is_ascii_digit()) == number.len()).then_some(())?;
    let (_, behind) = behind.split_once(')')?;
    Some(rest.len() - behind.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(line: &str) -> (String, &str) {
        let mut label = String::new();
        let prefix = strip(line, &mut label);
        (label, line.get(prefix.length..).unwrap_or_default())
    }

    #[test]
    fn prefixes_go_and_the_indentation_stays() {
        for (line, label, rest) in [
            ("2026-01-01T00:00:00.1234567Z   = note: x", "", "  = note: x"),
            ("2026-01-01T00:00:00.1234567Z ##[error]linker", "", "linker"),
            ("build (linux)\tRun cargo\t2026-01-01T00:00:00.1Z error: x", "/build (linux)", "error: x"),
            ("2024-05-22T12:43:46.962646Z 00O error: x", "", "error: x"),
            ("2024-05-22T12:43:46.962646Z 01E+error: x", "", "error: x"),
            ("2016-10-06T00:17:09.669794202Z stderr F error: x", "", "error: x"),
            ("[2026-01-01T00:00:00.000Z] error: x", "", "error: x"),
            ("[12:34:56] error: x", "", "error: x"),
            ("2026-01-01 00:00:00,123 error: x", "", "error: x"),
            ("web-1  | error: x", "/web-1", "error: x"),
            ("web-1  |   | x", "/web-1", "  | x"),
            ("./api+build | error: x", "/./api+build", "error: x"),
            ("| error: x", "/|", "error: x"),
            ("app-0.1.0> error: x", "/app-0.1.0", "error: x"),
            ("       > error: x", "/>", "error: x"),
            ("#12 34.56   = note", "/#12", "  = note"),
            ("34.567 error: x", "", "error: x"),
            ("[ring 0.17.14] error: x", "/[ring", "error: x"),
            ("[libz-sys 1.1.31+x] error: x", "/[libz-sys", "error: x"),
            ("[367](https://example.org/a#step:4:383)Caused by:", "", "Caused by:"),
            ("2026-01-01T00:00:00.1Z web-1  | app> error: x", "/web-1/app", "error: x"),
            ("2026-01-01T00:00:00.1Z", "", ""),
        ] {
            assert_eq!(stripped(line), (label.to_owned(), rest), "{line}");
        }
    }

    #[test]
    fn what_a_compiler_says_has_no_prefix() {
        for line in [
            "error: linker `x` not found",
            "12 | fn main() {}",
            "  |",
            "   | x",
            "  --> src/main.rs:1:1",
            ">>> referenced by main.rs:3",
            "[package]",
            "[target.x86_64-unknown-linux-gnu]",
            "  = note: x",
            "warning: ring@0.17.14: x",
            "3.5 GB left",
            "/usr/bin/ld: x",
        ] {
            assert_eq!(stripped(line), (String::new(), line), "{line}");
        }
    }

    #[test]
    fn the_crate_stands_in_the_label() {
        assert_eq!(crate_of("/web/[ring"), Some("ring"));
        assert_eq!(crate_of("/web"), None);
    }
}
