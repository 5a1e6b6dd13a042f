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
# So many are kept apart from all others, or how long the recovery from one takes would never be seen; fewer where the
# time is too short for that. The rest come when they come, and meet.
APART_SHARES = (0.5, 0.35, 0.2, 0.1, 0.0)
GAP_SECONDS_MIN = 0.3
GAPS_SHARE_MIN = 0.25  # Of the time, for the gaps of chance.


@dataclass(frozen=True)
class Kind:
    """`seconds` is how long it lasts, both ends inclusive; what is over at once lasts 0. `room` is about how long a
    healthy shop needs to be itself again."""

    name: str
    group: str
    weight: float
    room: float
    seconds: tuple[float, float] = (0.0, 0.0)


KINDS = (
    Kind("service.kill", SERVICE, 22, 2),
    Kind("service.freeze", SERVICE, 12, 3, (0.5, 30.0)),
    Kind("service.terminate", SERVICE, 6, 5),
    Kind("provider.kill", SERVICE, 3, 3),
    Kind("postgres.restart", POSTGRES, 4, 8),
    Kind("postgres.kill", POSTGRES, 4, 10),
    Kind("postgres.terminate", POSTGRES, 6, 3, (1.0, 4.0)),
    Kind("row.lock", POSTGRES, 2, 6, (20.0, 20.0)),
    Kind("broker.restart", BROKER, 3, 25),
    Kind("broker.kill", BROKER, 4, 20),
    Kind("broker.alarm", BROKER, 3, 6, (2.0, 8.0)),
    Kind("queue.unbind", BROKER, 4, 3, (1.0, 5.0)),
    Kind("connections.cut", BROKER, 9, 7, (0.5, 3.0)),
    Kind("redis.flush", CACHE, 3, 1),
    Kind("redis.kill", CACHE, 3, 3),
    Kind("messages.late", MESSAGES, 6, 1),
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
    drawn = spread(dice, chosen, count)
    lasting = [duration(dice, kind) for kind in drawn]
    times = moments(dice, drawn, lasting, seconds)
    faults = []
    for number, (kind, at, lasts) in enumerate(zip(drawn, times, lasting), 1):
        # What is under way when the time is over must end before healing begins.
        lasts = round(min(lasts, max(kind.seconds[0], seconds - at)), 2)
        faults.append(Fault(number, round(at, 2), kind.name, target_of(dice, kind, replicas), lasts,
                            dice.randrange(1 << 31)))
    return faults


def duration(dice: random.Random, kind: Kind) -> float:
    """Short ones are the more interesting half of a range that goes over two powers of ten."""
    low, high = kind.seconds
    return math.exp(dice.uniform(math.log(low), math.log(high))) if low else 0.0


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
    # Copies are what most of the proof stands on, in a short run, too.
    drawn += [kind for kind in kinds if kind.name in ALWAYS] * min(count // 10, count - len(drawn))
    drawn += dice.choices(kinds, [kind.weight for kind in kinds], k=count - len(drawn))
    dice.shuffle(drawn)
    return drawn


def moments(dice: random.Random, kinds: Sequence[Kind], lasting: Sequence[float], seconds: float) -> list[float]:
    """In the order of the kinds, at random, and some of them apart from all others."""
    gaps = [dice.expovariate(1.0) for _ in kinds]
    chances = [dice.random() for _ in kinds]
    for share in APART_SHARES:
        apart = [chance < share for chance in chances]
        if placed(kinds, lasting, gaps, apart, 0.0)[1] <= seconds * (1 - GAPS_SHARE_MIN):
            break
    # How long one gap is decides when the last is over: as long as fits.
    low, high = 0.0, seconds
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if placed(kinds, lasting, gaps, apart, middle)[1] <= seconds else (low, middle)
    return placed(kinds, lasting, gaps, apart, low)[0]


def placed(kinds: Sequence[Kind], lasting: Sequence[float], gaps: Sequence[float], apart: Sequence[bool],
           scale: float) -> tuple[list[float], float]:
    """When each begins, and when the last of them may begin that comes after all these."""
    times, now, busy = [], 0.0, 0.0
    for kind, lasts, gap, alone in zip(kinds, lasting, gaps, apart):
        now += max(gap * scale, GAP_SECONDS_MIN)
        if alone:
            now = max(now, busy)
        times.append(now)
        busy = max(busy, now + lasts + kind.room)
        if alone:
            now = busy
    return times, now


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
