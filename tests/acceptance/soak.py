"""Half an hour of faults under load, then the books, then all events once more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from tools.shop.acceptance import Figure
from tools.shop.chaos.happened import RECOVERY_LIMITS
from tools.shop.console import Failure, say
from tools.shop.rundir import ROOT, run_directory

MINUTES, SEED = 30, 34
ORDERS_MIN, FAULTS_MIN, SUPPRESSED_MIN = 20_000, 200, 5_000
FINAL_SECONDS, FIRST_SUCCESS_PERCENT = 120.0, 99.9
SECONDS_MAX = 3_600.0


def figures() -> Iterator[Figure]:
    # The report is worth keeping also when everything is as it should be.
    directory = run_directory() / "chaos" / time.strftime("%Y%m%d-%H%M%S-acceptance")
    # A few more than needed: a fault may find its target gone.
    done = subprocess.run([sys.executable, "-P", "-m", "tools.shop.chaos", "--minutes", str(MINUTES), "--seed",
                           str(SEED), "--faults", str(FAULTS_MIN + 20), "--report", str(directory)],
                          stdin=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=SECONDS_MAX)
    if not (directory / "report.json").exists():
        raise Failure(f"the soak ended with code {done.returncode} and without a report")
    found: dict[str, Any] = json.loads((directory / "report.json").read_text(encoding="utf-8"))
    say((directory / "report.md").read_text(encoding="utf-8"))
    yield Figure("soak: exit code (0 pass, 1 fail, 3 inconclusive)", done.returncode, "", 0, "at most")
    yield Figure("soak: orders", found["orders"], "", ORDERS_MIN, "at least")
    yield Figure("soak: faults that met something", found["faults_effective"], "", FAULTS_MIN, "at least")
    yield Figure("soak: acknowledged orders lost", found["lost"], "", 0, "at most")
    yield Figure("soak: orders doubled or never asked for", found["duplicate"] + found["unexpected"], "", 0, "at most")
    yield Figure("soak: findings of the audits", len(found["audits"]), "", 0, "at most")
    yield Figure("soak: duplicates suppressed", found["suppressed"], "", SUPPRESSED_MIN + 1, "at least")
    yield Figure("soak: until all orders are final", found["drain_seconds"] or SECONDS_MAX, "s", FINAL_SECONDS,
                 "at most")
    yield Figure("soak: acknowledged within three retries",
                 100 * found["load"]["ok"] / max(1, found["load"]["placed"]), "%", FIRST_SUCCESS_PERCENT, "at least")
    for group, limit in RECOVERY_LIMITS.items():
        recovery = found["recovery"].get(group, {"samples": 0, "slowest": SECONDS_MAX})
        yield Figure(f"soak: slowest recovery of {group}, of {recovery['samples']}", recovery["slowest"], "s", limit,
                     "at most")
    changed = sum(1 for one in found["replays"] if one["digest_before"] != one["digest_after"] or one["wrong"])
    yield Figure("soak: replays that left all state as it was", len(found["replays"]) - changed, "", 2, "at least")
