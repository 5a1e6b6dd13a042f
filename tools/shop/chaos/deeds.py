"""What each kind of fault does to the private platform. Only its own processes, by the pids of its state file."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.faults import family
from tests.e2e.rig import Rig
from tests.e2e.stores import Refused
from tools.shop.chaos.replay import published_of
from tools.shop.chaos.schedule import BINDINGS, Fault
from tools.shop.platform import PROVIDER
from tools.shop.process import as_account, base_environment
from tools.shop.state import same_process

ALIVE_SECONDS = 10.0  # A process that is just being restarted is waited for.
STORM_PAUSE_SECONDS = 0.2
ROW_SECONDS_MIN = 2.0
ALARM_SECONDS = 20.0
# A third of the copies comes at once, a third within a minute, a third as late as ten minutes.
COPIES_DELAYS = ((0.0, 0.0), (1.0, 60.0), (60.0, 600.0))
COPIES_WINDOW_SECONDS = (4.0, 16.0)
WATERMARK, WATERMARK_OF_ALARM = "0.4", "0.00001"
TERMINATE = ("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() "
             "and backend_type = 'client backend' and usename <> 'postgres'")
RABBITMQCTL = "/usr/lib/rabbitmq/bin/rabbitmqctl"
Entry = dict[str, Any]


class Missed(Exception):
    """The fault met nothing; the text says why."""


@dataclass
class Met:
    """What a fault met, in words, and how many. `ended`: when the harm was done, if that was before the deed was."""

    did: str
    amount: int = 1
    ended: float | None = None


class Ground:
    """The platform as the faults see it, and what each did to whom: the watch wants to know who was killed."""

    def __init__(self, rig: Rig, over: threading.Event, hot_sku: str) -> None:
        self.rig = rig
        self.over = over  # Set when healing begins: nothing may last longer.
        self.hot_sku = hot_sku
        self.began = time.time()
        self._lock = threading.Lock()
        self._signals: list[tuple[str, int, int]] = []

    def entry(self, name: str) -> Entry:
        """The running process of this name."""
        deadline = time.monotonic() + ALIVE_SECONDS
        while time.monotonic() < deadline:
            for entry in self.rig.state["processes"]:
                if entry["name"] == name and same_process(entry["pid"], entry["started"]):
                    return entry
            if self.over.wait(0.1):
                break
        raise Missed(f"{name} was not running")

    def send(self, name: str, number: int) -> Entry:
        entry = self.entry(name)
        try:
            os.kill(entry["pid"], number)
        except ProcessLookupError:
            raise Missed(f"{name} ended by itself") from None
        with self._lock:
            self._signals.append((name, number, entry["pid"]))
        return entry

    def sent(self) -> list[tuple[str, int, int]]:
        """(name, signal, pid) of every signal that was to end a process."""
        with self._lock:
            return list(self._signals)

    def wait(self, seconds: float) -> None:
        self.over.wait(seconds)


def kill(ground: Ground, fault: Fault) -> Met:
    entry = ground.send(fault.target, signal.SIGKILL)
    return Met(f"killed pid {entry['pid']}", ended=time.time())


def freeze(ground: Ground, fault: Fault) -> Met:
    entry = ground.entry(fault.target)
    members = family(entry["pid"])
    try:
        for member in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(member, signal.SIGSTOP)
        ground.wait(fault.seconds)
    finally:
        for member in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(member, signal.SIGCONT)
    if not same_process(entry["pid"], entry["started"]):
        return Met(f"froze pid {entry['pid']}, which was killed meanwhile")
    return Met(f"froze pid {entry['pid']}")


def terminate(ground: Ground, fault: Fault) -> Met:
    """A rolling restart: each replica is told to stop once the one before is ready again."""
    names = ground.rig.names_of(fault.target)
    told, ended = [], time.time()
    for name in names:
        entry = ground.send(name, signal.SIGTERM)
        ended = time.time()
        told.append(str(entry["pid"]))
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not ground.over.is_set():
            if not same_process(entry["pid"], entry["started"]) and ground.rig.ready(name):
                break
            ground.wait(0.2)
    return Met(f"told pid {', '.join(told)} to stop", len(told), ended)


def stop_broker(ground: Ground, fault: Fault) -> Met:
    entry = ground.send("rabbitmq", signal.SIGTERM)
    return Met(f"told pid {entry['pid']} to stop", ended=time.time())


def stop_postgres(ground: Ground, fault: Fault) -> Met:
    """SIGQUIT is PostgreSQL's immediate shutdown: every backend leaves without a word, recovery follows."""
    entry = ground.send("postgres", signal.SIGQUIT)
    return Met(f"told pid {entry['pid']} to stop immediately", ended=time.time())


