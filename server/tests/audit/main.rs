//! The audit of binaries: real ones built here where there are compilers, and forged ones for the systems
//! that nothing here builds for.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod build;
mod forge;
mod forged;
mod hostile;
mod judgements;
mod pages;
mod real;

use portolan::{
    audit::{self, Audit, Image, Policy, Request},
    knowledge,
    text::FileId,
};

/// The only image of a binary that can be read.
fn image(bytes: &[u8]) -> Image {
    let artefact = audit::read(bytes, "app");
    let binary = artefact.content.unwrap();
    assert_eq!(binary.images.len(), 1);
    binary.images.into_iter().next().unwrap()
}

/// What comes of holding a binary to a policy ("" for none) and a target ("" for none).
fn judged(bytes: &[u8], policy: &str, target: &str) -> Audit {
    let policy = if policy.is_empty() { Policy::default() } else { Policy::named(policy).unwrap() };
    let target = (!target.is_empty()).then(|| knowledge::target(target).unwrap());
    let file = FileId::new("/p/app");
    audit::judge(&audit::read(bytes, "app"), &Request { file: &file, policy: &policy, target })
}
