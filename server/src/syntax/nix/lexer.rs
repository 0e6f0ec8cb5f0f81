//! The tokens of a text, and the bounds that are checked while they are counted out.

use rnix::SyntaxKind as T;

use crate::{
    syntax::{SyntaxError, limits},
    text::Span,
};

/// A token that is neither blank nor comment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: T,
    pub(super) span: Span,
}

/// What a text consists of.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    pub(super) tokens: Vec<Token>,
    pub(super) comments: Vec<Span>,
}

/// rnix looks ahead over all characters that could belong to a path at each token that starts among
/// them: `a.b.b.b…` and `-----…` cost their length squared. So many steps take some 50 ms.
const MAX_LOOKAHEAD: usize = 16 * 1024 * 1024;

/// Splits a text into tokens; fails when it exceeds a bound.
pub(super) fn scan(text: &str) -> Result<Tokens, SyntaxError> {
    if text.len() > limits::MAX_FILE_BYTES {
        return Err(exceeded(Span::at(0), format!("larger than {} MiB", limits::MAX_FILE_BYTES >> 20)));
    }
    let mut result = Tokens { tokens: Vec::with_capacity(text.len() / 4), comments: Vec::new() };
    let mut brackets = 0_usize;
    let mut lookahead = Lookahead { text, end: 0, total: 0 };
    let mut offset = 0;
    for (kind, token) in rnix::tokenize(text) {
        let span = Span::new(offset, offset + token.len());
        offset += token.len();
        match kind {
            T::TOKEN_WHITESPACE => continue,
            T::TOKEN_COMMENT => {
                result.comments.push(span);
                continue;
            }
            T::TOKEN_L_BRACE
            | T::TOKEN_L_BRACK
            | T::TOKEN_L_PAREN
            | T::TOKEN_INTERPOL_START
            | T::TOKEN_STRING_START => brackets += 1,
            T::TOKEN_R_BRACE
            | T::TOKEN_R_BRACK
            | T::TOKEN_R_PAREN
            | T::TOKEN_INTERPOL_END
            | T::TOKEN_STRING_END => brackets = brackets.saturating_sub(1),
            _ => {}
        }
        if brackets > limits::MAX_DEPTH {
            return Err(too_deep(span));
        }
        if kind != T::TOKEN_STRING_CONTENT && lookahead.spend(span.start()) > MAX_LOOKAHEAD {
            return Err(exceeded(span, "an endless run of names without a blank: not analysed".to_owned()));
        }
        result.tokens.push(Token { kind, span });
    }
    Ok(result)
}

/// What is said of a text that nests too deep.
pub(super) fn too_deep(span: Span) -> SyntaxError {
    exceeded(span, format!("nested deeper than {} levels: not analysed", limits::MAX_DEPTH))
}

fn exceeded(span: Span, message: String) -> SyntaxError {
    SyntaxError { span, message }
}

/// Counts what the tokenizer's look-ahead costs.
struct Lookahead<'t> {
    text: &'t str,
    /// Where the run of path characters that was last looked at ends.
    end: usize,
    total: usize,
}

impl Lookahead<'_> {
    fn spend(&mut self, start: usize) -> usize {
        if start >= self.end {
            let rest = self.text.as_bytes().get(start..).unwrap_or_default();
            self.end = start + rest.iter().take_while(|byte| is_path_byte(**byte)).count();
        }
        self.total += self.end - start.min(self.end);
        self.total
    }
}

fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'.' | b'+' | b'-')
}
