//! rustls without one provider of cryptography: the program panics at its first connection.
//!
//! ## What it does
//!
//! Finds programs with rustls 0.23 that is compiled with neither of its providers (`ring`, `aws_lc_rs`), and such with
//! both where code asks for the default one, when nothing in the project's sources installs one.
//!
//! ## Why it matters
//!
//! It builds, and panics when it first speaks TLS: "Could not automatically determine the process-level CryptoProvider
//! from Rustls crate features". Features of two dependencies add up to both providers as easily as to none, so an update
//! of some other crate can bring it.
//!
//! ## Example
//!
//! ```toml file:Cargo.toml
//! [package]
//! name = "app"
//! version = "0.1.0"
//! edition = "2024"
//!
//! [dependencies]
//! rustls = { version = "0.23", default-features = false, features = ["std", "tls12"] }
//! ```
//!
//! ```rust,ignore file:src/main.rs
//! mod program;
//! ```
//!
//! ## Use instead
//!
//! ```toml file:Cargo.toml
//! [package]
//! name = "app"
//! version = "0.1.0"
//! edition = "2024"
//!
//! [dependencies]
//! rustls = { version = "0.23", default-features = false, features = ["ring", "std", "tls12"] }
//! ```
//!
//! ```rust,ignore file:src/main.rs
//! mod program;
//! ```
//!
//! ## When it stays silent
//!
//! Where the sources call `install_default` or build with a provider (`builder_with_provider`); where another crate
//! brings a provider (rustls-graviola, rustls-openssl, …); in libraries, whose users choose; with both providers, as long
//! as neither the project's code nor a crate that is known to ask for the default does so.
//!
//! ## Fix safety
//!
//! For review: ring and aws-lc-rs both work; aws-lc-rs wants more of the C compiler, ring has fewer algorithms.
//!
//! ## References
//!
//! - <https://docs.rs/rustls/latest/rustls/crypto/struct.CryptoProvider.html#using-the-per-process-default-cryptoprovider>

use super::{
    FixKind, Rule,
    native::{blame, table},
};
use crate::{
    cargo::{graph::Compiled, manifest::DependencyKind},
    finding::{Confidence, Finding, Fix, Severity},
    fix::dependency::{self, Change},
    project::Project,
};

/// The rule.
pub const RULE: Rule = Rule {
    name: "rustls-no-provider",
    summary: "rustls without one provider of cryptography: the program panics at its first connection",
    severity: Severity::Warning,
    fix: FixKind::Review,
    source: include_str!("rustls_no_provider.rs"),
    touches: &["*dependencies.*"],
    check,
};

/// What sources say that give rustls a provider themselves.
const PROVIDES: [&str; 5] =
    ["install_default", "builder_with_provider", "with_provider", "default_provider()", "CryptoProvider"];

/// What sources say that ask for the default provider.
const ASKS: [&str; 2] = ["ClientConfig::builder()", "ServerConfig::builder()"];

/// Crates that ask rustls for the default provider.
const USERS: [&str; 4] = ["tokio-tungstenite", "tungstenite", "redis", "axum-server"];

/// Crates that use rustls for its certificates and make no connections.
const PASSIVE: [&str; 4] =
    ["rustls-native-certs", "rustls-pemfile", "rustls-platform-verifier", "webpki-roots"];

/// Crates that bring a provider of their own.
const OTHERS: [&str; 9] = [
    "boring-rustls-provider",
    "rustls-cng-crypto",
    "rustls-corecrypto",
    "rustls-graviola",
    "rustls-mbedcrypto-provider",
    "rustls-openssl",
    "rustls-rustcrypto",
    "rustls-symcrypt",
    "rustls-wolfcrypt-provider",
];

/// What is compiled of rustls 0.23.
struct Providers {
    ring: bool,
    aws_lc_rs: bool,
    confidence: Confidence,
}

fn check(project: &Project) -> Vec<Finding> {
    let has_other = project
        .cargo
        .lock
        .lock()
        .is_some_and(|lock| OTHERS.iter().any(|name| lock.find(name).next().is_some()));
    if has_other || !project.has_program() {
        return Vec::new();
    }
    let triples = super::native::targets(project);
    let found = triples.iter().find_map(|triple| Some((triple, providers(project, triple)?)));
    let Some((triple, providers)) = found else { return Vec::new() };
    if providers.ring != providers.aws_lc_rs || project.code_mentions(&PROVIDES) {
        return Vec::new();
    }
    let by_code = || project.code_mentions(&ASKS);
    let user = USERS.iter().find(|name| is_compiled_with_rustls(project, triple, name));
    if providers.ring && user.is_none() && !by_code() {
        return Vec::new();
    }
    finding(project, triple, &providers, user.copied()).into_iter().collect()
}

