"""Products to buy and crowds that buy them, through the public API."""

from __future__ import annotations

import http.client
import itertools
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.e2e.rig import Rig, until
from tests.e2e.stores import Refused
from tools.shop.api import Api, Unexpected, order_body

Json = dict[str, Any]
FINAL = ("confirmed", "cancelled")
OPEN_ORDERS = "select count(*) from orders where status in ('pending', 'cancelling')"
_numbers = itertools.count(1)


def new_product(rig: Rig, stock: Iterable[int], price: int = 1250) -> list[str]:
    """A product with one variant for each entry of `stock`; returns their SKUs when orders can name them."""
    mark = f"T{secrets.token_hex(4).upper()}-{next(_numbers)}"
    category = rig.admin.need(201, "POST", "/categories", {"slug": f"c-{mark.lower()}", "name": "Test"})
    skus = {f"{mark}-{place}": units for place, units in enumerate(stock)}
    rig.admin.need(201, "POST", "/products", {
        "slug": f"p-{mark.lower()}", "title": f"Test article {mark}", "category_id": category["id"],
        "variants": [{"sku": sku, "price": {"amount": price, "currency": "EUR"},
                      "options": [{"name": "Number", "value": sku}]} for sku in skus]})
    for sku, units in skus.items():
        rig.admin.need(200, "PUT", f"/inventory/{sku}", {"on_hand": units, "reason": "initial count"})
    return list(skus)


def stock_of(rig: Rig, sku: str) -> tuple[int, int]:
    stock = rig.admin.need(200, "GET", f"/inventory/{sku}")
    return stock["on_hand"], stock["reserved"]


def basket(skus: list[str], quantity: int = 1, payment_method: str = "pm_card_visa") -> Json:
    return order_body("", 0, payment_method) | {"lines": [{"sku": sku, "quantity": quantity} for sku in skus]}


def all_at_once(count: int, act: Callable[[int], Any]) -> list[Any]:
    """Runs act(0), act(1), ... in as many threads, released together; raises what the first of them raised."""
    gate = threading.Barrier(count)

    def one(number: int) -> Any:
        gate.wait(60)
        return act(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


class Crowd:
    """Keeps placing orders until it has `count` that were accepted. What the shop acknowledged is in `orders`."""

    def __init__(self, rig: Rig, skus: list[str], threads: int = 12) -> None:
        self._rig = rig
        self._skus = skus
        self._threads = threads
        self._lock = threading.Lock()
        self.orders: dict[str, str] = {}  # id -> status when acknowledged
        self.refused: Counter[str] = Counter()
        self._going = threading.Event()

    def place(self, count: int, payment_method: str = "pm_card_visa") -> list[str]:
        """Places exactly this many, each of which must be accepted."""
        def one(number: int) -> str:
            answer = self._order(number, payment_method)
            if answer is None:
                raise Unexpected(f"an order was not accepted: {dict(self.refused)}")
            return answer

        with ThreadPoolExecutor(self._threads) as pool:
            return list(pool.map(one, range(count)))

    def keep_going(self, pause: float = 0.02) -> Callable[[], None]:
        """Orders in the background, through whatever happens; the returned function ends it."""
        self._going.set()
        workers = [threading.Thread(target=self._go_on, args=(number, pause)) for number in range(self._threads)]
        for worker in workers:
            worker.start()

        def stop() -> None:
            self._going.clear()
            for worker in workers:
                worker.join()

        return stop

    def _go_on(self, worker: int, pause: float) -> None:
        while self._going.is_set():
            self._order(worker, "pm_card_visa")
            time.sleep(pause)

    def _order(self, number: int, payment_method: str) -> str | None:
        buyer = self._rig.buyer(number % 20)
        sku = self._skus[number % len(self._skus)]
        try:
            answer = buyer.ask("POST", "/orders", basket([sku], 1, payment_method),
                               {"Idempotency-Key": secrets.token_hex(12)})
        except (OSError, http.client.HTTPException) as error:
            with self._lock:
                self.refused[type(error).__name__] += 1
            return None
        with self._lock:
            if answer.status != 202:
                self.refused[f"{answer.status} {answer.problem}"] += 1
                return None
            self.orders[answer.body["id"]] = answer.body["status"]
        return answer.body["id"]


def wait_final(rig: Rig, seconds: float) -> float:
    """Until no order is open; says how long that took."""
    return until(lambda: open_orders(rig) == 0, seconds, "every order is final")


def open_orders(rig: Rig) -> int | None:
    """None while the database cannot say."""
    try:
        return rig.database("order_db").value(OPEN_ORDERS)
    except Refused:
        return None


def outcome(buyer: Api, order: Json, seconds: float = 40.0) -> Json:
    """The order when it is final."""
    deadline = time.monotonic() + seconds
    while order["status"] not in FINAL and time.monotonic() < deadline:
        order = buyer.need(200, "GET", f"/orders/{order['id']}", headers={"Prefer": "wait=10"})
    return order
