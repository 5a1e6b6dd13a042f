"""What the customers were told against what is in the books: lost, duplicate and unexpected orders."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Json = dict[str, Any]
ORDERS = ("select o.id, o.user_id, o.status, k.key from orders o left join idempotency_keys k "
          "on k.order_id = o.id and k.user_id = o.user_id")


@dataclass
class Operation:
    """One operation of a customer, whatever number of attempts it took."""

    number: int
    kind: str
    user: str
    key: str
    order: str = ""  # Of a cancellation: known when it began.
    phases: list[str] = field(default_factory=list)  # After `invoke`.
    orders: set[str] = field(default_factory=set)  # What it was told to be.
    outcomes: list[str] = field(default_factory=list)

    @property
    def phase(self) -> str:
        """Without an end, nobody knows."""
        return self.phases[-1] if self.phases else "info"


@dataclass
class Comparison:
    lost: list[str] = field(default_factory=list)  # Acknowledged, and not there.
    duplicate: list[str] = field(default_factory=list)  # More than one order for one operation.
    unexpected: list[str] = field(default_factory=list)  # There, and never asked for, or definitely refused.
    broken: list[str] = field(default_factory=list)  # A final state or an accepted cancellation that did not last.
    ok: int = 0
    failed: int = 0
    unknown_done: int = 0  # Nobody could tell the customer; it was done.
    unknown_not_done: int = 0
    cancelled_ok: int = 0
    stored: int = 0

    def sentences(self) -> list[str]:
        return [*(f"lost: {one}" for one in self.lost), *(f"duplicate: {one}" for one in self.duplicate),
                *(f"unexpected: {one}" for one in self.unexpected), *(f"broken: {one}" for one in self.broken)]


def read_history(path: Path) -> Iterator[Json]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def operations(entries: Iterable[Json]) -> list[Operation]:
    found: dict[int, Operation] = {}
    for entry in entries:
        operation = found.setdefault(entry["op"], Operation(entry["op"], entry["kind"], entry["user"],
                                                            entry.get("key", "")))
        if entry["phase"] == "invoke":
            operation.order = entry.get("order", "")
            continue
        operation.phases.append(entry["phase"])
        if entry["phase"] == "ok" and "order" in entry:
            operation.orders.add(entry["order"])
        if "outcome" in entry:
            operation.outcomes.append(entry["outcome"])
    return list(found.values())


def compare(asked: Iterable[Operation], stored: Iterable[Json]) -> Comparison:
    """`stored` are rows of ORDERS."""
    rows = list(stored)
    by_id = {row["id"]: row for row in rows}
    by_key = {(row["user_id"], row["key"]): row for row in rows if row["key"] is not None}
    found = Comparison(stored=len(by_id))
    places = defaultdict(list)
    for operation in asked:
        if operation.kind == "place":
            places[(operation.user, operation.key)].append(operation)
            _compare_place(operation, by_id, by_key.get((operation.user, operation.key)), found)
        elif operation.kind == "cancel":
            _compare_cancel(operation, by_id, found)
    for row in rows:
        if row["key"] is None:
            found.unexpected.append(f"order {row['id']} stands under no key")
        elif (row["user_id"], row["key"]) not in places:
            found.unexpected.append(f"order {row['id']} under key {row['key']} was never asked for")
    return found


def _compare_place(operation: Operation, by_id: dict[str, Json], row: Json | None, found: Comparison) -> None:
    what = f"operation {operation.number} (key {operation.key})"
    told = sorted(operation.orders)
    if len(told) > 1:
        found.duplicate.append(f"{what} was told to be {' and '.join(told)}")
    if row is not None and told and row["id"] not in operation.orders:
        found.duplicate.append(f"{what} was told to be {told[0]}, and its key names {row['id']}")
    if "ok" in operation.phases:
        found.ok += 1
        missing = [order for order in told if order not in by_id] or ["(none was named)"] * (not told)
        found.lost += [f"{what} was acknowledged as order {order}, which is not there" for order in missing]
    elif operation.phase == "fail":
        found.failed += 1
        if row is not None:
            found.unexpected.append(f"{what} was refused, and is order {row['id']}")
    elif row is not None:
        found.unknown_done += 1
    else:
        found.unknown_not_done += 1
    for order in told:
        _compare_outcome(what, operation, by_id.get(order), found)


def _compare_outcome(what: str, operation: Operation, row: Json | None, found: Comparison) -> None:
    for outcome in operation.outcomes:
        if row is not None and outcome in ("confirmed", "cancelled") and row["status"] != outcome:
            found.broken.append(f"{what}: order {row['id']} was told to be {outcome}, and is {row['status']}")


def _compare_cancel(operation: Operation, by_id: dict[str, Json], found: Comparison) -> None:
    if operation.phase != "ok":
        return
    found.cancelled_ok += 1
    row = by_id.get(operation.order)
    if row is None:
        found.lost.append(f"order {operation.order}, whose cancellation was accepted, is not there")
    elif row["status"] != "cancelled":
        found.broken.append(f"the cancellation of order {operation.order} was accepted, and it is {row['status']}")
