"""Which fault happens when: drawn from a seed and written down before the first of them."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.shop.platform import PROVIDER, SERVICES, replica_name

SERVICE, POSTGRES, BROKER, CACHE, MESSAGES = "service", "postgres", "broker", "cache", "messages"
# (queue, type): without this binding a message of the saga finds one queue less than it should.
BINDINGS = (("inventory.orders", "OrderCreated"), ("inventory.orders", "OrderConfirmed"),
            ("payment.orders", "StockReserved"), ("order.saga", "PaymentProcessed"), ("order.saga", "StockReleased"))
CUT = ("postgres", "rabbitmq", "redis", PROVIDER)
CUT_GROUPS = {"postgres": POSTGRES, "rabbitmq": BROKER, "redis": CACHE, PROVIDER: SERVICE}
# A run with every kind hides what only shows when some are absent.
DRAWN_SHARE = (0.6, 0.85)
GAP_SECONDS_MIN = 0.3


@dataclass(frozen=True)
class Kind:
    """`seconds` is how long it lasts, both ends inclusive; what is over at once lasts 0."""

    name: str
    group: str
    weight: float
    seconds: tuple[float, float] = (0.0, 0.0)


KINDS = (
    Kind("service.kill", SERVICE, 22),
    Kind("service.freeze", SERVICE, 12, (0.5, 30.0)),
    Kind("service.terminate", SERVICE, 6),
    Kind("provider.kill", SERVICE, 3),
    Kind("postgres.restart", POSTGRES, 4),
    Kind("postgres.kill", POSTGRES, 4),
    Kind("postgres.terminate", POSTGRES, 6, (1.0, 4.0)),
    Kind("row.lock", POSTGRES, 2, (20.0, 20.0)),
    Kind("broker.restart", BROKER, 3),
    Kind("broker.kill", BROKER, 4),
    Kind("broker.alarm", BROKER, 3, (2.0, 8.0)),
    Kind("queue.unbind", BROKER, 4, (1.0, 5.0)),
    Kind("connections.cut", BROKER, 9, (0.5, 3.0)),
    Kind("redis.flush", CACHE, 3),
    Kind("redis.kill", CACHE, 3),
    Kind("messages.late", MESSAGES, 12),
)
BY_NAME = {kind.name: kind for kind in KINDS}
# Without late copies nothing shows that copies do no harm; each group with a limit needs samples.
ALWAYS = ("messages.late",)
ONE_OF = (SERVICE, POSTGRES, BROKER)


@dataclass(frozen=True)
class Fault:
    number: int
    at: float  # Seconds after the first could happen.
    kind: str
    target: str
    seconds: float = 0.0
    seed: int = 0  # For what is chosen when it happens.

    @property
    def group(self) -> str:
        """Whose recovery it is: a cut connection is the trouble of what it led to."""
        return CUT_GROUPS[self.target] if self.kind == "connections.cut" else BY_NAME[self.kind].group

    @property
    def until(self) -> float:
        return self.at + self.seconds


def draw(seed: int, count: int, seconds: float, replicas: int, kinds: Iterable[str] = ()) -> list[Fault]:
    """`count` faults within so many seconds, of some kinds or of exactly those named. The same arguments give the
    same faults."""
    dice = random.Random(f"chaos {seed}")
    chosen = [BY_NAME[name] for name in kinds] or swarm(dice)
    times = moments(dice, count, seconds)
    faults = []
    for number, (at, kind) in enumerate(zip(times, spread(dice, chosen, count)), 1):
        low, high = kind.seconds
        # Short ones are the more interesting half of a range that goes over two powers of ten.
        lasts = math.exp(dice.uniform(math.log(low), math.log(high))) if low else 0.0
        # What is under way when the time is over must end before healing begins.
        lasts = round(min(lasts, max(low, seconds - at)), 2)
        faults.append(Fault(number, round(at, 2), kind.name, target_of(dice, kind, replicas), lasts,
                            dice.randrange(1 << 31)))
    return faults


def swarm(dice: random.Random) -> list[Kind]:
    """Some of all kinds, so that each run looks into another corner."""
    count = round(len(KINDS) * dice.uniform(*DRAWN_SHARE))
    chosen = set(ALWAYS)
    for group in ONE_OF:
        chosen.add(dice.choice([kind.name for kind in KINDS if kind.group == group and kind.weight >= 4]))
    others = [kind.name for kind in KINDS if kind.name not in chosen]
    chosen |= set(dice.sample(others, max(0, min(count - len(chosen), len(others)))))
    return [kind for kind in KINDS if kind.name in chosen]


def spread(dice: random.Random, kinds: Sequence[Kind], count: int) -> list[Kind]:
    """By weight, and each kind at least once when there is room."""
    drawn = list(kinds[:count])
    drawn += dice.choices(kinds, [kind.weight for kind in kinds], k=count - len(drawn))
    dice.shuffle(drawn)
    return drawn


def moments(dice: random.Random, count: int, seconds: float) -> list[float]:
    """At random, so that some meet; never two at the very same moment."""
    times = sorted(dice.uniform(0, seconds) for _ in range(count))
    for place in range(1, len(times)):
        times[place] = min(max(times[place], times[place - 1] + GAP_SECONDS_MIN), max(seconds, times[place - 1]))
    return times


def target_of(dice: random.Random, kind: Kind, replicas: int) -> str:
    if kind.name in ("service.kill", "service.freeze"):
        return replica_name(dice.choice(SERVICES).name, dice.randint(1, replicas))
    if kind.name == "service.terminate":
        return dice.choice(SERVICES).name
    if kind.name == "provider.kill":
        return PROVIDER
    if kind.name == "connections.cut":
        return dice.choice(CUT)
    if kind.name == "queue.unbind":
        return " ".join(dice.choice(BINDINGS))
    return {POSTGRES: "postgres", BROKER: "rabbitmq", CACHE: "redis", MESSAGES: "shop.events"}[kind.group]


def save(faults: Sequence[Fault], path: Path) -> None:
    path.write_text("".join(json.dumps(asdict(fault)) + "\n" for fault in faults), encoding="utf-8")


def load(path: Path) -> list[Fault]:
    return [Fault(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
