"""The crash points of the services: which there are, how one is chosen, and what tells that it was reached."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from tools.shop.console import Failure
from tools.shop.rundir import ROOT

LIST = ROOT / "shared" / "app" / "crash_points.hpp"
# Services that know the points; the variables are refused by others.
SERVICES = ("order-service", "inventory-service", "payment-service")


def crash_points() -> list[str]:
    """All names, as the list of the services has them."""
    return re.findall(r'^\s+"([a-z_.-]+)",$', LIST.read_text(encoding="utf-8"), re.MULTILINE)


def need_crash_points(programs: Path) -> None:
    """Failure when these programs were built without: waiting for their death would be in vain."""
    for service in SERVICES:
        if b"SHOP_CRASH_AT" not in (programs / service).read_bytes():
            raise Failure(f"{programs / service} has no crash points: configure its build with -D SHOP_CRASH_POINTS=ON")


@dataclass(frozen=True)
class Target:
    """The place to die at: when this point is passed for the n-th time by one process."""

    point: str
    passing: int = 1

    def __str__(self) -> str:
        return f"{self.point}:{self.passing}"


@dataclass(frozen=True)
class Hit:
    """What a process wrote down before it died."""

    point: str
    passing: int
    pid: int
    process: str


def read_hits(text: str) -> list[Hit]:
    """The whole lines of a log; a process may be about to write the last one."""
    hits = []
    for line in text.splitlines(keepends=True):
        found = re.fullmatch(r"([a-z_.-]+):(\d+) (\d+) ([a-z-]+)\n", line)
        if found is not None:
            hits.append(Hit(found[1], int(found[2]), int(found[3]), found[4]))
        elif line.endswith("\n"):
            raise Failure(f"this is no line of a crash log: {line!r}")
    return hits


class Aim:
    """The two files that the services of one platform share: the next target, and who died where."""

    def __init__(self, directory: Path) -> None:
        self._targets = directory / "crash-at"
        self._log = directory / "crash.log"

    @property
    def variables(self) -> dict[str, str]:
        return {"SHOP_CRASH_AT": str(self._targets), "SHOP_CRASH_LOG": str(self._log)}

    def take(self, *targets: Target) -> None:
        """From now on the first process that gets there dies; then the next target counts."""
        new = self._targets.with_suffix(".new")
        new.write_text("".join(f"{target}\n" for target in targets), encoding="utf-8")
        os.replace(new, self._targets)

    def drop(self) -> None:
        """Nobody dies any more."""
        self._targets.unlink(missing_ok=True)

    def hits(self) -> list[Hit]:
        try:
            return read_hits(self._log.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
