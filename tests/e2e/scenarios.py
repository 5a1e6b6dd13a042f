"""What both the short and the long tests do: crowds at one product, kills under way, outages."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from tests.e2e import faults
from tests.e2e.books import audit
from tests.e2e.rig import Rig, until
from tests.e2e.shopping import (Crowd, all_at_once, basket, new_product, open_orders, outcome, stock_of, wait_final)
from tests.e2e.stores import plan_faults
from tools.shop.api import Unexpected
from tools.shop.state import start_ticks

KILLED = ("order-service", "inventory-service", "payment-service", "user-service", "product-service", "rabbitmq",
          "postgres")
IN_FLIGHT_MIN = 100
DEADLOCKS = "select coalesce(sum(deadlocks), 0)::bigint as deadlocks from pg_stat_database"


@dataclass
class Round:
    """One kill: what was wrong afterwards, and how long until every order was final."""

    target: str
    in_flight: int
    final_seconds: float
    acknowledged: int
    wrong: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)


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


def crossing_baskets(rig: Rig, orders: int = 150, seed: int = 1) -> int:
    """Baskets of three of the same few products in any order; returns how many deadlocks PostgreSQL had to break."""
    dice = random.Random(seed)
    skus = new_product(rig, [10_000] * 6)
    baskets = [dice.sample(skus, 3) for _ in range(orders)]
    before = rig.database("postgres").value(DEADLOCKS)

    def buy(number: int) -> str:
        return rig.buyer(number).need(202, "POST", "/orders", basket(baskets[number]))["id"]

    all_at_once(orders, buy)
    wait_final(rig, 60)
    # Backends report their statistics within a second.
    time.sleep(1.5)
    return rig.database("postgres").value(DEADLOCKS) - before


def kill_under_way(rig: Rig, target: str, seed: int, sku: str) -> Round:
    """kill -9 while at least 100 sagas are under way and orders keep coming; then everything must become final."""
    dice = random.Random(f"{target} {seed}")
    plan_faults(rig.state, {"confirm": {"slow": 1.0}}, seed)
    crowd = Crowd(rig, [sku])
    crowd.place(IN_FLIGHT_MIN + 20)
    in_flight = open_orders(rig) or 0
    victims = rig.names_of(target)
    if len(victims) > 1 and dice.random() < 0.5:
        victims = [dice.choice(victims)]
    stop = crowd.keep_going(pause=0.3)
    try:
        time.sleep(dice.uniform(0.0, 0.5))
        killed = {name: faults.kill(rig, name) for name in victims}
        for name, pid in killed.items():
            faults.wait_restarted(rig, name, pid)
        restarted = time.monotonic()
    finally:
        stop()
        plan_faults(rig.state, {})
    wait_final(rig, 60)
    seconds = time.monotonic() - restarted
    until(rig.all_ready, 30, "everything is ready")
    return Round(target, in_flight, seconds, len(crowd.orders), settled(rig, list(crowd.orders)), crowd.refused)


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


def place_during(rig: Rig, component: str, kind: str, seconds: float, sku: str) -> tuple[list[tuple[int, str, float]],
                                                                                       list[str]]:
    """Orders placed at order-service while a component is away: (status, problem, seconds) of each, and their ids."""
    answers, ids = [], []
    names = ("order-service", "order-service-2")[:rig.replicas]
    with OUTAGES[kind](rig, component):
        # What is already on its way when the outage begins may still be answered either way.
        time.sleep(0.5)
        until_time = time.monotonic() + seconds
        while time.monotonic() < until_time:
            buyer = rig.api(names[len(answers) % len(names)], rig.buyer(len(answers) % 10).token, timeout=10.0)
            began = time.monotonic()
            answer = buyer.ask("POST", "/orders", basket([sku]))
            answers.append((answer.status, answer.problem, time.monotonic() - began))
            if answer.status == 202:
                ids.append(answer.body["id"])
            time.sleep(0.2)
    return answers, ids


def recovers(rig: Rig, sku: str, seconds: float) -> float:
    """Until a new order is confirmed through the gateway; says how long that took."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        buyer = rig.buyer(3)
        try:
            answer = buyer.ask("POST", "/orders", basket([sku]), {"Prefer": "wait=5"})
            if answer.status == 202 and outcome(buyer, answer.body)["status"] == "confirmed":
                return time.monotonic() - began
        except OSError:
            pass
        time.sleep(0.2)
    raise Unexpected(f"no order was confirmed within {seconds:.0f} s")
