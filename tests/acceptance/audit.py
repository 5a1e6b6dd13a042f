"""The auditor: nothing wrong after a clean run, no false alarm while the shop is busy, every corruption found."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.rig import Rig, programs, until
from tests.e2e.stores import samples
from tools.shop.acceptance import Figure
from tools.shop.build import build
from tools.shop.commands import VERBS, Verb
from tools.shop.console import Failure, say
from tools.shop.testenv import TestInstances

ORDERS, AUDIT_SECONDS_MAX = 20_000, 10.0
LOAD_SECONDS, SAMPLE_SECONDS = 300.0, 1.0
COMPARISONS_MIN, SAMPLES_MIN = 20, 200
# Of one core, together with its database sessions.
SHARE_MAX, MEGABYTES_IDLE_MAX, MEGABYTES_MAX = 5.0, 50.0, 100.0
CORRUPTIONS_MIN = 50
COMMAND_SECONDS = 1200.0
AUDITOR = "shop-auditor"


def figures() -> Iterator[Figure]:
    with Rig(demo_data=True) as rig:
        yield Figure("memory of an idle shop-auditor", megabytes(rig), "MB", MEGABYTES_IDLE_MAX, "at most")
        _load(rig, ORDERS)
        yield from _clean_run(rig)
        yield from _online(rig)
    yield from _corruptions()


def _clean_run(rig: Rig) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "report.json"
        done = _run(rig, "audit", "--json", str(path))
        if done.returncode != 0:
            say(done.stdout + done.stderr)
        report = json.loads(path.read_text(encoding="utf-8"))
    yield Figure("audit of a clean run: orders", report["orders"], "", ORDERS, "at least")
    yield Figure("audit of a clean run: findings", report["findings"], "", 0, "at most")
    yield Figure("audit of a clean run: time", report["took_ms"] / 1000, "s", AUDIT_SECONDS_MAX, "at most")


class Watch:
    """What the running auditor says, looked at each second."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self.unbalanced: list[float] = []
        self.checks: set[str] = set()
        self._over = threading.Event()

    def look(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            found = samples(metrics(self._rig), "shop_books_unbalanced")
            self.checks.update(labels for labels, value in found.items() if value > 0)
            self.unbalanced.append(max(found.values()))

    def end(self) -> None:
        self._over.set()


def _online(rig: Rig) -> Iterator[Figure]:
    watch, began = Watch(rig), time.monotonic()
    before, busy_before = counters(rig), busy_seconds(rig)
    watcher = threading.Thread(target=watch.look)
    watcher.start()
    try:
        while time.monotonic() - began < LOAD_SECONDS:
            _load(rig, ORDERS)
        # The last orders must become old enough, and be looked at.
        until(lambda: counters(rig)["shop_audit_orders_compared_total"]
              - before["shop_audit_orders_compared_total"] >= ORDERS, 240, "the auditor has looked at the orders")
    finally:
        watch.end()
        watcher.join()
    after, seconds = counters(rig), time.monotonic() - began
    share = 100 * (busy_seconds(rig) - busy_before) / seconds
    say(f"      behind by {after['shop_audit_behind_seconds']:.0f} s at the end; red were {watch.checks or 'none'}")
    yield Figure("online: samples under load", len(watch.unbalanced), "", SAMPLES_MIN, "at least")
    yield Figure("online: most findings in a sample", max(watch.unbalanced, default=1), "", 0, "at most")
    name = "shop_audit_comparisons_total"
    yield Figure("online: comparisons made", after[name] - before[name], "", COMPARISONS_MIN, "at least")
    yield Figure("online: attempts that failed", after["failures"] - before["failures"], "", 0, "at most")
    yield Figure("online: of one core, with its database sessions", share, "%", SHARE_MAX, "at most")
    yield Figure("online: memory of shop-auditor", megabytes(rig), "MB", MEGABYTES_MAX, "at most")


def _corruptions() -> Iterator[Figure]:
    """The auditor's own test, on real databases, a broker, a cache and the provider's log."""
    program = build("release", ["audit_corruptions_test"]) / "tests" / "audit_corruptions_test"
    with TestInstances() as instances:
        instances.start()
        done = subprocess.run([str(program)], env=os.environ | instances.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=COMMAND_SECONDS)
    found = len(re.findall(r"^\[       OK \] Real/CorruptionsTest", done.stdout, re.MULTILINE))
    made = len(re.findall(r"^\[ RUN      \] Real/CorruptionsTest", done.stdout, re.MULTILINE))
    if done.returncode != 0:
        say(done.stdout[-5000:])
    yield Figure("corruptions made", made, "", CORRUPTIONS_MIN, "at least")
    yield Figure("corruptions not reported by their checks alone", made - found, "", 0, "at most")


def metrics(rig: Rig) -> str:
    return rig.api(AUDITOR).ask("GET", "/metrics").body


def counters(rig: Rig) -> dict[str, float]:
    text = metrics(rig)
    names = ("shop_audit_comparisons_total", "shop_audit_orders_compared_total", "shop_audit_behind_seconds")
    return {name: samples(text, name)[""] for name in names} | {
        "failures": sum(samples(text, "shop_audit_failures_total").values())}


def busy_seconds(rig: Rig) -> float:
    """Of the processor: the auditor and the backends that serve it."""
    rows = rig.database("postgres").rows("select pid from pg_stat_activity where usename = 'auditor'")
    ticks = 0
    for pid in (rig.pid(AUDITOR), *(row["pid"] for row in rows)):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def megabytes(rig: Rig) -> float:
    status = Path(f"/proc/{rig.pid(AUDITOR)}/status").read_text(encoding="utf-8")
    found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    return int(found.group(1)) / 1024 if found else float("nan")


def _load(rig: Rig, orders: int) -> None:
    done = _run(rig, "bench", "orders", "--orders", str(orders), "--rounds", "1", "--warm-up", "0")
    if done.returncode != 0:
        raise Failure(f"the load failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def _run(rig: Rig, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    verb: Verb = next(verb for verb in VERBS if verb.name == name)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SHOP_")}
    return subprocess.run([str(programs() / str(verb.binary)), *arguments], env=kept | verb.environment(rig.state),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=COMMAND_SECONDS)
