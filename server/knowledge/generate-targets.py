#!/usr/bin/env python3
"""Writes targets.toml: what the installed rustc says about every target that it knows.

    ./generate-targets.py > targets.toml

Everything in targets.toml is measured by asking rustc; what people and packagers call the tools for a
target is kept by hand in targets-names.toml, and server/build.rs joins the two by triple.

For each target:
- `--print cfg` gives the values that `cfg(…)` sees;
- `--print target-spec-json` gives tier, host tools and std;
- crt-static is tried both ways, because the specification does not say whether the flag has an effect;
- an empty crate is linked with `--print link-args`, so the default linker is the one that rustc would
  really start (in the specification it is missing for most targets).
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

# Links without any library of the target, so nothing has to be installed.
EMPTY_CRATE = """
#![feature(no_core, lang_items)]
#![allow(internal_features)]
#![no_core]
#![no_main]
#[lang = "pointee_sized"] trait PointeeSized {}
#[lang = "meta_sized"] trait MetaSized: PointeeSized {}
#[lang = "sized"] trait Sized: MetaSized {}
"""

# Unstable questions to a stable compiler.
ENVIRONMENT = dict(os.environ, RUSTC_BOOTSTRAP="1")

# Targets that do not compile without the name of a processor.
CPU = {"avr-none": "atmega328p", "amdgcn-amd-amdhsa": "gfx900"}

# cfg names that stand for a value of another key (`unix` for target_family="unix") or for the profile.
DERIVED = {"debug_assertions", "unix", "windows"}


def rustc(*arguments, unstable=True):
    environment = ENVIRONMENT if unstable else None
    return subprocess.run(["rustc", *arguments], env=environment, capture_output=True, text=True, timeout=60)


def cfgs(triple, *flags):
    """The cfg values of a target, as a stable compiler shows them to cargo: (names, key -> values)."""
    answer = rustc("--print", "cfg", "--target", triple, *flags, unstable=False)
    if answer.returncode != 0:
        return None
    names, pairs = set(), {}
    for line in answer.stdout.splitlines():
        key, _, value = line.partition("=")
        if value:
            pairs.setdefault(key, []).append(json.loads(value))
        else:
            names.add(key)
    return names, pairs


def has_crt_static(triple, *flags):
    found = cfgs(triple, *flags)
    return found is not None and "crt-static" in found[1].get("target_feature", [])


def default_linker(triple, spec, folder):
    """The program that rustc starts to link; what the specification says where LLVM cannot even compile."""
    crate = os.path.join(folder, "empty.rs")
    cpu = [f"-Ctarget-cpu={CPU[triple]}"] if triple in CPU else []
    answer = rustc(
        "--target", triple, "--crate-type", "bin", "-C", "panic=abort", *cpu,
        "--print", "link-args", crate, "-o", os.path.join(folder, triple + ".out"),
    )
    for line in answer.stdout.splitlines():
        found = re.match(r'(?:env )?(?:-u \S+ )*(?:\w+="[^"]*" )*"([^"]+)"', line)
        if found:
            return os.path.basename(found.group(1))
    print(f"{triple}: not linked: {answer.stderr.strip()[:120]}", file=sys.stderr)
    return spec.get("linker")


def measure(triple, folder):
    spec = json.loads(rustc("-Z", "unstable-options", "--print", "target-spec-json", "--target", triple).stdout)
    names, pairs = cfgs(triple)
    metadata = spec.get("metadata", {})
    one = lambda key: pairs.get(key, [""])[0]
    unknown = names - DERIVED
    if unknown:
        print(f"{triple}: cfg names that are not understood: {sorted(unknown)}", file=sys.stderr)
    return {
        "triple": triple,
        "tier": metadata.get("tier", 3) or 3,
        "std": metadata.get("std"),
        "host-tools": bool(metadata.get("host_tools")),
        "arch": one("target_arch"),
        "os": one("target_os"),
        "env": one("target_env"),
        "abi": one("target_abi"),
        "vendor": one("target_vendor"),
        "endian": one("target_endian"),
        "pointer-width": int(one("target_pointer_width")),
        "families": sorted(pairs.get("target_family", [])),
        "atomics": sorted(pairs.get("target_has_atomic", [])),
        "features": sorted(pairs.get("target_feature", [])),
        "panic": one("panic"),
        "crt-static-default": has_crt_static(triple),
        "crt-static-on": has_crt_static(triple, "-C", "target-feature=+crt-static"),
        "crt-static-off": not has_crt_static(triple, "-C", "target-feature=-crt-static"),
        "linker": default_linker(triple, spec, folder),
        "linker-flavor": spec.get("linker-flavor", ""),
        "self-contained": spec.get("crt-objects-fallback", "false"),
    }


def toml(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


def main():
    triples = sorted(rustc("--print", "target-list").stdout.split())
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        with open(os.path.join(folder, "empty.rs"), "w") as file:
            file.write(EMPTY_CRATE)
        targets = list(pool.map(lambda triple: measure(triple, folder), triples))
    version = rustc("--version").stdout.strip()
    print(f"# Written by generate-targets.py from {version}. Do not edit: names that people gave to tools stand in")
    print("# targets-names.toml.")
    for target in targets:
        print("\n[[target]]")
        for key, value in target.items():
            if value is not None and value != "" and value != []:
                print(f"{key} = {toml(value)}")


main()
