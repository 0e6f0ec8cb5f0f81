//! The regular expressions of `builtins.match`: POSIX extended, as far as flakes use them.
//!
//! Backtracking with a bound on its steps, over characters. Back references, equivalence classes and
//! counts above 100 are not read.

/// Steps that one match may take.
const MAX_STEPS: usize = 20_000;

/// Groups inside each other.
const MAX_DEPTH: usize = 16;

#[derive(Debug)]
enum Node {
    /// One character of which this holds.
    One(Class),
    /// Start or end of the text.
    Start,
    End,
    /// A group with its number, one alternative of it.
    Group(usize, Vec<Vec<Node>>),
    Repeat(Box<Node>, usize, usize),
}

#[derive(Debug)]
enum Class {
    Any,
    Exactly(char),
    /// Ranges, and whether a character must lie in none of them.
    Set(Vec<(char, char)>, bool),
}

impl Class {
    fn fits(&self, character: char) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(wanted) => *wanted == character,
            Self::Set(ranges, negated) => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&character)) != *negated
            }
        }
    }
}

/// Steps of a match that are worth one of the evaluator's.
pub(super) const STEPS_A_UNIT: usize = 4;

/// The groups of a match of the whole text: `None` when the pattern is not read here, `Some(None)` when
/// it does not match.
#[expect(clippy::option_option, reason = "the two absences differ, and the caller takes both apart")]
pub(super) fn matches(pattern: &str, text: &str, work: &mut usize) -> Option<Option<Vec<Option<String>>>> {
    *work += pattern.len() + text.len();
    if counts_bytes(pattern, text) {
        return None;
    }
    let characters: Vec<char> = pattern.chars().collect();
    let mut reader = Reader { characters: &characters, at: 0, groups: 0, depth: 0 };
    let alternatives = reader.alternatives()?;
    if reader.at < characters.len() {
        return None;
    }
    let text: Vec<char> = text.chars().collect();
    let mut matcher = Matcher { text: &text, groups: vec![None; reader.groups], steps: 0 };
    for alternative in &alternatives {
        let before = matcher.steps;
        let found = matcher.sequence(alternative, 0, 0, &mut |matcher, at| at == matcher.text.len());
        *work += matcher.steps - before;
        if matcher.steps >= MAX_STEPS {
            return None;
        }
        if found {
            let group = |range: &Option<(usize, usize)>| {
                range.map(|(from, to)| text.get(from..to).unwrap_or_default().iter().collect())
            };
            return Some(Some(matcher.groups.iter().map(group).collect()));
        }
    }
    Some(None)
}

/// Nix's expressions go byte by byte, ours character by character.
fn counts_bytes(pattern: &str, text: &str) -> bool {
    !pattern.is_ascii() || (!text.is_ascii() && (pattern.contains('.') || pattern.contains("[^")))
}

/// A part of a text that was split.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Between two matches.
    Text(String),
    /// What the groups of a match hold.
    Groups(Vec<Option<String>>),
}

/// The parts of a text between matches; `None` when the pattern is not read here.
///
/// Of several matches at one place POSIX takes the longest and we the first, so a pattern with a choice
/// is not read, and neither is one that takes nothing.
pub(super) fn split(pattern: &str, text: &str, work: &mut usize) -> Option<Vec<Part>> {
    *work += pattern.len() + text.len();
    if counts_bytes(pattern, text) {
        return None;
    }
    let characters: Vec<char> = pattern.chars().collect();
    let mut reader = Reader { characters: &characters, at: 0, groups: 0, depth: 0 };
    let alternatives = reader.alternatives()?;
    let [nodes] = alternatives.as_slice() else { return None };
    if reader.at < characters.len() || nodes.iter().any(is_ambiguous) || nodes.iter().all(may_be_empty) {
        return None;
    }
    let text: Vec<char> = text.chars().collect();
    let slice = |from: usize, to: usize| text.get(from..to).unwrap_or_default().iter().collect::<String>();
    let mut parts = Vec::new();
    let (mut last, mut at, mut steps) = (0, 0, 0);
    while at < text.len() {
        let mut matcher = Matcher { text: &text, groups: vec![None; reader.groups], steps };
        let mut end = at;
        let found = matcher.sequence(nodes, at, 0, &mut |_, behind| {
            end = behind;
            true
        });
        *work += matcher.steps - steps;
        steps = matcher.steps;
        if steps >= MAX_STEPS {
            return None;
        }
        if !found {
            at += 1;
            continue;
        }
        parts.push(Part::Text(slice(last, at)));
        let group = |range: &Option<(usize, usize)>| range.map(|(from, to)| slice(from, to));
        parts.push(Part::Groups(matcher.groups.iter().map(group).collect()));
        (last, at) = (end, end.max(at + 1));
    }
    parts.push(Part::Text(slice(last, text.len())));
    Some(parts)
}

