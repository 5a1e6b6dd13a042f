"""What ./shop chaos can be asked for."""

from __future__ import annotations

import unittest

from tools.shop.chaos.options import parse
from tools.shop.console import Usage


class Parse(unittest.TestCase):
    def test_half_an_hour_is_two_hundred_faults_twenty_thousand_orders_and_five_thousand_copies(self) -> None:
        chosen = parse([])
        self.assertEqual((30.0, 200, 5000), (chosen.minutes, chosen.faults, chosen.suppressed_min))
        self.assertGreaterEqual(chosen.rate * chosen.load_seconds * 0.92, 20_000)
        self.assertEqual(chosen.load_seconds, chosen.steady_seconds + chosen.fault_seconds)

    def test_without_late_copies_a_single_suppressed_duplicate_is_enough(self) -> None:
        self.assertEqual(1, parse(["--kinds", "service.kill"]).suppressed_min)
        self.assertEqual(5000, parse(["--kinds", "service.kill,messages.late"]).suppressed_min)

    def test_a_replay_has_load_and_no_faults(self) -> None:
        chosen = parse(["--replay"])
        self.assertEqual((0, 0.0, 1), (chosen.faults, chosen.fault_seconds, chosen.suppressed_min))
        self.assertEqual(30.0, chosen.steady_seconds)

    def test_what_makes_no_sense_is_named(self) -> None:
        for arguments, named in ((["--minutes", "0"], "--minutes"), (["--rate", "0"], "--rate"),
                                 (["--faults", "0"], "--faults"), (["--replicas", "3"], "--replicas"),
                                 (["--kinds", "flood"], "flood"), (["--replay", "--faults", "3"], "--replay"),
                                 (["--seed", "x"], "--seed"),
                                 (["--patience", "0.5"], "--patience")):
            with self.subTest(named), self.assertRaisesRegex(Usage, named):
                parse(arguments)


if __name__ == "__main__":
    unittest.main()
