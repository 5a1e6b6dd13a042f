"""./shop chaos --points: kills the services at each of their crash points, under load, and audits after each."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from tests.e2e.rig import Rig, programs
from tools.shop.build import build
from tools.shop.chaos.campaign import DEADLINES, Campaign, Round
from tools.shop.chaos.crash import SERVICES, Aim, crash_points, need_crash_points
from tools.shop.console import Failure, Usage, complain, say
from tools.shop.platform import PROGRAMS

PRESET = "release"
TOOLS = ("shop-audit",)
HITS, HITS_MAX = 5, 1000
REPLICAS, REPLICAS_MAX = 2, 9
PASSED, FAILED, INCONCLUSIVE = 0, 1, 3


def main(arguments: list[str]) -> int:
    """0 when every point was reached often enough and the books were right after each, 1 when something was wrong,
    3 when nothing was but a point was not reached."""
    chosen = parse(arguments)
    names = [name for name in crash_points() if re.search(chosen.only, name)]
    if not names:
        raise Usage(f"--only '{chosen.only}' matches no crash point")
    with built_with_points():
        rounds, seconds = run(names, chosen.hits, chosen.replicas, chosen.seed)
    report = summary(rounds, seconds, chosen)
    show(rounds)
    say(f"-- {len(rounds)} points, {sum(done.hits for done in rounds)} kills in {seconds / 60:.1f} minutes: "
        f"{report['verdict']}")
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return exit_code(rounds)


def parse(arguments: list[str]) -> argparse.Namespace:
    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> None:
            raise Usage(f"{message}\n{self.format_usage().strip()}")

    def number(limit: int) -> object:
        def whole(text: str) -> int:
            if not text.isdigit() or not 1 <= int(text) <= limit:
                raise argparse.ArgumentTypeError(f"must be 1 to {limit}, not '{text}'")
            return int(text)
        return whole

    def expression(text: str) -> str:
        try:
            re.compile(text)
        except re.error as error:
            raise argparse.ArgumentTypeError(f"'{text}' is not a regular expression: {error}") from None
        return text

    parser = Parser(prog="./shop chaos --points", description="Kills services at their crash points, then audits.")
    parser.add_argument("--points", action="store_true", help="this: crash points instead of random faults")
    parser.add_argument("--hits", type=number(HITS_MAX), default=HITS, metavar="N", help=f"kills at each ({HITS})")
    parser.add_argument("--only", type=expression, default="", metavar="REGEX", help="points whose name matches")
    parser.add_argument("--replicas", type=number(REPLICAS_MAX), default=REPLICAS, metavar="N",
                        help=f"instances of each service ({REPLICAS})")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the buyers and of when a point kills (1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write a report, too")
    return parser.parse_args(arguments)


@contextlib.contextmanager
def built_with_points() -> Iterator[None]:
    """Programs that have points: those of SHOP_TEST_PROGRAMS, or else a build of their own."""
    before = os.environ.get("SHOP_TEST_PROGRAMS")
    if before is None:
        os.environ["SHOP_TEST_PROGRAMS"] = str(build(PRESET, [*PROGRAMS, *TOOLS]) / "bin")
    try:
        yield
    finally:
        if before is None:
            del os.environ["SHOP_TEST_PROGRAMS"]


@contextlib.contextmanager
def campaign(replicas: int, seed: int) -> Iterator[Campaign]:
    """On a platform of its own, with deadlines that one can wait for."""
    need_crash_points(programs())
    with tempfile.TemporaryDirectory(prefix="shop-points-", dir="/var/tmp") as directory:
        aim = Aim(Path(directory))
        overrides = {name: dict(variables) for name, variables in DEADLINES.items()}
        for service in SERVICES:
            overrides[service] = overrides.get(service, {}) | aim.variables
        with Rig(replicas=replicas, overrides=overrides) as rig:
            yield Campaign(rig, aim, seed)


def run(names: Sequence[str], hits: int, replicas: int, seed: int) -> tuple[list[Round], float]:
    """All rounds, with an audit after each. After one that went wrong the others go on with a new platform."""
    rounds: list[Round] = []
    began = time.monotonic()
    while len(rounds) < len(names):
        with campaign(replicas, seed) as running:
            for name in names[len(rounds):]:
                running.shoppers.start()
                done = running.kill_at(name, hits)
                running.settle([done])
                rounds.append(done)
                say(line(done))
                for sentence in done.wrong:
                    say(f"      {sentence}")
                if done.wrong:
                    break
    return rounds, time.monotonic() - began


def line(done: Round) -> str:
    recovery = f"{max(done.recovery_seconds):.1f} s" if done.recovery_seconds else "-"
    final = "-" if done.final_seconds is None else f"{done.final_seconds:.1f} s"
    audit = f"{len(done.wrong)} wrong" if done.wrong else "all zero"
    return (f"   {done.point:<52} {done.hits:>4} {recovery:>10} {final:>8} {done.seconds:>6.1f} s  {audit:<9} "
            f"{done.verdict}")


def show(rounds: Sequence[Round]) -> None:
    say(f"   {'point':<52} {'hits':>4} {'recovered':>10} {'final':>8} {'in all':>8}  audit     verdict")
    for done in rounds:
        say(line(done))


def exit_code(rounds: Sequence[Round]) -> int:
    verdicts = {done.verdict for done in rounds}
    return FAILED if "fail" in verdicts else INCONCLUSIVE if "inconclusive" in verdicts else PASSED


def summary(rounds: Sequence[Round], seconds: float, chosen: argparse.Namespace) -> dict[str, object]:
    verdict = {PASSED: "pass", FAILED: "fail", INCONCLUSIVE: "inconclusive"}[exit_code(rounds)]
    return {"verdict": verdict, "seconds": round(seconds, 1), "hits": chosen.hits, "replicas": chosen.replicas,
            "seed": chosen.seed, "points": [asdict(done) | {"verdict": done.verdict} for done in rounds]}


if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
    except Usage as wrong_usage:
        complain(str(wrong_usage))
        code = 2
    except Failure as failure:
        complain(str(failure))
        code = 1
    sys.exit(code)
