"""Messages that cannot be handled, and what people do about them."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from collections.abc import Callable

from tests.e2e.case import PlatformCase
from tests.e2e.rig import until
from tests.e2e.scenarios import settled
from tests.e2e.shopping import basket, new_product, outcome
from tests.e2e.stores import samples

QUEUE = "inventory.orders"
NEIGHBOURS = 20
NEIGHBOUR_SECONDS = 5.0


class Messages(PlatformCase):
    def setUp(self) -> None:
        self.rig.broker.purge(QUEUE + ".dead")

    def tearDown(self) -> None:
        self.rig.broker.purge(QUEUE + ".dead")
        super().tearDown()

    def test_poison_ends_in_the_dead_letter_queue_and_its_neighbours_do_not_wait(self) -> None:
        sku, = new_product(self.rig, [1_000])
        buyer = self.rig.buyer()
        poison: dict[str, str] = {}
        slowest = 0.0
        for number in range(NEIGHBOURS):
            poison |= self._publish_poison(number)
            began = time.monotonic()
            order = buyer.need(202, "POST", "/orders", basket([sku]), {"Prefer": "wait=10"})
            self.assertEqual("confirmed", outcome(buyer, order)["status"])
            slowest = max(slowest, time.monotonic() - began)
        self.assertLess(slowest, NEIGHBOUR_SECONDS)
        until(lambda: self.rig.broker.waiting(QUEUE + ".dead") == len(poison), 20, "all poison is dead")
        self.assertIn(f"{len(poison)}", self._line(self._dead_letters(), QUEUE))
        listed = self._dead_letters("list", QUEUE, "--limit", "1000")
        for message_id, type_ in poison.items():
            self.assertIn(type_, self._line(listed, message_id))
        self.rig.broker.purge(QUEUE + ".dead")
        self.assertEqual([], settled(self.rig, []))

    def test_a_dead_letter_can_be_looked_at_and_is_refused_again_when_nothing_was_mended(self) -> None:
        message_id = self._publish("OrderConfirmed", "{not json")
        self._until_dead(1)
        self.assertIn("{not json", self._dead_letters("show", QUEUE, message_id))
        self._dead_letters("requeue", QUEUE, "--id", message_id)
        self._until_dead(1)
        self.assertIn("OrderConfirmed", self._line(self._dead_letters("list", QUEUE), message_id))

    def test_a_dead_letter_that_can_be_handled_now_is_handled_when_it_is_handed_back(self) -> None:
        sku, = new_product(self.rig, [10])
        buyer = self.rig.buyer()
        order = outcome(buyer, buyer.need(202, "POST", "/orders", basket([sku]), {"Prefer": "wait=10"}))
        sent, = self.rig.database("order_db").rows(
            f"select id, data from outbox where type = 'OrderConfirmed' and subject = '{order['id']}'")
        self.assertEqual([], settled(self.rig, []))
        before = self._duplicates()
        self._publish("OrderConfirmed", sent["data"], QUEUE + ".dead", order["id"], sent["id"])
        self._until_dead(1)
        self._dead_letters("requeue", QUEUE, "--all")
        # It is a second copy, so what tells that it was handled is that it was recognised.
        until(lambda: self._duplicates() == before + 1, 10, "the letter is handled")
        self._until_dead(0)
        self.assertEqual([], settled(self.rig, []))

    def _duplicates(self) -> float:
        return sum(sum(samples(self.rig.api(name).ask("GET", "/metrics").body, "messages_duplicate_total").values())
                   for name in self.rig.names_of("inventory-service"))

    def _publish_poison(self, number: int) -> dict[str, str]:
        order = str(uuid.uuid4())
        lines = [{"sku": "NOBODY-KNOWS", "quantity": 1, "unit_price": {"amount": 1, "currency": "EUR"}}]
        kinds: list[Callable[[], tuple[str, str]]] = [
            lambda: ("OrderCreated", '{"order_id": '),
            lambda: ("OrderCreated", json.dumps({"order_id": 7, "lines": "none"})),
            lambda: ("NobodyKnowsThis", "{}"),
            # Sound in itself, but inventory has never heard of the order: the handler refuses it.
            lambda: ("OrderConfirmed", json.dumps({"order_id": order, "lines": lines})),
        ]
        type_, payload = kinds[number % len(kinds)]()
        return {self._publish(type_, payload, subject=order): type_}

    def _publish(self, type_: str, payload: str, queue: str = QUEUE, subject: str = "", message_id: str = "") -> str:
        """Straight into the queue: no publisher of ours would send these."""
        message_id = message_id or str(time_ordered_id())
        self.rig.broker.publish(queue, payload, type_, message_id, exchange="amq.default", subject=subject)
        return message_id

    def _dead_letters(self, *arguments: str) -> str:
        done: subprocess.CompletedProcess[str] = self.rig.verb("dead-letters", *arguments)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def _until_dead(self, count: int) -> None:
        until(lambda: self.rig.broker.waiting(QUEUE + ".dead") == count, 20, f"{count} dead letters")

    def _line(self, text: str, having: str) -> str:
        found = [line for line in text.splitlines() if having in line]
        self.assertEqual(1, len(found), f"{having} in:\n{text}")
        return found[0]


def time_ordered_id() -> uuid.UUID:
    """A UUIDv7, as all message ids are: consumers read the time from it."""
    made = int(time.time() * 1000) << 80 | uuid.uuid4().int & ((1 << 80) - 1)
    return uuid.UUID(int=made & ~(0xF << 76) | 0x7 << 76)
