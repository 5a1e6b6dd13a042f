"""How long a second start takes: databases, broker, services and gateway, everything built and filled before."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from tools.shop import up
from tools.shop.acceptance import Figure, Platform
from tools.shop.console import Failure
from tools.shop.rundir import private_directory, run_directory
from tools.shop.state import stop_platform

SECONDS_MAX = 15.0


def figures(platform: Platform) -> list[Figure]:
    before = os.environ["SHOP_RUN_DIRECTORY"]
    with tempfile.TemporaryDirectory(prefix="shop-start-", dir="/var/tmp") as directory:
        private_directory(Path(directory))
        os.environ["SHOP_RUN_DIRECTORY"] = directory
        try:
            _start(platform)
            seconds = _start(platform)
        finally:
            os.environ["SHOP_RUN_DIRECTORY"] = before
    return [Figure("second start until everything is ready", seconds, "s", SECONDS_MAX, "at most")]


def _start(platform: Platform) -> float:
    began = time.monotonic()
    try:
        if up.up_detached(up.Options(programs=platform.programs), []) != 0:
            raise Failure("the platform did not start")
        return time.monotonic() - began
    finally:
        stop_platform(run_directory())