/// Whether the longest match may be another than the first, or the text's ends matter.
fn is_ambiguous(node: &Node) -> bool {
    match node {
        Node::One(_) => false,
        Node::Start | Node::End => true,
        Node::Group(_, alternatives) => {
            alternatives.len() > 1 || alternatives.iter().flatten().any(is_ambiguous)
        }
        Node::Repeat(node, ..) => !matches!(&**node, Node::One(_)),
    }
}

fn may_be_empty(node: &Node) -> bool {
    match node {
        Node::One(_) => false,
        Node::Start | Node::End => true,
        Node::Group(_, alternatives) => alternatives.iter().any(|nodes| nodes.iter().all(may_be_empty)),
        Node::Repeat(node, least, _) => *least == 0 || may_be_empty(node),
    }
}

struct Reader<'p> {
    characters: &'p [char],
    at: usize,
    groups: usize,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += 1;
        Some(character)
    }

    fn alternatives(&mut self) -> Option<Vec<Vec<Node>>> {
        let mut alternatives = vec![Vec::new()];
        loop {
            match self.peek() {
                None | Some(')') => return Some(alternatives),
                Some('|') => {
                    self.at += 1;
                    alternatives.push(Vec::new());
                }
                Some(_) => {
                    let node = self.repeated()?;
                    alternatives.last_mut()?.push(node);
                }
            }
        }
    }

    fn repeated(&mut self) -> Option<Node> {
        let mut node = self.atom()?;
        loop {
            let (least, most) = match self.peek() {
                Some('*') => (0, usize::MAX),
                Some('+') => (1, usize::MAX),
                Some('?') => (0, 1),
                Some('{') => {
                    self.at += 1;
                    let bounds = self.bounds()?;
                    node = Node::Repeat(Box::new(node), bounds.0, bounds.1);
                    continue;
                }
                _ => return Some(node),
            };
            self.at += 1;
            // `a**` nests without end.
            if matches!(node, Node::Repeat(..)) {
                return None;
            }
            node = Node::Repeat(Box::new(node), least, most);
        }
    }

    fn bounds(&mut self) -> Option<(usize, usize)> {
        let mut text = String::new();
        loop {
            match self.next()? {
                '}' => break,
                character => text.push(character),
            }
        }
        let number = |text: &str| text.parse().ok().filter(|number| *number <= 100_usize);
        match text.split_once(',') {
            None => number(&text).map(|number| (number, number)),
            Some((least, "")) => Some((number(least)?, usize::MAX)),
            Some((least, most)) => Some((number(least)?, number(most)?)),
        }
    }

    fn atom(&mut self) -> Option<Node> {
        Some(match self.next()? {
            '.' => Node::One(Class::Any),
            '^' => Node::Start,
            '$' => Node::End,
            '[' => Node::One(self.set()?),
            '(' => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return None;
                }
                let number = self.groups;
                self.groups += 1;
                let alternatives = self.alternatives()?;
                self.depth -= 1;
                (self.next() == Some(')')).then_some(())?;
                Node::Group(number, alternatives)
            }
            '\\' => match self.next()? {
                digit if digit.is_ascii_digit() => return None,
                character => Node::One(Class::Exactly(character)),
            },
            '*' | '+' | '?' | '{' | ')' => return None,
            character => Node::One(Class::Exactly(character)),
        })
    }

    fn set(&mut self) -> Option<Class> {
        let negated = self.peek() == Some('^');
        self.at += usize::from(negated);
        let mut ranges = Vec::new();
        let mut first = true;
        loop {
            let character = self.next()?;
            match character {
                ']' if !first => return Some(Class::Set(ranges, negated)),
                '[' if self.peek() == Some(':') => {
                    let mut name = String::new();
                    while self.peek() != Some(']') {
                        name.push(self.next()?);
                    }
                    self.at += 1;
                    ranges.extend_from_slice(named_class(&name)?);
                }
                '[' if matches!(self.peek(), Some('.' | '=')) => return None,
                low => {
                    let is_range = self.peek() == Some('-')
                        && self.characters.get(self.at + 1).is_some_and(|next| *next != ']');
                    let high = if is_range {
                        self.at += 1;
                        self.next()?
                    } else {
                        low
                    };
                    ranges.push((low, high));
                }
            }
            first = false;
        }
    }
}

