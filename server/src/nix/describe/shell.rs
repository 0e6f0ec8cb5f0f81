//! `export NAME=value` in shell scripts.
//!
//! Only simple commands are read. Whatever the shell would expand (`$HOME`, `$(pwd)`) makes that piece
//! of the value unknown; the rest keeps its place.

use std::{rc::Rc, sync::Arc};

use super::super::value::{Place, Str, StrPiece};
use crate::text::Span;

/// One exported variable.
#[derive(Debug)]
pub(in crate::nix) struct Export {
    pub(in crate::nix) name: String,
    pub(super) name_place: Place,
    pub(in crate::nix) value: Str,
    pub(super) value_place: Place,
}

/// A character of the script with its place, or a piece that is no character.
#[derive(Clone, Debug)]
enum Unit {
    Character(char, Place),
    Piece(StrPiece),
}

impl Unit {
    fn character(&self) -> Option<char> {
        match self {
            Self::Character(character, _) => Some(*character),
            Self::Piece(_) => None,
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::Character(_, place) => *place,
            Self::Piece(piece) => piece.place(),
        }
    }
}

/// Every `export NAME=value` of a script, in order.
pub(in crate::nix) fn exports(script: &Str) -> Vec<Export> {
    // Most scripts export nothing: do not take them apart.
    let mentions =
        |piece: &StrPiece| matches!(piece, StrPiece::Literal { text, .. } if text.contains("export"));
    if !script.pieces.iter().any(mentions) {
        return Vec::new();
    }
    let units = units(script);
    let mut reader =
        Reader { units: &units, at: 0, exports: Vec::new(), open: Vec::new(), is_chained: false };
    reader.script();
    reader.exports
}

fn units(script: &Str) -> Vec<Unit> {
    let mut units = Vec::new();
    for piece in &script.pieces {
        match piece {
            StrPiece::Literal { text, place } => {
                let exact = text.len() == place.span.len();
                for (offset, character) in text.char_indices() {
                    let start = place.span.start() + offset;
                    let span = Span::new(start, start + character.len_utf8());
                    let place = if exact { Place { span, ..*place } } else { *place };
                    units.push(Unit::Character(character, place));
                }
            }
            other => units.push(Unit::Piece(other.clone())),
        }
    }
    units
}

struct Reader<'u> {
    units: &'u [Unit],
    at: usize,
    exports: Vec<Export>,
    /// The blocks around this place.
    open: Vec<Block>,
    /// Whether `&&` or `||` stands before this command.
    is_chained: bool,
}

