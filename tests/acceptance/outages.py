"""PostgreSQL, RabbitMQ and Redis away for 30 seconds, frozen and gone; and a replica that is told to stop."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

from tests.e2e.rig import SHORT_DEADLINES, Rig
from tests.e2e.scenarios import OUTAGES, Seen, ended, recovers, settled, terminate_under_load, watch_during
from tests.e2e.shopping import new_product, wait_final
from tools.shop.acceptance import Figure
from tools.shop.console import say

SECONDS = 30.0
# Ready means: the database is there. Redis is a cache only, and without the broker events wait in the outbox.
RIGHT = {"redis": {202}, "rabbitmq": {202}, "postgres": {503}}
READY = {"redis": {200}, "rabbitmq": {200}, "postgres": {503}}
# A product may come from the cache while the database is away.
READ = {"redis": {200}, "rabbitmq": {200}, "postgres": {200, 503}}
ANSWER_SECONDS, RECOVERY_SECONDS, STOP_SECONDS = 2.0, 30.0, 10.0
# One after the other, each at its limit.
ANSWERS_MIN = int(SECONDS / ANSWER_SECONDS)
ACCEPTED_MIN = 50


def figures() -> Iterator[Figure]:
    left = [(component, kind) for component in RIGHT for kind in OUTAGES]
    while left:
        with Rig(replicas=2, overrides=SHORT_DEADLINES) as rig:
            sku, = new_product(rig, [1_000_000])
            while left:
                component, kind = left.pop(0)
                what = f"{component} {kind} for {SECONDS:.0f} s"
                try:
                    yield from _outage(rig, component, kind, sku, what)
                except Exception:
                    say(traceback.format_exc())
                    yield Figure(f"{what}: broke off", 1, "", 0, "at most")
                    break
    yield from _drain()


def _outage(rig: Rig, component: str, kind: str, sku: str, what: str) -> Iterator[Figure]:
    before = rig.pids()
    seen = watch_during(rig, component, kind, SECONDS, sku)
    right = "/".join(str(status) for status in RIGHT[component])
    yield Figure(f"{what}: orders tried", len(seen.orders), "", ANSWERS_MIN, "at least")
    yield _other(f"{what}: orders not answered {right}", seen.orders, RIGHT[component])
    yield Figure(f"{what}: slowest answer to an order", slowest(seen.orders), "s", ANSWER_SECONDS, "at most")
    yield _other(f"{what}: reads answered wrongly", seen.reads, READ[component])
    yield Figure(f"{what}: slowest read", slowest(seen.reads), "s", ANSWER_SECONDS, "at most")
    ready = "/".join(str(status) for status in READY[component])
    yield _other(f"{what}: readiness other than {ready}", seen.ready, READY[component], problems=False)
    yield Figure(f"{what}: until an order is confirmed", recovers(rig, sku, 60.0), "s", RECOVERY_SECONDS, "at most")
    wait_final(rig, 60)
    wrong = settled(rig, seen.accepted) + ended(rig, before, [component] if kind == "gone" else [])
    for sentence in wrong:
        say(f"      {sentence}")
    yield Figure(f"{what}: orders lost, books out of balance", len(wrong), "", 0, "at most")


def _other(name: str, answers: list[Seen], right: set[int], problems: bool = True) -> Figure:
    """How many were not what they should be; a refusal without a problem document is none of ours."""
    other = [answer for answer in answers
             if answer.status not in right or (problems and answer.status >= 400 and not answer.problem)]
    for answer in other[:5]:
        say(f"      {answer}")
    # No answers at all would be no proof.
    return Figure(f"{name} (of {len(answers)})", len(other) if answers else 1, "", 0, "at most")


def slowest(answers: list[Seen]) -> float:
    worst = max(answers, key=lambda answer: answer.seconds)
    say(f"      slowest: {worst}")
    return worst.seconds


def _drain() -> Iterator[Figure]:
    with Rig(replicas=2) as rig:
        drain = terminate_under_load(rig, "order-service-2")
    yield Figure("SIGTERM under load: until the end", drain.seconds, "s", STOP_SECONDS, "at most")
    yield Figure("SIGTERM under load: ended by exit code 0", drain.ending == "exit code 0", "", 1, "at least")
    yield Figure("SIGTERM under load: requests accepted", drain.accepted, "", ACCEPTED_MIN, "at least")
    yield Figure("SIGTERM under load: requests refused", sum(drain.refused.values()), "", 0, "at most")
