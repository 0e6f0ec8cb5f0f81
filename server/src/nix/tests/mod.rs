//! Tests of the evaluator as a whole; its parts have theirs beside them.
#![allow(clippy::unwrap_used)]

mod bounds;
mod frameworks;
mod hostile;
mod idioms;
mod language;
mod listing;
mod modules;
mod seeds;
mod support;
