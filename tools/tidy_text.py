"""What the rules of tidy.py share: a finding, and C++ without comments and literals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

LITERAL = re.compile(
    r"""//[^\n]*|/\*.*?\*/"""
    r"""|R"(?P<mark>[^\s()\\]{0,16})\(.*?\)(?P=mark)\""""
    r"""|"(?:\\.|[^"\\\n])*\""""
    # Not the digit separator of 1'000.
    r"""|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'""", re.DOTALL)


@dataclass(frozen=True)
class Finding:
    path: Path
    line: int
    what: str
    fails: bool = True

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {'' if self.fails else 'warning: '}{self.what}"


def strip(text: str) -> str:
    """Blanks comments and literals, but keeps every line where it is, and the names in #include lines."""

    def blank(found: re.Match[str]) -> str:
        token = found.group()
        if token.startswith('"') and re.search(r"#include $", text[max(0, found.start() - 12):found.start()]):
            return token
        return re.sub(r"[^\n]", " ", token) if token.startswith("/") else '""' + "\n" * token.count("\n")

    return LITERAL.sub(blank, text)
