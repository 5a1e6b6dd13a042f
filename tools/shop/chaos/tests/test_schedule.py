"""The schedule: the same seed gives the same faults, and every kind that was drawn comes."""

from __future__ import annotations

import tempfile
import unittest
from collections import Counter
from pathlib import Path

from tools.shop.chaos import deeds, schedule


class Schedule(unittest.TestCase):
    def test_the_same_seed_gives_the_same_faults_and_another_seed_others(self) -> None:
        self.assertEqual(schedule.draw(7, 200, 1500, 2), schedule.draw(7, 200, 1500, 2))
        self.assertNotEqual(schedule.draw(7, 200, 1500, 2), schedule.draw(8, 200, 1500, 2))

    def test_faults_are_in_time_and_never_at_the_same_moment(self) -> None:
        faults = schedule.draw(1, 200, 1500, 2)
        self.assertEqual(list(range(1, 201)), [fault.number for fault in faults])
        times = [fault.at for fault in faults]
        self.assertEqual(sorted(set(times)), times)
        self.assertLessEqual(times[-1], 1500)
        for fault in faults:
            low, high = schedule.BY_NAME[fault.kind].seconds
            self.assertTrue(low <= fault.seconds <= high, fault)

    def test_some_are_kept_apart_from_all_others(self) -> None:
        faults = schedule.draw(1, 200, 1740, 2)
        for group in schedule.ONE_OF:
            apart = 0
            for one in faults:
                room = schedule.BY_NAME[one.kind].room
                near = [other for other in faults if other != one and other.at < one.until + room
                        and one.at < other.until + schedule.BY_NAME[other.kind].room]
                apart += one.group == group and not near
            with self.subTest(group):
                self.assertGreaterEqual(apart, 3)

    def test_too_many_for_the_time_come_all_the_same(self) -> None:
        faults = schedule.draw(1, 100, 60, 2)
        self.assertEqual(100, len(faults))
        self.assertLessEqual(faults[-1].at, 61)

    def test_some_overlap(self) -> None:
        faults = schedule.draw(1, 200, 1500, 2)
        self.assertTrue([1 for one, next_ in zip(faults, faults[1:]) if next_.at < one.until])

    def test_each_seed_draws_some_kinds_and_every_drawn_kind_comes(self) -> None:
        sets = set()
        for seed in range(50):
            kinds = {fault.kind for fault in schedule.draw(seed, 60, 600, 2)}
            sets.add(frozenset(kinds))
            self.assertLess(len(kinds), len(schedule.KINDS))
            self.assertIn("messages.late", kinds)
            groups = {schedule.BY_NAME[kind].group for kind in kinds}
            self.assertLessEqual({schedule.SERVICE, schedule.POSTGRES, schedule.BROKER}, groups)
        self.assertGreater(len(sets), 25)
        self.assertEqual(set(schedule.BY_NAME), set().union(*sets))

    def test_kinds_can_be_named(self) -> None:
        faults = schedule.draw(3, 10, 60, 2, ["redis.kill", "service.kill"])
        self.assertEqual({"redis.kill", "service.kill"}, {fault.kind for fault in faults})

    def test_targets_fit_the_number_of_replicas(self) -> None:
        one = Counter(fault.target for fault in schedule.draw(3, 300, 1500, 1, ["service.kill"]))
        two = Counter(fault.target for fault in schedule.draw(3, 300, 1500, 2, ["service.kill"]))
        self.assertEqual(5, len(one))
        self.assertEqual(10, len(two))

    def test_a_cut_connection_counts_where_it_leads_to(self) -> None:
        groups = {fault.target: fault.group for fault in schedule.draw(1, 50, 60, 2, ["connections.cut"])}
        self.assertEqual(schedule.CUT_GROUPS, groups)

    def test_what_is_saved_can_be_read_back(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            faults = schedule.draw(1, 20, 60, 2)
            schedule.save(faults, Path(directory) / "schedule.jsonl")
            self.assertEqual(faults, schedule.load(Path(directory) / "schedule.jsonl"))

    def test_every_kind_can_be_done(self) -> None:
        self.assertEqual(set(schedule.BY_NAME), set(deeds.DEEDS))


if __name__ == "__main__":
    unittest.main()
