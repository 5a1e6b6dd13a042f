"""How long a second start takes: databases, broker, services and gateway, everything built and filled before."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.rig import programs
from tools.shop.acceptance import Figure
from tools.shop.console import Failure, say
from tools.shop.rundir import ROOT, private_directory

SECONDS_MAX = 15.0
COMMAND_SECONDS = 400.0


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="shop-start-", dir="/var/tmp") as directory:
        private_directory(Path(directory))
        _start(directory)
        seconds = _start(directory, shown=True)
    yield Figure("second start until everything is ready", seconds, "s", SECONDS_MAX, "at most")


def _start(directory: str, shown: bool = False) -> float:
    began = time.monotonic()
    try:
        said = _shop(directory, "up", "--detach", "--programs", str(programs()))
        seconds = time.monotonic() - began
        if shown:
            # Which of them took how long, and on how busy a machine: the processor's time is shared.
            say("\n".join(f"      {line[3:]}" for line in said.splitlines() if " ready " in line))
            say(f"      load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        return seconds
    finally:
        _shop(directory, "down")


def _shop(directory: str, *arguments: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOP_")}
    done = subprocess.run([sys.executable, "-P", "-m", "tools.shop", *arguments], cwd="/", stdin=subprocess.DEVNULL,
                          env=kept | {"PYTHONPATH": str(ROOT), "SHOP_RUN_DIRECTORY": directory},
                          capture_output=True, text=True, timeout=COMMAND_SECONDS)
    if done.returncode != 0:
        raise Failure(f"./shop {arguments[0]} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout
