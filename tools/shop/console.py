"""What the user sees: plain lines, one format for progress and one for failures."""

from __future__ import annotations

import sys
import time
from types import TracebackType


class Failure(Exception):
    """Something the user can act on; its text is shown as it is, without a traceback."""


class Usage(Exception):
    """The command line was wrong; shown with exit code 2."""


def say(text: str = "") -> None:
    """One line for the user. A closed terminal must not stop what runs behind it."""
    try:
        print(text, flush=True)
    except (BrokenPipeError, OSError):
        pass


def complain(text: str) -> None:
    print(f"shop: {text}", file=sys.stderr, flush=True)


class Step:
    """`with Step("building"):` announces a long step and says how long it took."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._began = 0.0

    def __enter__(self) -> Step:
        self._began = time.monotonic()
        say(f"-- {self._title} ...")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if kind is None:
            say(f"-- {self._title}: done in {time.monotonic() - self._began:.1f} s")


def megabytes(count: int) -> str:
    return f"{count / (1 << 20):.0f} MB"
