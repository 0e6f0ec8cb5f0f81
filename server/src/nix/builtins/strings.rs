//! Functions on strings.

use std::{rc::Rc, sync::Arc};

use super::{BUILTIN, Builtin, Evaluator, GLOBAL, LIBRARY, List, Place, Thunk, Value, builtin, pattern};
use crate::nix::value::{Str, StrPiece};

const BOTH: u8 = BUILTIN | LIBRARY;
const UNKNOWN: &str = "a string that cannot be known here";

pub(super) const TABLE: &[Builtin] = &[
    builtin("toString", BOTH | GLOBAL, 1, |this, arguments, place| {
        let value = this.argument_value(arguments, 0);
        let at = arguments.first().map_or(place, |thunk| this.place_of(*thunk));
        this.each(&value, place, &mut |this, value| Value::Str(this.text_of(value, at)))
    }),
    builtin("concatStringsSep", BOTH, 2, |this, arguments, place| {
        let (separator, list) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        this.join(&separator, &list, place)
    }),
    builtin("concatStrings", LIBRARY, 1, |this, arguments, place| {
        let list = this.argument_value(arguments, 0);
        this.join(&Value::string(Vec::new()), &list, place)
    }),
    builtin("concatLines", LIBRARY, 1, |this, arguments, place| {
        let list = this.argument_value(arguments, 0);
        let line = Value::text("\n", place);
        let joined = this.join(&line, &list, place);
        let mut pieces = this.text_of(&joined, place).pieces.clone();
        pieces.extend(this.text_of(&line, place).pieces.iter().cloned());
        Value::string(pieces)
    }),
    builtin("concatMapStringsSep", LIBRARY, 3, |this, arguments, place| {
        let (separator, function) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        let list = this.argument_value(arguments, 2);
        let list = this.map(&function, &list, place);
        this.join(&separator, &list, place)
    }),
    builtin("concatMapStrings", LIBRARY, 2, |this, arguments, place| {
        let (function, list) = (this.argument_value(arguments, 0), this.argument_value(arguments, 1));
        let list = this.map(&function, &list, place);
        this.join(&Value::string(Vec::new()), &list, place)
    }),
    builtin("optionalString", LIBRARY, 2, |this, arguments, place| {
        let condition = this.argument_value(arguments, 0);
        this.on_condition(&condition, place, |this, holds| {
            if holds { this.argument_value(arguments, 1) } else { Value::string(Vec::new()) }
        })
    }),
    builtin("toUpper", LIBRARY, 1, |this, arguments, place| {
        this.rewrite(arguments, 0, place, str::to_ascii_uppercase)
    }),
    builtin("toLower", LIBRARY, 1, |this, arguments, place| {
        this.rewrite(arguments, 0, place, str::to_ascii_lowercase)
    }),
    builtin("trim", LIBRARY, 1, |this, arguments, place| {
        this.rewrite_whole(arguments, 0, place, |text| text.trim().to_owned())
    }),
    builtin("replaceStrings", BOTH, 3, replace_strings),
    builtin("removePrefix", LIBRARY, 2, |this, arguments, place| {
        let prefix = this.literal_argument(arguments, 0);
        this.rewrite_whole(arguments, 1, place, |text| {
            prefix.as_deref().and_then(|prefix| text.strip_prefix(prefix)).unwrap_or(text).to_owned()
        })
    }),
    builtin("removeSuffix", LIBRARY, 2, |this, arguments, place| {
        let suffix = this.literal_argument(arguments, 0);
        this.rewrite_whole(arguments, 1, place, |text| {
            suffix.as_deref().and_then(|suffix| text.strip_suffix(suffix)).unwrap_or(text).to_owned()
        })
    }),
    builtin("hasPrefix", LIBRARY, 2, |this, arguments, place| {
        this.test(arguments, place, |part, text| text.starts_with(part))
    }),
    builtin("hasSuffix", LIBRARY, 2, |this, arguments, place| {
        this.test(arguments, place, |part, text| text.ends_with(part))
    }),
    builtin("hasInfix", LIBRARY, 2, |this, arguments, place| {
        this.test(arguments, place, |part, text| text.contains(part))
    }),
    builtin("substring", BOTH, 3, |this, arguments, place| {
        let start = this.argument_value(arguments, 0);
        let length = this.argument_value(arguments, 1);
        let (Value::Integer(start), Value::Integer(length)) = (start, length) else {
            return Value::unknown(UNKNOWN, place);
        };
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        // Bytes are counted: a part of a character is no text.
        let whole = this.literal_argument(arguments, 2);
        let cuts = |text: &str| {
            let end = start.saturating_add(length).min(text.len());
            text.get(start.min(text.len())..end).is_none()
        };
        if whole.is_some_and(|text| cuts(&text)) {
            return Value::unknown("a part of a character", place);
        }
        this.rewrite_whole(arguments, 2, place, |text| {
            let end = start.saturating_add(length).min(text.len());
            text.get(start.min(text.len())..end).unwrap_or_default().to_owned()
        })
    }),
    builtin("stringLength", BOTH, 1, |this, arguments, place| match this.literal_argument(arguments, 0) {
        Some(text) => Value::Integer(i64::try_from(text.len()).unwrap_or(i64::MAX)),
        None => Value::unknown(UNKNOWN, place),
    }),
    builtin("splitString", LIBRARY, 2, |this, arguments, place| {
        match (this.literal_argument(arguments, 0), this.literal_argument(arguments, 1)) {
            (Some(separator), Some(text)) if !separator.is_empty() => {
                let items = text.split(&*separator).map(|part| this.thunk_text(part, place)).collect();
                Value::list(items)
            }
            _ => Value::unknown(UNKNOWN, place),
        }
    }),
    builtin("splitVersion", BOTH, 1, |this, arguments, place| match this.literal_argument(arguments, 0) {
        Some(text) => {
            let parts = version_parts(&text);
            let items = parts.iter().map(|part| this.thunk_text(part, place)).collect();
            Value::list(items)
        }
        None => Value::unknown(UNKNOWN, place),
    }),
    builtin("compareVersions", BOTH, 2, |this, arguments, place| {
        match (this.literal_argument(arguments, 0), this.literal_argument(arguments, 1)) {
            (Some(left), Some(right)) => Value::Integer(compare_versions(&left, &right) as i64),
            _ => Value::unknown(UNKNOWN, place),
        }
    }),
    builtin("versionAtLeast", LIBRARY, 2, |this, arguments, place| {
        this.test(arguments, place, |left, right| compare_versions(left, right).is_ge())
    }),
    builtin("versionOlder", LIBRARY, 2, |this, arguments, place| {
        this.test(arguments, place, |left, right| compare_versions(left, right).is_lt())
    }),
    builtin("match", BOTH, 2, match_pattern),
    builtin("toInt", LIBRARY, 1, |this, arguments, place| {
        let number = this.literal_argument(arguments, 0).and_then(|text| text.trim().parse().ok());
        number.map_or_else(|| Value::unknown("a number that cannot be known here", place), Value::Integer)
    }),
    builtin("boolToString", LIBRARY, 1, |this, arguments, place| {
        let value = this.argument_value(arguments, 0);
        match Evaluator::condition(&value) {
            Some(decided) => Value::text(if decided { "true" } else { "false" }, place),
            None => Value::unknown(UNKNOWN, place),
        }
    }),
    builtin("stringToCharacters", LIBRARY, 1, |this, arguments, place| {
        match this.literal_argument(arguments, 0) {
            Some(text) if text.is_ascii() => {
                this.spend(text.len());
                let characters: Vec<String> = text.chars().map(String::from).collect();
                Value::list(characters.iter().map(|part| this.thunk_text(part, place)).collect())
            }
            _ => Value::unknown(UNKNOWN, place),
        }
    }),
    builtin("unsafeDiscardStringContext", BOTH, 1, |this, arguments, _| this.argument_value(arguments, 0)),
    builtin("escapeShellArg", LIBRARY, 1, |this, arguments, place| {
        let value = this.argument_value(arguments, 0);
        let text = this.text_of(&value, place);
        let is_plain = |character: char| character.is_ascii_alphanumeric() || ",._+:@%/-".contains(character);
        if let Some(known) = text.literal()
            && !known.is_empty()
            && known.chars().all(is_plain)
        {
            return Value::Str(text);
        }
        let quote = || StrPiece::Literal { text: Arc::from("'"), place };
        let inner = text.pieces.iter().map(|piece| match piece {
            StrPiece::Literal { text, place } => {
                StrPiece::Literal { text: Arc::from(text.replace('\'', "'\\''")), place: *place }
            }
            other => other.clone(),
        });
        Value::string([quote()].into_iter().chain(inner).chain([quote()]).collect())
    }),
    builtin("makeBinPath", LIBRARY, 1, |this, arguments, place| {
        this.search_path_of(arguments, 0, "bin", None, place)
    }),
    builtin("makeLibraryPath", LIBRARY, 1, |this, arguments, place| {
        this.search_path_of(arguments, 0, "lib", Some("lib"), place)
    }),
    builtin("makeIncludePath", LIBRARY, 1, |this, arguments, place| {
        this.search_path_of(arguments, 0, "include", Some("dev"), place)
    }),
    builtin("makeSearchPath", LIBRARY, 2, |this, arguments, place| {
        match this.literal_argument(arguments, 0) {
            Some(folder) => this.search_path_of(arguments, 1, &folder, None, place),
            None => Value::unknown(UNKNOWN, place),
        }
    }),
    builtin("makeSearchPathOutput", LIBRARY, 3, |this, arguments, place| {
        match (this.literal_argument(arguments, 0), this.literal_argument(arguments, 1)) {
            (Some(output), Some(folder)) => this.search_path_of(arguments, 2, &folder, Some(&output), place),
            _ => Value::unknown(UNKNOWN, place),
        }
    }),
    builtin("baseNameOf", BOTH | GLOBAL, 1, |this, arguments, place| {
        match this.argument_value(arguments, 0) {
            Value::Path(path) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                Value::text(&name, place)
            }
            Value::Str(text) => match text.literal() {
                Some(text) => {
                    let text = text.trim_end_matches('/');
                    Value::text(text.rsplit('/').next().unwrap_or_default(), place)
                }
                None => Value::unknown(UNKNOWN, place),
            },
            other => Evaluator::unknown_from(other, UNKNOWN, place),
        }
    }),
];

