"""The report and its picture, of a small run and of one that broke off at once."""

from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path
from xml.etree import ElementTree

from tools.shop.chaos import picture, report
from tools.shop.chaos.clients import Comparison
from tools.shop.chaos.happened import Happened, recoveries
from tools.shop.chaos.options import Options
from tools.shop.chaos.replay import Round
from tools.shop.chaos.schedule import Fault
from tools.shop.chaos.series import Series, series_of
from tools.shop.chaos.soak import Result, baseline
from tools.shop.chaos.verdict import Run, judge
from tools.shop.chaos.watch import Life

FAULTS = [Fault(1, 1.0, "service.kill", "order-service"), Fault(2, 3.0, "broker.kill", "rabbitmq"),
          Fault(3, 4.0, "redis.flush", "redis")]


def result() -> Result:
    happened = [Happened(FAULTS[0], 101, 101, "killed pid 7"), Happened(FAULTS[1], 103, 103, "killed <pid> 8"),
                Happened(FAULTS[2], 104, 104, trouble="Redis did not answer")]
    run = Run(10, 1, 3, happened, recoveries(happened, [(101.5, 101.9), (103.2, 109.2), (110, 110.1)]),
              Comparison(stored=9, ok=9), suppressed=12, drain_seconds=2.0,
              replays=[Round("intact", 5, 15, 20, 20, digest_before="a", digest_after="a")], confirmed=8)
    load = {"placed": 9, "ok": 9, "ok_after_attempts": [{"name": "1", "count": 8}, {"name": "2", "count": 1}],
            "copies_same": 1, "keys_refused": 1, "broken_promises": 0, "reads": 1, "reads_unanswered": 0,
            "turned_away": 0, "latest_start_ms": 2.0, "ok_ms_p50": 5.0, "ok_ms_p99": 9.0, "ok_ms_max": 9.0}
    return Result(Options(minutes=1, seed=7), run, FAULTS, Series(100, [1, 2, 0, 4], [0, 2, 1, 3]), load,
                  [Life("order-service", 60, 10 << 20, 11 << 20, 20, 21)], {}, {"confirmed": 8},
                  [("steady", 100.0, 101.0), ("faults", 101.0, 104.0)], {"orders": 5, "p50": 0.05, "p99": 0.1}, 3,
                  {"commit": "abc"})


class Report(unittest.TestCase):
    def test_says_what_happened_with_the_figures_behind_it(self) -> None:
        made = result()
        text = report.markdown(made, judge(made.run))
        for part in ("seed 7: inconclusive", "no fault of kind redis.flush met anything", "| commit | abc |",
                     "| lost acknowledged orders | 0 |", "| confirmed | 8 |", "100.00 % of 9",
                     "| of these at the first attempt | 8 |", "| broker | 1 | 6.20 s | 6.20 s | 30 s |",
                     "| intact | 5 | 15 | 20 | 20 | 0 | 0 | yes |", "+10.0 %", "less than 0.33 of all (9 orders)",
                     "met nothing: Redis did not answer", "orders.svg"):
            with self.subTest(part):
                self.assertIn(part, text)

    def test_is_written_for_programs_too(self) -> None:
        made = result()
        with tempfile.TemporaryDirectory() as directory:
            report.write(made, judge(made.run), Path(directory))
            figures = json.loads((Path(directory) / "report.json").read_text())
            self.assertEqual({"report.md", "report.json", "orders.svg"},
                             {path.name for path in Path(directory).iterdir()})
        self.assertEqual(("inconclusive", 9, 12, 3, 2), tuple(figures[name] for name in (
            "verdict", "orders", "suppressed", "faults_planned", "faults_effective")))
        self.assertEqual(1, figures["recovery"]["broker"]["samples"])

    def test_a_run_that_broke_off_at_once_has_a_report(self) -> None:
        made = Result(Options(), Run(10, broke_off="the platform did not start"))
        with tempfile.TemporaryDirectory() as directory:
            report.write(made, judge(made.run), Path(directory))
            self.assertIn("the platform did not start", (Path(directory) / "report.md").read_text())

    def test_names_the_commit(self) -> None:
        self.assertIn("commit", report.versions())


class Picture(unittest.TestCase):
    def test_is_well_formed_and_shows_every_fault_and_both_lines(self) -> None:
        made = result()
        assert made.series is not None
        root = ElementTree.fromstring(picture.draw(made.series, made.run.happened, made.phases))
        space = "{http://www.w3.org/2000/svg}"
        self.assertEqual(2, len(root.findall(f"{space}polyline")))
        titles = [title.text for title in root.iter(f"{space}title")]
        self.assertEqual(3, len(titles))
        self.assertIn("2: broker.kill rabbitmq: killed <pid> 8", titles)

    def test_seconds_without_orders_are_zeros(self) -> None:
        series = series_of([{"second": 5, "accepted": 2, "confirmed": 1}, {"second": 8, "accepted": 0, "confirmed": 1}])
        self.assertEqual(Series(5, [2, 0, 0, 0], [1, 0, 0, 1]), series)
        self.assertEqual(0, series_of([]).seconds)

    def test_the_baseline_is_of_orders_placed_in_the_steady_phase(self) -> None:
        found = baseline([(1.0, 1.5), (2.0, 2.1), (9.0, 19.0)], [("steady", 0.0, 5.0)])
        self.assertEqual(2, found["orders"])
        self.assertAlmostEqual(0.5, found["p50"])


if __name__ == "__main__":
    unittest.main()
