"""The phases of a run: steady, faults, heal, drain, audit, replays, restart of everything, audit."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests.e2e.rig import Rig, programs, until
from tests.e2e.shopping import open_orders
from tests.e2e.stores import Refused
from tools.shop.api import Unexpected
from tools.shop.chaos import clients, deeds, dump, happened, replay, schedule, verdict
from tools.shop.chaos.nemesis import Nemesis
from tools.shop.chaos.options import Options
from tools.shop.chaos.series import CONFIRMED, PER_SECOND, QUICK, Series, series_of
from tools.shop.chaos.watch import Life, Watch, strangers
from tools.shop.chaos.workload import Load, Workload, prepare
from tools.shop.console import Failure, say

Found = TypeVar("Found")
READY_SECONDS = 90.0
DRAIN_LOOK_SECONDS = 240.0  # Longer than is allowed, so that a miss has a figure.
ARRIVALS_SECONDS_MORE = 600.0  # Than planned, at most: they end when they are told to.
AFTER_SECONDS = 10.0  # Customers go on coming after the last fault, so that its recovery can be seen.


@dataclass
class Result:
    """What the report shows beyond what the verdict is made of."""

    options: Options
    run: verdict.Run
    faults: list[schedule.Fault] = field(default_factory=list)
    series: Series | None = None
    load: dict[str, Any] = field(default_factory=dict)
    lives: list[Life] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)  # Orders by status and reason.
    phases: list[tuple[str, float, float]] = field(default_factory=list)  # Name, begin and end since 1970.
    baseline: dict[str, float] = field(default_factory=dict)
    published_late: int = 0
    versions: dict[str, str] = field(default_factory=dict)


class Soak:
    """One run on a platform of its own. Fills `result` step by step: what breaks off leaves what was seen."""

    def __init__(self, options: Options, directory: Path) -> None:
        self._options = options
        self._directory = directory
        arrivals = options.rate * options.load_seconds
        self.result = Result(options, verdict.Run(arrivals, options.suppressed_min, options.faults,
                                                   patience=options.patience))

    def run(self) -> None:
        options, result = self._options, self.result
        if options.faults:
            result.faults = schedule.draw(options.seed, options.faults, options.fault_seconds, options.replicas,
                                          options.kinds)
            schedule.save(result.faults, self._directory / "schedule.jsonl")
        with Rig(replicas=options.replicas) as rig:
            try:
                workload = self._phase("preparation", lambda: prepare(rig, self._directory))
                self._under_load(rig, workload)
                self._at_rest(rig, workload)
            except (Failure, Unexpected, Refused, OSError, subprocess.TimeoutExpired) as broken:
                result.run.broke_off = f"{type(broken).__name__}: {broken}"
                say(f"-- broke off: {result.run.broke_off}")

    def _phase(self, name: str, act: Callable[[], Found]) -> Found:
        say(f"-- {name}")
        began = time.time()
        try:
            return act()
        finally:
            self.result.phases.append((name, began, time.time()))

    def _under_load(self, rig: Rig, workload: Workload) -> None:
        options, run = self._options, self.result.run
        load = Load(rig, workload, options.rate, options.load_seconds + ARRIVALS_SECONDS_MORE, options.seed)
        ground = deeds.Ground(rig, threading.Event(), workload.articles[0])
        try:
            with Watch(rig) as watch:
                self._phase("steady", lambda: _pause(load, options.steady_seconds))
                if self.result.faults:
                    self._phase("faults", lambda: self._faults(ground))
                    self._phase("heal", lambda: _heal(rig))
                    self._phase("after", lambda: _pause(load, AFTER_SECONDS))
                load.stop()
                self.result.load = self._phase("last customers", load.wait)
                # What a customer still retried may have become an order only now.
                run.drain_seconds = self._phase("drain", lambda: self._drain(rig))
                watch.look()
                self.result.lives = watch.lives()
                self.result.counters = {name: watch.totals.of(name) for name in (
                    "messages_duplicate_total", "messages_handled_total", "messages_redelivered_total",
                    "messages_rejected_total")}
                run.suppressed = watch.totals.of("messages_duplicate_total")
        finally:
            ground.over.set()
            load.stop()
        run.strangers = strangers({entry["name"]: rig.endings(entry["name"]) for entry in rig.state["processes"]},
                                  ground.sent())
        run.promises, run.promises_broken = self.result.load["examples"], self.result.load["broken_promises"]

    def _faults(self, ground: deeds.Ground) -> None:
        run = self.result.run
        run.happened = Nemesis(ground, self.result.faults, self._options.fault_seconds).run(threading.Event())
        happened.save(run.happened, self._directory / "faults.jsonl")
        self.result.published_late = sum(one.amount for one in run.happened if one.fault.kind == "messages.late")

    def _drain(self, rig: Rig) -> float | None:
        try:
            return until(lambda: open_orders(rig) == 0 and replay.unsent(rig) == 0, DRAIN_LOOK_SECONDS,
                         "every order is final and every event published")
        except Unexpected as late:
            say(f"   {late}")
            return None

    def _at_rest(self, rig: Rig, workload: Workload) -> None:
        run = self.result.run
        self._phase("repair", lambda: replay.repair(rig, run.happened))
        self._read_books(rig, workload)
        acknowledged = [order for operation in clients.operations(clients.read_history(workload.history))
                        for order in operation.orders]
        audit = replay.audit_of(rig, acknowledged)
        run.audits = self._phase("audit", lambda: audit("after the drain") + _audit_clients(rig, workload))
        for emptied in (False, True):
            what = f"replay, inboxes {'emptied' if emptied else 'intact'}"
            done = self._phase(what, lambda: replay.replay(rig, self._options.seed + emptied, emptied, audit))
            run.replays = [*run.replays, done]
            if self._options.replay_only and not emptied:
                # Without faults there were no copies before.
                run.suppressed += done.suppressed
        if not self.result.faults:
            return
        before = dump.take(rig)
        self._phase("restart of everything", rig.restart)
        self._phase("ready again", lambda: until(rig.all_ready, READY_SECONDS, "every service is ready"))
        run.audits += self._phase("audit after the restart", lambda: audit("after the restart")
                                  + dump.differences(before, dump.take(rig)))

    def _read_books(self, rig: Rig, workload: Workload) -> None:
        run, result = self.result.run, self.result
        orders = rig.database("order_db")
        run.clients = clients.compare(clients.operations(clients.read_history(workload.history)),
                                      orders.rows(clients.ORDERS))
        confirmed = [(row["placed"], row["confirmed"]) for row in orders.rows(CONFIRMED)]
        run.confirmed, run.backlog = len(confirmed), replay.unsent(rig)
        run.recovered = happened.recoveries(run.happened, confirmed)
        result.series = series_of(orders.rows(PER_SECOND))
        result.statuses = {row["name"]: row["n"] for row in orders.rows(
            "select concat_ws(': ', status, cancel_reason) as name, count(*) as n from orders group by 1 order by 1")}
        result.baseline = baseline([(row["placed"], row["confirmed"]) for row in orders.rows(QUICK)], result.phases)


def baseline(confirmed: list[tuple[float, float]], phases: list[tuple[str, float, float]]
             ) -> dict[str, float]:
    """Seconds from the order to its confirmation before the first fault: the middle and the slowest of a hundred."""
    began, ended = next(((begin, end) for name, begin, end in phases if name == "steady"), (0.0, 0.0))
    took = sorted(done - placed for placed, done in confirmed if began <= placed < ended)
    if not took:
        return {}
    return {"orders": len(took), "p50": took[len(took) // 2], "p99": took[min(len(took) - 1, len(took) * 99 // 100)]}


def _pause(load: Load, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if load.ended():
            raise Failure("the load program has ended early: " + str(load.wait()))
        time.sleep(min(0.2, max(0.0, deadline - time.monotonic())))


def _heal(rig: Rig) -> None:
    def healed() -> bool:
        try:
            deeds.heal(rig)
            return rig.all_ready()
        except (OSError, deeds.Missed):
            return False

    until(healed, READY_SECONDS, "every service is ready and every queue bound")


def _audit_clients(rig: Rig, workload: Workload) -> list[str]:
    """The auditor reads the customers' history, too, where it can."""
    if "--clients" not in subprocess.run([str(programs() / "shop-audit"), "--help"], capture_output=True, text=True,
                                         stdin=subprocess.DEVNULL).stdout:
        return []
    done = rig.verb("audit", "--clients", str(workload.history))
    return [f"with the customers' history: {done.stdout[-1500:]}{done.stderr[-500:]}"] * (done.returncode != 0)

