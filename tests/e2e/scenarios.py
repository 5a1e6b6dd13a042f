"""What both the short and the long tests do: crowds at one product, kills under way, outages."""

from __future__ import annotations

import itertools
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from tests.e2e import faults
from tests.e2e.books import audit
from tests.e2e.rig import SERVICES, Rig, until
from tests.e2e.shopping import (Crowd, all_at_once, basket, new_product, open_orders, outcome, stock_of, wait_final)
from tests.e2e.stores import plan_faults
from tools.shop.api import Answer, Unexpected, log_in
from tools.shop.state import start_ticks

KILLED = ("order-service", "inventory-service", "payment-service", "user-service", "product-service", "rabbitmq",
          "postgres")
IN_FLIGHT_MIN, IN_FLIGHT_MAX = 100, 400
PLACED = 120  # Before a kill; a slow provider keeps all of them under way for three seconds.
KILLED_AT = (140, 300)  # Orders under way when the kill comes: at another one for every seed.
FINAL_SECONDS_MAX = 120.0  # Beyond every limit, so that the figure says by how much it was missed.
NOTICED_SECONDS = 5.0  # A service forgets what it knew of its database within four.
DEADLOCKS = "select coalesce(sum(deadlocks), 0)::bigint as deadlocks from pg_stat_database"


@dataclass
class Round:
    """One kill: what was wrong afterwards, and how long until every order was final."""

    victims: list[str]
    in_flight: int  # Open orders immediately before the kill.
    acknowledged_before: int
    final_seconds: float
    acknowledged: list[str]
    wrong: list[str]
    refused: Counter[str]

    def line(self) -> str:
        return (f"{' and '.join(self.victims)}: {self.in_flight} under way, {self.acknowledged_before} acknowledged "
                f"before and {len(self.acknowledged)} in all, final after {self.final_seconds:.1f} s, "
                f"refused {dict(self.refused)}")


def rush(rig: Rig, buyers: int = 200, stock: int = 50) -> tuple[Counter[str], tuple[int, int]]:
    """Everybody buys one unit at the same moment, nobody tries again: outcomes, and (on hand, reserved) at the end."""
    sku, = new_product(rig, [stock])
    customers = [rig.buyer(number) for number in range(buyers)]

    def buy(number: int) -> str:
        order = customers[number].need(202, "POST", "/orders", basket([sku]), {"Prefer": "wait=20"})
        return outcome(customers[number], order)["status"]

    outcomes = Counter(all_at_once(buyers, buy))
    until(lambda: stock_of(rig, sku)[1] == 0, 20, "nothing is reserved any more")
    return outcomes, stock_of(rig, sku)


def crossing_baskets(rig: Rig, orders: int = 150, seed: int = 1) -> tuple[int, int]:
    """Baskets of three of the same few products in any order: deadlocks PostgreSQL had to break, orders confirmed."""
    dice = random.Random(seed)
    skus = new_product(rig, [10_000] * 6)
    baskets = [dice.sample(skus, 3) for _ in range(orders)]
    before = rig.database("postgres").value(DEADLOCKS)

    def buy(number: int) -> str:
        return rig.buyer(number).need(202, "POST", "/orders", basket(baskets[number]))["id"]

    placed = all_at_once(orders, buy)
    wait_final(rig, 60)
    confirmed = rig.database("order_db").value(
        f"select count(*) from orders where status = 'confirmed' and id = any('{{{','.join(placed)}}}')")
    # Backends report their statistics within a second.
    time.sleep(1.5)
    return rig.database("postgres").value(DEADLOCKS) - before, confirmed


