"""Whether the books of all services and of the payment provider agree: the checks of a quiet shop, by SQL."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.e2e.rig import Rig

Json = dict[str, Any]
DATABASES = ("user_db", "product_db", "order_db", "inventory_db", "payment_db")
EFFECTIVE = ("held", "committed", "charged")
QUIET = {"confirmed": {"committed"}, "cancelled": {None, "released", "refused"}}
PAID = {"confirmed": {"charged"}, "cancelled": {None, "declined", "refunded", "voided", "manual"}}


def audit(rig: Rig, acknowledged: Iterable[str] = ()) -> list[str]:
    """Everything that is wrong, as sentences. Only for a shop in which nothing is under way."""
    orders = {row["id"]: row for row in rig.database("order_db").rows(
        "select id, status, lines, total_amount from orders")}
    inventory, payment = rig.database("inventory_db"), rig.database("payment_db")
    reservations = {row["order_id"]: row for row in inventory.rows("select order_id, status, lines from reservations")}
    payments = {row["order_id"]: row for row in payment.rows("select order_id, status, amount from payments")}
    wrong = [f"order {order} was acknowledged and is not there" for order in acknowledged if order not in orders]
    wrong += _orders(orders, reservations, payments)
    wrong += [f"order {order}: {kind} of an order that is not there"
              for kind, rows in (("reservation", reservations), ("payment", payments))
              for order, row in rows.items() if order not in orders and row["status"] in EFFECTIVE]
    wrong += _stock(inventory.rows("select sku, on_hand, reserved from stock"), reservations,
                    inventory.rows("select sku, sum(delta) as delta from movements group by sku"))
    wrong += _money(payments, payment.rows("select transaction_id, order_id, account, amount from ledger"),
                    provider_balances(Path(rig.state["connections"]["provider_log"])))
    for database in DATABASES:
        unsent = rig.database(database).value("select count(*) from outbox where sent_at is null")
        wrong += [f"{database}: {unsent} events were not published"] * bool(unsent)
    done = rig.verb("audit")
    return wrong + [f"shop-audit: {done.stdout[-1500:]}{done.stderr[-500:]}"] * (done.returncode != 0)


def _orders(orders: dict[str, Json], reservations: dict[str, Json], payments: dict[str, Json]) -> list[str]:
    wrong = []
    for order, row in orders.items():
        status = row["status"]
        reservation, payment = reservations.get(order), payments.get(order)
        held = reservation and reservation["status"]
        paid = payment and payment["status"]
        if status not in QUIET:
            wrong.append(f"order {order} is still {status}")
        elif held not in QUIET[status] or paid not in PAID[status]:
            wrong.append(f"order {order} is {status}, its reservation {held}, its payment {paid}")
        elif status == "confirmed" and (_units(row["lines"]) != _units(reservation["lines"])
                                        or payment["amount"] != row["total_amount"]):
            wrong.append(f"order {order}: what was reserved or charged is not what was ordered")
    return wrong


def _units(lines: list[Json]) -> Counter[str]:
    units: Counter[str] = Counter()
    for line in lines:
        units[line["sku"]] += line["quantity"]
    return units


def _stock(stock: list[Json], reservations: dict[str, Json], movements: list[Json]) -> list[str]:
    moved = {row["sku"]: int(row["delta"]) for row in movements}
    held: Counter[str] = Counter()
    for reservation in reservations.values():
        if reservation["status"] == "held":
            held += _units(reservation["lines"])
    return [f"{row['sku']}: {row['on_hand']} on hand and {row['reserved']} reserved, but the movements say "
            f"{moved.get(row['sku'], 0)} and the reservations {held[row['sku']]}"
            for row in stock if (row["on_hand"], row["reserved"]) != (moved.get(row["sku"], 0), held[row["sku"]])]


def _money(payments: dict[str, Json], ledger: list[Json], provider: dict[str, int]) -> list[str]:
    transactions: Counter[str] = Counter()
    balances: defaultdict[str, int] = defaultdict(int)
    for entry in ledger:
        transactions[entry["transaction_id"]] += entry["amount"]
        if entry["account"] == "provider_balance":
            balances[entry["order_id"]] += entry["amount"]
    wrong = [f"ledger: transaction {name} does not balance ({total})" for name, total in transactions.items() if total]
    for order in {*payments, *balances, *provider}:
        row = payments.get(order)
        owed = row["amount"] if row and row["status"] in ("charged", "manual") else 0
        if not owed == balances.get(order, 0) == provider.get(order, 0):
            wrong.append(f"order {order}: the payment says {owed}, the ledger {balances.get(order, 0)}, "
                         f"the provider {provider.get(order, 0)}")
    return wrong


def provider_balances(log: Path) -> dict[str, int]:
    """What the provider holds for each order, from its own log: charged less refunded, every charge counted."""
    balances: defaultdict[str, int] = defaultdict(int)
    for line in log.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if entry["event"] == "charged":
            balances[entry["order_id"]] += entry["amount"]
        elif entry["event"] == "refunded":
            # A refund names its charge; the order stands with it.
            balances[entry["order_id"]] -= entry["amount"]
    return dict(balances)
