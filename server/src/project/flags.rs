//! Flags for rustc: words with their places, and what they ask for.

use crate::{
    nix::facts::{Piece, Text},
    text::{Origin, Span},
};

/// One word of a list of flags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub text: String,
    /// Its bytes; `None` when no file says it (a variable of this machine's environment).
    pub origin: Option<Origin>,
}

/// One `-C name=value`, as it stands in a list of words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codegen<'w> {
    /// The option ("target-feature").
    pub name: &'w str,
    /// Its value ("+crt-static"); empty when there is none.
    pub value: &'w str,
    /// The first word that belongs to it.
    pub first: usize,
    /// The last word that belongs to it.
    pub last: usize,
}

/// Finds the codegen options in a list of words, in all the ways that rustc takes them.
pub fn codegen_options(words: &[Word]) -> Vec<Codegen<'_>> {
    let mut options = Vec::new();
    let mut index = 0;
    while let Some(word) = words.get(index) {
        let first = index;
        index += 1;
        let option = match word.text.as_str() {
            "-C" | "--codegen" => {
                let Some(next) = words.get(index) else { break };
                index += 1;
                next.text.as_str()
            }
            text => match text.strip_prefix("--codegen=").or_else(|| text.strip_prefix("-C")) {
                // "-C lto" in one element of an array: rustc refuses it, but says what was meant.
                Some(option) => option.trim_start(),
                None => continue,
            },
        };
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        options.push(Codegen { name, value, first, last: index - 1 });
    }
    options
}

/// Whether flags turn `crt-static` on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrtStatic {
    /// On, or off.
    pub on: bool,
    /// The first word of the option.
    pub first: usize,
    /// The last word of the option.
    pub last: usize,
    /// Whether the option asks for nothing else, so that it can be removed whole.
    pub alone: bool,
}

/// What a list of words says of `crt-static`. Measured with rustc 1.95: where both are given, `+` wins in
/// either order; of several of one kind the last is shown.
pub fn crt_static(words: &[Word]) -> Option<CrtStatic> {
    let options = codegen_options(words);
    let features = options.iter().filter(|option| option.name.replace('_', "-") == "target-feature");
    let found = features.filter_map(|option| {
        let mut features = option.value.split(',').map(str::trim);
        let is_about = |feature: &&str| matches!(*feature, "+crt-static" | "-crt-static");
        features.clone().find(is_about)?;
        let on = features.clone().any(|feature| feature == "+crt-static");
        let alone = features.all(|feature| feature.is_empty() || is_about(&feature));
        Some(CrtStatic { on, first: option.first, last: option.last, alone })
    });
    found.max_by_key(|found| (found.on, found.first))
}

/// The value of the last codegen option of that name.
pub fn codegen_value<'w>(words: &'w [Word], name: &str) -> Option<Codegen<'w>> {
    codegen_options(words).into_iter().rfind(|option| option.name.replace('_', "-") == name)
}

/// The place from the first to the last of some words, when they stand in one file.
pub fn origin_of(words: &[Word], first: usize, last: usize) -> Option<Origin> {
    let from = words.get(first)?.origin.as_ref()?;
    let to = words.get(last)?.origin.as_ref()?;
    (from.file == to.file).then(|| Origin::new(from.file.clone(), from.span.cover(to.span)))
}

/// The words of a string in Nix, split at white space. The second value tells whether all of it is known.
pub fn words_of_text(text: &Text) -> (Vec<Word>, bool) {
    let mut words: Vec<Word> = Vec::new();
    // Whether the next piece continues the last word.
    let mut glued = false;
    for piece in &text.pieces {
        let Piece::Literal { text, origin } = piece else {
            // A path or an unknown inside a word: it keeps a mark, so that no rule takes it for literal.
            append(&mut words, &mut glued, "\u{fffd}", None);
            continue;
        };
        // Without escapes the literal's bytes are its characters, and each word has its exact place.
        let exact = origin.span.len() == text.len();
        let mut at = 0;
        for part in text.split_inclusive(char::is_whitespace) {
            let word = part.trim_end();
            if !word.is_empty() {
                let start = origin.span.start() + at;
                let span = if exact { Span::new(start, start + word.len()) } else { origin.span };
                append(&mut words, &mut glued, word, Some(Origin::new(origin.file.clone(), span)));
            }
            if part.len() != word.len() {
                glued = false;
            }
            at += part.len();
        }
    }
    (words, !text.has_unknown())
}

fn append(words: &mut Vec<Word>, glued: &mut bool, text: &str, origin: Option<Origin>) {
    match words.last_mut() {
        Some(word) if *glued => {
            word.text.push_str(text);
            if word.origin.is_none() {
                word.origin = origin;
            }
        }
        _ => words.push(Word { text: text.to_owned(), origin }),
    }
    *glued = true;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;

    fn words(text: &str) -> Vec<Word> {
        text.split(' ').map(|word| Word { text: word.to_owned(), origin: None }).collect()
    }

    #[test]
    fn options_in_all_spellings() {
        for text in [
            "-C target-cpu=native",
            "-Ctarget-cpu=native",
            "--codegen target-cpu=native",
            "--codegen=target-cpu=native",
            "-C target_cpu=native",
        ] {
            let words = words(text);
            assert_eq!(
                codegen_value(&words, "target-cpu").map(|option| option.value),
                Some("native"),
                "{text}"
            );
        }
        assert!(codegen_options(&words("-C")).is_empty());
        assert!(codegen_options(&words("--cfg tokio_unstable")).is_empty());
    }

    #[test]
    fn plus_crt_static_wins() {
        let on = |text: &str| crt_static(&words(text)).map(|found| (found.on, found.alone));
        assert_eq!(on("-C target-feature=+crt-static"), Some((true, true)));
        assert_eq!(on("-C target-feature=+crt-static -C target-feature=-crt-static"), Some((true, true)));
        assert_eq!(on("-C target_feature=-crt-static"), Some((false, true)));
        assert_eq!(on("-C target-feature=+avx,+crt-static"), Some((true, false)));
        assert_eq!(on("-C target-feature=+avx"), None);
    }

    #[test]
    fn words_of_a_string_know_their_bytes() {
        let file = FileId::new("/f");
        let literal = |text: &str, start: usize| Piece::Literal {
            text: text.to_owned(),
            origin: Origin::new(file.clone(), Span::new(start, start + text.len())),
        };
        let unknown =
            Piece::Unknown { why: "x".into(), origin: Origin::new(file.clone(), Span::new(20, 24)) };
        let text = Text { pieces: vec![literal("-C a=b -L ", 10), unknown, literal("/lib -v", 30)] };
        let (words, complete) = words_of_text(&text);
        let shown: Vec<_> = words
            .iter()
            .map(|word| (word.text.as_str(), word.origin.as_ref().map(|o| o.span.start())))
            .collect();
        assert_eq!(
            shown,
            [
                ("-C", Some(10)),
                ("a=b", Some(13)),
                ("-L", Some(17)),
                ("\u{fffd}/lib", Some(30)),
                ("-v", Some(35))
            ]
        );
        assert!(!complete);
    }
}
