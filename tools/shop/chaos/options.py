"""What ./shop chaos is asked to do."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

from tools.shop.chaos.schedule import BY_NAME
from tools.shop.console import Usage

FAULTS_PER_MINUTE = 200 / 30
STEADY_SHARE, STEADY_SECONDS = 0.1, (10.0, 60.0)
SUPPRESSED_PER_FAULT = 25
MINUTES_MAX = 24 * 60.0
REPLAY_MINUTES = 0.5


@dataclass(frozen=True)
class Options:
    minutes: float = 30.0
    seed: int = 1
    rate: float = 15.0  # Arrivals a second.
    faults: int = 200
    replicas: int = 2
    kinds: tuple[str, ...] = ()  # Exactly these; none: drawn from the seed.
    replay_only: bool = False
    patience: float = 1.0  # How many times as long recoveries may take.
    report: Path | None = None  # A directory.

    @property
    def steady_seconds(self) -> float:
        if not self.faults:
            return self.minutes * 60
        return min(max(self.minutes * 60 * STEADY_SHARE, STEADY_SECONDS[0]), STEADY_SECONDS[1])

    @property
    def fault_seconds(self) -> float:
        return max(1.0, self.minutes * 60 - self.steady_seconds) if self.faults else 0.0

    @property
    def load_seconds(self) -> float:
        return self.minutes * 60

    @property
    def suppressed_min(self) -> int:
        """How many suppressed duplicates make a run count: 5,000 for 200 faults, if it publishes copies itself."""
        copies = self.faults and (not self.kinds or "messages.late" in self.kinds)
        return SUPPRESSED_PER_FAULT * self.faults if copies else 1


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        raise Usage(f"{message}\n{self.format_usage().strip()}")


def parse(arguments: list[str]) -> Options:
    parser = Parser(prog="./shop chaos", description="Faults from a seed under load on a platform of its own, then the "
                    "books are audited and all events replayed. Exit code: 0 pass, 1 fail, 3 inconclusive. "
                    "./shop chaos --points --help tells about crash points.")
    parser.add_argument("--minutes", type=float, metavar="M", help="of load: at first steady, then with faults (30)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="decides faults and orders (1)")
    parser.add_argument("--rate", type=float, default=15.0, metavar="R", help="arrivals of customers a second (15)")
    parser.add_argument("--faults", type=int, metavar="N", help="(6.7 a minute)")
    parser.add_argument("--replicas", type=int, default=2, metavar="N", help="of each service (2)")
    parser.add_argument("--kinds", metavar="A,B", default="", help=f"only these of {', '.join(BY_NAME)}")
    parser.add_argument("--replay", action="store_true", help="no faults: only load, then replay immunity")
    parser.add_argument("--patience", type=float, default=1.0, metavar="F",
                        help="recoveries may take F times as long, on a machine that does other things, too (1)")
    parser.add_argument("--report", type=Path, metavar="DIR", help="where the report goes (.run/chaos/...)")
    chosen = parser.parse_args(arguments)
    minutes = chosen.minutes if chosen.minutes is not None else REPLAY_MINUTES if chosen.replay else 30.0
    kinds = tuple(name for name in chosen.kinds.split(",") if name)
    faults = chosen.faults if chosen.faults is not None else max(1, math.ceil(FAULTS_PER_MINUTE * minutes))
    _check(minutes, chosen.rate, faults, chosen.replicas, kinds)
    if not 1 <= chosen.patience <= 100:
        raise Usage(f"--patience must be 1 to 100, not {chosen.patience:g}")
    if chosen.replay and (chosen.faults is not None or kinds):
        raise Usage("--replay is a run without faults: it goes with neither --faults nor --kinds")
    return Options(minutes, chosen.seed, chosen.rate, 0 if chosen.replay else faults, chosen.replicas, kinds,
                   chosen.replay, chosen.patience, chosen.report)


def _check(minutes: float, rate: float, faults: int, replicas: int, kinds: tuple[str, ...]) -> None:
    if not 0 < minutes <= MINUTES_MAX:
        raise Usage(f"--minutes must be above 0 and at most {MINUTES_MAX:.0f}, not {minutes:g}")
    if not 0.1 <= rate <= 1000:
        raise Usage(f"--rate must be 0.1 to 1000 arrivals a second, not {rate:g}")
    if not 1 <= faults <= 100_000:
        raise Usage(f"--faults must be 1 to 100000, not {faults}")
    if not 1 <= replicas <= 2:
        raise Usage(f"--replicas must be 1 or 2, not {replicas}")
    for kind in kinds:
        if kind not in BY_NAME:
            raise Usage(f"there is no kind of fault called {kind}; there are {', '.join(BY_NAME)}")
