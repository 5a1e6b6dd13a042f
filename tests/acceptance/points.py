"""A service killed five times at each of its crash points, under load, with an audit after each point."""

from __future__ import annotations

from collections.abc import Iterator

from tools.shop.acceptance import Figure
from tools.shop.build import build
from tools.shop.chaos.crash import SERVICES, crash_points
from tools.shop.chaos.points import HITS, REPLICAS, built_with_points, run
from tools.shop.console import say

POINTS_MIN = 24
MINUTES_MAX = 15.0


def figures() -> Iterator[Figure]:
    yield Figure("names of crash points in the programs of ./shop up", _left_in_programs(), "", 0, "at most")
    with built_with_points():
        rounds, seconds = run(crash_points(), HITS, REPLICAS, seed=1)
    yield Figure("crash points reached", sum(1 for done in rounds if done.hits > 0), "", POINTS_MIN, "at least")
    yield Figure("crash points: kills at the least hit", min(done.hits for done in rounds), "", HITS, "at least")
    yield Figure("crash points: orders lost, books out of balance", sum(len(done.wrong) for done in rounds), "", 0,
                 "at most")
    yield Figure("crash points: until all orders are final, slowest", max(done.final_seconds or 0.0 for done in rounds),
                 "s", 60.0, "at most")
    yield Figure("crash points: all kills and audits", seconds / 60, "min", MINUTES_MAX, "at most")


def _left_in_programs() -> int:
    """What `./shop up` builds must know neither the mechanism nor a name."""
    directory = build("run", SERVICES) / "bin"
    # Of a name in several pieces, the last one is what would be left.
    lines = {name.encode() for name in ("SHOP_CRASH_AT", "crash_point", *crash_points())}
    lines |= {name.rpartition(".")[2].encode() for name in crash_points() if "_" in name.rpartition(".")[2]}
    found = [f"{service}: {text.decode()}" for service in SERVICES for text in sorted(lines)
             if text in (directory / service).read_bytes()]
    for sentence in found:
        say(f"      {sentence}")
    return len(found)
