//! What cargo is told in scripts and flags: which triples it builds, and whether zig links them.

use super::super::facts::{Phase, Piece, Text};
use crate::text::{Origin, Span};

/// Subcommands that make programs.
const BUILDS: &[&str] = &["build", "b", "zigbuild", "rustc", "install", "xwin", "auditable"];

/// What cargo is told.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The values of `--target`.
    pub(super) targets: Vec<Text>,
    /// `cargo zigbuild` is used.
    pub(super) zigbuild: bool,
}

impl Told {
    /// Takes in a script.
    pub(super) fn script(&mut self, phase: &Phase) {
        for command in commands(&phase.text) {
            let is_cargo = |word: &Text| {
                let last = last_literal(word);
                last == "cargo" || last.ends_with("/cargo") || last == "cargo-zigbuild"
            };
            // Before the program may stand assignments, and programs that run another.
            let may_lead = |word: &Text| {
                let last = last_literal(word);
                let is_assignment = word
                    .pieces
                    .iter()
                    .any(|piece| matches!(piece, Piece::Literal { text, .. } if text.contains('=')));
                is_assignment || ["env", "exec", "time", "command", "if", "then", "!"].contains(&last)
            };
            let at = command.iter().take_while(|word| may_lead(word)).count();
            if !command.get(at).is_some_and(is_cargo) {
                continue;
            }
            let rest = command.get(at..).unwrap_or_default();
            // The subcommand is the first word that is neither a flag nor a toolchain (`+nightly`).
            let words = rest.iter().skip(1).map(last_literal);
            let subcommand = words.into_iter().find(|word| !word.starts_with(['-', '+'])).unwrap_or_default();
            let is_zig = subcommand == "zigbuild" || rest.first().map(last_literal) == Some("cargo-zigbuild");
            self.zigbuild |= is_zig;
            if is_zig || BUILDS.contains(&subcommand) {
                self.flags(rest);
            }
        }
    }

    /// Takes in flags that a builder passes on.
    pub(super) fn flags_of(&mut self, text: &Text) {
        for command in commands(text) {
            self.flags(&command);
        }
    }

    fn flags(&mut self, words: &[Text]) {
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let Some(Piece::Literal { text, origin }) = word.pieces.first() else { continue };
            if text == "--target" {
                self.target(words.next().cloned());
            } else if let Some(rest) = text.strip_prefix("--target=") {
                let first = part(rest, origin, text.len() - rest.len(), text.len());
                let mut pieces = vec![first];
                pieces.extend(word.pieces.iter().skip(1).cloned());
                pieces.retain(|piece| !matches!(piece, Piece::Literal { text, .. } if text.is_empty()));
                self.target(Some(Text { pieces }));
            }
        }
    }

    fn target(&mut self, target: Option<Text>) {
        if let Some(target) = target.filter(|target| !target.pieces.is_empty())
            && !self.targets.contains(&target)
        {
            self.targets.push(target);
        }
    }
}

/// The characters behind the last interpolation.
fn last_literal(word: &Text) -> &str {
    match word.pieces.last() {
        Some(Piece::Literal { text, .. }) => text,
        _ => "",
    }
}

/// A part of a literal piece, with its exact place when the piece has no escapes.
fn part(text: &str, whole: &Origin, start: usize, whole_length: usize) -> Piece {
    let origin = if whole.span.len() == whole_length {
        let start = whole.span.start() + start;
        Origin::new(whole.file.clone(), Span::new(start, start + text.len()))
    } else {
        whole.clone()
    };
    Piece::Literal { text: text.to_owned(), origin }
}

/// A script's commands as words. Quotes around words are taken off; nothing is expanded.
fn commands(script: &Text) -> Vec<Vec<Text>> {
    let mut reader = Reader::default();
    for piece in &script.pieces {
        match piece {
            Piece::Literal { text, origin } => reader.literal(text, origin),
            other => reader.word.pieces.push(other.clone()),
        }
    }
    reader.end_command();
    reader.commands
}

#[derive(Default)]
struct Reader {
    commands: Vec<Vec<Text>>,
    command: Vec<Text>,
    word: Text,
}

impl Reader {
    fn literal(&mut self, text: &str, origin: &Origin) {
        let mut start = 0;
        let mut continued = false;
        for (at, character) in text.char_indices() {
            let separates =
                character.is_whitespace() || matches!(character, ';' | '&' | '|' | '"' | '\'' | '\\');
            if !separates {
                continued = false;
                continue;
            }
            self.run(text, start, at, origin);
            start = at + character.len_utf8();
            match character {
                '\\' => continued = true,
                '"' | '\'' => {}
                // A line that ends with a backslash goes on.
                '\n' if continued => self.end_word(),
                '\n' | ';' | '&' | '|' => self.end_command(),
                _ => self.end_word(),
            }
        }
        self.run(text, start, text.len(), origin);
    }

    fn run(&mut self, text: &str, start: usize, end: usize, origin: &Origin) {
        match text.get(start..end) {
            Some(run) if !run.is_empty() => self.word.pieces.push(part(run, origin, start, text.len())),
            _ => {}
        }
    }

    fn end_word(&mut self) {
        if !self.word.pieces.is_empty() {
            self.command.push(std::mem::take(&mut self.word));
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        if !self.command.is_empty() {
            self.commands.push(std::mem::take(&mut self.command));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;

    fn told(script: &str) -> (Vec<String>, bool) {
        let origin = Origin::new(FileId::new("/f"), Span::new(10, 10 + script.len()));
        let text = Text { pieces: vec![Piece::Literal { text: script.to_owned(), origin: origin.clone() }] };
        let mut told = Told::default();
        told.script(&Phase { name: "buildPhase".to_owned(), text, origin });
        let targets = told.targets.iter().map(|target| match target.pieces.as_slice() {
            [Piece::Literal { text, origin }] => {
                assert_eq!(script.get(origin.span.start() - 10..origin.span.end() - 10), Some(text.as_str()));
                text.clone()
            }
            pieces => format!("{pieces:?}"),
        });
        (targets.collect(), told.zigbuild)
    }

    #[test]
    fn targets_stand_behind_their_flag() {
        let one = |name: &str| vec![name.to_owned()];
        assert_eq!(told("cargo build --release --target a-b"), (one("a-b"), false));
        assert_eq!(
            told("x=1 cargo zigbuild \\\n  --target=\"c-d\" -v\necho --target no"),
            (one("c-d"), true)
        );
        assert_eq!(told("rustup target add --target a\ncargo fmt --target b"), (vec![], false));
        assert_eq!(told("cargo build --target"), (vec![], false));
    }
}
