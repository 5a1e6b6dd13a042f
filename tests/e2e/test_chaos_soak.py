"""A slice of the chaos soak, on a platform of its own."""

from __future__ import annotations

import unittest

from tests.e2e.cases_chaos import ChaosCase

SEEDS = (82,)
ORDERS_MIN, FAULTS, SUPPRESSED_MIN = 1_000, 15, 50


class Soak(ChaosCase):
    def test_nothing_is_lost_or_done_twice_whatever_fails(self) -> None:
        for seed in SEEDS:
            with self.subTest(seed=seed):
                figures = self.chaos("--minutes", "1.7", "--rate", "12", "--faults", str(FAULTS), "--seed", str(seed),
                                     "--patience", "5")
                self.assertGreaterEqual(figures["orders"], ORDERS_MIN)
                self.assertEqual(FAULTS, figures["faults_planned"])
                self.assertGreater(figures["suppressed"], SUPPRESSED_MIN)
                print(f"      seed {seed}: {figures['orders']} orders, {figures['faults_effective']} faults, "
                      f"{figures['suppressed']} copies suppressed, final after {figures['drain_seconds']:.1f} s")


if __name__ == "__main__":
    unittest.main()
