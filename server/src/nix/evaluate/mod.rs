//! The language: expressions to values.

mod apply;
mod compare;
mod expr;
mod operators;
mod select;
mod strings;

pub(super) use operators::source_path;
pub(super) use select::Selected;
