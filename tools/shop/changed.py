"""clang-tidy on what changed: too slow for the whole tree on every run, quick for what somebody works on.

Changed is what differs from where this branch left origin/main, or, on main itself and where there is no such branch,
from the commit before; with what is not committed yet. Both are what a reviewer would look at.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.shop.cases import Outcome, describe, run_limited
from tools.shop.console import Failure, say
from tools.shop.process import base_environment
from tools.shop.rundir import ROOT

PROGRAM = "clang-tidy-19"
UPSTREAM = "origin/main"
AT_ONCE = 2
FILES_MAX = 16
SECONDS_MAX = 150.0
HEADER, SOURCE = ".hpp", ".cpp"


def check_changed(build: Path) -> Outcome:
    """Each file that was checked is a case. What the limits leave out is said, and is neither passed nor failed."""
    outcome = Outcome(f"{PROGRAM} on changed files")
    began = time.monotonic()
    base, changed = changed_files(ROOT)
    sources = {path: (ROOT / path).read_text(encoding="utf-8", errors="replace") for path in compiled(build)}
    chosen = choose(changed, sources)
    say(f"-- {PROGRAM}: {len(changed)} C++ files differ from {base}")
    if unseen := left_out(changed, chosen, sources):
        say(f"   not compiled, so not checked: {', '.join(map(str, unseen))}")
    if len(chosen) > FILES_MAX:
        say(f"   {len(chosen)} are too many; the {FILES_MAX} with the greatest changes are checked")
    late = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for path, result in zip(chosen[:FILES_MAX], pool.map(
                lambda path: _check(path, build, began + SECONDS_MAX), chosen[:FILES_MAX])):
            if result is None:
                late += 1
            elif result:
                outcome.failures.append((str(path), result))
            else:
                outcome.passed += 1
    if late:
        say(f"   after {SECONDS_MAX:.0f} s {late} files were still unchecked")
        if outcome.passed == 0 and not outcome.failures:
            outcome.failures.append((PROGRAM, "not one file was checked in time"))
    outcome.seconds = time.monotonic() - began
    outcome.show()
    return outcome


def changed_files(root: Path) -> tuple[str, list[Path]]:
    """What is compared with, and the C++ files of today that differ from it, the greatest changes first."""
    base = _base(root)
    sizes: dict[Path, int] = {}
    for line in _git(root, "diff", "--numstat", "--no-renames", "--diff-filter=d", base).splitlines():
        added, removed, name = line.split("\t", 2)
        if added != "-":  # A binary file.
            sizes[Path(name)] = int(added) + int(removed)
    for name in _git(root, "ls-files", "--others", "--exclude-standard").splitlines():
        sizes[Path(name)] = (root / name).read_bytes().count(b"\n")
    files = [path for path in sizes if path.suffix in (HEADER, SOURCE) and (root / path).exists()]
    return base, sorted(files, key=lambda path: (-sizes[path], path))


def _base(root: Path) -> str:
    head = _git(root, "rev-parse", "HEAD").strip()
    for base in (_git(root, "merge-base", "HEAD", UPSTREAM, fails=""), _git(root, "rev-parse", "HEAD~1", fails="")):
        if base.strip() not in ("", head):
            return base.strip()[:12]
    say(f"   no commit before this one is here (a shallow clone?), so {PROGRAM} only sees what is not committed")
    return "HEAD"


def _git(root: Path, *arguments: str, fails: str | None = None) -> str:
    """`fails` is what a command that does not succeed comes to; without it that is a Failure."""
    # Continuous integration often works in a checkout of another user, which git refuses otherwise.
    command = ["git", "-c", f"safe.directory={root}", "-c", "core.quotePath=false", "-C", str(root), *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode == 0:
        return done.stdout
    if fails is not None:
        return fails
    raise Failure(f"git {arguments[0]} failed: {done.stderr.strip()}")


def compiled(build: Path) -> list[Path]:
    """The sources that the build knows how to compile."""
    entries = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    paths = {Path(entry["file"]) for entry in entries}
    return sorted(path.relative_to(ROOT) for path in paths if path.is_relative_to(ROOT) and path.exists())


def choose(changed: Iterable[Path], sources: dict[Path, str]) -> list[Path]:
    """The sources to check, in the order of the changes: a header is seen through a source that includes it."""
    changed = list(changed)
    chosen: dict[Path, None] = {}
    for path in changed:
        if path.suffix == SOURCE:
            if path in sources:
                chosen[path] = None
            continue
        seen_by = [source for source, text in sources.items() if includes(text, path)]
        # Rather one that is checked anyhow, then the one it belongs to.
        seen_by.sort(key=lambda source: (source not in changed, source.with_suffix(HEADER) != path))
        if seen_by:
            chosen[seen_by[0]] = None
    return list(chosen)


def includes(text: str, header: Path) -> bool:
    return re.search(rf'^#include "{re.escape(str(header))}"', text, re.MULTILINE) is not None


def left_out(changed: Iterable[Path], chosen: Sequence[Path], sources: dict[Path, str]) -> list[Path]:
    """The changed files that no source to be checked is or includes: nothing compiles them."""
    return [path for path in changed
            if path not in chosen and not any(includes(sources[source], path) for source in chosen)]


def _check(path: Path, build: Path, until: float) -> str | None:
    """What is wrong with the file, empty when nothing is; None when time ran out."""
    left = until - time.monotonic()
    if left <= 0:
        return None
    code, output = run_limited([PROGRAM, "--quiet", "-p", str(build), str(path)], base_environment(), left)
    if code == 0:
        return ""
    if time.monotonic() >= until:
        return None
    found = [line for line in output.splitlines() if not re.fullmatch(r"\d+ warnings? (generated|treated as error).*",
                                                                     line)]
    return "\n".join(found) or describe(code)
