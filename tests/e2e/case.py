"""What the cases share: one platform with two replicas of each service and short deadlines, started once."""

from __future__ import annotations

import atexit
import unittest

from tests.e2e.books import audit
from tests.e2e.rig import SHORT_DEADLINES, Rig
from tests.e2e.shopping import wait_final
from tests.e2e.stores import plan_faults


class PlatformCase(unittest.TestCase):
    """The first class that needs `rig` starts it; it ends with the process, so that all classes share one."""

    rig: Rig

    @classmethod
    def setUpClass(cls) -> None:
        if not hasattr(PlatformCase, "rig"):
            made = Rig(replicas=2, overrides=SHORT_DEADLINES, demo_data=True)
            atexit.register(made.close)
            PlatformCase.rig = made.__enter__()

    def tearDown(self) -> None:
        plan_faults(self.rig.state, {})

    def assert_books(self, acknowledged: list[str] | None = None, seconds: float = 60.0) -> None:
        wait_final(self.rig, seconds)
        self.assertEqual([], audit(self.rig, acknowledged or []))
