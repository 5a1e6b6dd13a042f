"""PostgreSQL, RabbitMQ and Redis away for a while, frozen and gone: what still works, and that it all comes back."""

from __future__ import annotations

from tests.e2e.case import PlatformCase
from tests.e2e.frozen import answers_while_frozen
from tests.e2e.scenarios import OUTAGES, recovers, settled, watch_during
from tests.e2e.shopping import basket, new_product, wait_final

OUTAGE_SECONDS = 4.0
ANSWER_SECONDS = 2.0
RECOVERY_SECONDS = 30.0


class Outages(PlatformCase):
    def test_without_redis_orders_go_through(self) -> None:
        self._away("redis", {202})

    def test_without_the_broker_orders_are_still_accepted(self) -> None:
        self._away("rabbitmq", {202})

    def test_without_the_database_the_answer_is_a_problem_soon(self) -> None:
        self._away("postgres", {503})

    def test_with_the_database_frozen_every_operation_answers_soon(self) -> None:
        sku, = new_product(self.rig, [100])
        order = self.rig.buyer().need(202, "POST", "/orders", basket([sku]))["id"]
        wait_final(self.rig, 30)
        for operation, status, problem, seconds in answers_while_frozen(self.rig, sku, order):
            with self.subTest(operation=operation):
                # Some can be answered without the database; what cannot is a problem, and soon.
                self.assertIn(status, {200, 503})
                self.assertTrue(status == 200 or problem, "not a problem of ours")
                self.assertLess(seconds, ANSWER_SECONDS)
        recovers(self.rig, sku, RECOVERY_SECONDS)
        wait_final(self.rig, 60)

    def _away(self, component: str, statuses: set[int]) -> None:
        sku, = new_product(self.rig, [10_000])
        for kind in OUTAGES:
            with self.subTest(component=component, kind=kind):
                seen = watch_during(self.rig, component, kind, OUTAGE_SECONDS, sku)
                self.assertEqual(statuses, {answer.status for answer in seen.orders}, seen.orders)
                # A problem has a type; what has none is not an answer of ours.
                self.assertTrue(all(answer.problem for answer in seen.orders if answer.status >= 400), seen.orders)
                self.assertLess(max(answer.seconds for answer in seen.orders), ANSWER_SECONDS)
                recovers(self.rig, sku, RECOVERY_SECONDS)
                wait_final(self.rig, 60)
                self.assertEqual([], settled(self.rig, seen.accepted))
