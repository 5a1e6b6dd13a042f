"""Replay immunity: all retained events once more, three times each, in random order, and no state may change."""

from __future__ import annotations

import datetime
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.books import DATABASES
from tests.e2e.rig import SERVICES, Rig
from tests.e2e.scenarios import settled
from tests.e2e.stores import samples
from tools.shop.api import Unexpected
from tools.shop.chaos import dump
from tools.shop.chaos.happened import Happened
from tools.shop.console import Failure, say

TIMES = 3
SINCE = "2020-01-01T00:00:00Z"
STILL_SECONDS = 4.0  # Nothing was handled for so long, so nothing is under way.
QUIET_SECONDS, LOOK_SECONDS = 600.0, 0.7
# Without the inbox a reply to an order that is final is one more line of its timeline, and this is where readers of the
# timeline look for its end.
TIMELINE_ENDS = ("order_db.orders.updated_at",)
SUBSCRIBED: dict[str, int] = {
    "OrderCreated": 1, "OrderConfirmed": 1, "ReleaseStock": 1, "StockReserved": 2, "RefundPayment": 1,
    "StockReservationFailed": 1, "StockReleased": 1, "PaymentProcessed": 1, "PaymentFailed": 1, "PaymentRefunded": 1,
    "ProductChanged": 1}
Audit = Callable[[str], list[str]]


@dataclass
class Round:
    """One replay. `answers` are events that the replay itself made the services publish."""

    inbox: str  # "intact" or "emptied"
    events: int = 0
    published: int = 0
    deliveries: int = 0
    suppressed: int = 0
    answers: int = 0
    seconds: float = 0.0
    digest_before: str = ""
    digest_after: str = ""
    rows: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def immune(self) -> bool:
        return not self.wrong and self.digest_before == self.digest_after != ""


def replay(rig: Rig, seed: int, emptied: bool, audit: Audit) -> Round:
    """Publishes everything again and says what changed. Only for a quiet platform, and one that may be emptied."""
    done = Round("emptied" if emptied else "intact")
    without = TIMELINE_ENDS if emptied else ()
    before = dump.take(rig, without)
    if emptied:
        empty_inboxes(rig)
    began, handled, duplicates, outbox = time.monotonic(), count(rig, HANDLED), count(rig, DUPLICATE), outbox_size(rig)
    expected = TIMES * deliveries(rig)
    said = rig.verb("republish", "--from", SINCE, "--times", str(TIMES), "--shuffle", str(seed))
    if said.returncode != 0:
        raise Failure(f"the events could not be published again: {said.stderr[-500:]}")
    done.events, done.published = published_of(said.stdout)
    patiently(lambda: count(rig, HANDLED) - handled >= expected, f"{expected} copies are handled")
    wait_still(rig)
    done.deliveries, done.suppressed = count(rig, HANDLED) - handled, count(rig, DUPLICATE) - duplicates
    done.answers, done.seconds = outbox_size(rig) - outbox, time.monotonic() - began
    after = dump.take(rig, without)
    done.digest_before, done.digest_after, done.rows = before.digest, after.digest, after.rows
    done.wrong = dump.differences(before, after) + audit(f"replayed with the inboxes {done.inbox}")
    say(f"   {done.events} events, {done.published} messages, {done.deliveries} deliveries, {done.suppressed} "
        f"suppressed by the inboxes, {done.answers} answers: {done.rows} rows of state are "
        f"{'the same' if done.digest_before == done.digest_after else 'NOT the same'} ({done.seconds:.0f} s)")
    return done


def repair(rig: Rig, happened: Sequence[Happened]) -> None:
    """Publishes again what a queue without its binding missed, as an operator would who reads it in the audit.

    A broker confirms a message that reached one queue of two, so its publisher learns nothing. Deadlines and undos have
    brought the orders to their ends; only the books of messages show that something was never handled.
    """
    for one in happened:
        if one.fault.kind != "queue.unbind" or not one.effective:
            continue
        type_ = one.fault.target.split()[1]
        since = datetime.datetime.fromtimestamp(one.began - 1, datetime.timezone.utc)
        said = rig.verb("republish", "--from", since.strftime("%Y-%m-%dT%H:%M:%SZ"), "--type", type_)
        if said.returncode != 0:
            raise Failure(f"what {one.fault.target} missed could not be published again: {said.stderr[-500:]}")
        say(f"   {type_} since the binding was gone: {said.stdout.strip()}")
        wait_still(rig)


def published_of(said: str) -> tuple[int, int]:
    """The numbers in "N events, M messages published"."""
    found = re.search(r"^(\d+) events, (\d+) messages published$", said, re.MULTILINE)
    if found is None:
        raise Failure(f"shop-republish said something else: {said[-200:]}")
    return int(found.group(1)), int(found.group(2))


def audit_of(rig: Rig, acknowledged: list[str]) -> Audit:
    """Both auditors: the program and the checks by SQL."""
    def audit(moment: str) -> list[str]:
        return [f"{moment}: {sentence}" for sentence in settled(rig, acknowledged, 30.0)]

    return audit


def empty_inboxes(rig: Rig) -> None:
    for database in DATABASES:
        rig.database(database).run("truncate inbox, message_attempts")


HANDLED, DUPLICATE = "messages_handled_total", "messages_duplicate_total"


def count(rig: Rig, metric: str) -> int:
    """Over all replicas, none of which may be restarted in between."""
    found = 0.0
    for service in SERVICES:
        for name in rig.names_of(service):
            found += sum(samples(rig.api(name).ask("GET", "/metrics").body, metric).values())
    return round(found)


def deliveries(rig: Rig) -> int:
    """How many messages one publication of everything hands to consumers."""
    found = 0
    for database in DATABASES:
        rows: list[dict[str, Any]] = rig.database(database).rows("select type, count(*) as n from outbox group by type")
        found += sum(row["n"] * SUBSCRIBED.get(row["type"], 0) for row in rows)
    return found


def outbox_size(rig: Rig) -> int:
    return sum(rig.database(database).value("select count(*) from outbox") for database in DATABASES)


def unsent(rig: Rig) -> int:
    return sum(rig.database(database).value("select count(*) from outbox where sent_at is null")
               for database in DATABASES)


def wait_still(rig: Rig) -> None:
    """Until nothing waits to be published and nothing has been handled for a while."""
    last, since = count(rig, HANDLED), time.monotonic()

    def still() -> bool:
        nonlocal last, since
        now = count(rig, HANDLED)
        if now != last or unsent(rig) > 0:
            last, since = now, time.monotonic()
        return time.monotonic() - since > STILL_SECONDS

    patiently(still, "nothing is under way")


def patiently(holds: Callable[[], bool], what: str) -> None:
    """Like until(), but asks less often: what is asked here costs the services more than a look at a pid."""
    deadline = time.monotonic() + QUIET_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise Unexpected(f"not within {QUIET_SECONDS:.0f} s: {what}")
        time.sleep(LOOK_SECONDS)
