"""Every crash point once: a service is killed there under load, and afterwards nothing may be lost or out of balance.

`./shop chaos --points` is the same with several kills at each and an audit after each.
"""

from __future__ import annotations

import unittest

from tools.shop.chaos.campaign import Round
from tools.shop.chaos.crash import crash_points
from tools.shop.chaos.points import campaign, line

POINTS_MIN = 24
POINTS_PER_AUDIT = 13
REPLICAS = 2


class Points(unittest.TestCase):
    def test_a_kill_at_any_crash_point_costs_nothing(self) -> None:
        names = crash_points()
        self.assertGreaterEqual(len(names), POINTS_MIN)
        with campaign(REPLICAS, seed=1) as running:
            for first in range(0, len(names), POINTS_PER_AUDIT):
                rounds: list[Round] = []
                running.shoppers.start()
                for name in names[first:first + POINTS_PER_AUDIT]:
                    rounds.append(running.kill_at(name, 1))
                running.settle(rounds)
                for done in rounds:
                    print(line(done))
                    with self.subTest(point=done.point):
                        self.assertEqual([], done.wrong)
                        self.assertEqual(1, done.hits)


if __name__ == "__main__":
    unittest.main()
