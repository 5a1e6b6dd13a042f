"""./shop logs: the last lines of processes, all lines that belong together, and what is being written."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.shop.console import Failure, say
from tools.shop.rundir import run_directory

FOLLOW_SECONDS = 0.3
LINES_OF_ONE = 200
LINES_OF_EACH = 20
# What is found is sorted in memory.
FOUND_MAX = 100_000


def logs(names: Sequence[str], lines: int | None, find: str | None, follow: bool) -> int:
    files = _files(names)
    if find is not None:
        return _find(files, find)
    places: dict[str, int] = {}
    for name, path in files.items():
        data = path.read_bytes()
        places[name] = len(data)
        shown = lines if lines is not None else LINES_OF_ONE if len(files) == 1 else LINES_OF_EACH
        for line in data.splitlines()[-shown:] if shown else []:
            _show(name, line)
    try:
        while follow:
            time.sleep(FOLLOW_SECONDS)
            for name, path in files.items():
                places[name] = _show_from(name, path, places[name])
    except KeyboardInterrupt:
        pass
    return 0


def _files(names: Sequence[str]) -> dict[str, Path]:
    directory = run_directory() / "logs"
    files = {path.name.removesuffix(".log"): path for path in sorted(directory.glob("*.log"))}
    unknown = [name for name in names if name not in files]
    if unknown:
        raise Failure(f"there is no log of '{unknown[0]}'; there is {', '.join(files) or 'none yet'}")
    if not files:
        raise Failure("there are no logs yet; ./shop up writes them")
    return {name: path for name, path in files.items() if not names or name in names}


def _find(files: dict[str, Path], text: str) -> int:
    """Every line with this text, and every line of the traces that those belong to, in the order of their times."""
    wanted = text.encode()
    traces = {trace for _, line in _all_lines(files) if wanted in line and (trace := _trace_of(line))}
    found: list[tuple[str, str, bytes]] = []
    for name, line in _all_lines(files):
        if wanted not in line and _trace_of(line) not in traces:
            continue
        found.append((_time_of(line), name, line))
        if len(found) > FOUND_MAX:
            raise Failure(f"'{text}' is in more than {FOUND_MAX} lines; look for something rarer")
    for _, name, line in sorted(found, key=lambda entry: entry[0]):
        _show(name, line)
    if not found:
        say(f"'{text}' is in no line that is still there; a log keeps two files of 16 MB")
    return 0 if found else 1


def _all_lines(files: dict[str, Path]) -> Iterator[tuple[str, bytes]]:
    for name, path in files.items():
        for part in (path.with_suffix(".log.1"), path):
            if part.exists():
                with part.open("rb") as file:
                    yield from ((name, line.rstrip(b"\n")) for line in file)


def _fields(line: bytes) -> dict[str, object]:
    if not line.startswith(b"{"):
        return {}
    try:
        fields = json.loads(line)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _trace_of(line: bytes) -> str:
    # Most lines have none, and taking a line apart is slow.
    return str(_fields(line).get("trace_id", "")) if b'"trace_id"' in line else ""


def _time_of(line: bytes) -> str:
    return str(_fields(line).get("time", ""))


def _show(name: str, line: bytes) -> None:
    say(f"{name:<19} | {line.decode('utf-8', 'replace')}")


def _show_from(name: str, path: Path, place: int) -> int:
    size = path.stat().st_size
    with path.open("rb") as file:
        # A log that became shorter was rotated.
        file.seek(place if size >= place else 0)
        data = file.read()
        end = data.rfind(b"\n") + 1
        for line in data[:end].splitlines():
            _show(name, line)
        return file.tell() - len(data) + end