impl Evaluator<'_> {
    pub(super) fn literal_argument(&mut self, arguments: &[Thunk], index: usize) -> Option<Arc<str>> {
        let value = self.argument_value(arguments, index);
        let text = Self::literal(&value)?;
        self.spend(text.len() / 16);
        Some(text)
    }

    /// The texts of a list with a separator between them.
    pub(super) fn join(&mut self, separator: &Value, list: &Value, place: Place) -> Value {
        let separator = self.text_of(separator, place);
        self.on_list(list, place, |this, list| {
            let mut pieces = Vec::new();
            for (index, item) in list.items.iter().enumerate() {
                if index > 0 {
                    pieces.extend(separator.pieces.iter().cloned());
                }
                let value = this.force(*item);
                if let Value::Error(_) = value {
                    return value;
                }
                let at = this.place_of(*item);
                let before = pieces.len();
                this.coerce(&value, at, &mut pieces);
                if !this.spend(pieces.len() - before) {
                    break;
                }
            }
            if list.rest.is_some() {
                pieces.push(StrPiece::Unknown { why: Rc::from("a list that cannot be known here"), place });
            }
            Value::string(pieces)
        })
    }

    /// A string with each piece of known characters changed.
    fn rewrite(
        &mut self,
        arguments: &[Thunk],
        index: usize,
        place: Place,
        change: impl Fn(&str) -> String,
    ) -> Value {
        let value = self.argument_value(arguments, index);
        self.each(&value, place, &mut |this, value| {
            let text = this.text_of(value, place);
            Value::Str(Rc::new(this.rewritten(&text, &|text| Some(change(text)))))
        })
    }

    fn rewritten(&mut self, text: &Str, change: &dyn Fn(&str) -> Option<String>) -> Str {
        let mut pieces = Vec::with_capacity(text.pieces.len());
        for piece in &text.pieces {
            pieces.push(match piece {
                StrPiece::Literal { text, place } => self.changed(text, *place, change),
                // A store path is rewritten as well, and nobody knows its characters.
                StrPiece::Store { place, .. } | StrPiece::Source { place, .. } => {
                    StrPiece::Unknown { why: Rc::from("a store path with other characters"), place: *place }
                }
                other => other.clone(),
            });
        }
        Str { pieces }
    }

    /// A part of a string, changed.
    fn changed(&mut self, text: &str, place: Place, change: &dyn Fn(&str) -> Option<String>) -> StrPiece {
        let new = change(text);
        self.spend(text.len() / 16 + new.as_ref().map_or(0, |new| new.len() / 16));
        match new {
            Some(new) => StrPiece::Literal { text: Arc::from(new), place },
            None => StrPiece::Unknown { why: Rc::from(TOO_LONG), place },
        }
    }

    /// A string changed as a whole; not known when a part of it is not.
    fn rewrite_whole(
        &mut self,
        arguments: &[Thunk],
        index: usize,
        place: Place,
        change: impl Fn(&str) -> String,
    ) -> Value {
        let value = self.argument_value(arguments, index);
        self.each(&value, place, &mut |this, value| {
            let text = this.text_of(value, place);
            let Some(known) = text.literal() else { return Self::unknown_text(UNKNOWN, place) };
            this.spend(known.len() / 16);
            match text.pieces.as_slice() {
                [StrPiece::Literal { place, .. }] => Value::text(&change(&known), *place),
                _ => Value::text(&change(&known), place),
            }
        })
    }

    fn test(&mut self, arguments: &[Thunk], place: Place, test: fn(&str, &str) -> bool) -> Value {
        let (part, value) = (self.literal_argument(arguments, 0), self.argument_value(arguments, 1));
        self.each(&value, place, &mut |this, value| {
            let text = this.text_of(value, place).literal();
            this.spend(text.as_ref().map_or(0, |text| text.len() / 16));
            match (&part, text) {
                (Some(part), Some(text)) => Value::Bool(test(part, &text)),
                _ => Value::unknown(UNKNOWN, place),
            }
        })
    }

    /// `output/folder` of each package, with colons between them.
    fn search_path_of(
        &mut self,
        arguments: &[Thunk],
        index: usize,
        folder: &str,
        output: Option<&str>,
        place: Place,
    ) -> Value {
        let list = self.argument_value(arguments, index);
        self.on_list(&list, place, |this, list| {
            let mut pieces = Vec::new();
            for item in &list.items {
                let at = this.place_of(*item);
                let mut value = this.force(*item);
                if matches!(value, Value::Null) {
                    continue;
                }
                if let Some(output) = output {
                    value = this.output_of(&value, output, at);
                }
                if !pieces.is_empty() {
                    pieces.push(StrPiece::Literal { text: Arc::from(":"), place: at });
                }
                this.coerce(&value, at, &mut pieces);
                pieces.push(StrPiece::Literal { text: Arc::from(format!("/{folder}")), place: at });
            }
            if list.rest.is_some() {
                pieces.push(StrPiece::Unknown { why: Rc::from("a list that cannot be known here"), place });
            }
            Value::string(pieces)
        })
    }
}

