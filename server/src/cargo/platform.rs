//! Keys of `[target.KEY]` tables: a triple or a `cfg(…)` expression.

use std::str::FromStr;

use cargo_platform::{Cfg, CfgExpr, Platform};

use super::config::Matcher;

/// Longest key that is read as an expression. The longest in use have some hundred characters.
const MAX_LENGTH: usize = 4096;

/// Deepest nesting in an expression: the parser calls itself for each level.
const MAX_DEPTH: usize = 64;

/// Reads a key of `[target.KEY]` in a configuration file, where cargo says nothing about a broken
/// expression: such a table simply never counts.
pub fn matcher(key: &str) -> Matcher {
    match expression(key) {
        Expression::Cfg(Ok(expression)) => Matcher::Cfg(expression),
        Expression::Cfg(Err(why)) => Matcher::Invalid(why),
        Expression::None if key.trim_start().to_ascii_lowercase().starts_with("cfg(") => Matcher::Invalid(
            "an expression starts with \"cfg(\" and ends with \")\", without blanks around it".into(),
        ),
        Expression::None => Matcher::Triple(key.to_owned()),
    }
}

/// Reads a key of `[target.KEY.dependencies]` in a manifest; `None` when cargo refuses it.
pub fn platform(key: &str) -> Option<Platform> {
    match expression(key) {
        Expression::Cfg(expression) => expression.ok().map(Platform::Cfg),
        Expression::None => Platform::from_str(key).ok(),
    }
}

/// Whether a platform includes a target; `None` when the target's values are not known.
pub fn includes(platform: &Platform, triple: &str, cfgs: Option<&[Cfg]>) -> Option<bool> {
    match platform {
        Platform::Name(name) => Some(name == triple),
        Platform::Cfg(expression) => cfgs.map(|cfgs| expression.matches(cfgs)),
    }
}

enum Expression {
    None,
    Cfg(Result<CfgExpr, String>),
}

fn expression(key: &str) -> Expression {
    let Some(inner) = key.strip_prefix("cfg(").and_then(|rest| rest.strip_suffix(')')) else {
        return Expression::None;
    };
    if key.len() > MAX_LENGTH || inner.bytes().filter(|byte| *byte == b'(').count() > MAX_DEPTH {
        return Expression::Cfg(Err("the expression is too large to be read".to_owned()));
    }
    Expression::Cfg(CfgExpr::from_str(inner).map_err(|error| {
        // The error repeats the whole expression first.
        let message = error.to_string();
        message.rsplit_once("as a cfg expression: ").map_or(message.clone(), |(_, why)| why.to_owned())
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_triples_or_expressions() {
        assert_eq!(
            matcher("x86_64-unknown-linux-gnu"),
            Matcher::Triple("x86_64-unknown-linux-gnu".to_owned())
        );
        assert!(matches!(matcher("cfg(all(unix, not(target_os = \"macos\")))"), Matcher::Cfg(_)));
        for broken in [
            "cfg(foo bar)",
            "cfg()",
            "cfg(unix",
            "cfg(unix) ",
            " cfg(unix)",
            "Cfg(unix)",
            "cfg(target_os=linux)",
        ] {
            assert!(matches!(matcher(broken), Matcher::Invalid(_)), "{broken}");
        }
    }

    #[test]
    fn a_deep_expression_is_refused_and_not_followed() {
        let deep = format!("cfg({}unix{})", "not(".repeat(1000), ")".repeat(1000));
        assert!(matches!(matcher(&deep), Matcher::Invalid(_)));
        assert_eq!(platform(&deep), None);
    }
}
