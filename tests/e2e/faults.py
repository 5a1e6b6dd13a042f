"""Killing, stopping and freezing processes of a rig. Only pids of its own state file, and their descendants."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.rig import Rig, until
from tools.shop.state import same_process, start_ticks


def kill(rig: Rig, name: str) -> int:
    """kill -9; returns the pid that is no more."""
    pid = rig.pid(name)
    os.kill(pid, signal.SIGKILL)
    return pid


def wait_restarted(rig: Rig, name: str, pid: int, seconds: float = 60.0) -> float:
    """Until the supervisor has started it again; a service is also ready again."""
    def back() -> bool:
        now = next((entry["pid"] for entry in rig.state["processes"] if entry["name"] == name), pid)
        return now != pid and start_ticks(now) is not None and ("service" not in name or rig.ready(name))

    return until(back, seconds, f"{name} runs again")


def family(pid: int) -> list[int]:
    """The process and all its descendants: PostgreSQL's backends go on when only their parent is stopped."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
    found = [pid]
    for member in found:
        found += [child for child, parent in parents.items() if parent == member]
    return found


@contextlib.contextmanager
def frozen(rig: Rig, name: str) -> Iterator[None]:
    """SIGSTOP: connections stay open and nobody answers."""
    members = family(rig.pid(name))
    for member in members:
        with contextlib.suppress(ProcessLookupError):
            os.kill(member, signal.SIGSTOP)
    try:
        yield
    finally:
        for member in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(member, signal.SIGCONT)


@contextlib.contextmanager
def gone(rig: Rig, *names: str) -> Iterator[None]:
    """Not there at all: what the supervisor starts again is killed again."""
    over = threading.Event()

    def keep_away() -> None:
        while not over.is_set():
            for entry in rig.state["processes"]:
                if entry["name"] in names and same_process(entry["pid"], entry["started"]):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(entry["pid"], signal.SIGKILL)
            time.sleep(0.05)

    killer = threading.Thread(target=keep_away)
    killer.start()
    try:
        yield
    finally:
        over.set()
        killer.join()
