//! Who compiles C for a target, the way that the cc crate looks for a compiler.

use super::{Builder, LinkerAnswer, Project};
use crate::{knowledge, text::Origin};

/// The answer to "who compiles C for this target?".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompilerAnswer {
    /// A variable says which program.
    Given {
        /// The program as written; for a computed value the expression's text.
        value: String,
        /// The place; `None` for a variable of this machine's environment.
        origin: Option<Origin>,
    },
    /// The linker is a gcc: what it links for, it compiles for.
    Linker {
        /// The linker as written.
        value: String,
        /// Its place.
        origin: Option<Origin>,
    },
    /// It goes by a conventional name, and is on this machine.
    Conventional(String),
    /// The target is the host.
    Host,
    /// Another builder brings its own.
    Elsewhere(Builder),
    /// It cannot be known: one phrase why.
    Unknown(String),
    /// Nobody.
    Missing,
}

impl Project {
    /// Who compiles C for `triple`.
    pub fn c_compiler(&self, triple: &str) -> CompilerAnswer {
        if let Some((value, origin)) = self.named_compiler(triple) {
            return CompilerAnswer::Given { value, origin };
        }
        if let builder @ (Builder::Cross | Builder::Nix | Builder::Zigbuild) = self.builder(triple) {
            return CompilerAnswer::Elsewhere(builder);
        }
        // The cc crate takes the linker for a compiler when its name ends like one.
        if let LinkerAnswer::Given { value, origin } = self.linker(triple)
            && value.trim_end_matches('"').ends_with("-gcc")
        {
            return CompilerAnswer::Linker { value, origin };
        }
        if self.host == triple {
            return CompilerAnswer::Host;
        }
        let found = conventional(triple)
            .into_iter()
            .find(|name| self.host_is_here && self.snapshot.host.has_program(name) == Some(true));
        if let Some(name) = found {
            return CompilerAnswer::Conventional(name);
        }
        if let Some(computed) = self.computed_variable() {
            return CompilerAnswer::Unknown(format!(
                "{} sets a variable whose name is computed",
                computed.by.attribute
            ));
        }
        if let Some(why) = self.config_gap() {
            return CompilerAnswer::Unknown(why.to_owned());
        }
        self.flake_gap().map_or(CompilerAnswer::Missing, CompilerAnswer::Unknown)
    }

    /// The compiler that a variable names, the most specific first.
    fn named_compiler(&self, triple: &str) -> Option<(String, Option<Origin>)> {
        let underscored = triple.replace('-', "_");
        let names =
            [format!("CC_{triple}"), format!("CC_{underscored}"), "TARGET_CC".to_owned(), "CC".to_owned()];
        for name in &names {
            if let Some(supplied) = self.variables_named(name).next() {
                let origin = supplied.variable.value_origin.clone();
                let value = supplied.variable.value.literal().unwrap_or_else(|| self.text_at(&origin));
                return Some((value, Some(origin)));
            }
            if let Some(entry) = self.cargo.config.env.iter().find(|entry| entry.name.value == *name) {
                return Some((entry.value.value.clone(), Some(entry.value.origin.clone())));
            }
            if let Some(value) = self.host_variable(name) {
                return Some((value.to_owned(), None));
            }
        }
        None
    }
}

/// The names by which the cc crate looks for a compiler for a target that is not the host.
pub fn conventional(triple: &str) -> Vec<String> {
    let prefixes = knowledge::target(triple).map(|target| target.names.cc).unwrap_or_default();
    prefixes.iter().map(|prefix| format!("{prefix}-gcc")).collect()
}
