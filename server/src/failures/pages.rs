//! The failures, one page each: what they look like, what they mean, what to do.
#![doc = include_str!(concat!(env!("OUT_DIR"), "/failures.md"))]

/// Address of a failure's page in the published docs.
pub fn url(name: &str) -> String {
    format!(
        "https://docs.rs/portolan/{}/portolan/failures/pages/index.html#{name}",
        env!("CARGO_PKG_VERSION")
    )
}
