"""A slice of the chaos soak and of the replay, each on a platform of its own that the command starts itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

from tools.shop.rundir import ROOT

Json = dict[str, Any]
SEEDS = (11,)
ORDERS_MIN, FAULTS, SUPPRESSED_MIN = 1_000, 15, 50
SECONDS_MAX = 400.0


class Chaos(unittest.TestCase):
    def chaos(self, *arguments: str) -> Json:
        """Its figures; the report is shown when it did not pass."""
        with tempfile.TemporaryDirectory(prefix="shop-chaos-", dir="/var/tmp") as directory:
            report = Path(directory) / "report"
            done = subprocess.run([sys.executable, "-P", "-m", "tools.shop.chaos", *arguments, "--report", str(report)],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS_MAX,
                                  env=os.environ | {"PYTHONPATH": str(ROOT)})
            text = report / "report.md"
            shown = text.read_text(encoding="utf-8") if text.exists() else ""
            self.assertEqual(0, done.returncode, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}\n{shown}")
            figures: Json = json.loads((report / "report.json").read_text(encoding="utf-8"))
            self.assertTrue((report / "orders.svg").exists())
            self.assertFalse((report / "logs").exists())
            return figures

    def test_all_events_again_in_any_order_change_nothing_with_and_without_the_inboxes(self) -> None:
        figures = self.chaos("--replay", "--minutes", "0.3", "--rate", "20")
        self.assertEqual("pass", figures["verdict"])
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

    def test_nothing_is_lost_or_done_twice_whatever_fails(self) -> None:
        for seed in SEEDS:
            with self.subTest(seed=seed):
                figures = self.chaos("--minutes", "1.7", "--rate", "12", "--faults", str(FAULTS), "--seed", str(seed))
                self.assertEqual("pass", figures["verdict"])
                self.assertGreaterEqual(figures["orders"], ORDERS_MIN)
                self.assertEqual(FAULTS, figures["faults_planned"])
                self.assertGreater(figures["suppressed"], SUPPRESSED_MIN)
                print(f"      seed {seed}: {figures['orders']} orders, {figures['faults_effective']} faults, "
                      f"{figures['suppressed']} copies suppressed, final after {figures['drain_seconds']:.1f} s")


if __name__ == "__main__":
    unittest.main()
