"""./shop logs on files that a platform might have left."""

from __future__ import annotations

import io
import json
import os
import tempfile
import unittest
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from unittest import mock

from tools.shop.console import Failure
from tools.shop.logs import LINES_OF_EACH, logs


def line(time: str, message: str, **fields: str) -> str:
    return json.dumps({"time": time, "message": message} | fields) + "\n"


class LogsCase(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.logs = Path(directory.name) / "logs"
        self.logs.mkdir()
        environment = mock.patch.dict(os.environ, {"SHOP_RUN_DIRECTORY": directory.name})
        environment.start()
        self.addCleanup(environment.stop)

    def shown(self, names: Sequence[str] = (), lines: int | None = None, find: str | None = None) -> list[str]:
        output = io.StringIO()
        with redirect_stdout(output):
            self.code = logs(names, lines, find, follow=False)
        return output.getvalue().splitlines()

    def test_an_order_is_followed_through_all_processes_by_its_traces(self) -> None:
        (self.logs / "order-service.log.1").write_text(line("01", "request", trace_id="t1", path="/orders"))
        (self.logs / "order-service.log").write_text(
            line("05", "handled", trace_id="t1", subject="o-17") + line("06", "handled", trace_id="t2", subject="o-18"))
        (self.logs / "inventory-service.log").write_text("not json, and no time\n" + line("03", "x", trace_id="t1"))
        found = self.shown(find="o-17")
        self.assertEqual([json.loads(entry.split("| ")[1])["time"] for entry in found], ["01", "03", "05"])
        self.assertEqual([entry.split()[0] for entry in found],
                         ["order-service", "inventory-service", "order-service"])
        self.assertEqual(self.code, 0)

    def test_what_is_nowhere_is_said_to_be_nowhere(self) -> None:
        (self.logs / "order-service.log").write_text(line("05", "handled"))
        self.assertIn("'o-99' is in no line", self.shown(find="o-99")[0])
        self.assertEqual(self.code, 1)

    def test_one_process_shows_more_than_each_of_several(self) -> None:
        for name in ("a", "b"):
            (self.logs / f"{name}.log").write_text("".join(f"{number}\n" for number in range(300)))
        self.assertEqual(len(self.shown()), 2 * LINES_OF_EACH)
        self.assertEqual(len(self.shown(["a"])), 200)
        self.assertEqual(self.shown(["a", "b"], lines=1), [f"{name:<19} | 299" for name in ("a", "b")])

    def test_a_process_that_does_not_exist_is_named(self) -> None:
        (self.logs / "a.log").write_text("1\n")
        with self.assertRaisesRegex(Failure, "no log of 'nobody'; there is a"):
            self.shown(["a", "nobody"])


if __name__ == "__main__":
    unittest.main()
