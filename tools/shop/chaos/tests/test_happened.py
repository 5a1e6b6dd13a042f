"""Recovery: from the end of a fault until the first order placed after it is confirmed."""

from __future__ import annotations

import unittest

from tools.shop.chaos.happened import Happened, Recovery, by_group, by_kind, recoveries
from tools.shop.chaos.schedule import Fault


def fault(number: int, kind: str, began: float, ended: float, did: str = "yes", target: str = "x") -> Happened:
    return Happened(Fault(number, began, kind, target), began, ended, did)


class Recoveries(unittest.TestCase):
    def test_counts_from_the_end_of_the_fault_to_the_first_confirmation_of_an_order_placed_later(self) -> None:
        orders = [(9.9, 10.1), (10.2, 14.0), (10.4, 11.5), (12.0, 12.1)]
        found, = recoveries([fault(1, "service.kill", 8, 10)], orders)
        # The order placed before does not count, and a later one may be faster than an earlier one.
        self.assertAlmostEqual(1.5, found.seconds or 0)
        self.assertTrue(found.alone)

    def test_without_a_later_order_there_is_none(self) -> None:
        found, = recoveries([fault(1, "service.kill", 8, 10)], [(9.0, 9.5)])
        self.assertIsNone(found.seconds)
        group, = by_group([found])
        self.assertEqual(1, group.never)
        self.assertFalse(group.within)

    def test_a_fault_in_the_way_is_told(self) -> None:
        orders = [(10.2, 20.0), (30.2, 30.4)]
        met = [fault(1, "service.kill", 10, 10), fault(2, "broker.kill", 9, 9), fault(3, "service.kill", 30, 30)]
        alone = {found.happened.fault.number: found.alone for found in recoveries(met, orders)}
        self.assertEqual({1: False, 2: False, 3: True}, alone)

    def test_copies_of_messages_stand_in_nobody_s_way(self) -> None:
        met = [fault(1, "service.kill", 10, 10), fault(2, "messages.late", 9, 12)]
        found = recoveries(met, [(10.2, 10.4), (12.1, 12.2)])
        self.assertEqual([True, True], [one.alone for one in found])

    def test_a_fault_that_met_nothing_has_no_recovery(self) -> None:
        self.assertEqual([], recoveries([fault(1, "service.kill", 8, 10, did="")], [(11, 12)]))

    def test_only_undisturbed_samples_are_held_to_the_limit(self) -> None:
        samples = [Recovery(fault(1, "broker.kill", 0, 0), 29.0, True),
                   Recovery(fault(2, "broker.kill", 0, 0), 50.0, False)]
        group, = by_group(samples)
        self.assertEqual((1, 1, 29.0, True), (len(group.alone), len(group.met), group.slowest, group.within))
        slow, = by_group([Recovery(fault(1, "broker.kill", 0, 0), 31.0, True)])
        self.assertFalse(slow.within)

    def test_the_percentile_is_one_of_the_samples(self) -> None:
        group, = by_kind([Recovery(fault(1, "redis.kill", 0, 0), float(number), True) for number in range(1, 201)])
        self.assertEqual((198.0, 200.0, None), (group.percentile(0.99), group.slowest, group.limit))


if __name__ == "__main__":
    unittest.main()