/// The providers of the rustls that is compiled for a target; `None` where none is, or it cannot be known.
fn providers(project: &Project, triple: &str) -> Option<Providers> {
    let graph = project.graph(triple);
    if graph.gaps.contains(&crate::cargo::graph::Gap::NoLock) {
        return by_manifest(project, triple);
    }
    let mut compiled = graph.find("rustls", false).filter(|one| one.version.starts_with("0.23."));
    let rustls = compiled.next().filter(|one| one.certainty == Confidence::Certain)?;
    let may_have = |feature: &str| rustls.may_have_feature(feature) && !rustls.has_feature(feature);
    if graph.users("rustls").iter().all(|user| PASSIVE.contains(user))
        || may_have("ring")
        || may_have("aws_lc_rs")
        || rustls.has_feature("custom-provider")
        || !graph.is_closed()
    {
        return None;
    }
    Some(Providers {
        ring: rustls.has_feature("ring"),
        aws_lc_rs: rustls.has_feature("aws_lc_rs"),
        confidence: Confidence::Certain,
    })
}

/// Without a lock file: what the manifests ask of rustls itself, if nothing else can add to it.
fn by_manifest(project: &Project, triple: &str) -> Option<Providers> {
    let dependencies = || blame::manifests(project).flat_map(|manifest| &manifest.dependencies);
    let mut direct = blame::manifests(project).flat_map(|manifest| {
        let live = manifest.dependencies.iter().filter(|one| table::is_live(manifest, one, triple));
        live.filter(|one| one.crate_name == "rustls").collect::<Vec<_>>()
    });
    let rustls = direct.next().filter(|one| blame::version(project, one).starts_with("0.23"))?;
    let others = dependencies().filter(|one| one.kind != DependencyKind::Dev && one.crate_name != "rustls");
    let may_add =
        others.into_iter().any(|one| one.features.iter().any(|feature| feature.value.contains("rustls")))
            || dependencies().any(|one| {
                one.crate_name.contains("rustls")
                    && one.crate_name != "rustls"
                    && !one.crate_name.starts_with("rustls-p")
            });
    let has = |feature: &str| rustls.has_feature(feature);
    let aws = has("aws_lc_rs") || has("aws-lc-rs") || has("fips") || rustls.has_default_features();
    (!may_add && !has("custom-provider")).then(|| Providers {
        ring: has("ring"),
        aws_lc_rs: aws,
        confidence: Confidence::Likely,
    })
}

fn is_compiled_with_rustls(project: &Project, triple: &str, name: &str) -> bool {
    let graph = project.graph(triple);
    // What a feature of a crate does that is in no cache, nobody here knows.
    let is_it = |one: &&Compiled| {
        one.name == name && !one.for_host && one.is_read && one.certainty == Confidence::Certain
    };
    let mut compiled = graph.packages.iter().filter(is_it);
    compiled.any(|one| one.features.iter().any(|feature| feature.contains("rustls")))
}

fn finding(project: &Project, triple: &str, providers: &Providers, user: Option<&str>) -> Option<Finding> {
    let who = user.map_or_else(|| "the program".to_owned(), |user| format!("{user}'s first connection"));
    let (which, help) = if providers.ring {
        ("both of its providers", "have the program call `install_default` on one provider when it starts")
    } else {
        ("neither of its providers", "ask for the feature `ring` or `aws_lc_rs` of rustls")
    };
    let message = format!(
        "rustls is compiled with {which}, ring and aws-lc-rs, and nothing installs one: {who} panics at run time"
    );
    let own = blame::manifests(project)
        .flat_map(|manifest| manifest.dependencies.iter().map(move |one| (manifest, one)));
    let mut own =
        own.filter(|(manifest, one)| one.crate_name == "rustls" && table::is_live(manifest, one, triple));
    let direct = own.next();
    let graph = project.graph(triple);
    let origin = match direct {
        Some((_, dependency)) => dependency.key.origin.clone(),
        None => {
            let all = graph.direct("rustls", false);
            let blamed = all.iter().min_by_key(|one| one.path.len());
            let culprit = blamed.and_then(|direct| blame::culprit(project, triple, direct));
            culprit.map(|culprit| culprit.dependency.key.origin.clone()).or_else(|| project.anchor())?
        }
    };
    let fix = direct.filter(|_| !providers.ring).and_then(|(_, dependency)| {
        let inherited = dependency.inherited.as_ref().and_then(|inherited| inherited.entry.as_deref());
        let written = inherited.unwrap_or(dependency);
        let source = project.source(&written.key.origin.file)?;
        let change = Change { default_features: None, remove: &[], add: vec!["ring"] };
        let edits = dependency::change(&source, written, &change)?;
        Some(Fix::review("Have rustls use ring (needs a C compiler for the target)", edits))
    });
    Some(
        Finding::new(RULE.name, Severity::Warning, origin, message)
            .with_confidence(providers.confidence.min(Confidence::Likely))
            .with_targets([triple])
            .with_help(help)
            .with_fixes(fix),
    )
}
