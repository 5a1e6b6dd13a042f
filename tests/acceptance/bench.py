"""Complete orders per second with the default configuration, and the audit after them."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.e2e.rig import Rig, programs
from tools.shop.acceptance import Figure
from tools.shop.commands import VERBS, Verb
from tools.shop.console import Failure, say

CONFIRMED_PER_SECOND_MIN = 1000.0
SECONDS_MAX = 1800.0


def figures() -> Iterator[Figure]:
    with Rig(demo_data=True) as rig, tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.json"
        done = _run("bench", rig, "orders", "--json", str(report))
        say(done.stdout)
        if done.returncode != 0:
            raise Failure(f"the bench failed:\n{done.stderr[-3000:]}")
        measured: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        direct = next(median for median in measured["medians"] if median["via"] == "direct")
        yield Figure("confirmed orders a second, median", direct["confirmed_per_s"], "1/s", CONFIRMED_PER_SECOND_MIN,
                     "at least")
        audited = _run("audit", rig)
        if audited.returncode != 0:
            say(audited.stdout + audited.stderr)
        yield Figure("audit after the bench", audited.returncode, "exit code", 0, "at most")


def _run(name: str, rig: Rig, *arguments: str) -> subprocess.CompletedProcess[str]:
    verb: Verb = next(verb for verb in VERBS if verb.name == name)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SHOP_")}
    return subprocess.run([str(programs() / str(verb.binary)), *arguments], env=kept | verb.environment(rig.state),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS_MAX)
