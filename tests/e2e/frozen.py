"""Every operation that needs the database, asked while that is frozen."""

from __future__ import annotations

import secrets
import time
from concurrent.futures import ThreadPoolExecutor

from tests.e2e import faults
from tests.e2e.rig import Rig
from tests.e2e.shopping import basket
from tools.shop.api import Api

# Enough that some wait for a connection, too, and the last of them longest.
AT_ONCE = 6


def operations(rig: Rig, sku: str, order: str) -> list[tuple[str, Api, str, str, object]]:
    """One of each: (service, caller, method, path, body)."""
    admin, buyer, nobody = rig.admin.token, rig.buyer().token, ""
    product = rig.admin.need(200, "GET", f"/products/by-sku?skus={sku}")["items"][0]["product_id"]
    email = f"{secrets.token_hex(6)}@example.org"
    account = {"email": email, "password": "correct horse battery", "name": "Somebody"}
    asked = [
        ("user-service", nobody, "POST", "/auth/register", account),
        ("user-service", nobody, "POST", "/auth/login", {"email": email, "password": "correct horse battery"}),
        ("user-service", admin, "GET", "/users/me", None),
        ("product-service", admin, "GET", "/categories", None),
        ("product-service", admin, "POST", "/categories", {"slug": f"c-{secrets.token_hex(4)}", "name": "Frozen"}),
        ("product-service", nobody, "GET", "/products", None),
        ("product-service", nobody, "GET", f"/products/by-sku?skus={sku}", None),
        ("product-service", admin, "GET", f"/products/{product}/all-variants", None),
        ("order-service", buyer, "GET", "/orders", None),
        ("order-service", buyer, "POST", "/orders", basket([sku])),
        ("order-service", buyer, "GET", f"/orders/{order}", None),
        ("order-service", buyer, "GET", f"/orders/{order}/timeline", None),
        ("order-service", buyer, "POST", f"/orders/{order}/cancel", None),
        ("inventory-service", admin, "GET", "/inventory", None),
        ("inventory-service", admin, "GET", f"/inventory/{sku}", None),
        ("inventory-service", admin, "PUT", f"/inventory/{sku}", {"on_hand": 9, "reason": "count"}),
        ("inventory-service", admin, "POST", f"/inventory/{sku}/adjustments", {"delta": 1, "reason": "found"}),
        ("inventory-service", admin, "GET", f"/inventory/{sku}/movements", None),
        ("payment-service", admin, "GET", "/payments", None),
        ("payment-service", admin, "GET", f"/payments/{order}", None),
    ]
    return [(service, rig.api(service, token, timeout=15.0), *rest) for service, token, *rest in asked]


def answers_while_frozen(rig: Rig, sku: str, order: str) -> list[tuple[str, int, str, float]]:
    """(operation, status, problem, seconds) of each answer; every operation is asked many times at once."""
    asked = operations(rig, sku, order)

    def ask(index: int) -> tuple[str, int, str, float]:
        service, api, method, path, body = asked[index]
        # A connection for each: they answer one request after the other.
        api = rig.api(service, api.token, timeout=15.0)
        began = time.monotonic()
        answer = api.ask(method, path, body)
        return f"{method} {path}", answer.status, answer.problem, time.monotonic() - began

    with faults.frozen(rig, "postgres"), ThreadPoolExecutor(AT_ONCE * len(asked)) as pool:
        return list(pool.map(ask, AT_ONCE * list(range(len(asked)))))
