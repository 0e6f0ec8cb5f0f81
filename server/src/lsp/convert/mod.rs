//! Between the protocol's types and ours. Only here, and at the framework's doors `server.rs` and
//! `client.rs`, does Portolan speak of LSP types, and only here of UTF-8, UTF-16 and UTF-32 positions.

pub mod action;
pub mod capabilities;
pub mod diagnostic;
pub mod edit;
pub mod notification;
pub mod params;
pub mod position;
pub mod uri;