/// What may run never, or more than once, or for itself alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    /// `if … fi`, `case … esac`, `do … done`.
    Words,
    /// `( … )`.
    Subshell,
    /// `name() { … }`.
    Function,
    /// `{ … }`, which runs as it stands.
    Group,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Unit> {
        self.units.get(self.at)
    }

    fn character(&self) -> Option<char> {
        self.peek().and_then(Unit::character)
    }

    fn script(&mut self) {
        let mut at_command = true;
        // The last two separators that are no blanks: `()` begins a function.
        let mut before = [' ', ' '];
        while let Some(unit) = self.peek() {
            match unit.character() {
                Some(separator @ ('\n' | ';' | '&' | '|' | '(' | ')' | '{' | '}')) => {
                    at_command = true;
                    self.separator(separator, before);
                    if separator != '\n' || before != ['(', ')'] {
                        before = [before[1], separator];
                    }
                    self.at += 1;
                }
                Some(' ' | '\t' | '\r') => self.at += 1,
                Some('#') => self.comment(),
                _ if at_command && self.word_is("export") => {
                    self.at += "export".len();
                    before = [' ', ' '];
                    self.assignments();
                    at_command = true;
                }
                _ if at_command && ["then", "else", "elif", "!"].iter().any(|word| self.word_is(word)) => {
                    self.skip_word();
                }
                _ if at_command && ["if", "case", "do"].iter().any(|word| self.word_is(word)) => {
                    at_command = !self.word_is("case");
                    self.open.push(Block::Words);
                    self.skip_word();
                }
                _ if at_command && ["fi", "esac", "done"].iter().any(|word| self.word_is(word)) => {
                    self.close(Block::Words);
                    self.skip_word();
                }
                _ => {
                    before = [' ', ' '];
                    at_command = false;
                    self.skip_word();
                }
            }
        }
    }

    fn separator(&mut self, separator: char, before: [char; 2]) {
        let next = self.units.get(self.at + 1).and_then(Unit::character);
        match separator {
            '\n' | ';' => self.is_chained = false,
            '&' | '|' if next == Some(separator) => self.is_chained = true,
            '(' => self.open.push(Block::Subshell),
            ')' => self.close(Block::Subshell),
            '{' if before == ['(', ')'] => self.open.push(Block::Function),
            '{' => self.open.push(Block::Group),
            '}' if self.open.last() == Some(&Block::Function) => self.close(Block::Function),
            '}' => self.close(Block::Group),
            _ => {}
        }
    }

    /// Leaves a block, if it is the innermost one: the `)` of a `case` closes nothing.
    fn close(&mut self, block: Block) {
        if self.open.last() == Some(&block) {
            self.open.pop();
        }
    }

    fn word_is(&self, word: &str) -> bool {
        let mut at = self.at;
        for character in word.chars() {
            if self.units.get(at).and_then(Unit::character) != Some(character) {
                return false;
            }
            at += 1;
        }
        matches!(self.units.get(at).map(Unit::character), None | Some(Some(' ' | '\t' | '\n' | '\r' | ';')))
    }

    fn comment(&mut self) {
        while self.peek().is_some_and(|unit| unit.character() != Some('\n')) {
            self.at += 1;
        }
    }

    fn assignments(&mut self) {
        loop {
            while matches!(self.character(), Some(' ' | '\t')) {
                self.at += 1;
            }
            let start = self.at;
            let name: String = self
                .units
                .iter()
                .skip(start)
                .map_while(|unit| {
                    unit.character()
                        .filter(|character| character.is_ascii_alphanumeric() || *character == '_')
                })
                .collect();
            let behind = start + name.len();
            let is_assignment =
                !name.is_empty() && self.units.get(behind).and_then(Unit::character) == Some('=');
            if !is_assignment {
                match self.character() {
                    // `export NAME`, or an option: something else, but still this command.
                    Some(character) if !matches!(character, '\n' | ';' | '&' | '|' | '#' | '\r') => {
                        self.skip_word();
                        continue;
                    }
                    None if self.peek().is_some() => {
                        self.skip_word();
                        continue;
                    }
                    _ => return,
                }
            }
            self.at = behind + 1;
            let name_place = self.between(start, behind);
            let value_start = self.at;
            let value = self.word();
            let value_place = self.between(value_start, self.at);
            let is_conditional = self.is_chained || self.open.iter().any(|block| *block != Block::Group);
            let value = if is_conditional { on_condition(value, value_place) } else { value };
            self.exports.push(Export { name, name_place, value, value_place });
        }
    }

    /// From the unit `start` up to, not including, `end`.
    fn between(&self, start: usize, end: usize) -> Place {
        let first = self.units.get(start).map(Unit::place);
        let last = end.checked_sub(1).and_then(|last| self.units.get(last)).map(Unit::place);
        match (first, last) {
            (Some(first), Some(last)) if start < end && first.file == last.file => {
                // Interpolations and lines may lie apart; `${` and `}` around one belong to it.
                if first.span.start <= last.span.end {
                    Place { span: Span { start: first.span.start, end: last.span.end }, ..first }
                } else {
                    first
                }
            }
            (Some(first), _) if start < end => first,
            (_, Some(last)) => last.end(),
            _ => Place::NOWHERE,
        }
    }

    fn skip_word(&mut self) {
        let before = self.at;
        self.word();
        if self.at == before {
            self.at += 1;
        }
    }

    /// One shell word, quotes resolved.
    fn word(&mut self) -> Str {
        let mut value = Value::default();
        let mut quote = None;
        while let Some(unit) = self.peek().cloned() {
            let character = match unit {
                Unit::Piece(piece) => {
                    value.piece(piece);
                    self.at += 1;
                    continue;
                }
                Unit::Character(character, _) => character,
            };
            match (character, quote) {
                ('\'' | '"', None) => quote = Some(character),
                ('\'', Some('\'')) | ('"', Some('"')) => quote = None,
                (_, Some('\'')) => value.character(character, unit.place()),
                ('\\', _) => {
                    self.at += 1;
                    match self.peek() {
                        Some(Unit::Character('\n', _)) | None => {}
                        Some(next) => match next.character() {
                            Some(character) => value.character(character, next.place()),
                            None => continue,
                        },
                    }
                }
                ('$' | '`', _) => {
                    self.expansion(&mut value);
                    continue;
                }
                (' ' | '\t' | '\n' | '\r' | ';' | '&' | '|' | '(' | ')' | '<' | '>', None) => break,
                _ => value.character(character, unit.place()),
            }
            self.at += 1;
        }
        value.finish()
    }

    /// `$NAME`, `${…}`, `$(…)`, `` `…` ``: unknown, as a whole.
    fn expansion(&mut self, value: &mut Value) {
        let start = self.at;
        let opening = self.character();
        self.at += 1;
        match (opening, self.character()) {
            (Some('`'), _) => self.skip_to('`', None),
            (_, Some('(')) => self.skip_to(')', Some('(')),
            (_, Some('{')) => self.skip_to('}', Some('{')),
            (_, Some(first)) if first.is_ascii_alphanumeric() || first == '_' => {
                while self.character().is_some_and(|next| next.is_ascii_alphanumeric() || next == '_') {
                    self.at += 1;
                }
            }
            (_, Some('@' | '*' | '?' | '$' | '#' | '!' | '-')) => self.at += 1,
            _ => {
                if let Some(Unit::Character(character, place)) = self.units.get(start) {
                    value.character(*character, *place);
                }
                return;
            }
        }
        let place = self.between(start, self.at);
        value.piece(StrPiece::Unknown { why: Rc::from("the shell computes it"), place });
    }

    fn skip_to(&mut self, closing: char, opening: Option<char>) {
        let mut depth = 0_usize;
        while let Some(unit) = self.peek() {
            let character = unit.character();
            self.at += 1;
            if character.is_some() && character == opening {
                depth += 1;
            } else if character == Some(closing) {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return;
                }
            }
        }
    }
}

