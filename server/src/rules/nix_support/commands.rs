//! Commands of scripts and workflows that build packages and carry their programs away.

use crate::nix::facts::Derivation;

/// Commands, and keys of actions, that carry files away.
const COPIES: &[&str] = &[
    "cp ", "mv ", "tar ", "zip ", "install ", "path:", "file:", "files:", "asset", "scp ", "rsync ", "upload",
];

/// The commands of a line.
pub(super) fn commands(line: &str) -> impl Iterator<Item = &str> {
    line.split("&&").flat_map(|part| part.split(';'))
}

/// Whether a line copies what is behind a link of `nix build`, and does not just run it.
pub(super) fn carries(line: &str, link: &str) -> bool {
    let mut words = line.split([' ', '"', '\'', ',', '=']).map(|word| word.trim_start_matches("./"));
    let is_result = words.any(|word| {
        word.strip_prefix(link).is_some_and(|rest| rest.is_empty() || rest == "/" || rest.starts_with("/bin"))
    });
    is_result && COPIES.iter().any(|copy| line.contains(copy))
}

/// A call of `nix build`.
pub(super) struct Build {
    /// The attributes that it builds: "default", "x86_64-linux.app".
    attributes: Vec<String>,
    /// The link that it leaves.
    pub(super) link: String,
}

impl Build {
    /// Reads one; none for other commands, and for one that leaves no link.
    pub(super) fn of(line: &str) -> Option<Self> {
        let (_, arguments) = line.split_once("nix build")?;
        let arguments = without_expressions(arguments);
        let mut build = Self { attributes: Vec::new(), link: "result".to_owned() };
        let mut words = arguments.split_whitespace().map(|word| word.trim_matches(['"', '\'']));
        // What a line that goes on builds stands in the next one.
        let mut is_other = arguments.trim_end().ends_with('\\');
        while let Some(word) = words.next() {
            match word {
                "-o" | "--out-link" => words.next().unwrap_or("result").clone_into(&mut build.link),
                "--no-link" => return None,
                "&&" | ";" | "|" | "||" => break,
                _ => match word.split_once('#') {
                    Some(("" | "." | "./" | "./." | "path:.", attribute)) => {
                        build.attributes.push(attribute.to_owned());
                    }
                    Some(_) => is_other = true,
                    None => {}
                },
            }
        }
        if build.attributes.is_empty() && !is_other {
            build.attributes.push("default".to_owned());
        }
        Some(build)
    }

    /// Whether it builds a package. What an expression of the workflow stands for must be a word of the
    /// job: a value of its matrix.
    pub(super) fn builds(&self, package: &Derivation, has_word: impl Fn(&str) -> bool) -> bool {
        let path = package.attribute.as_str();
        let names = [Some(package.name.as_str()), Some(path), path.strip_prefix("packages.")];
        self.attributes.iter().any(|attribute| {
            let attribute = attribute.trim_start_matches('.');
            names.into_iter().flatten().any(|name| match attribute.split_once(EXPRESSION) {
                None => attribute == name,
                Some((head, tail)) => {
                    let inner = name.strip_prefix(head).and_then(|rest| rest.strip_suffix(tail));
                    inner.is_some_and(&has_word)
                }
            })
        })
    }
}

/// Stands for `${{ … }}`.
const EXPRESSION: char = '\u{1}';

/// A line with its expressions as one character each.
fn without_expressions(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line;
    while let Some((before, behind)) = rest.split_once("${{") {
        plain.push_str(before);
        plain.push(EXPRESSION);
        rest = behind.split_once("}}").map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}

/// The words of a line, without quotes and brackets.
pub(super) fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|character: char| !(character.is_ascii_alphanumeric() || "_-.".contains(character)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_are_read_from_commands() {
        let built = |line: &str| Build::of(line).map(|build| (build.attributes, build.link));
        let one = |attribute: &str, link: &str| Some((vec![attribute.to_owned()], link.to_owned()));
        assert_eq!(built("run: nix build"), one("default", "result"));
        assert_eq!(built("nix build .#app -o out -L"), one("app", "out"));
        assert_eq!(
            built("nix build '.#packages.x86_64-linux.app'"),
            one("packages.x86_64-linux.app", "result")
        );
        assert_eq!(built("nix build .#${{ matrix.attr }}"), one("\u{1}", "result"));
        assert_eq!(built("nix build nixpkgs#hello"), Some((vec![], "result".to_owned())));
        assert_eq!(built("nix build \\"), Some((vec![], "result".to_owned())));
        assert_eq!(built("nix build .#app --no-link"), None);
        assert_eq!(built("nix develop"), None);
    }

    #[test]
    fn copies_are_told_from_calls() {
        for line in [
            "cp result/bin/app out",
            "path: result/bin/*",
            "tar czf a.tgz -C ./result/bin .",
            "files: result",
        ] {
            assert!(carries(line, "result"), "{line}");
        }
        for line in
            ["./result/bin/app --version", "ldd result/bin/app", "cp results/bin/app out", "cp result.txt a"]
        {
            assert!(!carries(line, "result"), "{line}");
        }
    }
}
