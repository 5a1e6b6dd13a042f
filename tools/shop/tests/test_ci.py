""".ci/run, with a filter that keeps it short, leaves no process behind, whether it ends or is ended."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
import unittest
from pathlib import Path

from tools.shop.rundir import ROOT
from tools.shop.testing import PRESETS

PR_SET_CHILD_SUBREAPER = 36
RUN_SECONDS = 300.0
END_SECONDS = 20.0


def children() -> list[str]:
    """Programs whose parent we are. What has ended is fetched and is none."""
    names = []
    for path in Path("/proc").iterdir():
        try:
            if path.name.isdigit():
                name, fields = (path / "stat").read_text(errors="replace").split("(", 1)[1].rsplit(")", 1)
                if fields.split()[1] == str(os.getpid()):
                    if fields.split()[0] == "Z":
                        os.waitpid(int(path.name), 0)
                    else:
                        names.append(name)
        except OSError:
            continue
    return names


class LeavesNothing(unittest.TestCase):
    def setUp(self) -> None:
        # Whatever loses its parent becomes our child, and can be seen.
        self.assertEqual(ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0)
        self.assertEqual(children(), [])
        # What is built already, so that nothing is compiled here.
        built = Path(os.environ.get("SHOP_TEST_PROGRAMS", "build/release/bin")).parent.name
        preset = built if built in PRESETS else "release"
        command = [str(ROOT / ".ci" / "run"), "--preset", preset, "--filter", "tools/test_tidy.py"]
        self.ci = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, start_new_session=True)
        assert self.ci.stdout is not None
        self.addCleanup(self.ci.stdout.close)
        self.output = self.ci.stdout

    def assert_nothing_left(self) -> None:
        deadline = time.monotonic() + END_SECONDS
        while (left := children()) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(left, [])

    def test_at_the_end(self) -> None:
        said = self.output.read()
        self.assertEqual(self.ci.wait(RUN_SECONDS), 0, said)
        self.assertRegex(said, r"\n[1-9]\d* passed, 0 failed\n$")
        self.assert_nothing_left()

    def test_when_it_is_stopped_in_the_middle(self) -> None:
        # Its instances are running by then.
        for line in self.output:
            if line.startswith("-- Python tests"):
                break
        self.ci.send_signal(signal.SIGTERM)
        self.output.read()
        self.assertNotEqual(self.ci.wait(RUN_SECONDS), 0)
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
