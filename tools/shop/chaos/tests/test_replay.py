"""What the republication says, and the times that it is given."""

from __future__ import annotations

import re
import unittest

from tools.shop.chaos.deeds import moment
from tools.shop.chaos.replay import SUBSCRIBED, published_of
from tools.shop.console import Failure
from tools.shop.rundir import ROOT


class Republished(unittest.TestCase):
    def test_its_numbers_are_read(self) -> None:
        self.assertEqual((7, 21), published_of("7 events, 21 messages published\n"))
        with self.assertRaisesRegex(Failure, "something else"):
            published_of("the broker does not answer")

    def test_every_subscription_is_counted(self) -> None:
        text = (ROOT / "shared" / "app" / "subscriptions.hpp").read_text(encoding="utf-8")
        found: dict[str, int] = {}
        for type_ in re.findall(r'Subscription\{"[^"]+", "([^"]+)"\}', text):
            found[type_] = found.get(type_, 0) + 1
        self.assertEqual(found, SUBSCRIBED)

    def test_a_moment_has_milliseconds_and_is_in_utc(self) -> None:
        self.assertEqual("2026-11-22T18:00:00.250Z", moment(1795370400.25))


if __name__ == "__main__":
    unittest.main()
