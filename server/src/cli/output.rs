//! Where the answers go.

use std::io::{self, Write};

use annotate_snippets::{Renderer, normalize_untrusted_str, renderer::AnsiColor, renderer::Style};
use anstream::{AutoStream, ColorChoice, adapter::strip_str};

/// Standard output and error, coloured when somebody looks at them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    color: ColorChoice,
}

impl Output {
    pub(super) fn new(choice: clap::ColorChoice) -> Self {
        let color = match choice {
            clap::ColorChoice::Auto => ColorChoice::Auto,
            clap::ColorChoice::Always => ColorChoice::Always,
            clap::ColorChoice::Never => ColorChoice::Never,
        };
        Self { color }
    }

    /// Writes a text with colours, which go where they are not wanted.
    pub(super) fn styled(self, text: &str) {
        let color = match self.color {
            ColorChoice::Auto => AutoStream::choice(&io::stdout()),
            chosen => chosen,
        };
        if color == ColorChoice::Never {
            // In one piece: the stream that strips makes a call for each.
            return Self::plain(&strip_str(text).to_string());
        }
        write_quietly(AutoStream::new(io::stdout().lock(), color), text);
    }

    /// Writes a text for machines, byte for byte.
    pub(super) fn plain(text: &str) {
        write_quietly(io::stdout().lock(), text);
    }

    /// Says on standard error what went wrong.
    pub(super) fn error(self, message: &str) {
        let line = format!("{} {}\n", paint(ERROR, "error:"), normalize_untrusted_str(message));
        write_quietly(AutoStream::new(io::stderr().lock(), self.color), &line);
    }

    /// Says something on standard error that is not an answer.
    pub(super) fn note(self, message: &str) {
        let line = format!("{} {}\n", paint(NOTE, "note:"), normalize_untrusted_str(message));
        write_quietly(AutoStream::new(io::stderr().lock(), self.color), &line);
    }

    /// Writes a line on standard error: what happens, and no answer.
    pub(super) fn aside(self, line: &str) {
        write_quietly(AutoStream::new(io::stderr().lock(), self.color), &format!("{line}\n"));
    }

    /// Writes one value as JSON and ends the line.
    pub(super) fn json(value: &impl serde::Serialize) {
        // Values of ours have text keys and no other reason to fail.
        let text = serde_json::to_string_pretty(value).unwrap_or_default();
        Self::plain(&(text + "\n"));
    }
}

/// A reader that has seen enough (`| head`) closes the pipe: that is no failure, and the exit code
/// stays what it would have been. A full disk is one, but there is nobody left to tell.
fn write_quietly(mut stream: impl Write, text: &str) {
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}

pub(super) const ERROR: Style = AnsiColor::BrightRed.on_default().bold();
pub(super) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const NOTE: Style = AnsiColor::BrightGreen.on_default().bold();
pub(super) const HEADING: Style = Style::new().bold();
pub(super) const CODE: Style = AnsiColor::Cyan.on_default();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const FAINT: Style = Style::new().dimmed();

/// A text in a style.
pub(super) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// The renderer of source excerpts. Colours are stripped later where they are not wanted.
pub(super) const RENDERER: Renderer = Renderer::styled();
