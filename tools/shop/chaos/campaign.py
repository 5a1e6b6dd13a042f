"""Kills services at their crash points, one point after the other, while buyers go on; then looks at the books."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.e2e.rig import Rig, until
from tests.e2e.scenarios import settled
from tests.e2e.shopping import wait_final
from tools.shop.api import Unexpected
from tools.shop.chaos.crash import Aim, Target
from tools.shop.chaos.first_start import die_in_migration
from tools.shop.chaos.shoppers import Shoppers

# Deadlines that a round can wait for: what a killed process held comes free within them.
DEADLINES = {
    "order-service": {"SHOP_RESERVE_STOCK_MS": "4000", "SHOP_TAKE_PAYMENT_MS": "8000", "SHOP_UNDO_AGAIN_MS": "1000",
                      "SHOP_UNDO_AGAIN_MAX_MS": "4000"},
    "payment-service": {"SHOP_PROVIDER_MS": "1500", "SHOP_LEASE_MS": "2500"},
    "payment-provider": {"SHOP_PROVIDER_SLOW_MS": "2000", "SHOP_PROVIDER_PROCESSING_MS": "1000"},
}
REACHED_SECONDS = 25.0
RECOVERED_SECONDS = 30.0
FINAL_SECONDS = 60.0
PAUSE_SECONDS = 0.03
# How often a point is passed before somebody dies there is drawn, so that it is not always the first message.
PASSINGS_MAX = 2
DAYS_AHEAD = 2


@dataclass
class Round:
    """What came of one point."""

    point: str
    wanted: int
    hits: int = 0
    recovery_seconds: list[float] = field(default_factory=list)  # From a death until a new order was confirmed.
    final_seconds: float | None = None  # From the end of the load until every order was final.
    seconds: float = 0.0  # All of it, with the audit.
    wrong: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        if self.wrong:
            return "fail"
        return "pass" if self.hits >= self.wanted else "inconclusive"


@dataclass(frozen=True)
class Way:
    """How a point is reached that ordinary business does not lead to."""

    # Where a process is killed right before: its messages come again, and it starts again.
    first: str | None = None
    prepare: Callable[[Rig], None] = lambda rig: None


def without_a_day(rig: Rig) -> None:
    """Takes away the partition that is farthest ahead, which is empty, as if its day had just come into view."""
    rig.database("order_db").run(f"""do $$ begin execute format('drop table if exists %I', 'outbox_p' ||
        to_char((now() at time zone 'utc')::date + {DAYS_AHEAD}, 'YYYYMMDD')); end $$""")


def with_an_old_day(rig: Rig) -> None:
    """Adds a partition that is past its retention."""
    rig.database("order_db").run("""do $$
        declare day date := (now() at time zone 'utc')::date - 5;
        declare name text := 'outbox_p' || to_char(day, 'YYYYMMDD');
        begin
            execute format('create table if not exists %I partition of outbox for values from (%L) to (%L)', name,
                day::timestamp at time zone 'utc', (day + 1)::timestamp at time zone 'utc');
            execute format('alter table %I owner to order_db', name);
        end $$""")


def way_to(point: str) -> Way:
    part, _, line = point.rpartition(".")
    if line in ("before_attempt", "after_attempt"):
        # Only what comes again is counted, and it comes again when it was not acknowledged.
        return Way(first=f"{part}.before_commit")
    if point == "order-service.partitions.before_attach_commit":
        return Way(first="order.saga.before_commit", prepare=without_a_day)
    if point == "order-service.partitions.before_drop":
        return Way(first="order.saga.before_commit", prepare=with_an_old_day)
    return Way()


class Campaign:
    """One platform, its shoppers and who has died so far. Used by one thread."""

    def __init__(self, rig: Rig, aim: Aim, seed: int = 1) -> None:
        self.shoppers = Shoppers(rig, seed)
        self._rig = rig
        self._aim = aim
        self._dice = random.Random(seed)
        self._deaths: Counter[str] = Counter()
        self._names = {pid: name for name, pid in rig.pids().items()}
        self._seen = len(aim.hits())

    def kill_at(self, point: str, hits: int) -> Round:
        """Under load, which must have been started."""
        done = Round(point, hits)
        began = time.monotonic()
        for number in range(hits):
            try:
                if point.endswith(".migration.in_the_middle"):
                    reached, wrong = die_in_migration(self._rig, point, 1 + number % 2)
                else:
                    reached, wrong = self._once(point, done)
            except Unexpected as error:
                reached, wrong = False, [str(error)]
            done.wrong += wrong
            done.hits += reached
            if not reached or wrong:
                break
        done.seconds = time.monotonic() - began
        return done

    def settle(self, rounds: list[Round]) -> None:
        """Without load: everything becomes final and is audited. What is wrong is held against all these rounds."""
        began = time.monotonic()
        self.shoppers.stop()
        try:
            seconds = wait_final(self._rig, FINAL_SECONDS)
            wrong = self._unexplained()
            wrong += settled(self._rig, self.shoppers.acknowledged) + self.shoppers.wrong()
        except Unexpected as error:
            seconds, wrong = FINAL_SECONDS, [str(error)]
        for done in rounds:
            done.final_seconds = seconds
            done.seconds += time.monotonic() - began
            done.wrong += wrong

    def _once(self, point: str, done: Round) -> tuple[bool, list[str]]:
        way = way_to(point)
        way.prepare(self._rig)
        if way.first is None:
            self._aim.take(Target(point, self._dice.randint(1, PASSINGS_MAX)))
        else:
            self._aim.take(Target(way.first), Target(point))
        reached = self._await(point)
        self._aim.drop()
        if not reached:
            return False, []
        # A confirmed order shows that what comes again has been handled: a message at which three processes in a row
        # had died would be refused as poison. The dead need not be back before the next one dies.
        began = time.monotonic()
        recovered = self.shoppers.probe(RECOVERED_SECONDS)
        done.recovery_seconds.append(time.monotonic() - began)
        return True, [] if recovered else [f"no order was confirmed within {RECOVERED_SECONDS:.0f} s after {point}"]

    def _await(self, point: str) -> bool:
        """Until somebody died there; on the way others may."""
        deadline = time.monotonic() + REACHED_SECONDS
        while time.monotonic() < deadline:
            if point in self._account():
                return True
            time.sleep(PAUSE_SECONDS)
        return False

    def _account(self) -> list[str]:
        """Counts those who have died since the last time; where they did."""
        new = self._aim.hits()[self._seen:]
        self._seen += len(new)
        for hit in new:
            # The dead are in the state file until they are started again, a second later.
            self._names |= {entry["pid"]: entry["name"] for entry in self._rig.state["processes"]}
            self._deaths[self._names[hit.pid]] += 1
        return [hit.point for hit in new]

    def _unexplained(self) -> list[str]:
        """Ends that no crash point accounts for: the restart would hide a crash of the services' own."""
        self._account()
        for name, deaths in self._deaths.items():
            until(lambda: len(self._rig.endings(name)) >= deaths, 10, f"the supervisor has seen {name} end")
        wrong = []
        for name in self._rig.pids():
            endings = self._rig.endings(name)
            if endings != ["signal SIGKILL"] * self._deaths[name]:
                wrong.append(f"{name} was killed {self._deaths[name]} times and ended so: {', '.join(endings)}")
        until(self._rig.all_ready, 30, "every service is ready again")
        return wrong
