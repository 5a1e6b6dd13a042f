"""What the processes say of themselves while everything happens: counters summed over restarts, memory, descriptors."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.rig import SERVICES, Rig
from tests.e2e.stores import samples
from tools.shop.state import same_process

COUNTERS = ("messages_duplicate_total", "messages_handled_total", "messages_rejected_total",
            "messages_redelivered_total")
EVERY_SECONDS = 3.0
SETTLED_SECONDS = 30.0  # Before that a process is still filling its pools and caches.


class Totals:
    """Sums of counters that begin at zero with every restart. What a process counted after its last look and before
    its death is missing, so a sum is a lower bound."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str, str], float] = {}
        self._sums: dict[str, float] = {}

    def add(self, process: str, name: str, values: dict[str, float]) -> None:
        """`process` tells one life of a process from the next."""
        for labels, value in values.items():
            before = self._last.get((process, name, labels), 0.0)
            # A counter never falls within one life; a look that came late must not be counted twice.
            if value > before:
                self._last[(process, name, labels)] = value
                self._sums[name] = self._sums.get(name, 0.0) + value - before

    def of(self, name: str) -> int:
        return round(self._sums.get(name, 0.0))


@dataclass
class Life:
    """What one process needed, from when it had settled until the last look."""

    name: str
    seconds: float
    memory_first: int
    memory_last: int
    files_first: int
    files_last: int


@dataclass
class _Lived:
    name: str
    since: float
    looks: list[tuple[float, int, int]] = field(default_factory=list)


class Watch:
    """`with Watch(rig) as watch:` looks every few seconds in a thread of its own; look() does so at once."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self.totals = Totals()
        self._lives: dict[str, _Lived] = {}
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._go_on, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def look(self) -> None:
        with self._lock:
            for entry in self._rig.state["processes"]:
                service = any(entry["name"].startswith(name) for name in SERVICES)
                if service and same_process(entry["pid"], entry["started"]):
                    self._look_at(entry["name"], entry["pid"], f"{entry['name']} {entry['pid']} {entry['started']}")

    def _look_at(self, name: str, pid: int, life: str) -> None:
        try:
            text = self._rig.api(name, timeout=1.5).ask("GET", "/metrics").body
            memory, files = memory_of(pid), len(os.listdir(f"/proc/{pid}/fd"))
        except (OSError, ValueError):
            return  # Frozen, just dying or just born.
        except Exception as error:
            # http.client's own exceptions: half an answer.
            if type(error).__module__ != "http.client":
                raise
            return
        for counter in COUNTERS:
            self.totals.add(life, counter, samples(text, counter))
        lived = self._lives.setdefault(life, _Lived(name, time.monotonic()))
        lived.looks.append((time.monotonic(), memory, files))

    def _go_on(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            self.look()

    def lives(self) -> list[Life]:
        """Of each service the process that lived longest after it had settled."""
        longest: dict[str, Life] = {}
        for lived in self._lives.values():
            looks = [look for look in lived.looks if look[0] >= lived.since + SETTLED_SECONDS]
            if len(looks) < 2:
                continue
            (first, memory, files), (last, memory_last, files_last) = looks[0], looks[-1]
            life = Life(lived.name, last - first, memory, memory_last, files, files_last)
            service = next(name for name in SERVICES if lived.name.startswith(name))
            if service not in longest or longest[service].seconds < life.seconds:
                longest[service] = life
        return sorted(longest.values(), key=lambda life: life.name)


def memory_of(pid: int) -> int:
    """Resident bytes."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"the kernel tells no memory of {pid}")


def strangers(endings: dict[str, Iterable[str]], sent: Iterable[tuple[str, int, int]]) -> list[str]:
    """Endings of processes that no fault explains. `endings` by process, as the supervisor said them; `sent` are the
    signals of the faults."""
    allowed: dict[str, dict[str, int]] = {}
    for name, number, _ in sent:
        kinds = allowed.setdefault(name, {"killed": 0, "told": 0})
        kinds["killed" if number == 9 else "told"] += 1
    wrong = []
    for name, found in endings.items():
        budget = dict(allowed.get(name, {"killed": 0, "told": 0}))
        for ending in found:
            # Who was told to stop may be killed before it has; the other way round there is no excuse.
            if ending == "signal SIGKILL" and budget["killed"] > 0:
                budget["killed"] -= 1
            elif name.startswith(("postgres", "rabbitmq")) and budget["told"] + budget["killed"] > 0:
                # A server that recovers may fail its first starts while remains of the old one hold its files.
                continue
            elif ending == "exit code 0" and budget["told"] > 0:
                budget["told"] -= 1
            else:
                wrong.append(f"{name} ended ({ending}), and no fault had asked for that")
    return wrong
