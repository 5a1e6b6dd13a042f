"""PostgreSQL, RabbitMQ and Redis away for 30 seconds, frozen and gone."""

from __future__ import annotations

from tests.e2e.rig import SHORT_DEADLINES, Rig
from tests.e2e.scenarios import OUTAGES, place_during, recovers, settled, terminate_under_load
from tests.e2e.shopping import new_product, wait_final
from tools.shop.acceptance import Figure, Platform

SECONDS = 30.0
RIGHT = {"redis": 202, "rabbitmq": 202, "postgres": 503}
ANSWER_SECONDS, RECOVERY_SECONDS, STOP_SECONDS = 2.0, 30.0, 10.0


def figures(platform: Platform) -> list[Figure]:
    found = []
    with Rig(replicas=2, overrides=SHORT_DEADLINES) as rig:
        sku, = new_product(rig, [1_000_000])
        for component, right in RIGHT.items():
            for kind in OUTAGES:
                what = f"{component} {kind} for {SECONDS:.0f} s"
                answers, accepted = place_during(rig, component, kind, SECONDS, sku)
                other = sum(1 for status, problem, _ in answers
                            if status != right or (status >= 400 and not problem))
                found += [Figure(f"{what}: answers other than {right}", other, "", 0, "at most"),
                          Figure(f"{what}: slowest answer", max(seconds for _, _, seconds in answers), "s",
                                 ANSWER_SECONDS, "at most"),
                          Figure(f"{what}: until an order is confirmed", recovers(rig, sku, 60.0), "s",
                                 RECOVERY_SECONDS, "at most")]
                wait_final(rig, 60)
                found.append(Figure(f"{what}: books out of balance", len(settled(rig, accepted)), "", 0, "at most"))
        drain = terminate_under_load(rig, "order-service-2")
    found += [Figure("SIGTERM under load: until the end", drain.seconds, "s", STOP_SECONDS, "at most"),
              Figure("SIGTERM under load: ended by exit code 0", drain.ending == "exit code 0", "", 1, "at least"),
              Figure("SIGTERM under load: requests refused", sum(drain.refused.values()), "", 0, "at most")]
    return found
