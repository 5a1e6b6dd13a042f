"""A service that is configured wrongly says everything that is wrong, and does not start."""

from __future__ import annotations

import subprocess
import time
import unittest

from tests.e2e.rig import SERVICES, programs

WRONG = {
    "SHOP_HTTP_PORT": "99999", "SHOP_DATABASE_URL": "mysql://here", "SHOP_DATABASE_CONNECTIONS": "none",
    "SHOP_LOG_LEVEL": "loud", "SHOP_JWT_LEEWAY_S": "-1", "SHOP_MISSPELT": "1",
}
NOT_GIVEN = ("SHOP_BROKER_URL", "SHOP_JWT_PUBLIC_KEYS")
SECRET = "hunter2-is-no-secret"


class Start(unittest.TestCase):
    def test_every_wrong_missing_and_misspelt_variable_is_named_at_once(self) -> None:
        for service in SERVICES:
            with self.subTest(service=service):
                began = time.monotonic()
                done = self._run(service, WRONG)
                self.assertNotEqual(0, done.returncode)
                self.assertLess(time.monotonic() - began, 5.0)
                for name in (*WRONG, *NOT_GIVEN):
                    self.assertIn(name, done.stdout + done.stderr)

    def test_a_secret_is_not_shown_even_when_it_is_wrong(self) -> None:
        done = self._run("order-service", {"SHOP_DATABASE_URL": f"postgresql://me:{SECRET}@nowhere:nan/order_db"})
        self.assertNotEqual(0, done.returncode)
        self.assertNotIn(SECRET, done.stdout + done.stderr)

    @staticmethod
    def _run(service: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(programs() / service)], env={"PATH": "/usr/bin:/bin"} | environment, timeout=30,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd="/")
