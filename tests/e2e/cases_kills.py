"""kill -9 of the servers while sagas are under way; the services are killed at their crash points (test_points.py)."""

from __future__ import annotations

from tests.e2e.case import PlatformCase
from tests.e2e.scenarios import IN_FLIGHT_MAX, IN_FLIGHT_MIN, kill_under_way, terminate_under_load
from tests.e2e.shopping import new_product

FINAL_SECONDS = 60.0
SERVERS = ("rabbitmq", "postgres")


class Kills(PlatformCase):
    def test_nothing_is_lost_when_a_server_is_killed(self) -> None:
        sku, = new_product(self.rig, [1_000_000])
        for seed, target in enumerate(SERVERS, 1):
            with self.subTest(killed=target):
                done = kill_under_way(self.rig, target, seed, sku)
                print(f"      {done.line()}")
                self.assertGreaterEqual(done.in_flight, IN_FLIGHT_MIN)
                self.assertLessEqual(done.in_flight, IN_FLIGHT_MAX)
                self.assertLess(done.final_seconds, FINAL_SECONDS)
                self.assertEqual([], done.wrong)

    def test_a_replica_that_is_told_to_stop_leaves_in_order_and_nobody_notices(self) -> None:
        drain = terminate_under_load(self.rig, "order-service-2")
        self.assertEqual("exit code 0", drain.ending)
        self.assertLess(drain.seconds, 10.0)
        self.assertGreater(drain.accepted, 50)
        self.assertEqual({}, dict(drain.refused))
        self.assert_books()
