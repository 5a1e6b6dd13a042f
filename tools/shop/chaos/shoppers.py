"""Buyers and staff who keep every line of the services busy: cards that fail in all ways, cancellations, changes.

They repeat under its key what was not answered, as a sensible client does, so that what they were told must be true.
"""

from __future__ import annotations

import http.client
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.e2e.rig import Rig
from tests.e2e.shopping import basket, new_product, stock_of
from tools.shop.api import Answer, Api

CARDS = {
    "pm_card_visa": 55, "pm_card_chargeDeclined": 8, "pm_sim_slow": 12, "pm_sim_answerLost": 6,
    "pm_sim_errorCharged": 5, "pm_sim_errorNotCharged": 3, "pm_sim_processing": 5,
}
CANCELLED_OF_TEN = {"pm_card_visa": 3, "pm_sim_slow": 8}
SOLD_OUT_OF_TEN = 1
CANCEL_SECONDS_MAX = 0.4
BUYERS = 4
PAUSE_SECONDS = 0.15
STAFF_PAUSE_SECONDS = 0.4
AGAIN_SECONDS = 0.2
PATIENCE_SECONDS = 20.0


class Shoppers:
    """Between start() and stop() they place orders; `acknowledged` are the ids that they were given."""

    def __init__(self, rig: Rig, seed: int = 1) -> None:
        self._rig = rig
        self._seed = seed
        self._going = threading.Event()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._round = 0
        self.sku, = new_product(rig, [10_000_000])
        self._sold_out, self._counted = new_product(rig, [0, 0])
        self.acknowledged: list[str] = []
        self.refused: Counter[str] = Counter()
        self._added = 0  # Units that the staff was told are on the shelf now.
        self.complaints: list[str] = []

    def start(self) -> None:
        self._going.set()
        self._round += 1
        acts: list[Callable[[random.Random], None]] = [self._shop] * BUYERS + [self._count, self._change_catalogue]
        self._threads = [threading.Thread(target=self._loop, args=(act, f"{self._seed} {self._round} {number}"),
                                          daemon=True)
                         for number, act in enumerate(acts)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Returns when everybody has the answer to the last question."""
        self._going.clear()
        for thread in self._threads:
            thread.join()

    def probe(self, seconds: float) -> bool:
        """Whether an order goes all the way within this time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            answer = self._order(self._rig.buyer(21), basket([self.sku]), {"Prefer": "wait=3"})
            if answer is not None and answer.body["status"] == "confirmed":
                return True
        return False

    def wrong(self) -> list[str]:
        """What was not as the staff had been told. Only when nobody is at it."""
        on_hand, _ = stock_of(self._rig, self._counted)
        wrong = [f"{self._counted}: {self._added} units were added, and {on_hand} are there"] * (on_hand != self._added)
        return wrong + self.complaints

    def _loop(self, act: Callable[[random.Random], None], seed: str) -> None:
        dice = random.Random(seed)
        while self._going.is_set():
            try:
                act(dice)
            except Exception as error:  # A buyer who is gone without a word would be a load that is not there.
                self.complaints.append(f"{act.__name__}: {error!r}")
            time.sleep(PAUSE_SECONDS if act == self._shop else STAFF_PAUSE_SECONDS)

    def _shop(self, dice: random.Random) -> None:
        buyer = self._rig.buyer(dice.randrange(20))
        card, = dice.choices(list(CARDS), list(CARDS.values()))
        sku = self._sold_out if dice.randrange(10) < SOLD_OUT_OF_TEN else self.sku
        answer = self._order(buyer, basket([sku], 1, card), {})
        if answer is not None and dice.randrange(10) < CANCELLED_OF_TEN.get(card, 0):
            time.sleep(dice.uniform(0, CANCEL_SECONDS_MAX))
            # 409 is an answer, too: it was confirmed meanwhile.
            self._insist(buyer, {200, 202, 409}, "POST", f"/orders/{answer.body['id']}/cancel", None, {})

    def _order(self, buyer: Api, body: Any, headers: dict[str, str]) -> Answer | None:
        answer = self._insist(buyer, {202}, "POST", "/orders", body, headers | {"Idempotency-Key": new_key()})
        if answer is not None:
            with self._lock:
                self.acknowledged.append(answer.body["id"])
        return answer

    def _count(self, _: random.Random) -> None:
        answer = self._insist(self._rig.admin, {200}, "POST", f"/inventory/{self._counted}/adjustments",
                              {"delta": 1, "reason": "found"}, {"Idempotency-Key": new_key()})
        self._added += answer is not None

    def _change_catalogue(self, _: random.Random) -> None:
        found = self._insist(self._rig.admin, {200}, "GET", f"/products/by-sku?skus={self.sku}", None, {})
        if found is None:
            return
        path = f"/products/{found.body['items'][0]['product_id']}"
        product = self._insist(self._rig.admin, {200}, "GET", path + "/all-variants", None, {})
        if product is None:
            return
        body = {"slug": product.body["slug"], "title": f"Test article {secrets.token_hex(3)}",
                "category_id": product.body["category"]["id"], "version": product.body["version"],
                "variants": [{"sku": self.sku, "price": {"amount": 1250, "currency": "EUR"},
                              "options": [{"name": "Number", "value": self.sku}]}]}
        # 409 when the change of before was made after all.
        self._insist(self._rig.admin, {200, 409, 412}, "PUT", path, body, {})

    def _insist(self, caller: Api, right: set[int], method: str, path: str, body: Any,
                headers: dict[str, str]) -> Answer | None:
        """Repeats what was not answered or answered 5xx, under the same key; None when it stays so."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                answer = caller.ask(method, path, body, headers)
            except (OSError, http.client.HTTPException) as error:
                outcome = type(error).__name__
            else:
                if answer.status in right:
                    return answer
                outcome = f"{answer.status} {answer.problem}"
                if answer.status < 500:
                    self.complaints.append(f"{method} {path} was answered {outcome}")
                    return None
            with self._lock:
                self.refused[outcome] += 1
            time.sleep(AGAIN_SECONDS)
        self.complaints.append(f"{method} {path} was not answered within {PATIENCE_SECONDS:.0f} s")
        return None


def new_key() -> str:
    return secrets.token_hex(12)