fn replace_strings(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let mut texts = |index: usize| -> Option<Vec<Arc<str>>> {
        let Value::List(list) = this.argument_value(arguments, index) else { return None };
        list.items
            .iter()
            .map(|item| {
                let value = this.force(*item);
                Evaluator::literal(&value)
            })
            .collect()
    };
    let (Some(from), Some(to)) = (texts(0), texts(1)) else { return Value::unknown(UNKNOWN, place) };
    let value = this.argument_value(arguments, 2);
    let fits_everywhere = from.iter().any(|from| from.is_empty());
    this.each(&value, place, &mut |this, value| {
        let text = this.text_of(value, place);
        if fits_everywhere && text.literal().is_some_and(|text| !text.is_ascii()) {
            return Value::unknown("a text between the parts of a character", place);
        }
        match (text.literal(), text.pieces.as_slice()) {
            (Some(known), pieces) => {
                let place = match pieces {
                    [StrPiece::Literal { place, .. }] => *place,
                    _ => place,
                };
                let new = replaced(&known, &from, &to);
                this.spend(
                    known.len() / 16 * from.len().max(1) + new.as_ref().map_or(0, |new| new.len() / 16),
                );
                new.map_or_else(|| Evaluator::unknown_text(TOO_LONG, place), |new| Value::text(&new, place))
            }
            // One character at a time is replaced in each part by itself.
            (None, _) if from.iter().all(|from| from.chars().count() == 1) => {
                let in_paths =
                    |character: char| character.is_ascii_alphanumeric() || "+-._?=/".contains(character);
                if from.iter().any(|from| from.chars().all(in_paths)) {
                    return Value::Str(Rc::new(this.rewritten(&text, &|text| replaced(text, &from, &to))));
                }
                let mut pieces = Vec::with_capacity(text.pieces.len());
                for piece in &text.pieces {
                    pieces.push(match piece {
                        StrPiece::Literal { text, place } => {
                            this.changed(text, *place, &|text| replaced(text, &from, &to))
                        }
                        other => other.clone(),
                    });
                }
                Value::string(pieces)
            }
            (None, _) => Evaluator::unknown_text(UNKNOWN, place),
        }
    })
}

