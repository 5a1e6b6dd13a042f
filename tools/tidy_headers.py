"""Every header compiles alone. Results are kept by content, so that only what changed is compiled again."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.tidy_text import Finding

COMPILER = "clang++-19"
FLAGS = ["-std=c++23", "-fsyntax-only", "-x", "c++", "-w", "-isystem", "/usr/include/postgresql"]
QUOTED = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def check(root: Path, files: list[Path]) -> list[Finding]:
    """Compiles each header by itself, except those that a source file proves by including them first."""
    compiler = shutil.which(COMPILER)
    if compiler is None:
        return []
    headers = [path for path in files if path.suffix == ".hpp" and not proven_by_source(root, path)]
    cache = root / ".cache" / "headers"
    cache.mkdir(parents=True, exist_ok=True)
    contents: dict[str, str] = {}
    flags = [*FLAGS, *definitions(root), "-I", str(root)]

    def compile_alone(path: Path) -> Finding | None:
        stamp = cache / key(root, path, contents, flags)
        if stamp.exists():
            return None
        done = subprocess.run([compiler, *flags, "-"], input=f'#include "{path}"\n', capture_output=True, text=True)
        if done.returncode == 0:
            stamp.touch()
            return None
        first = next((line for line in done.stderr.splitlines() if "error:" in line), "it does not compile")
        return Finding(path, 1, f"does not compile alone: {first}")

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return [finding for finding in pool.map(compile_alone, headers) if finding is not None]


def proven_by_source(root: Path, header: Path) -> bool:
    """x.cpp whose first include is x.hpp is a translation unit in which the header stands alone."""
    source = root / header.with_suffix(".cpp")
    if not source.exists():
        return False
    first = re.search(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', source.read_text(encoding="utf-8"), re.MULTILINE)
    return first is not None and first.group(1) == str(header)


def definitions(root: Path) -> list[str]:
    text = (root / "CMakeLists.txt").read_text(encoding="utf-8") if (root / "CMakeLists.txt").exists() else ""
    found = re.search(r"add_compile_definitions\(([^)]*)\)", text)
    return [f"-D{name}" for name in found.group(1).split()] if found else []


def key(root: Path, header: Path, contents: dict[str, str], flags: list[str]) -> str:
    """Covers the header and everything of ours that it includes, however deep."""
    digest = hashlib.sha256(repr(flags).encode())
    pending, seen = [str(header)], set()
    while pending:
        name = pending.pop()
        if name in seen or not (root / name).exists():
            continue
        seen.add(name)
        if name not in contents:
            contents[name] = (root / name).read_text(encoding="utf-8")
        pending += QUOTED.findall(contents[name])
    for name in sorted(seen):
        digest.update(name.encode() + b"\0" + contents[name].encode() + b"\0")
    return digest.hexdigest()
