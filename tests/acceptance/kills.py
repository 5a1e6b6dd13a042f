"""kill -9 of everything in turn, three seeds each, with one and with two replicas of every service."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

from tests.e2e.rig import SERVICES, SHORT_DEADLINES, Rig
from tests.e2e.scenarios import (IN_FLIGHT_MAX, IN_FLIGHT_MIN, KILLED, Alone, Round, kill_under_way, serves_alone,
                                 settled)
from tests.e2e.shopping import new_product
from tools.shop.acceptance import Figure
from tools.shop.console import say

SEEDS = (1, 2, 3)
FINAL_SECONDS = 60.0


def figures() -> Iterator[Figure]:
    for replicas in (1, 2):
        rounds, broken = _rounds(replicas)
        yield from _figures(f"kill -9, {replicas} replica{'s' * (replicas > 1)}", rounds, broken)
    yield from _alone()


def _rounds(replicas: int) -> tuple[list[Round], int]:
    """All rounds on one platform, and how many broke off; after one of those the others go on with a new platform."""
    left = [(target, seed) for seed in SEEDS for target in KILLED]
    rounds: list[Round] = []
    broken = 0
    while left:
        with Rig(replicas=replicas, overrides=SHORT_DEADLINES) as rig:
            sku, = new_product(rig, [10_000_000])
            acknowledged: list[str] = []
            while left:
                target, seed = left.pop(0)
                try:
                    done = kill_under_way(rig, target, seed, sku)
                except Exception:
                    say(f"      the kill of {target}, seed {seed}, broke off:\n{traceback.format_exc()}")
                    broken += 1
                    break
                rounds.append(done)
                acknowledged += done.acknowledged
                if not left:
                    # What was final once must still be there and balance after all that came later.
                    done.wrong += settled(rig, acknowledged)
                say(f"      {replicas}: {done.line()}")
                for sentence in done.wrong:
                    say(f"        {sentence}")
    return rounds, broken


def _figures(what: str, rounds: list[Round], broken: int) -> Iterator[Figure]:
    yield Figure(f"{what}: kills seen to the end", len(rounds), "", len(rounds) + broken, "at least")
    if rounds:
        yield Figure(f"{what}: orders under way, fewest", min(done.in_flight for done in rounds), "", IN_FLIGHT_MIN,
                     "at least")
        yield Figure(f"{what}: orders under way, most", max(done.in_flight for done in rounds), "", IN_FLIGHT_MAX,
                     "at most")
        yield Figure(f"{what}: acknowledged before the kill, fewest", min(done.acknowledged_before for done in rounds),
                     "", IN_FLIGHT_MIN, "at least")
        yield Figure(f"{what}: until all orders are final, slowest", max(done.final_seconds for done in rounds), "s",
                     FINAL_SECONDS, "at most")
        yield Figure(f"{what}: orders lost, books out of balance", sum(len(done.wrong) for done in rounds), "", 0,
                     "at most")


def _alone() -> Iterator[Figure]:
    """A dead replica must not be missed by anybody but the one who was talking to it."""
    done: dict[str, Alone] = {}
    with Rig(replicas=2, overrides=SHORT_DEADLINES) as rig:
        sku, = new_product(rig, [10_000])
        for service in SERVICES:
            done[service] = serves_alone(rig, service, sku)
            say(f"      {service}: {done[service].served} served by the other replica")
            for sentence in done[service].failed:
                say(f"        {sentence}")
    yield Figure("one of two replicas dead: served by the other, fewest", min(one.served for one in done.values()), "",
                 1, "at least")
    yield Figure("one of two replicas dead: requests that failed", sum(len(one.failed) for one in done.values()), "",
                 0, "at most")
