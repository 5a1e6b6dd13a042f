"""Measured figures with limits: every tests/acceptance/*.py has `def figures() -> Iterator[Figure]`.

A driver yields each figure as soon as it is measured: what breaks off later does not take the earlier ones along.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tools.shop.build import build
from tools.shop.cases import Outcome
from tools.shop.console import say
from tools.shop.rundir import ROOT, run_directory

DIRECTORY = ROOT / "tests" / "acceptance"


@dataclass(frozen=True)
class Figure:
    name: str
    value: float
    unit: str
    limit: float
    direction: Literal["at most", "at least"]

    @property
    def passed(self) -> bool:
        return self.value <= self.limit if self.direction == "at most" else self.value >= self.limit

    def line(self) -> str:
        measured = f"{self.value:,.6g} {self.unit}"
        limit = f"{self.direction} {self.limit:,.6g} {self.unit}"
        return f"   {self.name:<64} {measured:>14}   {limit:<22} {'pass' if self.passed else 'FAIL'}"


Driver = Callable[[], Iterable[Figure]]


def drivers(filtered: str | None = None, directory: Path = DIRECTORY) -> list[Path]:
    """The files with figures whose name matches."""
    found = sorted(path for path in directory.glob("*.py") if not path.name.startswith("_"))
    return [path for path in found if filtered is None or re.search(filtered, f"tests/acceptance/{path.name}")]


def run_acceptance(files: Sequence[Path]) -> Outcome:
    """Takes the figures of all files, one after the other, and prints the table of all at the end."""
    outcome, began = Outcome("acceptance"), time.monotonic()
    if "SHOP_TEST_PROGRAMS" not in os.environ:
        build("run")
    figures: list[Figure] = []
    broken: list[str] = []
    for path in files:
        taken, failure = _take(path)
        figures += taken
        if failure is not None:
            broken.append(f"   {path.name} broke off: {failure.splitlines()[-1]}")
            outcome.failures.append((path.name, failure))
    say("-- measured figures")
    show(figures)
    for line in broken:
        say(line)
    outcome.passed = sum(1 for figure in figures if figure.passed)
    outcome.failures += [(figure.name, f"{figure.value:g} {figure.unit}, limit {figure.direction} {figure.limit:g}")
                         for figure in figures if not figure.passed]
    outcome.seconds = time.monotonic() - began
    return outcome


def _take(path: Path) -> tuple[list[Figure], str | None]:
    """The figures of one file, and why it broke off. The logs behind a figure that failed are kept."""
    say(f"-- figures of {path.name} ...")
    began, found, failure = time.monotonic(), [], None
    logs = run_directory() / "acceptance" / path.stem
    shutil.rmtree(logs, ignore_errors=True)
    os.environ["SHOP_KEEP_LOGS"] = str(logs)
    try:
        for figure in load(path)():
            found.append(figure)
            say(figure.line())
    except Exception:  # A driver that breaks off must not keep the others from measuring.
        failure = traceback.format_exc()
        say(failure)
    finally:
        del os.environ["SHOP_KEEP_LOGS"]
    if not found and failure is None:
        failure = f"{path.name} has measured nothing"
    if failure is None and all(figure.passed for figure in found):
        shutil.rmtree(logs, ignore_errors=True)
    elif logs.exists():
        say(f"   the logs are in {logs}")
    say(f"-- figures of {path.name}: done in {time.monotonic() - began:.1f} s")
    return found, failure


def show(figures: Iterable[Figure]) -> None:
    say(f"   {'figure':<64} {'measured':>14}   {'limit':<22} verdict")
    for figure in figures:
        say(figure.line())


def load(path: Path) -> Driver:
    specification = importlib.util.spec_from_file_location(f"acceptance_{path.stem}", path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module.figures
