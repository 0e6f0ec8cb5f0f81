//! Strings of the evaluator as facts.

use super::super::{
    evaluator::Evaluator,
    facts::{Piece, Text},
    value::{Head, Neutral, Place, Str, StrPiece, Thunk, Value},
};

impl Evaluator<'_> {
    /// A value as an environment has it.
    pub(in crate::nix) fn fact_text_of(&mut self, thunk: Thunk) -> Text {
        let value = self.force(thunk);
        let place = self.place_of(thunk);
        let text = self.text_of(&value, place);
        self.fact_text(&text)
    }

    pub(in crate::nix) fn fact_text(&mut self, text: &Str) -> Text {
        if !self.spend(text.pieces.len()) {
            let why = "the flake takes too much work to evaluate".to_owned();
            let first = text.pieces.first().map_or(Place::NOWHERE, StrPiece::place);
            return Text { pieces: vec![Piece::Unknown { why, origin: self.origin(first) }] };
        }
        Text { pieces: text.pieces.iter().map(|piece| self.fact_piece(piece)).collect() }
    }

    fn fact_piece(&mut self, piece: &StrPiece) -> Piece {
        match piece {
            StrPiece::Literal { text, place } => {
                Piece::Literal { text: text.to_string(), origin: self.literal_origin(*place) }
            }
            StrPiece::Store { item, place } => {
                let origin = self.origin(*place);
                if let Neutral::Head(Head::Input(input), _) = &**item {
                    return Piece::Unknown {
                        why: format!("the source of the flake input {}", input.name),
                        origin,
                    };
                }
                match self.store_item(item) {
                    Some(item) => Piece::Store { item, origin },
                    None => {
                        Piece::Unknown { why: "a store path that cannot be known here".to_owned(), origin }
                    }
                }
            }
            StrPiece::Source { place, .. } => Piece::Unknown {
                why: "a path of the project, which Nix copies to the store".to_owned(),
                origin: self.origin(*place),
            },
            StrPiece::Either { texts, place } => Piece::Either {
                texts: texts.iter().map(|text| self.fact_text(text)).collect(),
                origin: self.origin(*place),
            },
            StrPiece::Unknown { why, place } => {
                Piece::Unknown { why: why.to_string(), origin: self.origin(*place) }
            }
        }
    }

    /// A string that is wholly known.
    pub(in crate::nix) fn known_text(value: &Value) -> Option<String> {
        Self::literal(value).map(|text| text.to_string())
    }
}
