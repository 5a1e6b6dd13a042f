"""./shop chaos as a user runs it: it starts a platform of its own, and its report says what it saw."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

from tools.shop.rundir import ROOT

Json = dict[str, Any]
SECONDS_MAX, STOP_SECONDS = 540.0, 60.0


class ChaosCase(unittest.TestCase):
    def chaos(self, *arguments: str) -> Json:
        """The figures of a run that must pass; its report is shown when it did not."""
        with tempfile.TemporaryDirectory(prefix="shop-chaos-", dir="/var/tmp") as directory:
            report = Path(directory) / "report"
            code, said = run_chaos(*arguments, "--report", str(report))
            text = report / "report.md"
            shown = text.read_text(encoding="utf-8") if text.exists() else ""
            self.assertEqual(0, code, f"{said[-6000:]}\n{shown}")
            figures: Json = json.loads((report / "report.json").read_text(encoding="utf-8"))
            self.assertTrue((report / "orders.svg").exists())
            self.assertFalse((report / "logs").exists())
            self.assertEqual("pass", figures["verdict"])
            return figures


def run_chaos(*arguments: str) -> tuple[int, str]:
    """Its exit code and what it said. One that takes too long is told to stop, so that it takes its platform along."""
    process = subprocess.Popen([sys.executable, "-P", "-m", "tools.shop.chaos", *arguments], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               env=os.environ | {"PYTHONPATH": str(ROOT)})
    try:
        said, _ = process.communicate(timeout=SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGTERM)
        try:
            said, _ = process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
        said += f"\nit took longer than {SECONDS_MAX:.0f} s"
    return process.returncode, said
