"""./shop doctor: looks at everything that a start depends on and says what to do about what is wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tools.shop import platform
from tools.shop.console import Failure, megabytes, say
from tools.shop.ports import is_free
from tools.shop.rundir import ROOT, data_directory, run_directory
from tools.shop.state import is_locked, leftovers, read_state

DISK_BYTES_MIN = 5 << 30
MEMORY_BYTES_MIN = 2 << 30
BUILD_MEMORY_BYTES = 4 << 30

# What was found, and the advice when something is wrong (None when all is well).
Finding = tuple[str, str | None]


def doctor() -> int:
    """0 when nothing stands in the way of a start."""
    checks: list[tuple[str, Callable[[], Finding]]] = [
        ("system", _system), ("packages", _packages), ("memory", _memory), ("disk", _disk),
        ("run directory", _run_directory), ("state", _state), ("ports", _ports), ("components", _components),
    ]
    wrong = 0
    for title, check in checks:
        try:
            found, advice = check()
        except Failure as failure:
            found, advice = "trouble", str(failure)
        say(f"{'ok  ' if advice is None else 'LOOK'}  {title:<14} {found}")
        if advice is not None:
            wrong += 1
            say(f"      {'':<14} -> {advice}")
    if wrong:
        say(f"{wrong} thing(s) to look at")
    elif is_locked(run_directory()):
        say("the platform is running")
    else:
        say("nothing stands in the way of ./shop up")
    return 0 if wrong == 0 else 1


def _system() -> Finding:
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    name = release.get("PRETTY_NAME", "unknown").strip('"')
    if release.get("ID") != "debian" or release.get("VERSION_ID", "").strip('"') != "12":
        return name, "./shop needs Debian 12: it builds on that system's libraries and runs its servers"
    return f"{name}, {len(os.sched_getaffinity(0))} processor(s)", None


def _packages() -> Finding:
    wanted = [line.split("#")[0].strip() for line in (ROOT / "tools/shop/packages.txt").read_text().splitlines()]
    wanted = [package for package in wanted if package]
    shown = subprocess.run(["dpkg-query", "-W", "-f=${Package}:${db:Status-Status}\n", *wanted],
                           capture_output=True, text=True).stdout.split()
    missing = [package for package in wanted if f"{package}:installed" not in shown]
    if missing:
        return f"{len(missing)} of {len(wanted)} missing", f"./shop up installs {' '.join(missing)}"
    return f"all {len(wanted)} installed", None


def _memory() -> Finding:
    lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    free = int(lines["MemAvailable"].split()[0]) << 10
    found = f"{megabytes(free)} available"
    if free < MEMORY_BYTES_MIN:
        return found, f"the platform wants {megabytes(MEMORY_BYTES_MIN)}; close something"
    if free < BUILD_MEMORY_BYTES:
        return found, "enough to run, but the build will use fewer processes at once and take longer"
    return found, None


def _disk() -> Finding:
    for path in (ROOT, data_directory(run_directory())):
        free = shutil.disk_usage(path).free
        if free < DISK_BYTES_MIN:
            return f"{megabytes(free)} free at {path}", f"build and data want {megabytes(DISK_BYTES_MIN)}; make room"
    return f"{megabytes(shutil.disk_usage(ROOT).free)} free", None


def _run_directory() -> Finding:
    run = run_directory()
    return f"{run}, data in {data_directory(run)}", None


def _state() -> Finding:
    run = run_directory()
    state = read_state(run)
    if is_locked(run):
        return state["phase"] if state else "starting", None
    rest = leftovers(state)
    if rest:
        return f"{len(rest)} process(es) of a crashed run", "./shop down stops them (so does the next ./shop up)"
    if state is not None and state["phase"] == "failed":
        return "the last run failed", state["failure"].splitlines()[0]
    return "not running", None


def _ports() -> Finding:
    if is_locked(run_directory()):
        return "in use by the running platform", None
    defaults = platform.DEFAULT_PORTS | {service.name: service.port for service in platform.SERVICES}
    taken = [f"{port} ({name})" for name, port in defaults.items() if not is_free(port)]
    if taken:
        return f"in use by something else, so others will be chosen: {', '.join(taken)}", None
    return "all default ports are free", None


def _components() -> Finding:
    wanted = {"gateway": ROOT / "gateway/haproxy/haproxy.cfg", "payment-provider": ROOT / "tools/payment-provider"}
    wanted |= {service.name: ROOT / "services" / service.name / "CMakeLists.txt" for service in platform.SERVICES}
    missing = [name for name, path in wanted.items() if not path.exists()]
    if missing:
        return f"not in this checkout: {', '.join(missing)}", "the checkout is incomplete; get it anew"
    return "all in the checkout", None
