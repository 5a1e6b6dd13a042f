"""No unit sold twice: ten rounds of 200 buyers for 50 units, and baskets in any order under two replicas."""

from __future__ import annotations

from collections.abc import Iterator

from tests.e2e.rig import Rig
from tests.e2e.scenarios import crossing_baskets, ended, rush, settled
from tools.shop.acceptance import Figure
from tools.shop.console import say

ROUNDS, BASKETS = 10, 300


def figures() -> Iterator[Figure]:
    with Rig(replicas=2) as rig:
        before, exact = rig.pids(), 0
        for number in range(1, ROUNDS + 1):
            outcomes, stock = rush(rig)
            exact += dict(outcomes) == {"confirmed": 50, "cancelled": 150} and stock == (0, 0)
            say(f"      round {number}: {dict(outcomes)}, {stock[0]} on hand, {stock[1]} reserved")
        yield Figure("rounds of 200 buyers with exactly 50 sold, none left or reserved", exact, "of 10", ROUNDS,
                     "at least")
        crossed = [crossing_baskets(rig, BASKETS, seed) for seed in range(3)]
        yield Figure(f"{3 * BASKETS} baskets of three lines at once: confirmed", sum(done for _, done in crossed), "",
                     3 * BASKETS, "at least")
        yield Figure(f"{3 * BASKETS} baskets of three lines at once: deadlocks", sum(locks for locks, _ in crossed), "",
                     0, "at most")
        wrong = settled(rig, []) + ended(rig, before, [])
        for sentence in wrong:
            say(f"      {sentence}")
        yield Figure("crowds: books out of balance", len(wrong), "", 0, "at most")
