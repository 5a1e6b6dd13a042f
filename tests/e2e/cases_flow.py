"""The way of an order: through the gateway, over real hops, with no unit sold twice."""

from __future__ import annotations

import time
import uuid

from tests.e2e.books import audit
from tests.e2e.case import PlatformCase
from tests.e2e.scenarios import crossing_baskets, rush, settled
from tests.e2e.shopping import basket, new_product, outcome
from tests.e2e.stores import Database, Refused

RUSHES = 2
CROSSING = 150
QUEUES = ("inventory.orders", "payment.orders", "order.saga", "order.catalogue")
STORY = ["OrderCreated", "StockReserved", "PaymentProcessed", "OrderConfirmed"]


class Flow(PlatformCase):
    def test_the_demonstration_finds_everything_as_it_should_be(self) -> None:
        done = self.rig.verb("demo")
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def test_the_hops_are_quorum_queues_with_a_delivery_limit_and_a_dead_letter_queue(self) -> None:
        queues = self.rig.broker.queues()
        for name in QUEUES:
            with self.subTest(queue=name):
                arguments = queues[name]["arguments"]
                self.assertEqual("quorum", queues[name]["type"])
                self.assertEqual(100, arguments["x-delivery-limit"])
                self.assertEqual("at-least-once", arguments["x-dead-letter-strategy"])
                self.assertEqual("reject-publish", arguments["x-overflow"])
                self.assertEqual("quorum", queues[name + ".dead"]["type"])
                bindings = self.rig.broker.ask("GET", f"/queues/%2F/{name}.dead/bindings")
                self.assertIn((arguments["x-dead-letter-exchange"], arguments["x-dead-letter-routing-key"]),
                              [(binding["source"], binding["routing_key"]) for binding in bindings])

    def test_the_retained_outboxes_tell_the_story_of_an_order_in_causal_order(self) -> None:
        sku, = new_product(self.rig, [5])
        buyer = self.rig.buyer()
        order = outcome(buyer, buyer.need(202, "POST", "/orders", basket([sku]), {"Prefer": "wait=10"}))
        self.assertEqual("confirmed", order["status"])
        told: list[tuple[str, str]] = []
        for database in ("order_db", "inventory_db", "payment_db"):
            told += [(row["created_at"], row["type"]) for row in self.rig.database(database).rows(
                f"select type, created_at from outbox where subject = '{order['id']}'")]
        self.assertEqual(STORY, [type_ for _, type_ in sorted(told)])

    def test_no_database_role_gets_into_another_service_s_database(self) -> None:
        urls = self.rig.state["connections"]["databases"]
        for role, url in urls.items():
            self.assertEqual("1", Database(url).run("select 1").strip())
            for other in (*urls, "postgres", "template1"):
                if other != role:
                    with self.subTest(role=role, database=other), self.assertRaisesRegex(Refused, "permission denied"):
                        Database(url.rsplit("/", 1)[0] + "/" + other).run("select 1")

    def test_the_audit_notices_a_lost_order_and_a_unit_too_many(self) -> None:
        sku, = new_product(self.rig, [5])
        self.assertEqual([], settled(self.rig, []))
        lost = str(uuid.uuid4())
        self.assertEqual([f"order {lost} was acknowledged and is not there"], audit(self.rig, [lost]))
        inventory = self.rig.database("inventory_db")
        inventory.run(f"update stock set on_hand = on_hand + 1 where sku = '{sku}'")
        try:
            wrong = audit(self.rig)
        finally:
            inventory.run(f"update stock set on_hand = on_hand - 1 where sku = '{sku}'")
        self.assertTrue([sentence for sentence in wrong if sentence.startswith(f"{sku}: 6 on hand")], wrong)
        self.assertTrue([sentence for sentence in wrong if sentence.startswith("shop-audit: ")], wrong)

    def test_two_hundred_buyers_at_once_get_exactly_the_fifty_units_there_are(self) -> None:
        for round_ in range(RUSHES):
            with self.subTest(round=round_):
                outcomes, stock = rush(self.rig)
                self.assertEqual({"confirmed": 50, "cancelled": 150}, dict(outcomes))
                self.assertEqual((0, 0), stock)
        self.assertEqual([], settled(self.rig, []))

    def test_baskets_in_any_order_never_deadlock(self) -> None:
        self.assertEqual((0, CROSSING), crossing_baskets(self.rig, CROSSING, seed=int(time.time())))
        self.assertEqual([], settled(self.rig, []))
