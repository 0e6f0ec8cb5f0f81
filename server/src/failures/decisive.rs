//! Of a failure that nobody has described: the line that says why, below the one that says only that something failed.

/// Words of linkers that say what is wrong.
const OF_LINKERS: [&str; 13] = [
    "undefined reference to ",
    "undefined symbol: ",
    "Undefined symbols for architecture",
    "multiple definition of ",
    "duplicate symbol",
    "relocation R_",
    "relocation truncated",
    "cannot find ",
    "unable to find ",
    "could not open ",
    "incompatible with ",
    "unrecognized option",
    "error LNK",
];

/// What a line has announced, and in which job.
#[derive(Debug, Default)]
pub(super) struct Announced {
    label: String,
    what: What,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum What {
    #[default]
    Nothing,
    /// The next line is the message of a panic.
    Panic,
    /// Somewhere below, the linker says what it lacks.
    Linker,
}

impl Announced {
    /// Hears an error line.
    pub(super) fn hear(&mut self, label: &str, line: &str) {
        self.what = if is_linking(line) {
            What::Linker
        } else if is_bare_panic(line) {
            What::Panic
        } else {
            What::Nothing
        };
        label.clone_into(&mut self.label);
    }

    /// Whether a line, which is none of error's own, says what was announced.
    pub(super) fn is_told_by(&mut self, label: &str, line: &str) -> bool {
        let line = line.trim();
        if self.what == What::Nothing || self.label != label || line.is_empty() {
            return false;
        }
        let is_told = match self.what {
            What::Linker => OF_LINKERS.iter().any(|words| line.contains(words)),
            What::Nothing | What::Panic => true,
        };
        if is_told {
            self.what = What::Nothing;
        }
        is_told
    }
}

fn is_linking(line: &str) -> bool {
    line.trim_start().starts_with("error: linking with ")
}

/// `thread 'main' panicked at build.rs:3:5:`, with its message in the next line.
fn is_bare_panic(line: &str) -> bool {
    line.contains(" panicked at ") && line.trim_end().ends_with(':')
}

/// Whether a line announces what stands below it.
pub(super) fn announces(line: &str) -> bool {
    is_linking(line) || is_bare_panic(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_announced_is_told_once_and_in_the_same_job() {
        let mut announced = Announced::default();
        assert!(!announced.is_told_by("", "undefined reference to `x'"));
        announced.hear("a", "error: linking with `cc` failed: exit status: 1");
        assert!(!announced.is_told_by("b", "undefined reference to `x'"));
        assert!(!announced.is_told_by("a", "  = note: cc -o app"));
        assert!(announced.is_told_by("a", "          x.rs:(.text+0x1): undefined reference to `x'"));
        assert!(!announced.is_told_by("a", "undefined reference to `y'"));
        announced.hear("a", "thread 'main' panicked at build.rs:3:5:");
        assert!(announced.is_told_by("a", "  no such board"));
        announced.hear("a", "thread 'main' panicked at 'no such board', build.rs:3:5");
        assert!(!announced.is_told_by("a", "note: run with `RUST_BACKTRACE=1`"));
    }
}
