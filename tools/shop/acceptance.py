"""Measured figures with limits: every tests/acceptance/*.py has `def figures(platform: Platform) -> list[Figure]`."""

from __future__ import annotations

import importlib.util
import os
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tools.shop import up
from tools.shop.cases import Outcome
from tools.shop.console import Failure, Step, say
from tools.shop.rundir import ROOT, private_directory, run_directory
from tools.shop.state import running_state, stop_platform

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


@dataclass(frozen=True)
class Platform:
    """The running platform that figures are taken from. `state` is the whole state file."""

    state: dict[str, Any]

    @property
    def gateway(self) -> str:
        return self.state["urls"]["gateway"]

    @property
    def urls(self) -> dict[str, str]:
        return self.state["urls"]

    @property
    def admin(self) -> dict[str, str]:
        return self.state["admin"]

    @property
    def connections(self) -> dict[str, Any]:
        return self.state["connections"]

    @property
    def programs(self) -> Path:
        return Path(self.state["programs"])

    def pid(self, name: str) -> int:
        """Read anew, because a restarted process has another one."""
        processes = running_state(run_directory())["processes"]
        return next(entry["pid"] for entry in processes if entry["name"] == name)


def run_acceptance() -> Outcome:
    """Starts a platform of its own for the duration and prints the table of figures."""
    outcome = Outcome("acceptance")
    files = sorted(DIRECTORY.glob("*.py")) if DIRECTORY.exists() else []
    files = [path for path in files if not path.name.startswith("_")]
    if not files:
        say("-- no acceptance figures in tests/acceptance")
        return outcome
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="shop-full-", dir="/var/tmp") as directory:
        private_directory(Path(directory))
        os.environ["SHOP_RUN_DIRECTORY"] = directory
        os.environ.setdefault("SHOP_RESTARTS_PER_MINUTE", "1000")
        try:
            if up.up_detached(up.Options(load_profile=True), ["--load-profile"]) != 0:
                raise Failure("the platform for the acceptance figures did not start")
            for path in files:
                with Step(f"figures of {path.name}"):
                    try:
                        figures += _load(path)(Platform(running_state(run_directory())))
                    except Exception:  # A broken figure must not keep the others from being taken.
                        outcome.failures.append((path.name, traceback.format_exc()))
        finally:
            stop_platform(run_directory())
            del os.environ["SHOP_RUN_DIRECTORY"]
    show(figures)
    outcome.passed = sum(1 for figure in figures if figure.passed)
    outcome.failures += [(figure.name, f"{figure.value:g} {figure.unit}, limit {figure.direction} {figure.limit:g}")
                         for figure in figures if not figure.passed]
    return outcome


def show(figures: list[Figure]) -> None:
    say(f"   {'figure':<52} {'measured':>14}   {'limit':<22} verdict")
    for figure in figures:
        measured = f"{figure.value:,.6g} {figure.unit}"
        limit = f"{figure.direction} {figure.limit:,.6g} {figure.unit}"
        say(f"   {figure.name:<52} {measured:>14}   {limit:<22} {'pass' if figure.passed else 'FAIL'}")


def _load(path: Path) -> Any:
    specification = importlib.util.spec_from_file_location(f"acceptance_{path.stem}", path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module.figures
