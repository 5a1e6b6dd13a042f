"""Function length. Finds bodies by braces: no parser, but it knows the shapes that this code base is written in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tools.tidy_text import Finding

WARN, FAIL = 60, 100
SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")
# "name(...) : member_" or ", member_" before a brace: still the initialisers of a constructor.
MEMBER_INITIALISER = re.compile(r"\)\s*(noexcept\s*)?:[^:].*[\w>]\s*$|\)\s*(noexcept\s*)?:\s*[\w:<>]+\s*$", re.DOTALL)
NAME = re.compile(r"([\w:~]+|operator\s*\S+)\s*\(")


def check(path: Path, code: str) -> Iterator[Finding]:
    for name, line, length in functions(code):
        if length > FAIL:
            yield Finding(path, line, f"{name} has {length} lines, at most {FAIL}")
        elif length > WARN:
            yield Finding(path, line, f"{name} has {length} lines, aim at {WARN}", fails=False)


def functions(code: str) -> Iterator[tuple[str, int, int]]:
    """Name, line and number of lines of every function outside of functions. Tables of data are none."""
    code = re.sub(r"^[ \t]*#[^\n]*", "", code, flags=re.MULTILINE)
    place, head_from = 0, 0
    while (found := re.compile(r"[{};]").search(code, place)) is not None:
        place = found.end()
        if found.group() != "{":
            head_from = place
            continue
        head = code[head_from:found.start()]
        if SCOPE.search(re.sub(r"<[^<>]*>", "", head)) and "(" not in head:
            head_from = place
            continue
        if MEMBER_INITIALISER.search(head):
            place = closing(code, found.start())
            continue
        place = closing(code, found.start())
        name = NAME.search(head)
        if name is not None and not head.rstrip().endswith("="):
            first = code.count("\n", 0, found.start() - len(head.lstrip()))
            yield name.group(1), first + 1, code.count("\n", 0, place) - first + 1
        head_from = place


def closing(code: str, opening: int) -> int:
    """The place behind the brace that closes the one at `opening`."""
    depth = 0
    for found in re.compile(r"[{}]").finditer(code, opening):
        depth += 1 if found.group() == "{" else -1
        if depth == 0:
            return found.end()
    return len(code)
