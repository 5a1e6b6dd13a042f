"""Starts programs in dependency order, restarts what dies, and stops all of them together."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tools.shop.console import Failure, say
from tools.shop.process import Child, Program

RESTART_SECONDS = 1.0
RESTARTS_PER_MINUTE = 5
PROBE_PAUSE_SECONDS = 0.05
WATCH_SECONDS = 0.2


class Supervisor:
    """Each wave of programs starts when all of the wave before it is ready; stopping goes the other way round.

    start() and run() raise Failure naming the process at fault and its last lines; the caller then calls stop().
    """

    def __init__(self, waves: Sequence[Sequence[Program]], logs: Path, *, quiet: bool = False,
                 echo: Callable[[str, str], None] | None = None,
                 changed: Callable[[], None] = lambda: None) -> None:
        logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._waves = [[Child(program, logs, echo) for program in wave] for wave in waves]
        self._quiet = quiet
        self._changed = changed
        self._stopping = threading.Event()
        self._restarts_max = restarts_per_minute()

    @property
    def children(self) -> list[Child]:
        return [child for wave in self._waves for child in wave]

    @property
    def stop_requested(self) -> bool:
        return self._stopping.is_set()

    def request_stop(self) -> None:
        """May be called from a signal handler."""
        self._stopping.set()

    def start(self) -> None:
        for wave in self._waves:
            self._start_wave(wave)
        self._changed()

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Watches until a stop is requested or `until` says so."""
        due: dict[Child, float] = {}
        while not self._stopping.wait(WATCH_SECONDS) and not until():
            for child in self.children:
                if child.running():
                    continue
                now = time.monotonic()
                if child not in due:
                    due[child] = now + RESTART_SECONDS
                    child.drain()
                    say(f"-- {child.program.name} ended ({child.describe_end()}); it is started again")
                elif now >= due[child]:
                    del due[child]
                    self._restart(child, now)

    def stop(self) -> None:
        for wave in reversed(self._waves):
            for child in wave:
                child.ask_to_stop()
            began = time.monotonic()
            for child in wave:
                if not child.wait_stopped(began + child.program.stop_seconds):
                    say(f"-- {child.program.name} did not stop in {child.program.stop_seconds:.0f} s and was killed")

    def kill(self) -> None:
        """For throw-away instances: nothing is worth a graceful end."""
        for child in self.children:
            child.kill()

    def _start_wave(self, wave: Iterable[Child]) -> None:
        waiting: dict[Child, float] = {}
        for child in wave:
            if self._stopping.is_set():
                return
            if child.program.prepare is not None:
                child.program.prepare()
            child.start()
            waiting[child] = time.monotonic()
        while waiting and not self._stopping.is_set():
            for child, began in list(waiting.items()):
                if not child.running():
                    raise Failure(post_mortem(child, f"did not start ({child.describe_end()})"))
                if child.program.ready is None or child.program.ready():
                    if child.program.after_ready is not None:
                        child.program.after_ready()
                    del waiting[child]
                    self._say_ready(child, began)
                elif time.monotonic() - began > child.program.start_seconds:
                    raise Failure(post_mortem(child, f"was not ready after {child.program.start_seconds:.0f} s"))
            if waiting:
                self._stopping.wait(PROBE_PAUSE_SECONDS)

    def _say_ready(self, child: Child, began: float) -> None:
        if not self._quiet:
            where = f" on 127.0.0.1:{child.program.port}" if child.program.port else ""
            say(f"-- {child.program.name} is ready{where} ({time.monotonic() - began:.1f} s)")

    def _restart(self, child: Child, now: float) -> None:
        child.restarts.append(now)
        recent = sum(1 for at in child.restarts if now - at < 60)
        if recent > self._restarts_max:
            raise Failure(post_mortem(child, f"died more than {self._restarts_max} times within a minute"))
        child.start()
        self._changed()


def restarts_per_minute() -> int:
    text = os.environ.get("SHOP_RESTARTS_PER_MINUTE", str(RESTARTS_PER_MINUTE))
    if not text.isdigit():
        raise Failure(f"SHOP_RESTARTS_PER_MINUTE must be a whole number, not '{text}'")
    return int(text)


def post_mortem(child: Child, what: str) -> str:
    child.drain()
    lines = "\n".join(f"    {line}" for line in child.last_lines) or "    (it printed nothing)"
    return f"{child.program.name} {what}; its last lines:\n{lines}"
