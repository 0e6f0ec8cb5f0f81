// A project that the scenarios build.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const HOST = "x86_64-unknown-linux-gnu";
export const OTHER = "aarch64-unknown-linux-gnu";

/** Where the rows of the views are. */
export const view = ".pane-body";

/** A configuration with two targets, of which this machine can build one. */
export const TWO_TARGETS = `[build]\ntarget = [\n  "${HOST}",\n  "${OTHER}",\n]\n`;

/** A project that is built in a moment, or not for a minute when a file named `slow` lies in it. */
export function write(folder, config = TWO_TARGETS) {
  const file = (path, text) => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  file("Cargo.toml", '[package]\nname = "soundings"\nversion = "0.3.1"\nedition = "2024"\n\n[workspace]\n\n[profile.release]\nopt-level = 0\n');
  file("Cargo.lock", 'version = 4\n\n[[package]]\nname = "soundings"\nversion = "0.3.1"\n');
  file("src/main.rs", 'fn main() {\n    println!("sound");\n}\n');
  file("build.rs", 'fn main() {\n    println!("cargo::rerun-if-changed=slow");\n    if std::path::Path::new("slow").exists() {\n        std::thread::sleep(std::time::Duration::from_secs(60));\n    }\n}\n');
  file(".cargo/config.toml", config);
  file(".vscode/settings.json", "{}\n");
}
