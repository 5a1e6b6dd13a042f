"""./shop chaos: faults under load on a platform of its own, and what became of the books."""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from tools.shop.build import build
from tools.shop.chaos import options, report, verdict
from tools.shop.chaos.soak import Soak
from tools.shop.console import Failure, Usage, complain, say
from tools.shop.rundir import run_directory


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--points"]:
        # Crash points need a build of their own; nobody else has to load what knows of it.
        return importlib.import_module("tools.shop.chaos.points").main(arguments[1:])
    chosen = options.parse(arguments)
    if "SHOP_TEST_PROGRAMS" not in os.environ:
        build("run")
    directory = report_directory(chosen)
    say(f"-- seed {chosen.seed}, {chosen.minutes:g} minutes, {chosen.faults} faults; the report goes to {directory}")
    soak = Soak(chosen, directory)
    soak.result.versions = report.versions()
    os.environ["SHOP_KEEP_LOGS"] = str(directory / "logs")
    soak.run()
    judged = verdict.judge(soak.result.run)
    report.write(soak.result, judged, directory)
    if judged.name == verdict.PASS:
        shutil.rmtree(directory / "logs", ignore_errors=True)
    say(report.summary(soak.result, judged))
    say(f"-- {directory / 'report.md'}")
    say(judged.name)
    return judged.code


def report_directory(chosen: options.Options) -> Path:
    """A new one for every run."""
    kind = "replay" if chosen.replay_only else "soak"
    named = chosen.report or run_directory() / "chaos" / time.strftime(f"%Y%m%d-%H%M%S-{kind}-seed-{chosen.seed}")
    named = named.resolve()
    if named.exists() and any(named.iterdir()):
        raise Failure(f"{named} is not empty; a report wants a directory of its own")
    named.mkdir(parents=True, exist_ok=True)
    return named


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupted)
    try:
        sys.exit(main(sys.argv[1:]))
    except Usage as usage:
        complain(str(usage))
        sys.exit(2)
    except Failure as failure:
        complain(str(failure))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
