"""Carries a schedule out, each fault in a thread of its own, so that one that lasts does not keep the next waiting."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Sequence

from tools.shop.chaos.deeds import DEEDS, Ground, Missed
from tools.shop.chaos.happened import Happened
from tools.shop.chaos.schedule import Fault
from tools.shop.console import say

PATIENCE_SECONDS, PAUSE_SECONDS = 25.0, 1.0
LATE_SECONDS = 30.0  # How long a fault may last beyond the time of all.
LAST_SECONDS = 90.0  # How long the last fault may take to end when it is told to.


class Nemesis:
    """run() returns when the last fault has ended, or has been told to end because the time is over."""

    def __init__(self, ground: Ground, faults: Sequence[Fault], seconds: float) -> None:
        self._ground = ground
        self._faults = faults
        self._seconds = seconds
        self._lock = threading.Lock()
        self._done: list[Happened] = []

    def run(self, stop: threading.Event) -> list[Happened]:
        began = time.monotonic()
        threads = []
        for fault in self._faults:
            if stop.wait(max(0.0, began + fault.at - time.monotonic())):
                break
            thread = threading.Thread(target=self._do, args=(fault,), daemon=True)
            thread.start()
            threads.append(thread)
        stop.wait(max(0.0, began + self._seconds - time.monotonic()))
        # Who still waits for its target to come back from another fault may have it.
        _join(threads, LATE_SECONDS)
        self._ground.over.set()
        _join(threads, LAST_SECONDS)
        with self._lock:
            return sorted(self._done, key=lambda one: one.fault.number)

    def _do(self, fault: Fault) -> None:
        """What finds its target gone, because of another fault, tries again for a while."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            happened = Happened(fault, time.time(), 0.0)
            try:
                met = DEEDS[fault.kind](self._ground, fault)
                happened.did, happened.amount = met.did, met.amount
                happened.ended = met.ended or time.time()
            except Missed as missed:
                happened.trouble = " ".join(str(missed).split())[:300]
            except Exception as error:
                # A thread that dies in silence would look like a fault that was never drawn.
                happened.trouble = f"{type(error).__name__}: {error}"
                say(traceback.format_exc())
            if happened.did or time.monotonic() > deadline or self._ground.over.wait(PAUSE_SECONDS):
                break
        happened.ended = happened.ended or time.time()
        with self._lock:
            self._done.append(happened)
        what = happened.did or f"met nothing: {happened.trouble}"
        say(f"   fault {fault.number:>3}  {fault.kind:<18} {fault.target:<24} {what}")


def _join(threads: Sequence[threading.Thread], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