def kill_under_way(rig: Rig, target: str, seed: int, sku: str) -> Round:
    """kill -9 while at least 100 sagas are under way and orders keep coming; then everything must become final.

    Of two replicas, every third seed kills both, the others one or the other.
    """
    plan_faults(rig.state, {"confirm": {"slow": 1.0}}, seed)
    crowd = Crowd(rig, [sku])
    crowd.place(PLACED)
    names = rig.names_of(target)
    victims = names if seed % 3 == 0 else [names[seed % len(names)]]
    before = rig.pids()
    wanted, acknowledged, in_flight = random.Random(f"{target} {seed}").randint(*KILLED_AT), 0, 0
    # Fast enough that every service has orders in its hands at any moment, not only the slow payments.
    stop = crowd.keep_going(pause=0.05)
    deadline = time.monotonic() + 10
    try:
        while in_flight < wanted and time.monotonic() < deadline:
            acknowledged, in_flight = len(crowd.orders), open_orders(rig) or 0
        killed = {name: faults.kill(rig, name) for name in victims}
        for name, pid in killed.items():
            faults.wait_restarted(rig, name, pid)
        restarted = time.monotonic()
    finally:
        stop()
        plan_faults(rig.state, {})
    wait_final(rig, FINAL_SECONDS_MAX)
    seconds = time.monotonic() - restarted
    until(rig.all_ready, 30, "everything is ready")
    wrong = settled(rig, list(crowd.orders)) + ended(rig, before, victims)
    return Round(victims, in_flight, acknowledged, seconds, list(crowd.orders), wrong, crowd.refused)


def ended(rig: Rig, before: dict[str, int], victims: list[str]) -> list[str]:
    """What nobody killed and yet is another process now: the supervisor's restart would hide a crash."""
    now = rig.pids()
    return [f"{name} ended, and nobody had killed it: {', '.join(rig.endings(name))}"
            for name, pid in before.items() if name not in victims and now.get(name) != pid]


@dataclass
class Alone:
    """What one of two replicas did while the other was dead."""

    served: int = 0
    failed: list[str] = field(default_factory=list)


def serves_alone(rig: Rig, service: str, sku: str) -> Alone:
    """kill -9 of one of two replicas; then logins, products and whole orders until it is started again."""
    buyer, victim, alone = rig.buyer(1), rig.names_of(service)[-1], Alone()
    product = rig.gateway.need(200, "GET", "/products?limit=1")["items"][0]["id"]

    def act() -> str:
        if service == "user-service":
            log_in(rig.gateway, **rig.state["admin"])
        elif service == "product-service":
            rig.gateway.need(200, "GET", f"/products/{product}")
        else:
            order = buyer.need(202, "POST", "/orders", basket([sku]), {"Prefer": "wait=5"})
            return "" if order["status"] == "confirmed" else f"order {order['id']} is {order['status']} after 5 s"
        return ""

    pid = faults.kill(rig, victim)
    until(lambda: start_ticks(pid) is None, 5, f"{victim} is dead")
    while rig.pid(victim) == pid:
        try:
            wrong = act()
        except (Unexpected, OSError) as error:
            wrong = f"{type(error).__name__}: {error}"
        if wrong:
            alone.failed.append(wrong)
        elif rig.pid(victim) == pid:
            alone.served += 1
    faults.wait_restarted(rig, victim, pid)
    return alone


def settled(rig: Rig, acknowledged: list[str], seconds: float = 10.0) -> list[str]:
    """The audit once the last events after the last order are through: a deduction follows its confirmation."""
    deadline = time.monotonic() + seconds
    while (wrong := audit(rig, acknowledged)) and time.monotonic() < deadline:
        time.sleep(0.5)
    return wrong


@dataclass(frozen=True)
class Drain:
    seconds: float
    ending: str
    refused: Counter[str]
    accepted: int


def terminate_under_load(rig: Rig, name: str) -> Drain:
    """SIGTERM of one replica while orders come in through the gateway."""
    sku, = new_product(rig, [100_000])
    crowd = Crowd(rig, [sku], threads=6)
    stop = crowd.keep_going(pause=0.02)
    try:
        time.sleep(1.0)
        pid, before, began = rig.pid(name), len(rig.endings(name)), time.monotonic()
        ticks = start_ticks(pid)
        os.kill(pid, signal.SIGTERM)
        until(lambda: start_ticks(pid) != ticks, 15, f"{name} has ended")
        seconds = time.monotonic() - began
        faults.wait_restarted(rig, name, pid)
    finally:
        stop()
    until(lambda: len(rig.endings(name)) > before, 10, "the supervisor has said how it ended")
    wait_final(rig, 60)
    return Drain(seconds, rig.endings(name)[-1], crowd.refused, len(crowd.orders))


