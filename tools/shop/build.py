"""Configuring and building with CMake and Ninja, with progress on long builds and full output on failures."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tools.shop.console import Failure, Step, say
from tools.shop.process import bound_to_us
from tools.shop.rundir import ROOT

PROGRESS_SECONDS = 10.0
# A translation unit with the HTTP server takes about this much; more jobs than fit would swap.
BYTES_PER_JOB = 900 << 20
PROGRESS = re.compile(r"^\[(\d+)/(\d+)\] ")


def build(preset: str, targets: Sequence[str] = ()) -> Path:
    """Brings the preset's build up to date (all targets, or only those named) and returns its directory."""
    with Step(f"building (preset {preset})"):
        directory = configure(preset)
        _ninja(directory, targets)
    return directory


def configure(preset: str) -> Path:
    directory = ROOT / "build" / preset
    _forget_moved_checkout(directory)
    done = subprocess.run(["cmake", "--preset", preset], cwd=ROOT, env=_environment(), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"cmake --preset {preset} failed:\n{done.stdout}{done.stderr}")
    return directory


def jobs() -> int:
    pages = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(len(os.sched_getaffinity(0)), pages // BYTES_PER_JOB))


def _forget_moved_checkout(directory: Path) -> None:
    """A build directory remembers absolute paths; after the checkout was moved or copied it is of no use."""
    try:
        text = (directory / "CMakeCache.txt").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    found = re.search(r"^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$", text, re.MULTILINE)
    if found and Path(found.group(1)) != ROOT:
        shutil.rmtree(directory)


def _environment() -> dict[str, str]:
    # Every checkout and build directory shares what was compiled before: without these two, the absolute path of the
    # checkout is part of what ccache compares.
    environment = os.environ | {"NINJA_STATUS": "[%f/%t] ", "CCACHE_BASEDIR": str(ROOT), "CCACHE_NOHASHDIR": "1"}
    if not os.access(environment.get("HOME", "/nonexistent"), os.W_OK):
        environment["CCACHE_DIR"] = str(ROOT / ".cache" / "ccache")
    return environment


def _ninja(directory: Path, targets: Sequence[str]) -> None:
    # The compilers end with us, however we end.
    command = bound_to_us("TERM", ["ninja", "-C", str(directory), f"-j{jobs()}", *targets])
    complaints: list[str] = []
    said = time.monotonic()
    with subprocess.Popen(command, env=_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace") as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                progress = PROGRESS.match(line)
                if progress is None:
                    complaints.append(line)
                elif time.monotonic() - said > (1.0 if sys.stdout.isatty() else PROGRESS_SECONDS):
                    said = time.monotonic()
                    say(f"   compiled {progress.group(1)} of {progress.group(2)}")
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        raise Failure("the build failed:\n" + "".join(complaints))
