"""The state file: what runs, where, and how to reach it. Written by the supervisor, read by every other command."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

from tools.shop.console import Failure

STOP_SECONDS_MAX = 90.0


class RunLock:
    """Held by the supervisor for its whole life, so that a crashed one never looks alive."""

    def __init__(self, run: Path) -> None:
        self._descriptor = os.open(run / "lock", os.O_RDWR | os.O_CREAT, 0o600)

    def acquire(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            return False

    def release(self) -> None:
        os.close(self._descriptor)


def is_locked(run: Path) -> bool:
    if not (run / "lock").exists():
        return False
    lock = RunLock(run)
    try:
        return not lock.acquire()
    finally:
        lock.release()


def write_state(run: Path, state: dict[str, Any]) -> None:
    """Replaces the file in one step; a reader never sees half of it. It holds secrets, hence 0600."""
    temporary = run / "state.json.new"
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(state, file, indent=2)
        file.write("\n")
    temporary.replace(run / "state.json")


def read_state(run: Path) -> dict[str, Any] | None:
    try:
        return json.loads((run / "state.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def running_state(run: Path) -> dict[str, Any]:
    """The state of the running platform; Failure when there is none."""
    state = read_state(run) if is_locked(run) else None
    if state is None:
        raise Failure("the platform is not running; ./shop up starts it")
    if state["phase"] != "running":
        raise Failure(f"the platform is {state['phase']}; try again in a moment (./shop status shows it)")
    return state


def start_ticks(pid: int) -> int | None:
    """When the process started, by the kernel's clock: with the pid it names a process for good."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()
        return None if fields[0] == "Z" else int(fields[19])
    except (OSError, IndexError, ValueError):
        return None


def same_process(pid: int | None, ticks: int | None) -> bool:
    return pid is not None and ticks is not None and start_ticks(pid) == ticks


def leftovers(state: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Processes of an ended supervisor that are still there."""
    return [entry for entry in (state or {}).get("processes", []) if same_process(entry["pid"], entry["started"])]


def stop_leftovers(state: dict[str, Any] | None) -> list[str]:
    """Kills them; returns their names. Only processes whose pid and start time are both the recorded ones."""
    stopped = []
    for entry in leftovers(state):
        # An abrupt end is safe for all of them: PostgreSQL and RabbitMQ recover from their logs, services from both.
        number = signal.SIGQUIT if entry["name"] == "postgres" else signal.SIGKILL
        try:
            os.kill(entry["pid"], number)
            stopped.append(entry["name"])
        except OSError:
            continue
    deadline = time.monotonic() + 10
    while leftovers(state) and time.monotonic() < deadline:
        time.sleep(0.05)
    return stopped


def stop_platform(run: Path) -> bool:
    """Asks the supervisor to stop everything and waits. False when nothing was running."""
    state = read_state(run)
    if not is_locked(run):
        return bool(stop_leftovers(state))
    if state is None or not same_process(state["supervisor"]["pid"], state["supervisor"]["started"]):
        raise Failure("a supervisor is running but its state file is not readable yet; try again in a moment")
    pid = state["supervisor"]["pid"]
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS_MAX
    while is_locked(run):
        if time.monotonic() > deadline:
            # Its children get their parent-death signal.
            os.kill(pid, signal.SIGKILL)
            break
        time.sleep(0.1)
    stop_leftovers(read_state(run))
    return True
