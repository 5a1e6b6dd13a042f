"""kill -9 of everything in turn, three seeds each, with one and with two replicas of every service."""

from __future__ import annotations

from tests.e2e.rig import SHORT_DEADLINES, Rig
from tests.e2e.scenarios import IN_FLIGHT_MIN, KILLED, Round, kill_under_way
from tests.e2e.shopping import new_product
from tools.shop.acceptance import Figure, Platform
from tools.shop.console import say

SEEDS = (1, 2, 3)
FINAL_SECONDS = 60.0


def figures(platform: Platform) -> list[Figure]:
    found = []
    for replicas in (1, 2):
        with Rig(replicas=replicas, overrides=SHORT_DEADLINES) as rig:
            sku, = new_product(rig, [10_000_000])
            rounds = [kill_under_way(rig, target, seed, sku) for seed in SEEDS for target in KILLED]
        for done in rounds:
            say(f"      {replicas} replica(s), {done.target}: {done.in_flight} under way, {done.acknowledged} "
                f"acknowledged, final after {done.final_seconds:.1f} s, refused {dict(done.refused)}")
            for sentence in done.wrong:
                say(f"        {sentence}")
        found += _figures(f"{len(rounds)} kills, {replicas} replica(s)", rounds)
    return found


def _figures(what: str, rounds: list[Round]) -> list[Figure]:
    return [Figure(f"{what}: orders under way, fewest", min(done.in_flight for done in rounds), "", IN_FLIGHT_MIN,
                   "at least"),
            Figure(f"{what}: until all are final, slowest", max(done.final_seconds for done in rounds), "s",
                   FINAL_SECONDS, "at most"),
            Figure(f"{what}: books out of balance", sum(len(done.wrong) for done in rounds), "", 0, "at most")]