def end_sessions(ground: Ground, fault: Fault) -> Met:
    ended, deadline = 0, time.monotonic() + fault.seconds
    while time.monotonic() < deadline and not ground.over.is_set():
        with contextlib.suppress(Refused, subprocess.TimeoutExpired):
            ended += ground.rig.database("postgres").value(f"select count(*) from ({TERMINATE}) ended")
        ground.wait(STORM_PAUSE_SECONDS)
    if ended == 0:
        raise Missed("no session was there to end")
    return Met(f"ended {ended} sessions", ended)


def lock_row(ground: Ground, fault: Fault) -> Met:
    began = time.monotonic()
    try:
        ground.rig.database("inventory_db").run(
            f"begin; set local lock_timeout = '15s'; select sku from stock where sku = '{ground.hot_sku}' for update; "
            f"select pg_sleep({fault.seconds}); rollback;")
    except (Refused, subprocess.TimeoutExpired) as refusal:
        # Another fault may have taken the connection away; until then the row was locked.
        if time.monotonic() - began < ROW_SECONDS_MIN:
            raise Missed(f"the row was not locked: {refusal}") from refusal
    return Met(f"locked the stock of {ground.hot_sku} for {time.monotonic() - began:.0f} s")


def cut(ground: Ground, fault: Fault) -> Met:
    """Ends the established connections to a server, again and again; the kernel does it, the server is not asked."""
    port, ended = ground.rig.state["ports"][fault.target], 0
    deadline = time.monotonic() + fault.seconds
    while True:
        ended += end_sockets(port)
        if time.monotonic() >= deadline or ground.over.is_set():
            break
        ground.wait(STORM_PAUSE_SECONDS)
    if ended == 0:
        return cut_from_inside(ground, fault)
    return Met(f"cut {ended} connections", ended)


def end_sockets(port: int) -> int:
    """How many connections to it the kernel has ended; none where it may not, or where there is no `ss`."""
    try:
        done = subprocess.run(["ss", "-K", "-H", "-t", "state", "established", "dst", "127.0.0.1", "dport", "=",
                               f":{port}"], capture_output=True, text=True, timeout=20)
    except OSError:
        return 0
    return len(done.stdout.splitlines())


def cut_from_inside(ground: Ground, fault: Fault) -> Met:
    """For kernels and users that may not end sockets: the server itself ends the connections."""
    if fault.target == "postgres":
        return end_sessions(ground, fault)
    if fault.target == PROVIDER:
        # It has no way to close them but to go.
        return kill(ground, fault)
    ended = (int(redis(ground, "CLIENT", "KILL", "TYPE", "normal") or 0) if fault.target == "redis"
             else close_broker_connections(ground))
    if ended == 0:
        raise Missed("no connection was there to cut")
    return Met(f"had {ended} connections closed by the server", ended)


def close_broker_connections(ground: Ground) -> int:
    try:
        names = [connection["name"] for connection in ground.rig.broker.ask("GET", "/connections")]
        for name in names:
            with contextlib.suppress(urllib.error.HTTPError):
                ground.rig.broker.ask("DELETE", "/connections/" + urllib.parse.quote(name, safe=""))
    except OSError as error:
        raise Missed(f"the broker did not answer: {error}") from error
    return len(names)


def alarm(ground: Ground, fault: Fault) -> Met:
    set_watermark(ground.rig, WATERMARK_OF_ALARM)
    try:
        # The broker measures its memory every few seconds.
        deadline = time.monotonic() + ALARM_SECONDS
        while not in_alarm(ground.rig):
            if time.monotonic() > deadline or ground.over.wait(STORM_PAUSE_SECONDS):
                raise Missed("the broker raised no alarm")
        ground.wait(fault.seconds)
    finally:
        # A broker that is killed meanwhile comes back with the mark of its configuration.
        with contextlib.suppress(Missed):
            set_watermark(ground.rig, WATERMARK)
    return Met("publishers were blocked by a memory alarm")


def set_watermark(rig: Rig, fraction: str) -> None:
    rabbitmqctl(rig, "set_vm_memory_high_watermark", fraction)


def in_alarm(rig: Rig) -> bool:
    try:
        rig.broker.ask("GET", "/health/checks/alarms")
        return False
    except urllib.error.HTTPError as error:
        return error.code == 503
    except OSError:
        return False


