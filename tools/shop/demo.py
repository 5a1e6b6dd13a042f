"""./shop demo: orders through the gateway, shows what happened to them and when, and checks all of it."""

from __future__ import annotations

import argparse
import http.client
import os
import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tools.shop.api import Api, Unexpected, log_in, order_body
from tools.shop.console import say

Json = dict[str, Any]
FINAL = ("confirmed", "cancelled")
OUTCOME_SECONDS = 45.0
STOCK_SECONDS = 10.0
WAIT = {"Prefer": "wait=10"}
STEPS = {
    "OrderCreated": "order placed", "StockReserved": "stock reserved", "StockReservationFailed": "stock refused",
    "PaymentProcessed": "payment processed", "PaymentFailed": "payment declined", "StockReleased": "stock released",
    "PaymentRefunded": "payment undone", "CancelRequested": "cancellation asked for",
}


@dataclass(frozen=True)
class Article:
    sku: str
    title: str
    price: int
    available: int


class Demo:
    """One customer's visit. A scene that goes wrong is remembered, and the next one is played all the same."""

    def __init__(self, gateway: str, admin_email: str, admin_password: str) -> None:
        self._public = Api(gateway)
        self._admin = log_in(self._public, admin_email, admin_password)
        self._buyer = self._register()
        self._article = self._choose()
        self.wrong: list[str] = []

    def play(self) -> None:
        article = self._article
        say(f"   buys {article.title} ({article.sku}), {article.available} in stock, "
            f"{article.price / 100:.2f} each")
        for title, scene in (("a card that pays", self._paid), ("a card that is declined", self._declined),
                             ("more than there is", self._too_many), ("cancelled while the payment is slow",
                                                                      self._cancelled)):
            say(f"\n-- {title}")
            self._guarded(title, scene)

    def _guarded(self, title: str, scene: Callable[[], None]) -> None:
        try:
            scene()
        except (Unexpected, OSError, http.client.HTTPException) as error:
            self._check(False, f"{title}: {error or type(error).__name__}")

    def _register(self) -> Api:
        email, password = f"ann.{secrets.token_hex(6)}@example.org", secrets.token_urlsafe(16)
        self._public.need(201, "POST", "/auth/register", {"email": email, "password": password, "name": "Ann Example"})
        buyer = log_in(self._public, email, password)
        name = buyer.need(200, "GET", "/users/me")["name"]
        say(f"-- {name} registered as {email} and logged in")
        return buyer

    def _choose(self) -> Article:
        """The best stocked article of the first page of the catalogue."""
        products = self._public.need(200, "GET", "/products?limit=20")["items"]
        stock = {item["sku"]: item["available"]
                 for item in self._admin.need(200, "GET", "/inventory?limit=500")["items"]}
        articles = [Article(variant["sku"], product["title"], variant["price"]["amount"], stock[variant["sku"]])
                    for product in products for variant in product["variants"] if 0 < stock.get(variant["sku"], 0) < 90]
        if not articles:
            raise Unexpected("nothing that is for sale is in stock; start with the demonstration data (./shop up)")
        return max(articles, key=lambda article: article.available)

    def _paid(self) -> None:
        before = self._stock()
        order = self._order(1, "pm_card_visa")
        self._ends(order, "confirmed", ["OrderCreated", "StockReserved", "PaymentProcessed"])
        self._payment(order, "charged")
        self._stock_becomes(before["on_hand"] - 1, before["reserved"])

    def _declined(self) -> None:
        before = self._stock()
        order = self._order(1, "pm_card_chargeDeclined")
        self._ends(order, "cancelled", ["OrderCreated", "StockReserved", "PaymentFailed", "StockReleased"])
        self._payment(order, "declined")
        self._stock_becomes(before["on_hand"], before["reserved"])

    def _too_many(self) -> None:
        before = self._stock()
        order = self._order(99, "pm_card_visa")
        final = self._ends(order, "cancelled", ["OrderCreated", "StockReservationFailed"])
        shortage = f"{self._article.sku}: 99 wanted, {before['available']} available"
        self._check(final.get("cancel_detail") == shortage, f"the reason names the shortage: {shortage}")
        self._payment(order, None)
        self._stock_becomes(before["on_hand"], before["reserved"])

    def _cancelled(self) -> None:
        before = self._stock()
        order = self._order(1, "pm_sim_slow", wait=False)
        self._wait_for(order, "StockReserved")
        answer = self._buyer.need(200, "POST", f"/orders/{order['id']}/cancel")
        self._check(answer["status"] in ("cancelling", "cancelled"),
                    f"asked to cancel, the order is {answer['status'].upper()}")
        self._ends(order, "cancelled", ["OrderCreated", "StockReserved", "StockReleased", "PaymentRefunded"])
        self._payment(order, None, "voided", "refunded")
        self._stock_becomes(before["on_hand"], before["reserved"])

    def _order(self, quantity: int, payment_method: str, wait: bool = True) -> Json:
        key = {"Idempotency-Key": secrets.token_hex(16)}
        return self._buyer.need(202, "POST", "/orders", order_body(self._article.sku, quantity, payment_method),
                                key | WAIT if wait else key)

    def _wait_for(self, order: Json, event: str) -> None:
        deadline = time.monotonic() + STOCK_SECONDS
        while event not in [entry["event"] for entry in self._timeline(order)]:
            if time.monotonic() > deadline:
                raise Unexpected(f"{event} did not come within {STOCK_SECONDS:.0f} s")
            time.sleep(0.2)

    def _timeline(self, order: Json) -> list[Json]:
        return self._buyer.need(200, "GET", f"/orders/{order['id']}/timeline")["entries"]

    def _ends(self, order: Json, status: str, events: list[str]) -> Json:
        """Waits for the end, shows the way there, and compares both with what they should be."""
        deadline = time.monotonic() + OUTCOME_SECONDS
        while order["status"] not in FINAL and time.monotonic() < deadline:
            order = self._buyer.need(200, "GET", f"/orders/{order['id']}", headers=WAIT)
        entries = self._timeline(order)
        # A reply that was overtaken by the next one joins the timeline after the end.
        while time.monotonic() < deadline and not set(events) <= {entry["event"] for entry in entries}:
            time.sleep(0.2)
            entries = self._timeline(order)
        self._show(order, entries)
        reason = f" ({order['cancel_reason']}: {order['cancel_detail']})" if "cancel_reason" in order else ""
        self._check(order["status"] == status, f"the order is {order['status'].upper()}{reason}")
        missing = [event for event in events if event not in [entry["event"] for entry in entries]]
        self._check(not missing, "every step is in its timeline" if not missing else f"missing: {', '.join(missing)}")
        return order

    def _show(self, order: Json, entries: list[Json]) -> None:
        say(f"   order {order['id']}, {order['total']['amount'] / 100:.2f} {order['total']['currency']}")
        began = None
        for entry in entries:
            at = datetime.fromisoformat(entry["at"].replace("Z", "+00:00"))
            began = began or at
            said = STEPS.get(entry["event"], entry["event"])
            detail = f" ({entry['detail']})" if entry["detail"] else ""
            say(f"     {at:%H:%M:%S}  +{(at - began).total_seconds() * 1000:7.1f} ms  "
                f"{entry['to'].upper():<10}  {said}{detail}")

    def _payment(self, order: Json, *allowed: str | None) -> None:
        """None stands for an order that the payment service has never heard of."""
        answer = self._admin.ask("GET", f"/payments/{order['id']}")
        status = None if answer.status == 404 else answer.body.get("status", f"answer {answer.status}")
        told = {None: "nothing was charged", "declined": "nothing was charged (DECLINED)",
                "voided": "nothing was charged (VOIDED)", "refunded": "the charge was REFUNDED",
                "charged": "the payment is CHARGED"}
        self._check(status in allowed, told.get(status, f"the payment is {str(status).upper()}"))

    def _stock(self) -> Json:
        return self._admin.need(200, "GET", f"/inventory/{self._article.sku}")

    def _stock_becomes(self, on_hand: int, reserved: int) -> None:
        """A confirmed order leaves the shelf a moment after its confirmation."""
        deadline = time.monotonic() + STOCK_SECONDS
        stock = self._stock()
        while (stock["on_hand"], stock["reserved"]) != (on_hand, reserved) and time.monotonic() < deadline:
            time.sleep(0.2)
            stock = self._stock()
        right = (stock["on_hand"], stock["reserved"]) == (on_hand, reserved)
        wanted = "" if right else f"; it should be {on_hand} and {reserved}"
        self._check(right, f"stock: {stock['on_hand']} on hand, {stock['reserved']} reserved{wanted}")

    def _check(self, right: bool, what: str) -> None:
        say(f"   {'ok   ' if right else 'WRONG'} {what}")
        if not right:
            self.wrong.append(what)


def main() -> int:
    argparse.ArgumentParser(prog="./shop demo", description="Places orders through the gateway, shows what happened "
                            "and checks it.").parse_args()
    names = ("SHOP_GATEWAY_URL", "SHOP_ADMIN_EMAIL", "SHOP_ADMIN_PASSWORD")
    if missing := [name for name in names if not os.environ.get(name)]:
        say(f"demo: these variables are missing (./shop demo sets them): {', '.join(missing)}")
        return 2
    try:
        demo = Demo(*(os.environ[name] for name in names))
        demo.play()
    except (Unexpected, OSError, http.client.HTTPException) as error:
        say(f"demo: {error or type(error).__name__}")
        return 1
    say("\n-- " + (f"{len(demo.wrong)} thing(s) not" if demo.wrong else "everything is") + " as it should be")
    return 1 if demo.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