fn named_class(name: &str) -> Option<&'static [(char, char)]> {
    Some(match name {
        ":alnum:" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        ":alpha:" => &[('A', 'Z'), ('a', 'z')],
        ":digit:" => &[('0', '9')],
        ":lower:" => &[('a', 'z')],
        ":upper:" => &[('A', 'Z')],
        ":space:" => &[(' ', ' '), ('\t', '\r')],
        ":blank:" => &[(' ', ' '), ('\t', '\t')],
        ":xdigit:" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        ":punct:" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        _ => return None,
    })
}

struct Matcher<'t> {
    text: &'t [char],
    groups: Vec<Option<(usize, usize)>>,
    steps: usize,
}

type Rest<'r, 't> = &'r mut dyn FnMut(&mut Matcher<'t>, usize) -> bool;

impl<'t> Matcher<'t> {
    fn sequence(&mut self, nodes: &[Node], at: usize, depth: usize, rest: Rest<'_, 't>) -> bool {
        self.steps += 1;
        // Each step may be a level of recursion.
        if self.steps >= MAX_STEPS || depth > 2_000 {
            self.steps = MAX_STEPS;
            return false;
        }
        let Some((node, following)) = nodes.split_first() else { return rest(self, at) };
        match node {
            Node::Start => at == 0 && self.sequence(following, at, depth + 1, rest),
            Node::End => at == self.text.len() && self.sequence(following, at, depth + 1, rest),
            Node::One(class) => {
                self.text.get(at).is_some_and(|character| class.fits(*character))
                    && self.sequence(following, at + 1, depth + 1, rest)
            }
            Node::Group(number, alternatives) => alternatives.iter().any(|alternative| {
                let before = self.groups.get(*number).copied().flatten();
                let found = self.sequence(alternative, at, depth + 1, &mut |matcher, end| {
                    let inner = matcher.groups.get(*number).copied().flatten();
                    matcher.set_group(*number, Some((at, end)));
                    let found = matcher.sequence(following, end, depth + 1, rest);
                    if !found {
                        matcher.set_group(*number, inner);
                    }
                    found
                });
                if !found {
                    self.set_group(*number, before);
                }
                found
            }),
            Node::Repeat(node, least, most) => {
                self.repeat((node, *least, *most), following, at, depth + 1, rest)
            }
        }
    }

    /// As often as possible, then less often.
    fn repeat(
        &mut self,
        (node, least, most): (&Node, usize, usize),
        following: &[Node],
        at: usize,
        depth: usize,
        rest: Rest<'_, 't>,
    ) -> bool {
        if most > 0 {
            let once = std::slice::from_ref(node);
            let more = self.sequence(once, at, depth + 1, &mut |matcher, end| {
                // A repetition that takes nothing would go on for ever.
                let left = (node, least.saturating_sub(1), most.saturating_sub(1));
                end > at && matcher.repeat(left, following, end, depth + 1, rest)
            });
            if more {
                return true;
            }
        }
        least == 0 && self.sequence(following, at, depth + 1, rest)
    }

    fn set_group(&mut self, number: usize, range: Option<(usize, usize)>) {
        if let Some(group) = self.groups.get_mut(number) {
            *group = range;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    fn groups(pattern: &str, text: &str) -> Option<Vec<Option<String>>> {
        #[allow(clippy::unwrap_used)]
        matches(pattern, text, &mut 0).unwrap()
    }

    #[test]
    fn the_whole_text_must_match() {
        assert_eq!(groups(".*windows.*", "x86_64-pc-windows-gnu"), Some(vec![]));
        assert_eq!(groups("windows", "x86_64-pc-windows-gnu"), None);
        assert_eq!(groups("ab?c+|d", "acc"), Some(vec![]));
        assert_eq!(groups("[[:alpha:]_]+[^-]", "x86_"), None);
        assert_eq!(groups("a{2,3}", "aaaa"), None);
    }

    #[test]
    fn groups_hold_what_they_took() {
        let found = groups("([^-]+)-([a-z]+)(-static)?", "aarch64-linux");
        assert_eq!(found, Some(vec![Some("aarch64".into()), Some("linux".into()), None]));
    }

    #[test]
    fn hostile_patterns_are_not_read() {
        assert_eq!(matches("(a*)*b", &"a".repeat(40), &mut 0), None);
        assert_eq!(matches(&"(".repeat(100_000), "a", &mut 0), None);
        assert_eq!(matches("a\\1", "aa", &mut 0), None);
    }
}
