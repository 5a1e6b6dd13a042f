"""The style guide as a program: `python3 tools/tidy.py [FILE...]` checks the whole tree, or the files named.

Warnings are printed and pass; errors fail. Each rule is shown failing on a bad sample in tools/test_tidy.py.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0:0] = [str(ROOT)]

from tools import tidy_functions, tidy_headers, tidy_layers  # noqa: E402
from tools.tidy_text import Finding, strip  # noqa: E402

TOP_DIRECTORIES = ("platform", "shared", "services", "tools", "tests", "bench", "gateway", "monitoring")
CPP = (".hpp", ".cpp")
LINE_MAX = 110
PYTHON_LINE_MAX = 120
FILE_WARN, FILE_FAIL = 400, 600


@dataclass(frozen=True)
class Ban:
    """A pattern that may not occur in code (comments and strings do not count), except in the files named."""

    pattern: str
    instead: str
    headers_only: bool = False
    except_in: tuple[str, ...] = ()


# Where an exception of unknown type ends for good: the HTTP edge, the consumer edge and background loops.
EDGES = (
    "platform/http/router.cpp", "platform/http/server.cpp", "platform/messaging/consumer.cpp",
    "platform/messaging/batch_flight.cpp", "platform/messaging/relay.cpp", "platform/messaging/publisher.cpp",
    "platform/postgres/batcher.hpp", "platform/service/periodic.hpp", "platform/service/periodic.cpp",
    "platform/service/host.cpp",
)
BANS = (
    Ban(r"\busing\s+namespace\b", "qualified names: a header's using reaches every file that includes it",
        headers_only=True),
    Ban(r"\bstd::(cout|cerr|clog)\b", "platform/telemetry/log.hpp", except_in=("main.cpp", "platform/base/ensure.cpp")),
    Ban(r"catch\s*\(\s*\.\.\.\s*\)", "a type; only the edges catch everything", except_in=EDGES),
    Ban(r"\b(sleep_for|sleep_until|usleep|nanosleep)\b", "waiting for a condition with a deadline",
        except_in=("platform/service/host.cpp",)),
    Ban(r"\b\w*(Helper|Manager|Util|Utils|Impl)\b", "a name that says what it does"),
    Ban(r"\b(GTEST_SKIP|DISABLED_\w+)", "a failure that names what is missing: a silent skip hides it"),
)
UNFINISHED = re.compile(r"\b(TODO|FIXME)\b")
SQL_VERB = r"(?:select|insert\s+into|update|delete\s+from)\s"
SQL_BY_CONCATENATION = (
    re.compile(rf'"\s*{SQL_VERB}[^"\n]*"\s*\+', re.IGNORECASE),
    re.compile(rf'\b(?:fmt::)?format\(\s*"\s*{SQL_VERB}', re.IGNORECASE),
    re.compile(rf'R"sql\(\s*{SQL_VERB}(?:(?!\)sql").)*\)sql"\s*\+', re.IGNORECASE | re.DOTALL),
    re.compile(rf'\b(?:fmt::)?format\(\s*R"sql\(\s*{SQL_VERB}', re.IGNORECASE),
)


def main(arguments: list[str]) -> int:
    named = [Path(argument).resolve().relative_to(ROOT) for argument in arguments]
    files = named or sorted(tracked_files())
    findings = [finding for path in files for finding in check_file(path, read(path))]
    findings += formatting(files) + tidy_headers.check(ROOT, files)
    for finding in findings:
        print(finding)
    errors = sum(1 for finding in findings if finding.fails)
    print(f"tidy: {len(files)} files, {errors} errors, {len(findings) - errors} warnings")
    return 1 if errors else 0


def tracked_files() -> Iterator[Path]:
    for top in TOP_DIRECTORIES:
        for path in (ROOT / top).rglob("*"):
            if path.suffix in (*CPP, ".py") and path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(ROOT)


def read(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def check_file(path: Path, text: str) -> list[Finding]:
    """All rules that need nothing but the file itself."""
    findings = list(lengths(path, text)) + list(unfinished(path, text))
    if path.suffix in CPP:
        code = strip(text)
        findings += [*banned(path, code), *concatenated_sql(path, text), *pragma(path, text),
                     *tidy_layers.check(path, text, code), *tidy_functions.check(path, code)]
    return findings


def lengths(path: Path, text: str) -> Iterator[Finding]:
    lines = text.splitlines()
    allowed = LINE_MAX if path.suffix in CPP else PYTHON_LINE_MAX
    for number, line in enumerate(lines, 1):
        # A long address cannot be broken.
        if len(line) > allowed and "://" not in line:
            yield Finding(path, number, f"line of {len(line)} characters, at most {allowed}")
    if len(lines) > FILE_FAIL:
        yield Finding(path, 1, f"{len(lines)} lines, at most {FILE_FAIL}: what second thing does this file do?")
    elif len(lines) > FILE_WARN:
        yield Finding(path, 1, f"{len(lines)} lines, aim at {FILE_WARN}", fails=False)


def unfinished(path: Path, text: str) -> Iterator[Finding]:
    # The rule's own words stand here and in its test.
    if path.name in ("tidy.py", "test_tidy.py"):
        return
    for number, line in enumerate(text.splitlines(), 1):
        if found := UNFINISHED.search(line):
            yield Finding(path, number, f"{found.group()}: finish it, or open an issue")


def banned(path: Path, code: str) -> Iterator[Finding]:
    for ban in BANS:
        if ban.headers_only and path.suffix != ".hpp":
            continue
        if path.name in ban.except_in or str(path) in ban.except_in:
            continue
        for found in re.finditer(ban.pattern, code):
            yield Finding(path, line_of(code, found.start()), f"{found.group().strip()}: use {ban.instead}")


def concatenated_sql(path: Path, text: str) -> Iterator[Finding]:
    if "tests" in path.parts:
        return  # Tests name schemas of their own, and no user has a word in them.
    for pattern in SQL_BY_CONCATENATION:
        for found in pattern.finditer(text):
            yield Finding(path, line_of(text, found.start()), "SQL put together from pieces: use parameters")


def pragma(path: Path, text: str) -> Iterator[Finding]:
    if path.suffix == ".hpp" and not re.search(r"^#pragma once$", text, re.MULTILINE):
        yield Finding(path, 1, "a header without #pragma once")


def formatting(files: list[Path]) -> list[Finding]:
    program = shutil.which("clang-format-19")
    sources = [path for path in files if path.suffix in CPP]
    if program is None or not sources:
        return []

    def differs(path: Path) -> bool:
        return subprocess.run([program, "--dry-run", "-Werror", str(ROOT / path)], capture_output=True).returncode != 0

    with ThreadPoolExecutor() as pool:
        return [Finding(path, 1, f"not formatted: clang-format-19 -i {path}")
                for path, wrong in zip(sources, pool.map(differs, sources)) if wrong]


def line_of(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
