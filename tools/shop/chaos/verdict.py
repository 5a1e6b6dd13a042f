"""Pass, fail or inconclusive: what a run proved, and what it did not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tools.shop.chaos.clients import Comparison
from tools.shop.chaos.happened import Happened, Recovery, by_group
from tools.shop.chaos.replay import Round

PASS, FAIL, INCONCLUSIVE = "pass", "fail", "inconclusive"
EXIT = {PASS: 0, FAIL: 1, INCONCLUSIVE: 3}
DRAIN_SECONDS_MAX = 120.0
EFFECTIVE_SHARE_MIN = 0.9
ORDERS_SHARE_MIN = 0.8
# Eight of a hundred arrivals only read.
ORDERS_PER_ARRIVAL = 0.92


@dataclass
class Run:
    """Everything that was seen. A run without faults has an empty schedule."""

    arrivals_planned: float
    suppressed_min: int = 1
    planned: int = 0  # Faults.
    happened: Sequence[Happened] = ()
    recovered: Sequence[Recovery] = ()
    clients: Comparison = field(default_factory=Comparison)
    promises: Sequence[str] = ()  # That the load program saw broken.
    promises_broken: int = 0
    strangers: Sequence[str] = ()
    audits: Sequence[str] = ()  # What auditors found, with the moment.
    suppressed: int = 0
    drain_seconds: float | None = None  # None: not every order became final.
    backlog: int = 0
    replays: Sequence[Round] = ()
    confirmed: int = 0
    broke_off: str = ""  # Why the run did not come to its end.
    patience: float = 1.0  # With recoveries: 1 for a machine that does nothing else.


@dataclass(frozen=True)
class Verdict:
    name: str
    reasons: tuple[str, ...]

    @property
    def code(self) -> int:
        return EXIT[self.name]


def judge(run: Run) -> Verdict:
    """A failure weighs more than everything that was not shown."""
    failures = failed(run)
    if failures:
        return Verdict(FAIL, tuple(failures))
    doubts = doubted(run)
    return Verdict(INCONCLUSIVE if doubts else PASS, tuple(doubts))


def failed(run: Run) -> list[str]:
    found = []
    for what, sentences in (("lost acknowledged order(s)", run.clients.lost), ("duplicate(s)", run.clients.duplicate),
                            ("unexpected order(s)", run.clients.unexpected),
                            ("final state(s) or cancellation(s) that did not last", run.clients.broken)):
        if sentences:
            found.append(f"{len(sentences)} {what}: {sentences[0]}")
    if run.promises_broken:
        found.append(f"{run.promises_broken} answer(s) that contradict earlier ones: {run.promises[0]}")
    found += [f"audit {sentence}" for sentence in run.audits]
    found += run.strangers
    if run.drain_seconds is None or run.drain_seconds > DRAIN_SECONDS_MAX:
        found.append(f"not every order was final within {DRAIN_SECONDS_MAX:.0f} s of healing")
    if run.backlog:
        found.append(f"{run.backlog} event(s) were never published")
    found += [f"replay with the inboxes {one.inbox} changed state: {(one.wrong or ['digests differ'])[0]}"
              for one in run.replays if not one.immune]
    for group in by_group(run.recovered, run.patience):
        if not group.within:
            slowest = "never" if group.never else f"{group.slowest:.1f} s"
            found.append(f"slowest recovery of {group.name}: {slowest}, at most {group.limit:g} s")
    return found


def doubted(run: Run) -> list[str]:
    doubts = [f"the run broke off: {run.broke_off}"] * bool(run.broke_off)
    if run.suppressed < max(1, run.suppressed_min):
        doubts.append(f"{run.suppressed} duplicates were suppressed, at least {max(1, run.suppressed_min)} are needed")
    least = ORDERS_SHARE_MIN * ORDERS_PER_ARRIVAL * run.arrivals_planned
    if run.clients.stored < least:
        doubts.append(f"{run.clients.stored} orders, at least {least:.0f} were to come")
    if run.confirmed == 0:
        doubts.append("no order was confirmed")
    if not run.replays:
        doubts.append("nothing was replayed")
    effective = [one for one in run.happened if one.effective]
    if len(effective) < EFFECTIVE_SHARE_MIN * run.planned:
        doubts.append(f"{len(effective)} of {run.planned} faults met something")
    met = Counter(one.fault.kind for one in effective)
    doubts += [f"no fault of kind {kind} met anything" for kind in sorted({one.fault.kind for one in run.happened})
               if not met[kind]]
    return doubts


def bound(trials: int) -> str:
    """What no failure in so many independent trials says, at 95 %."""
    return f"less than {3 / trials:.2g} of all" if trials > 0 else "nothing"