Outage = Callable[..., AbstractContextManager[None]]
OUTAGES: dict[str, Outage] = {"frozen": faults.frozen, "gone": faults.gone}


@dataclass(frozen=True)
class Seen:
    """One answer during an outage. Status 0: none came within ten seconds."""

    where: str
    status: int
    problem: str
    seconds: float


@dataclass
class Watched:
    """What clients and balancers saw while a component was away."""

    orders: list[Seen] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    reads: list[Seen] = field(default_factory=list)
    ready: list[Seen] = field(default_factory=list)  # Once whoever checks can have noticed.


def watch_during(rig: Rig, component: str, kind: str, seconds: float, sku: str) -> Watched:
    """Places orders at each order-service and at the gateway, reads from every service and asks whether it is ready."""
    seen = Watched()
    buyer = rig.buyer(1)
    order = outcome(buyer, buyer.need(202, "POST", "/orders", basket([sku]), {"Prefer": "wait=10"}))["id"]
    product = rig.gateway.need(200, "GET", "/products?limit=1")["items"][0]["id"]
    reads = {"user-service": "/users/me", "product-service": f"/products/{product}",
             "order-service": f"/orders/{order}/timeline", "inventory-service": f"/inventory/{sku}",
             "payment-service": f"/payments/{order}"}
    doors = ["gateway", *rig.names_of("order-service")]
    services = [name for service in SERVICES for name in rig.names_of(service)]

    def place(number: int) -> None:
        door = doors[number % len(doors)]
        answer, found = _ask(rig, door, rig.buyer(number % 10).token, "POST", "/orders", basket([sku]))
        seen.orders.append(found)
        if answer is not None and answer.status == 202:
            seen.accepted.append(answer.body["id"])

    def read(number: int) -> None:
        service = SERVICES[number % len(SERVICES)]
        token = buyer.token if service == "order-service" else rig.admin.token
        seen.reads.append(_ask(rig, service, token, "GET", reads[service])[1])

    def check(number: int) -> None:
        found = _ask(rig, services[number % len(services)], "", "GET", "/health/ready")[1]
        if time.monotonic() > began + NOTICED_SECONDS:
            seen.ready.append(found)

    with OUTAGES[kind](rig, component):
        # What is already on its way when the outage begins may still be answered either way.
        time.sleep(0.5)
        began = time.monotonic()
        with ThreadPoolExecutor(3) as pool:
            loops = [pool.submit(_repeat, act, began + seconds) for act in (place, read, check)]
        for loop in loops:
            loop.result()
    return seen


def _repeat(act: Callable[[int], None], deadline: float) -> None:
    for number in itertools.count():
        if time.monotonic() > deadline:
            return
        act(number)
        time.sleep(0.1)


def _ask(rig: Rig, door: str, token: str, method: str, path: str, body: Any = None) -> tuple[Answer | None, Seen]:
    began = time.monotonic()
    try:
        answer = rig.api(door, token, timeout=10.0).ask(method, path, body)
    except OSError as error:
        return None, Seen(f"{door} {path}", 0, type(error).__name__, time.monotonic() - began)
    return answer, Seen(f"{door} {path}", answer.status, answer.problem, time.monotonic() - began)


def recovers(rig: Rig, sku: str, seconds: float) -> float:
    """Until a new order is confirmed through the gateway; says how long that took."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        buyer = rig.buyer(3)
        try:
            answer = buyer.ask("POST", "/orders", basket([sku]), {"Prefer": "wait=5"})
            if answer.status == 202 and outcome(buyer, answer.body)["status"] == "confirmed":
                return time.monotonic() - began
        except (OSError, Unexpected):
            # One replica may be back before the other.
            pass
        time.sleep(0.2)
    raise Unexpected(f"no order was confirmed within {seconds:.0f} s")
