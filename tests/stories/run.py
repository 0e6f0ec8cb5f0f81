#!/usr/bin/env python3
"""The time machine: what Portolan says of real projects at the commit before a mistake was mended, and after.

    tests/stories/run.py PORTOLAN [CLONES] [WORD]

PORTOLAN is the program; CLONES a folder for git clones (OWNER+NAME; what is missing is cloned, 10 GB in all); WORD
picks stories. Prints the table of docs/stories.md and ends with 1 when a story is told otherwise than stories.tsv says.
Cargo's caches are left out of it (an empty CARGO_HOME), and the host is always x86_64-unknown-linux-gnu unless the
story names one, so that everybody gets the same answers.
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

Story = collections.namedtuple("Story", "project fix arguments rule expected thread what")

# What Portolan reads; the rest of a repository is left out.
READ = re.compile(
    r"(\.nix|\.toml|\.lock|\.rs|\.ya?ml|\.gitignore|\.sh|[Mm]akefile|[Jj]ustfile|Dockerfile|\.cargo/config|rust-toolchain)$"
)


def git(clone, *arguments):
    return subprocess.run(["git", "-C", clone, *arguments], check=True, capture_output=True).stdout


def clone_of(clones, project):
    folder = clones / project.replace("/", "+")
    for candidate in (folder / "repo", folder):
        if candidate.exists():
            return candidate
    url = f"https://github.com/{project}"
    subprocess.run(["git", "clone", "--quiet", "--bare", url, folder], check=True)
    return folder


def check(portolan, clone, commit, arguments):
    """The findings at a commit."""
    names = git(clone, "ls-tree", "-r", "-z", "--name-only", commit).decode().split("\0")
    names = [name for name in names if READ.search(name)][:8000]
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder, "project")
        root.mkdir()
        archive = subprocess.run(["git", "-C", clone, "archive", commit, "--", *names], check=True, capture_output=True)
        subprocess.run(["tar", "x", "-C", root], input=archive.stdout, check=True)
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "CARGO_HOME": str(pathlib.Path(folder, "cargo"))}
        host = [] if "--host" in arguments else ["--host", "x86_64-unknown-linux-gnu"]
        command = [portolan, "check", ".", "--format", "json", "--fail-on", "error", *host, *arguments]
        told = subprocess.run(command, cwd=root, env=environment, capture_output=True, timeout=120)
    return json.loads(told.stdout)["findings"]


def tell(portolan, clones, story):
    """One row of the table, and whether it is told as expected."""
    clone = clone_of(clones, story.project)
    commits = [git(clone, "rev-parse", "--short=9", commit).decode().strip() for commit in (story.fix + "^", story.fix)]
    before, after = (check(portolan, clone, commit, story.arguments.split()) for commit in commits)
    about = [finding for finding in before if finding["rule"] == story.rule]
    spoken = lambda finding: (finding["rule"], finding["file"], re.sub(r"\d+", "", finding["message"]))
    order = {"error": 0, "warning": 1, "hint": 2}
    left = {spoken(finding): order[finding["severity"]] for finding in after}
    # What is only a hint any more is mended as far as Portolan can tell.
    gone = [finding for finding in about if left.get(spoken(finding), 3) > order[finding["severity"]]]
    first = min(gone or about, key=lambda finding: order[finding["severity"]], default=None)
    verdict = "missed" if first is None else "found" if gone else "stays"
    others = [finding for finding in after if finding["severity"] != "hint"]
    new = len([finding for finding in others if spoken(finding) not in {spoken(one) for one in before}])
    place = f"{first['severity']} `{story.rule}`, `{first['file']}:{first['range']['start']['line']}`" if first else "–"
    end = "a hint after" if first and spoken(first) in left else "gone after"
    told = {"found": f"{place}; {end}", "stays": f"{place}; stays after", "missed": "not found"}[verdict]
    arguments = f" (`{story.arguments}`)" if story.arguments else ""
    thread = f"[{story.project}](https://github.com/{story.project}{'/' + story.thread if story.thread else ''})"
    row = f"| {thread} | {story.what} | {commits[0]} → {commits[1]}{arguments} | {told} | {len(others)} ({new} new) |"
    return row, verdict == story.expected


def main():
    portolan = str(pathlib.Path(sys.argv[1]).resolve())
    clones = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else ".cache/stories")
    word = sys.argv[3] if len(sys.argv) > 3 else ""
    lines = pathlib.Path(__file__).with_name("stories.tsv").read_text().splitlines()
    stories = [Story(*line.split("\t")) for line in lines if line and not line.startswith("#")]
    clones.mkdir(parents=True, exist_ok=True)
    print("| project | what happened | commits: before → after | Portolan | other warnings after |\n| --- | --- | --- | --- | --- |")
    wrong = 0
    for story in (story for story in stories if word in "\t".join(story)):
        row, is_expected = tell(portolan, clones, story)
        wrong += not is_expected
        print(row + ("" if is_expected else " **not as expected**"), flush=True)
    sys.exit(wrong > 0)


main()
