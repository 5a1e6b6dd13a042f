"""How well a service catches up: 1,000 orders wait for inventory, then it starts; and how much memory idling takes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

from tests.e2e import faults
from tests.e2e.rig import SERVICES, Rig, until
from tests.e2e.scenarios import settled
from tests.e2e.shopping import Crowd, new_product, wait_final
from tests.e2e.stores import samples
from tools.shop.acceptance import Figure
from tools.shop.api import Unexpected

QUEUE = "inventory.orders"
WAITING = 1000
CATCH_UP_SECONDS = 60.0
BATCH_MEDIAN_MIN = 50
RESIDENT_MEGABYTES_MAX = 50.0
PATIENT = {"order-service": {"SHOP_RESERVE_STOCK_MS": "120000", "SHOP_TAKE_PAYMENT_MS": "120000"}}


def figures() -> Iterator[Figure]:
    with Rig(replicas=1, overrides=PATIENT) as rig:
        for name in SERVICES:
            yield Figure(f"memory of an idle {name}", resident_megabytes(rig.pid(name)), "MB", RESIDENT_MEGABYTES_MAX,
                         "at most")
        waited, text = catch_up(rig)
        wait_final(rig, 120)
        wrong = settled(rig, [])
    yield Figure("messages waiting when inventory starts", waited, "", WAITING, "at least")
    median = median_of(samples(text, "message_batch_size_bucket"))
    yield Figure(f"messages per commit, median, {WAITING} waiting", median, "", BATCH_MEDIAN_MIN, "at least")
    # A batch that was split was not one commit.
    yield Figure("batches split", sum(samples(text, "message_batches_split_total").values()), "", 0, "at most")
    yield Figure("backlog: books out of balance", len(wrong), "", 0, "at most")


def catch_up(rig: Rig) -> tuple[int, str]:
    """How many messages waited for inventory, and its metrics once it had handled as many."""
    sku, = new_product(rig, [WAITING * 2])
    with faults.gone(rig, "inventory-service"):
        Crowd(rig, [sku], threads=16).place(WAITING)
        orders = rig.database("order_db")
        until(lambda: orders.value("select count(*) from outbox where sent_at is null") == 0, 30, "all are published")
        # The broker's own count lags behind by seconds.
        until(lambda: rig.broker.queues()[QUEUE].get("messages", 0) >= WAITING, 30, "all wait in the queue")
        waited = rig.broker.queues()[QUEUE].get("messages", 0)
    until(lambda: rig.ready("inventory-service"), 30, "inventory is back")
    # The process is a new one, so its histogram begins with this backlog. It is read closely, because the batches
    # that follow the backlog are as small as the trickle of confirmations.
    inventory, deadline = rig.api("inventory-service"), time.monotonic() + CATCH_UP_SECONDS
    while True:
        text = inventory.ask("GET", "/metrics").body
        if sum(samples(text, "messages_handled_total").values()) >= WAITING:
            return waited, text
        if time.monotonic() > deadline:
            raise Unexpected(f"the backlog was not handled within {CATCH_UP_SECONDS:.0f} s")
        time.sleep(0.01)


def median_of(buckets: dict[str, float]) -> float:
    counts = sorted((float(re.findall(r'le="([^"]+)"', labels)[0]), count) for labels, count in buckets.items()
                    if f'queue="{QUEUE}"' in labels)
    half, below = counts[-1][1] / 2, 0.0
    for limit, count in counts:
        if count >= half:
            # A bucket holds what is above the limit of the one before it.
            return below + 1 if limit != below + 1 else limit
        below = limit
    return below


def resident_megabytes(pid: int) -> float:
    kilobytes = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert kilobytes is not None
    return int(kilobytes[1]) / 1024