/// What a variable is that the shell sets only when a condition holds there.
fn on_condition(value: Str, place: Place) -> Str {
    let why = Rc::from("the shell computes whether it is set");
    let otherwise = Str { pieces: vec![StrPiece::Unknown { why, place }] };
    Str { pieces: vec![StrPiece::Either { texts: vec![Rc::new(value), Rc::new(otherwise)], place }] }
}

/// A value under construction: neighbouring characters become one piece.
#[derive(Default)]
struct Value {
    pieces: Vec<StrPiece>,
    run: String,
    run_place: Option<Place>,
}

impl Value {
    fn character(&mut self, character: char, place: Place) {
        match &mut self.run_place {
            Some(run) if run.file == place.file && run.span.end == place.span.start => {
                run.span.end = place.span.end;
            }
            Some(_) => {
                self.flush();
                self.run_place = Some(place);
            }
            None => self.run_place = Some(place),
        }
        self.run.push(character);
    }

    fn piece(&mut self, piece: StrPiece) {
        self.flush();
        self.pieces.push(piece);
    }

    fn flush(&mut self) {
        if let Some(place) = self.run_place.take() {
            let text = Arc::from(std::mem::take(&mut self.run));
            self.pieces.push(StrPiece::Literal { text, place });
        }
    }

    fn finish(mut self) -> Str {
        self.flush();
        Str { pieces: self.pieces }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::nix::value::FileIndex;

    fn read(script: &str) -> Vec<(String, Vec<String>)> {
        let place = Place { file: FileIndex(0), span: Span::new(100, 100 + script.len()) };
        let script_text = Str { pieces: vec![StrPiece::Literal { text: Arc::from(script), place }] };
        exports(&script_text)
            .into_iter()
            .map(|export| {
                let name = export.name_place.span;
                assert_eq!(script.get(name.start() - 100..name.end() - 100).unwrap(), export.name);
                let pieces = export.value.pieces.iter().map(|piece| match piece {
                    StrPiece::Literal { text, place } => {
                        let at = place.span;
                        assert_eq!(script.get(at.start() - 100..at.end() - 100).unwrap(), &**text);
                        text.to_string()
                    }
                    StrPiece::Unknown { place, .. } => {
                        let at = place.span;
                        format!("?{}", script.get(at.start() - 100..at.end() - 100).unwrap())
                    }
                    StrPiece::Either { texts, .. } => {
                        let first = texts.first().and_then(|text| Str::literal(text)).unwrap_or_default();
                        format!("on a condition {first}")
                    }
                    other => panic!("{other:?}"),
                });
                (export.name, pieces.collect())
            })
            .collect()
    }

    #[test]
    fn what_may_not_run_is_conditional() {
        for (script, conditional) in [
            ("export A=1", false),
            ("cd x\nexport A=1", false),
            ("if true; then export A=1; fi", true),
            ("if a; then b; else\n  export A=1\nfi", true),
            ("if a; then if b; then c; fi; fi\nexport A=1", false),
            ("[ -f x ] && export A=1", true),
            ("test x || export A=1", true),
            ("[ -f x ] && y; export A=1", false),
            ("[ -f x ] && y\nexport A=1", false),
            ("case $x in\n  a) export A=1 ;;\n  (b) c ;;\nesac", true),
            ("case $x in a) b ;; esac\nexport A=1", false),
            ("for x in a b; do export A=1; done", true),
            ("while a; do b; done; export A=1", false),
            ("f() { export A=1; }", true),
            ("f()\n{\n  x\n}\nexport A=1", false),
            ("{ export A=1; }", false),
            ("(cd x; export A=1)", true),
            ("(cd x)\nexport A=1", false),
            ("echo \"$(if a; then b; fi)\"; export A=1", false),
            ("echo if then do; export A=1", false),
        ] {
            let value = if conditional { "on a condition 1" } else { "1" };
            assert_eq!(read(script), [export("A", &[value])], "{script}");
        }
    }

    fn export(name: &str, pieces: &[&str]) -> (String, Vec<String>) {
        (name.to_owned(), pieces.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn words_lose_their_quotes_and_keep_their_places() {
        assert_eq!(
            read("export A=1 B='x y'; export C=\"p $q r\"\n  export D=$(pwd)/.cargo/\n"),
            [
                export("A", &["1"]),
                export("B", &["x y"]),
                export("C", &["p ", "?$q", " r"]),
                export("D", &["?$(pwd)", "/.cargo/"]),
            ]
        );
    }

    #[test]
    fn what_is_no_export_is_none() {
        assert_eq!(read("echo export A=1\n# export B=2\nfoo=\"export C=3\""), []);
        assert_eq!(read("exported=1; export -n X; export Y"), []);
        assert_eq!(
            read("export PATH=$PATH:${X:-a b}:`c d`"),
            [export("PATH", &["?$PATH", ":", "?${X:-a b}", ":", "?`c d`"])]
        );
    }

    #[test]
    fn unfinished_scripts_end() {
        for script in
            ["export", "export A", "export A=", "export A=\"", "export A=$(", "export A=\\", "export A=$"]
        {
            read(script);
        }
    }
}
