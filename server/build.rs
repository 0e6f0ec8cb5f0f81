//! Tells the program which triple it is built for: at run time nothing else knows.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = std::env::var("TARGET").unwrap_or_default();
    println!("cargo::rustc-env=PORTOLAN_BUILT_FOR={target}");
}
