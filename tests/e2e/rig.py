"""A platform of the tests' own: on free ports, in a directory that is deleted afterwards, ended with the tests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.e2e import tokens
from tests.e2e.stores import Broker, Database
from tools.shop.api import Api, Unexpected, log_in
from tools.shop.rundir import ROOT, private_directory
from tools.shop.state import read_state, same_process

START_SECONDS = 240.0
STOP_SECONDS = 40.0
PAUSE_SECONDS = 0.1
# Deadlines that a test can wait for. A lease must outlive one call to the provider.
SHORT_DEADLINES = {
    "order-service": {"SHOP_RESERVE_STOCK_MS": "6000", "SHOP_TAKE_PAYMENT_MS": "12000", "SHOP_UNDO_AGAIN_MS": "1500",
                      "SHOP_UNDO_AGAIN_MAX_MS": "5000"},
    "payment-service": {"SHOP_PROVIDER_MS": "4000", "SHOP_LEASE_MS": "6000"},
}
Json = dict[str, Any]


class Rig:
    """`with Rig(replicas=2) as rig:` - raises Unexpected with the supervisor's last words when it does not start."""

    def __init__(self, replicas: int = 1, overrides: Mapping[str, Mapping[str, str]] | None = None,
                 load_profile: bool = True, demo_data: bool = False) -> None:
        self.replicas = replicas
        self._overrides = overrides or {}
        self._load_profile = load_profile
        self._demo_data = demo_data
        self.directory = Path(tempfile.mkdtemp(prefix="shop-e2e-", dir="/var/tmp"))
        self._supervisor: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Rig:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> None:
        private_directory(self.directory)
        command = [sys.executable, "-P", "-m", "tools.shop", "up", "--quiet", "--replicas", str(self.replicas),
                   "--programs", str(programs())]
        command += ["--load-profile"] * self._load_profile + ["--no-demo-data"] * (not self._demo_data)
        for component, variables in self._overrides.items():
            for name, value in variables.items():
                command += ["--set", f"{component}:{name}={value}"]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOP_")}
        with open(self.directory / "supervisor.log", "ab") as log:
            # The supervisor ends with us, however we end, and everything else with the supervisor.
            self._supervisor = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd="/", start_new_session=True, env=kept | {
                    "PYTHONPATH": str(ROOT), "SHOP_RUN_DIRECTORY": str(self.directory),
                    "SHOP_RESTARTS_PER_MINUTE": "1000"})
        until(lambda: self._supervisor.poll() is not None or self._phase() == "running", START_SECONDS,
              "the platform is up")
        if self._supervisor.poll() is not None:
            raise Unexpected("the platform did not start:\n" + self.said()[-3000:])
        # Minutes may pass between two requests, and the gateway closes idle connections.
        self.gateway = Api(self.state["urls"]["gateway"], keep_alive=False)
        self.admin = log_in(self.gateway, **self.state["admin"])
        self.broker = Broker(self.state["connections"]["broker_management"])

    def restart(self) -> None:
        """Stops everything in order and starts it again, on the same data."""
        self._stop()
        self._start()

    def _stop(self) -> None:
        if self._supervisor is not None and self._supervisor.poll() is None:
            self._supervisor.terminate()
            try:
                self._supervisor.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._supervisor.kill()
                self._supervisor.wait()

    def close(self) -> None:
        self._stop()
        if keep := os.environ.get("SHOP_KEEP_LOGS"):
            self._keep_logs(Path(keep) / self.directory.name)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _keep_logs(self, where: Path) -> None:
        where.mkdir(parents=True, exist_ok=True)
        for path in (*self.directory.glob("logs/*"), *self.directory.glob("supervisor.log")):
            shutil.copy(path, where)

    def said(self) -> str:
        """What the supervisor printed: among it, how each process ended."""
        return (self.directory / "supervisor.log").read_text(encoding="utf-8", errors="replace")

    def endings(self, name: str) -> list[str]:
        """How this process ended each time, for example "exit code 0" or "signal SIGKILL"."""
        return re.findall(rf"^-- {re.escape(name)} ended \((.+?)\)", self.said(), re.MULTILINE)

    @property
    def state(self) -> Json:
        state = read_state(self.directory)
        if state is None:
            raise Unexpected("there is no state file")
        return state

    def _phase(self) -> str:
        state = read_state(self.directory)
        return state["phase"] if state else ""

    def names_of(self, component: str) -> list[str]:
        """The processes of a service, or the one process of anything else."""
        return [entry["name"] for entry in self.state["processes"]
                if re.fullmatch(re.escape(component) + r"(-\d+)?", entry["name"])]

    def pid(self, name: str) -> int:
        return next(entry["pid"] for entry in self.state["processes"] if entry["name"] == name)

    def pids(self) -> dict[str, int]:
        """Of every process, once none is dead any more: one that is about to be restarted has no pid to speak of."""
        until(lambda: all(same_process(entry["pid"], entry["started"]) for entry in self.state["processes"]), 30,
              "every process runs")
        return {entry["name"]: entry["pid"] for entry in self.state["processes"]}

    def api(self, name: str, token: str = "", timeout: float = 30.0) -> Api:
        """One replica of a service, past the gateway."""
        return Api(f"http://127.0.0.1:{self.state['ports'][name]}", token, timeout, keep_alive=False)

    def ready(self, name: str) -> bool:
        try:
            return self.api(name, timeout=2.0).ask("GET", "/health/ready").status == 200
        except OSError:
            return False

    def all_ready(self) -> bool:
        return all(self.ready(name) for service in SERVICES for name in self.names_of(service))

    def database(self, name: str) -> Database:
        """As the superuser, so that a test can look everywhere."""
        return Database(self.state["connections"]["postgres"].rsplit("/", 1)[0] + "/" + name)

    def buyer(self, number: int = 0) -> Api:
        """A customer with a token of the platform's own key. Orders know users by their token alone."""
        token = tokens.customer(Path(self.state["connections"]["jwt_keys"]), number)
        return self.gateway.acting_as(token)

    def verb(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """./shop VERB on this platform, without building anything."""
        from tools.shop.commands import VERBS
        verb = next(verb for verb in VERBS if verb.name == arguments[0])
        command = ([sys.executable, "-P", "-m", f"tools.shop.{verb.script}"] if verb.script
                   else [str(programs() / str(verb.binary))])
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOP_")}
        return subprocess.run([*command, *arguments[1:]], env=kept | verb.environment(self.state), timeout=240,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)


SERVICES = ("user-service", "product-service", "order-service", "inventory-service", "payment-service")


def programs() -> Path:
    """What `./shop test` built, or else the build of ./shop up."""
    return Path(os.environ.get("SHOP_TEST_PROGRAMS", ROOT / "build" / "run" / "bin"))


def until(holds: Callable[[], bool], seconds: float, what: str) -> float:
    """Waits for it and says how long that took; Unexpected when it does not come."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise Unexpected(f"not within {seconds:.0f} s: {what}")
        time.sleep(PAUSE_SECONDS)
    return time.monotonic() - began
