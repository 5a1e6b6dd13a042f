"""What the faults of a schedule really did, and how long the shop took to be itself again after each."""

from __future__ import annotations

import bisect
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tools.shop.chaos.schedule import BROKER, POSTGRES, SERVICE, Fault

# Seconds from the end of a fault until the first order placed after it is confirmed.
RECOVERY_LIMITS = {SERVICE: 5.0, POSTGRES: 15.0, BROKER: 30.0}
# What disturbs nobody cannot be in the way of another's recovery.
HARMLESS = ("messages.late", "redis.flush")


@dataclass
class Happened:
    """A fault as it was done. Times are seconds since 1970. `did` says what it met; empty: it met nothing."""

    fault: Fault
    began: float
    ended: float
    did: str = ""
    amount: int = 0  # How many it met: processes, connections, messages.
    trouble: str = ""

    @property
    def effective(self) -> bool:
        return bool(self.did) and not self.trouble

    def record(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Recovery:
    happened: Happened
    seconds: float | None  # None: no order placed after it was confirmed before the end of the run.
    alone: bool  # Whether no other fault stood in the way meanwhile.

    @property
    def group(self) -> str:
        return self.happened.fault.group


@dataclass
class Group:
    """The recoveries of one kind, or of one group."""

    name: str
    limit: float | None
    alone: list[float] = field(default_factory=list)
    met: list[float] = field(default_factory=list)  # Those that another fault stood in the way of.
    never: int = 0

    def percentile(self, share: float) -> float:
        """The smallest sample that this share of the undisturbed ones does not exceed; 0 without samples."""
        ordered = sorted(self.alone)
        return ordered[max(0, -(-len(ordered) * int(share * 100) // 100) - 1)] if ordered else 0.0

    @property
    def slowest(self) -> float:
        return max(self.alone, default=0.0)

    @property
    def within(self) -> bool:
        return self.never == 0 and (self.limit is None or self.slowest <= self.limit)


def recoveries(happened: Sequence[Happened], confirmed: Iterable[tuple[float, float]]) -> list[Recovery]:
    """`confirmed` are orders as (placed, confirmed). The recovery ends with the first of those placed later that is
    confirmed, which need not be the first that was placed."""
    orders = sorted(confirmed)
    placed = [order[0] for order in orders]
    # The earliest confirmation among this order and all later ones.
    earliest = [0.0] * len(orders)
    best = float("inf")
    for index in range(len(orders) - 1, -1, -1):
        best = min(best, orders[index][1])
        earliest[index] = best
    ends = []
    for one in happened:
        index = bisect.bisect_right(placed, one.ended)
        ends.append(earliest[index] if index < len(orders) else None)
    disturbing = [(one.began, end if end is not None else float("inf"), index)
                  for index, (one, end) in enumerate(zip(happened, ends))
                  if one.did and one.fault.kind not in HARMLESS]
    return [Recovery(one, None if end is None else end - one.ended, end is not None and not any(
                began < end and over > one.ended and other != index for began, over, other in disturbing))
            for index, (one, end) in enumerate(zip(happened, ends)) if one.did]


def by_kind(found: Iterable[Recovery]) -> list[Group]:
    return _grouped(found, lambda recovery: recovery.happened.fault.kind, lambda recovery: None)


def by_group(found: Iterable[Recovery], patience: float = 1.0) -> list[Group]:
    """`patience` is how many times as long as on a machine of its own everything may take."""
    limits = {group: limit * patience for group, limit in RECOVERY_LIMITS.items()}
    return _grouped(found, lambda recovery: recovery.group, lambda recovery: limits.get(recovery.group))


def _grouped(found: Iterable[Recovery], name: Any, limit: Any) -> list[Group]:
    groups: dict[str, Group] = {}
    for recovery in found:
        group = groups.setdefault(name(recovery), Group(name(recovery), limit(recovery)))
        if recovery.seconds is None:
            group.never += 1
        else:
            (group.alone if recovery.alone else group.met).append(recovery.seconds)
    return sorted(groups.values(), key=lambda group: group.name)


def save(happened: Iterable[Happened], path: Path) -> None:
    path.write_text("".join(json.dumps(one.record()) + "\n" for one in happened), encoding="utf-8")

