"""No unit sold twice: ten rounds of 200 buyers for 50 units, and baskets in any order under two replicas."""

from __future__ import annotations

from tests.e2e.rig import Rig
from tests.e2e.scenarios import crossing_baskets, rush, settled
from tools.shop.acceptance import Figure, Platform

ROUNDS = 10


def figures(platform: Platform) -> list[Figure]:
    with Rig(replicas=2) as rig:
        rounds = [rush(rig) for _ in range(ROUNDS)]
        deadlocks = sum(crossing_baskets(rig, orders=300, seed=seed) for seed in range(3))
        wrong = settled(rig, [])
    exact = sum(1 for outcomes, stock in rounds
                if dict(outcomes) == {"confirmed": 50, "cancelled": 150} and stock == (0, 0))
    for sentence in wrong:
        print(f"      {sentence}", flush=True)
    return [Figure("rounds of 200 buyers with exactly 50 sold", exact, "of 10", ROUNDS, "at least"),
            Figure("deadlocks of 900 three-line baskets", deadlocks, "", 0, "at most"),
            Figure("books out of balance after the crowds", len(wrong), "", 0, "at most")]
