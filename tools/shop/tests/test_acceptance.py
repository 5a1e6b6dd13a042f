"""The table of measured figures: one driver that fails must not take the figures of the others along."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from tools.shop import acceptance
from tools.shop.acceptance import Figure

HEAD = "import os\nfrom pathlib import Path\nfrom tools.shop.acceptance import Figure\ndef figures():\n"
LOG = """    kept = Path(os.environ['SHOP_KEEP_LOGS'])
    kept.mkdir(parents=True)
    (kept / 'a.log').write_text('a')
"""


class Acceptance(unittest.TestCase):
    def setUp(self) -> None:
        held = tempfile.TemporaryDirectory()
        self.addCleanup(held.cleanup)
        self.directory = Path(held.name)
        (self.directory / "drivers").mkdir()
        variables = mock.patch.dict(os.environ, {"SHOP_RUN_DIRECTORY": held.name, "SHOP_TEST_PROGRAMS": held.name})
        variables.start()
        self.addCleanup(variables.stop)

    def test_a_figure_passes_on_the_right_side_of_its_limit(self) -> None:
        self.assertTrue(Figure("p99", 9.0, "ms", 10.0, "at most").passed)
        self.assertFalse(Figure("p99", 11.0, "ms", 10.0, "at most").passed)
        self.assertTrue(Figure("orders", 11.0, "1/s", 10.0, "at least").passed)
        self.assertFalse(Figure("orders", 9.0, "1/s", 10.0, "at least").passed)

    def test_what_was_measured_before_a_driver_broke_off_and_by_the_others_is_in_the_table(self) -> None:
        self._driver("a", "    yield Figure('before', 1, '', 1, 'at least')\n    raise OSError('gone')\n")
        self._driver("b", "    yield Figure('small', 1, '', 2, 'at least')\n"
                          "    yield Figure('right', 2, '', 2, 'at least')\n")
        outcome, said = self._run()
        table = said[said.index("-- measured figures"):]
        for line in ("before .*pass", "small .*FAIL", "right .*pass", "a.py broke off: OSError: gone"):
            self.assertRegex(table, line)
        self.assertEqual(2, outcome.passed)
        self.assertEqual(["a.py", "small"], [name for name, _ in outcome.failures])

    def test_a_driver_without_a_figure_is_a_failure(self) -> None:
        self._driver("a", "    yield from ()\n")
        outcome, _ = self._run()
        self.assertEqual([("a.py", "a.py has measured nothing")], outcome.failures)

    def test_logs_are_kept_for_a_figure_that_failed_and_only_then(self) -> None:
        self._driver("good", LOG + "    yield Figure('f', 1, '', 1, 'at most')\n")
        self._driver("wrong", LOG + "    yield Figure('f', 2, '', 1, 'at most')\n")
        self._run()
        self.assertEqual(["wrong/a.log"], [str(path.relative_to(self.directory / "acceptance"))
                                           for path in (self.directory / "acceptance").rglob("*.log")])

    def test_the_filter_chooses_drivers_by_their_path(self) -> None:
        self._driver("kills", "    pass\n")
        self._driver("crowds", "    pass\n")
        self.assertEqual(["crowds", "kills"], self._names(None))
        self.assertEqual(["kills"], self._names("acceptance/kills"))
        self.assertEqual([], self._names("e2e"))

    def _driver(self, name: str, body: str) -> None:
        (self.directory / "drivers" / f"{name}.py").write_text(HEAD + body, encoding="utf-8")

    def _names(self, filtered: str | None) -> list[str]:
        return [path.stem for path in acceptance.drivers(filtered, self.directory / "drivers")]

    def _run(self) -> tuple[acceptance.Outcome, str]:
        with contextlib.redirect_stdout(io.StringIO()) as said:
            outcome = acceptance.run_acceptance(acceptance.drivers(None, self.directory / "drivers"))
        return outcome, said.getvalue()


if __name__ == "__main__":
    unittest.main()
