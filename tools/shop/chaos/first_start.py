"""Crash points in the migrations: a service of its own on an empty database, killed in the middle, started again."""

from __future__ import annotations

import itertools
import re
import signal
import subprocess
import tempfile
import time
import urllib.parse
from pathlib import Path

from tests.e2e.rig import Rig, programs
from tools.shop.api import Api
from tools.shop.chaos.crash import Aim, Target, read_hits

SECONDS = 30.0
VIRTUAL_HOST = "first-start"
# What a schema is, without the daily partitions.
SCHEMA = r"""select table_name || '.' || column_name || ' ' || data_type as line from information_schema.columns
where table_schema = 'public' and table_name !~ '_p\d{8}$'"""
_numbers = itertools.count(1)


def die_in_migration(rig: Rig, point: str, passing: int) -> tuple[bool, list[str]]:
    """Whether it died at the point, and what was wrong then or after the next start.

    Its messages go through a virtual host of its own, since two services of one name would share their queues.
    """
    service = point.split(".")[0]
    database = f"first_start_{next(_numbers)}"
    with tempfile.TemporaryDirectory(prefix="shop-first-", dir="/var/tmp") as directory:
        log = Path(directory) / "crash.log"
        environment = _environment(rig, service, database) | {
            "SHOP_CRASH_AT": str(Target(point, passing)), "SHOP_CRASH_LOG": str(log)}
        # It goes with the platform: to drop it would wait for a checkpoint, under load for seconds.
        rig.database("postgres").run(f'create database {database} owner {service.removesuffix("-service")}_db')
        died = _start(service, environment, Path(directory) / "1.log")
        code = _end_of(died)
        if code != -signal.SIGKILL or not log.exists() or read_hits(log.read_text())[-1].pid != died.pid:
            return False, [f"{service} did not die in its migration but ended with {code}"]
        wrong = _half_done(rig, database, passing)
        # With the same environment: what the log tells of is not done again.
        return True, wrong + _lives(rig, service, environment, database, Path(directory) / "2.log")


def _environment(rig: Rig, service: str, database: str) -> dict[str, str]:
    """Of the platform's own process, but for the places where it keeps and sends things."""
    entries = Path(f"/proc/{rig.pids()[service]}/environ").read_bytes().decode().split("\0")
    found = dict(entry.split("=", 1) for entry in entries if "=" in entry)
    user = urllib.parse.urlsplit(found["SHOP_BROKER_URL"]).username
    rig.broker.ask("PUT", f"/vhosts/{VIRTUAL_HOST}")
    rig.broker.ask("PUT", f"/permissions/{VIRTUAL_HOST}/{user}", {"configure": ".*", "write": ".*", "read": ".*"})
    return found | {
        "SHOP_DATABASE_URL": found["SHOP_DATABASE_URL"].rsplit("/", 1)[0] + "/" + database,
        "SHOP_BROKER_URL": found["SHOP_BROKER_URL"].rsplit("/", 1)[0] + "/" + VIRTUAL_HOST,
        "SHOP_HTTP_PORT": "0"}


def _start(service: str, environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(["setpriv", "--pdeathsig", "KILL", str(programs() / service)], env=environment, cwd="/",
                                stdin=subprocess.DEVNULL, stdout=output, stderr=output)


def _end_of(process: subprocess.Popen[bytes]) -> int | None:
    """Its exit code; None when it does not end in time."""
    try:
        return process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return None


def _half_done(rig: Rig, database: str, passing: int) -> list[str]:
    """The migration that was under way must have left nothing behind, and those before it everything."""
    applied = rig.database(database).value("select count(*) from schema_migrations")
    tables = rig.database(database).value(
        "select count(*) from information_schema.tables where table_schema = 'public'")
    wrong = [f"{database}: {applied} migrations are applied, not {passing - 1}"] * (applied != passing - 1)
    return wrong + [f"{database}: {tables} tables, but no migration"] * (passing == 1 and tables != 1)


def _lives(rig: Rig, service: str, environment: dict[str, str], database: str, log: Path) -> list[str]:
    """Started again it must serve, on the schema that the platform itself has."""
    process = _start(service, environment, log)
    try:
        deadline, port = time.monotonic() + SECONDS, None
        while port is None and time.monotonic() < deadline and process.poll() is None:
            port = re.search(r'"serving".*"port":(\d+)', log.read_text(encoding="utf-8"))
            time.sleep(0.05)
        if port is None:
            return [f"{service} did not start again: {log.read_text(encoding='utf-8')[-500:]}"]
        ready = Api(f"http://127.0.0.1:{port[1]}", keep_alive=False).ask("GET", "/health/ready").status
        wrong = [f"{service} is not ready after the migration: {ready}"] * (ready != 200)
        of_ours = {row["line"] for row in rig.database(database).rows(SCHEMA)}
        of_platform = {row["line"] for row in rig.database(service.removesuffix("-service") + "_db").rows(SCHEMA)}
        wrong += [f"{service}: the schemas differ: {sorted(of_ours ^ of_platform)}"] * (of_ours != of_platform)
        return wrong
    finally:
        process.kill()
        process.wait()
