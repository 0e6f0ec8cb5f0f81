//! What the server answers: plain functions from texts and looks to values of ours.

pub mod code_action;
pub mod completion;
pub mod execute_command;
pub mod explain;
pub mod hover;
pub mod inlay;
pub mod lens;
pub mod links;
pub mod native;
pub mod refactor;
pub mod suppress;
pub mod triples;
