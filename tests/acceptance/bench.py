"""Complete orders per second with the default configuration, and the audit after them."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tools.shop.acceptance import Figure, Platform
from tools.shop.build import build
from tools.shop.commands import VERBS, Verb
from tools.shop.console import Failure, say

CONFIRMED_PER_SECOND_MIN = 1000.0
SECONDS_MAX = 1800.0


def figures(platform: Platform) -> list[Figure]:
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.json"
        done = _run("bench", platform, "orders", "--json", str(report))
        if done.returncode != 0:
            raise Failure(f"the bench failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        measured: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    say(done.stdout)
    direct = next(median for median in measured["medians"] if median["via"] == "direct")
    audited = _run("audit", platform)
    if audited.returncode != 0:
        say(audited.stdout + audited.stderr)
    return [Figure("confirmed orders a second, median", direct["confirmed_per_s"], "1/s", CONFIRMED_PER_SECOND_MIN,
                   "at least"),
            Figure("audit after the bench", audited.returncode, "exit code", 0, "at most")]


def _run(name: str, platform: Platform, *arguments: str) -> subprocess.CompletedProcess[str]:
    verb: Verb = next(verb for verb in VERBS if verb.name == name)
    assert verb.binary is not None
    program = build(verb.preset, [verb.binary]) / "bin" / verb.binary
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SHOP_")}
    return subprocess.run([str(program), *arguments], env=kept | verb.environment(platform.state),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS_MAX)
