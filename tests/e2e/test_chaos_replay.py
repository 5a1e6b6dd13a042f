"""Replay immunity, on a platform of its own."""

from __future__ import annotations

import unittest

from tests.e2e.cases_chaos import ChaosCase


class Replay(ChaosCase):
    def test_all_events_again_in_any_order_change_nothing_with_and_without_the_inboxes(self) -> None:
        figures = self.chaos("--replay", "--minutes", "0.3", "--rate", "20")
        intact, emptied = figures["replays"]
        self.assertEqual(("intact", "emptied"), (intact["inbox"], emptied["inbox"]))
        for done in (intact, emptied):
            self.assertGreater(done["rows"], 1_000)
            self.assertEqual(3 * done["events"], done["published"])
            self.assertEqual(done["digest_before"], done["digest_after"])
        # With the inboxes every copy of the saga was recognised; without them the first of three was handled again.
        self.assertGreater(intact["suppressed"], 0.9 * intact["deliveries"])
        self.assertEqual(0, intact["answers"])
        self.assertLess(emptied["suppressed"], intact["suppressed"])


if __name__ == "__main__":
    unittest.main()
