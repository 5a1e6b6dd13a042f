"""Counters over restarts, and endings that no fault explains."""

from __future__ import annotations

import os
import signal
import unittest

from tools.shop.chaos.dump import Dump, differences
from tools.shop.chaos.watch import Totals, memory_of, strangers


class Counters(unittest.TestCase):
    def test_a_restart_begins_at_zero_and_takes_nothing_away(self) -> None:
        totals = Totals()
        totals.add("order-service 7", "copies", {"{queue=a}": 5.0, "{queue=b}": 1.0})
        totals.add("order-service 7", "copies", {"{queue=a}": 8.0, "{queue=b}": 1.0})
        totals.add("order-service 9", "copies", {"{queue=a}": 2.0})
        self.assertEqual(11, totals.of("copies"))
        self.assertEqual(0, totals.of("others"))

    def test_the_kernel_tells_our_memory(self) -> None:
        self.assertGreater(memory_of(os.getpid()), 1 << 20)


class Endings(unittest.TestCase):
    def test_what_was_killed_or_told_to_stop_is_explained(self) -> None:
        sent = [("order-service", signal.SIGKILL, 1), ("user-service", signal.SIGTERM, 2),
                ("postgres", signal.SIGQUIT, 3)]
        endings = {"order-service": ["signal SIGKILL"], "user-service": ["exit code 0"],
                   "postgres": ["exit code 0", "exit code 1"], "gateway": []}
        self.assertEqual([], strangers(endings, sent))

    def test_a_crash_is_not(self) -> None:
        sent = [("order-service", signal.SIGKILL, 1)]
        self.assertEqual(1, len(strangers({"order-service": ["signal SIGKILL", "signal SIGKILL"]}, sent)))
        self.assertEqual(1, len(strangers({"order-service": ["signal SIGABRT"]}, sent)))
        self.assertEqual(1, len(strangers({"rabbitmq": ["exit code 1"]}, sent)))


class Dumps(unittest.TestCase):
    def test_differences_name_the_table_and_the_rows(self) -> None:
        before = Dump({"order_db.orders": ("a", "b"), "order_db.catalogue": ("x",)})
        after = Dump({"order_db.orders": ("a", "c"), "order_db.catalogue": ("x",)})
        self.assertEqual([], differences(before, before))
        sentence, = differences(before, after)
        self.assertEqual("order_db.orders differs in 2 lines: -b; +c", sentence)
        self.assertNotEqual(before.digest, after.digest)
        self.assertEqual((3, before.digest), (before.rows, Dump(dict(before.tables)).digest))

    def test_large_tables_are_compared_too(self) -> None:
        before = Dump({"t": tuple(f"{number:05d}" for number in range(3_000))})
        after = Dump({"t": (*before.tables["t"][:-1], "09999")})
        sentence, = differences(before, after)
        self.assertEqual("t differs in 2 lines: -02999; +09999", sentence)


if __name__ == "__main__":
    unittest.main()