def rabbitmqctl(rig: Rig, *arguments: str) -> None:
    home, ports = Path(rig.state["data"]) / "rabbitmq", rig.state["ports"]
    environment = base_environment() | {
        "HOME": str(home), "RABBITMQ_NODENAME": "shop@localhost", "ERL_EPMD_PORT": str(ports["epmd"]),
        "ERL_EPMD_ADDRESS": "127.0.0.1", "RABBITMQ_CONF_ENV_FILE": str(home / "environment")}
    try:
        done = subprocess.run(as_account("rabbitmq", [RABBITMQCTL, *arguments]), cwd="/",
                              env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    except subprocess.TimeoutExpired:
        raise Missed("the broker did not take the order in time") from None
    if done.returncode != 0:
        raise Missed(f"the broker did not take the order: {(done.stderr or done.stdout).strip()[-200:]}")


def unbind(ground: Ground, fault: Fault) -> Met:
    queue, type_ = fault.target.split()
    path = f"/bindings/%2F/e/shop.events/q/{queue}"
    try:
        bindings = [one for one in ground.rig.broker.ask("GET", path) if one["routing_key"] == type_]
        for one in bindings:
            ground.rig.broker.ask("DELETE", f"{path}/{urllib.parse.quote(one['properties_key'], safe='')}")
    except OSError as error:
        raise Missed(f"the broker did not answer: {error}") from error
    if not bindings:
        raise Missed("the binding was not there")
    try:
        ground.wait(fault.seconds)
    finally:
        bound = try_bind(ground, queue, type_)
    # A publisher that connects meanwhile binds it, too.
    return Met(f"took {queue}'s binding for {type_} away" + ("" if bound else "; healing has to bring it back"))


def try_bind(ground: Ground, queue: str, type_: str) -> bool:
    for _ in range(20):
        try:
            ground.rig.broker.ask("POST", f"/bindings/%2F/e/shop.events/q/{queue}", {"routing_key": type_})
            return True
        except OSError:
            if ground.over.wait(1.0):
                break
    return False


def flush_redis(ground: Ground, fault: Fault) -> Met:
    keys = redis(ground, "DBSIZE")
    if redis(ground, "FLUSHALL") != "OK":
        raise Missed("Redis did not answer")
    return Met(f"flushed {keys or 'no'} keys")


def redis(ground: Ground, *command: str) -> str:
    url = urllib.parse.urlsplit(ground.rig.state["connections"]["redis"])
    done = subprocess.run(["redis-cli", "-h", "127.0.0.1", "-p", str(url.port), "--raw", *command],
                          env=base_environment() | {"REDISCLI_AUTH": url.password or ""}, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=10)
    return done.stdout.strip()


def copies(ground: Ground, fault: Fault) -> Met:
    """Publishes retained events again under their ids, shuffled, some of them before their first time."""
    dice = random.Random(fault.seed)
    # Early in a run there is nothing that old yet.
    oldest = time.time() - ground.began
    window = min(dice.uniform(*COPIES_WINDOW_SECONDS), oldest)
    until = time.time() - min(dice.uniform(*dice.choice(COPIES_DELAYS)), oldest - window)
    since = until - window
    times = dice.randint(1, 2)
    arguments = ["--from", moment(since), "--to", moment(until), "--times", str(times), "--shuffle", str(fault.seed)]
    done = ground.rig.verb("republish", *arguments)
    if done.returncode != 0:
        raise Missed(done.stderr.strip()[-200:])
    _, published = published_of(done.stdout)
    if published == 0:
        raise Missed("no event was there to copy")
    return Met(f"{done.stdout.strip()}, from {time.time() - until:.0f} s ago", published)


def moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds % 1 * 1000):03d}Z"


def heal(rig: Rig) -> None:
    """Whatever a fault that was cut short may have left behind."""
    for entry in rig.state["processes"]:
        for member in family(entry["pid"]) if same_process(entry["pid"], entry["started"]) else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(member, signal.SIGCONT)
    for queue, type_ in BINDINGS:
        rig.broker.ask("POST", f"/bindings/%2F/e/shop.events/q/{queue}", {"routing_key": type_})
    if in_alarm(rig):
        set_watermark(rig, WATERMARK)


Deed = Callable[[Ground, Fault], Met]
DEEDS: dict[str, Deed] = {
    "service.kill": kill, "service.freeze": freeze, "service.terminate": terminate, "provider.kill": kill,
    "postgres.restart": stop_postgres, "postgres.kill": kill, "postgres.terminate": end_sessions, "row.lock": lock_row,
    "broker.restart": stop_broker, "broker.kill": kill, "broker.alarm": alarm, "queue.unbind": unbind,
    "connections.cut": cut, "redis.flush": flush_redis, "redis.kill": kill, "messages.late": copies,
}