/// Characters that a replacement may come to.
const MAX_REPLACED: usize = 1 << 20;

const TOO_LONG: &str = "a text that grows longer than is looked at";

/// At each place the first that fits; an empty one fits everywhere. `None` when it would grow too long.
fn replaced(text: &str, from: &[Arc<str>], to: &[Arc<str>]) -> Option<String> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        if result.len() > text.len().max(MAX_REPLACED) {
            return None;
        }
        let fitting = from.iter().zip(to).find(|(from, _)| rest.starts_with(&***from));
        let next = rest.chars().next();
        match (fitting, next) {
            (Some((from, to)), _) if !from.is_empty() => {
                result.push_str(to);
                rest = rest.get(from.len()..).unwrap_or_default();
            }
            (fitting, Some(character)) => {
                if let Some((_, to)) = fitting {
                    result.push_str(to);
                }
                result.push(character);
                rest = rest.get(character.len_utf8()..).unwrap_or_default();
            }
            (fitting, None) => {
                if let Some((_, to)) = fitting {
                    result.push_str(to);
                }
                return Some(result);
            }
        }
    }
}

fn match_pattern(this: &mut Evaluator<'_>, arguments: &[Thunk], place: Place) -> Value {
    let pattern = this.literal_argument(arguments, 0);
    let value = this.argument_value(arguments, 1);
    this.each(&value, place, &mut |this, value| {
        let text = this.text_of(value, place).literal();
        let (Some(pattern), Some(text)) = (&pattern, text) else { return Value::unknown(UNKNOWN, place) };
        let mut work = 0;
        let found = pattern::matches(pattern, &text, &mut work);
        this.spend(work / pattern::STEPS_A_UNIT);
        match found {
            Some(Some(groups)) => {
                let mut items = Vec::new();
                for group in groups {
                    items.push(match group {
                        Some(group) => this.thunk_text(&group, place),
                        None => this.ready(Value::Null, place),
                    });
                }
                Value::List(Rc::new(List { items, rest: None }))
            }
            Some(None) => Value::Null,
            None => Value::unknown("a regular expression that is not read here", place),
        }
    })
}

