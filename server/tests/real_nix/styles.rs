//! The same mistakes in every form that people write: each fix has to find the form.

/// What a variable is wrong about: a rule, the variable's name, and its value.
pub const MISTAKES: &[(&str, &str, &str)] = &[
    ("environment-name-case", "CARGO_TARGET_aarch64_UNKNOWN_LINUX_GNU_LINKER", "\"aarch64-linux-gnu-gcc\""),
    (
        "linker-not-executable",
        "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER",
        "pkgs.pkgsCross.aarch64-multiplatform.stdenv.cc",
    ),
    ("unknown-target", "CARGO_BUILD_TARGET", "\"aarch64-unknown-linux-gnuu\""),
    ("wrong-output", "OPENSSL_LIB_DIR", "\"${pkgs.openssl}/lib\""),
    ("missing-linker", "CARGO_BUILD_TARGET", "\"aarch64-unknown-linux-gnu\""),
];

/// Forms of a dev shell; `@N` is the variable's name, and `@V` its value. Some have a file beside the flake.
const STYLES: &[(&str, &str, Option<(&str, &str)>)] = &[
    ("top level", "pkgs.mkShell {\n      packages = [ pkgs.hello ];\n      @N = @V;\n    }", None),
    ("first of one line", "pkgs.mkShell { @N = @V; packages = [ pkgs.hello ]; }", None),
    (
        "env set",
        "pkgs.mkShell {\n      packages = [ pkgs.hello ];\n      env = {\n        A_B = \"1\";\n        @N = @V;\n      };\n    }",
        None,
    ),
    ("env in one line", "pkgs.mkShell { env = { @N = @V; }; }", None),
    ("env dotted", "pkgs.mkShell {\n      env.A_B = \"1\";\n      env.@N = @V;\n    }", None),
    (
        "env bound",
        "let\n      env = {\n        @N = @V;\n      };\n    in\n    pkgs.mkShell {\n      inherit env;\n    }",
        None,
    ),
    (
        "set bound and merged",
        "let\n      vars = {\n        @N = @V;\n      };\n    in\n    pkgs.mkShell (vars // {\n      packages = [ pkgs.hello ];\n    })",
        None,
    ),
    (
        "merged behind",
        "pkgs.mkShell ({\n      packages = [ pkgs.hello ];\n    } // {\n      @N = @V;\n    })",
        None,
    ),
    ("rec", "pkgs.mkShell rec {\n      A_B = \"1\";\n      @N = @V;\n    }", None),
    ("with pkgs", "with pkgs; mkShell {\n      packages = [ hello ];\n      @N = @V;\n    }", None),
    ("no C compiler", "pkgs.mkShellNoCC {\n      @N = @V;\n    }", None),
    ("value bound", "let\n      value = @V;\n    in\n    pkgs.mkShell {\n      @N = value;\n    }", None),
    ("inherited", "let\n      @N = @V;\n    in\n    pkgs.mkShell {\n      inherit @N;\n    }", None),
    (
        "inherited with others",
        "let\n      A_B = \"1\";\n      @N = @V;\n    in\n    pkgs.mkShell {\n      inherit A_B @N;\n    }",
        None,
    ),
    (
        "inherited of a set",
        "let\n      vars = { @N = @V; };\n    in\n    pkgs.mkShell {\n      inherit (vars) @N;\n    }",
        None,
    ),
    (
        "overridden",
        "(pkgs.mkShell {\n      packages = [ pkgs.hello ];\n    }).overrideAttrs (old: {\n      @N = @V;\n    })",
        None,
    ),
    (
        "optional",
        "pkgs.mkShell ({\n      packages = [ pkgs.hello ];\n    } // pkgs.lib.optionalAttrs pkgs.stdenv.isLinux {\n      @N = @V;\n    })",
        None,
    ),
    ("quoted name", "pkgs.mkShell {\n      \"@N\" = @V;\n    }", None),
    ("commented", "pkgs.mkShell {\n      # Before.\n      @N = @V; # behind\n      # After.\n    }", None),
    ("other shell", "pkgs.mkShell.override { stdenv = pkgs.clangStdenv; } {\n      @N = @V;\n    }", None),
    (
        "of crane",
        "(crane.mkLib pkgs).devShell {\n      packages = [ pkgs.hello ];\n      @N = @V;\n    }",
        None,
    ),
    (
        "in a file",
        "import ./shell.nix { inherit pkgs; }",
        Some(("shell.nix", "{ pkgs }:\npkgs.mkShell {\n  @N = @V;\n}\n")),
    ),
    (
        "called as a package",
        "pkgs.callPackage ./shell.nix { }",
        Some(("shell.nix", "{ pkgs, mkShell }:\nmkShell {\n  env = {\n    @N = @V;\n  };\n}\n")),
    ),
    (
        "variables in a file",
        "pkgs.mkShell (import ./vars.nix { inherit pkgs; } // { packages = [ ]; })",
        Some(("vars.nix", "{ pkgs }:\n{\n  @N = @V;\n}\n")),
    ),
];

/// What stands around the shell.
const FLAKES: &[(&str, &str)] = &[
    (
        "plain",
        "{\n  inputs.crane.url = \"github:ipetkov/crane\";\n  outputs = { self, nixpkgs, crane }: let\n    pkgs = nixpkgs.legacyPackages.x86_64-linux;\n  in {\n    devShells.x86_64-linux.default = SHELL;\n  };\n}\n",
    ),
    (
        "flake-utils",
        "{\n  inputs.flake-utils.url = \"github:numtide/flake-utils\";\n  inputs.crane.url = \"github:ipetkov/crane\";\n  outputs = { self, nixpkgs, flake-utils, crane }: flake-utils.lib.eachSystem [ \"x86_64-linux\" ] (system: let\n    pkgs = import nixpkgs { inherit system; };\n  in {\n    devShells.default = SHELL;\n  });\n}\n",
    ),
    (
        "flake-parts",
        "{\n  inputs.flake-parts.url = \"github:hercules-ci/flake-parts\";\n  inputs.nixpkgs.url = \"github:NixOS/nixpkgs\";\n  inputs.crane.url = \"github:ipetkov/crane\";\n  outputs = inputs@{ flake-parts, crane, ... }: flake-parts.lib.mkFlake { inherit inputs; } {\n    systems = [ \"x86_64-linux\" ];\n    perSystem = { pkgs, ... }: {\n      devShells.default = SHELL;\n    };\n  };\n}\n",
    ),
];

/// Every mistake in every form: the rule, a name, and the files.
pub fn all() -> Vec<(&'static str, String, String)> {
    let mut all = Vec::new();
    for (mistake, (rule, name, value)) in MISTAKES.iter().enumerate() {
        for (style, (form, shell, beside)) in STYLES.iter().enumerate() {
            // Each form stands in each kind of flake, with one mistake or another.
            let (kind, flake) = FLAKES[(mistake + style) % FLAKES.len()];
            let filled = |text: &str| text.replace("@N", name).replace("@V", value);
            let mut text = format!("#- flake.nix\n{}", flake.replace("SHELL", &filled(shell)));
            if let Some((path, content)) = beside {
                text += &format!("#- {path}\n{}", filled(content));
            }
            text += "#- Cargo.toml\n[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
            all.push((*rule, format!("styles/{rule}, {form}, {kind}"), text));
        }
    }
    all
}