/// Numbers and words of a version.
fn version_parts(version: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut last = None;
    for character in version.chars() {
        let kind = match character {
            '.' | '-' => None,
            character => Some(character.is_ascii_digit()),
        };
        match (kind, last) {
            (None, _) => {}
            (Some(_), before) if before == Some(kind) => {
                if let Some(part) = parts.last_mut() {
                    part.push(character);
                }
            }
            _ => parts.push(character.to_string()),
        }
        last = Some(kind);
    }
    parts
}

/// As `builtins.compareVersions`: numbers by their size, "pre" before everything, a word before a number.
fn compare_versions(left: &str, right: &str) -> std::cmp::Ordering {
    use std::cmp::Ordering;
    let (left, right) = (version_parts(left), version_parts(right));
    let less = |left: &str, right: &str| match (left.parse::<i32>(), right.parse::<i32>()) {
        (Ok(left), Ok(right)) => left < right,
        (Ok(_), Err(_)) if left.is_empty() => true,
        _ if left.is_empty() && right.parse::<i32>().is_ok() => true,
        _ if left == "pre" && right != "pre" => true,
        _ if right == "pre" => false,
        (Err(_), Ok(_)) => true,
        (Ok(_), Err(_)) => false,
        (Err(_), Err(_)) => left < right,
    };
    for index in 0..left.len().max(right.len()) {
        let part = |parts: &[String]| parts.get(index).cloned().unwrap_or_default();
        let (left, right) = (part(&left), part(&right));
        if less(&left, &right) {
            return Ordering::Less;
        }
        if less(&right, &left) {
            return Ordering::Greater;
        }
    }
    Ordering::Equal
}
