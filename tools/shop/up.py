"""./shop up: builds, starts everything in order, loads demonstration data, shows the logs, stops everything."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.shop import platform, waves
from tools.shop.build import build
from tools.shop.console import Failure, say
from tools.shop.platform import ADMIN_EMAIL, SERVICES, Layout
from tools.shop.rundir import ROOT, data_directory, run_directory
from tools.shop.state import RunLock, is_locked, read_state, start_ticks, stop_leftovers, write_state
from tools.shop.supervisor import Supervisor
from tools.shop.vault import make_keys, open_vault

DEMO_DATA = ROOT / "tools" / "shop" / "demo_data.py"
DETACHED_START_SECONDS = 300.0


@dataclass(frozen=True)
class Options:
    replicas: int = 1
    demo_data: bool = True
    fresh: bool = False
    load_profile: bool = False
    # Programs built elsewhere, for example build/asan/bin; None builds the preset `run`.
    programs: Path | None = None
    quiet: bool = False
    # component -> variable -> value
    overrides: dict[str, dict[str, str]] = field(default_factory=dict)


def up(options: Options) -> int:
    """Runs the platform until Ctrl-C, SIGTERM or a failure; this process is its supervisor."""
    run = run_directory()
    binaries = options.programs or build("run") / "bin"
    lock = RunLock(run)
    if not lock.acquire():
        return say_running(run)
    return Run(options, run, binaries).supervise()


def up_detached(options: Options, arguments: list[str]) -> int:
    """The same in the background; returns when everything is ready, or has failed."""
    run = run_directory()
    if is_locked(run):
        return say_running(run)
    binaries = options.programs or build("run") / "bin"
    logs = run / "logs"
    logs.mkdir(mode=0o700, exist_ok=True)
    log = logs / "supervisor.log"
    log.unlink(missing_ok=True)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    command = [sys.executable, "-P", "-m", "tools.shop", "up", *arguments, "--programs", str(binaries), "--quiet"]
    supervisor = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, cwd="/", stdout=descriptor,
                                  stdin=subprocess.DEVNULL, stderr=descriptor, start_new_session=True)
    os.close(descriptor)
    deadline = time.monotonic() + DETACHED_START_SECONDS
    with log.open(encoding="utf-8", errors="replace") as output:
        while True:
            ended = supervisor.poll()
            state = read_state(run)
            ready = state is not None and state["phase"] == "running" and state["supervisor"]["pid"] == supervisor.pid
            for line in output:
                say(line.rstrip())
            if ended is not None:
                return ended
            if ready:
                return 0
            if time.monotonic() > deadline:
                supervisor.terminate()
                raise Failure(f"not ready after {DETACHED_START_SECONDS:.0f} s; see {log}")
            time.sleep(0.1)


def say_running(run: Path) -> int:
    state = read_state(run)
    say("the platform is running already; ./shop down stops it, ./shop status shows it")
    if state is not None and state.get("urls"):
        say(f"  API  {state['urls']['gateway']}")
    return 0


class Run:
    """One run of the platform, from the choice of ports to the last process stopped."""

    def __init__(self, options: Options, run: Path, binaries: Path) -> None:
        self._options = options
        self._run = run
        self._began = time.monotonic()
        earlier = stop_leftovers(read_state(run))
        if earlier:
            say(f"-- left over from an earlier run and stopped: {', '.join(earlier)}")
        data = data_directory(run)
        if options.fresh:
            say("-- deleting the data of earlier runs")
            for path in (data, run / "keys", run / "logs"):
                shutil.rmtree(path, ignore_errors=True)
            (run / "secrets.json").unlink(missing_ok=True)
            data = data_directory(run)
        # Kept, because with it the ports would be given up.
        self._ports = ports = waves.choose_ports(options.replicas)
        for name, (default, chosen) in ports.moved.items():
            say(f"-- port {default} of {name} is in use; {chosen} is used instead")
        self._layout = Layout(run=run, data=data, binaries=binaries, ports=ports.named, replicas=options.replicas,
                              vault=open_vault(run), keys=make_keys(run), overrides=options.overrides,
                              load_profile=options.load_profile)
        self._showing_logs = False
        self._print_lock = threading.Lock()
        self._phase = "starting"
        # Without somebody to look at them, lines are not even taken apart.
        self._supervisor = Supervisor(waves.waves(self._layout), run / "logs", changed=self._write_state,
                                      echo=None if options.quiet else self._echo)

    def supervise(self) -> int:
        try:
            waves.check_parts(self._layout)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, self._on_signal)
            self._write_state()
            self._supervisor.start()
            self._load_demo_data()
            if not self._supervisor.stop_requested:
                self._phase = "running"
                self._write_state()
                self._say_urls()
                self._showing_logs = True
                self._supervisor.run()
        except Failure as failure:
            self._finish(str(failure))
            raise
        except KeyboardInterrupt:
            self._supervisor.kill()
            self._finish("interrupted twice; everything was killed")
            return 130
        self._finish(None)
        return 0

    def _finish(self, failure: str | None) -> None:
        self._showing_logs = False
        self._phase = "stopping"
        self._write_state()
        say("-- stopping")
        try:
            self._supervisor.stop()
        except KeyboardInterrupt:
            self._supervisor.kill()
        if failure is None:
            (self._run / "state.json").unlink(missing_ok=True)
        else:
            self._phase = "failed"
            write_state(self._run, {**self._state(), "failure": failure, "processes": []})
        say("-- stopped")

    def _on_signal(self, number: int, _: object) -> None:
        if not self._supervisor.stop_requested:
            self._supervisor.request_stop()
        elif number == signal.SIGINT:
            # Only somebody at the keyboard means it: two ./shop down wait for one stop.
            raise KeyboardInterrupt

    def _load_demo_data(self) -> None:
        if not self._options.demo_data or not DEMO_DATA.exists() or self._supervisor.stop_requested:
            return
        say("-- loading demonstration data ...")
        log = self._run / "logs" / "demo-data.log"
        with log.open("w", encoding="utf-8") as output:
            loader = subprocess.Popen([sys.executable, "-P", "-m", "tools.shop.demo_data"], stdin=subprocess.DEVNULL,
                                      stdout=output, stderr=subprocess.STDOUT,
                                      env=os.environ | tool_environment(self._state()))
            self._supervisor.run(until=lambda: loader.poll() is not None)
        if loader.poll() is None:
            loader.kill()
            loader.wait()
        elif loader.returncode != 0:
            raise Failure("the demonstration data could not be loaded:\n" + log.read_text(encoding="utf-8")[-2000:])

    def _echo(self, name: str, line: str) -> None:
        if self._showing_logs:
            with self._print_lock:
                say(f"{name:<19} | {line}")

    def _write_state(self) -> None:
        write_state(self._run, self._state())

    def _state(self) -> dict[str, Any]:
        layout = self._layout
        gateway = layout.url("gateway")
        return {
            "phase": self._phase,
            "supervisor": {"pid": os.getpid(), "started": start_ticks(os.getpid())},
            "root": str(ROOT), "run": str(self._run), "data": str(layout.data), "logs": str(self._run / "logs"),
            "programs": str(layout.binaries), "replicas": layout.replicas,
            "urls": {
                "gateway": gateway, "api": f"{gateway}/api/v1",
                **{service.name: layout.url(service.name) for service in SERVICES},
                platform.PROVIDER: layout.url(platform.PROVIDER), platform.AUDITOR: layout.url(platform.AUDITOR),
                "prometheus": layout.url("prometheus"),
                "rabbitmq-management": layout.url("rabbitmq-management"),
            },
            "ports": layout.ports,
            "admin": {"email": ADMIN_EMAIL, "password": layout.vault.admin},
            "connections": {
                "postgres": layout.database_url("postgres", "postgres"),
                "databases": {service.database: layout.database_url(service.database) for service in SERVICES},
                "auditor": {service.database: layout.database_url(service.database, "auditor")
                            for service in SERVICES},
                "audit": platform.audit_sources(layout),
                "broker": layout.broker_url("admin"), "broker_management": layout.management_url,
                "redis": layout.redis_url, "provider_key": layout.vault.provider_key,
                "provider_log": str(layout.provider_log),
                "jwt_keys": str(layout.keys), "jwt_issuer": platform.JWT_ISSUER,
                "jwt_audience": platform.JWT_AUDIENCE,
            },
            "processes": [
                {"name": child.program.name, "pid": child.pid, "port": child.program.port,
                 "started": start_ticks(child.pid) if child.pid else None, "restarts": len(child.restarts)}
                for child in self._supervisor.children if child.pid is not None
            ],
        }

    def _say_urls(self) -> None:
        state = self._state()
        urls = state["urls"]
        say(f"-- ready in {time.monotonic() - self._began:.1f} s")
        say(f"   API            {urls['api']}")
        for service in SERVICES:
            say(f"   {service.name:<18} {urls[service.name]}/openapi.json")
        say(f"   RabbitMQ       {urls['rabbitmq-management']}  (admin / {self._layout.vault.broker_admin})")
        say(f"   Prometheus     {urls['prometheus']}")
        say(f"   books          {urls[platform.AUDITOR]}/report")
        say(f"   administrator  {ADMIN_EMAIL} / {self._layout.vault.admin}")
        # A run in the background is quiet, and there is no Ctrl-C for it.
        stops = "./shop down" if self._options.quiet else "Ctrl-C or ./shop down"
        say(f"   logs           {state['logs']}   {stops} stops everything")


def tool_environment(state: dict[str, Any]) -> dict[str, str]:
    """How Python programs that work on the running platform find it."""
    named = {f"SHOP_{name.removesuffix('-service').upper()}_URL": url for name, url in state["urls"].items()
             if name.endswith("-service")}
    return named | {
        "SHOP_STATE": str(Path(state["run"]) / "state.json"), "SHOP_GATEWAY_URL": state["urls"]["gateway"],
        "SHOP_ADMIN_EMAIL": state["admin"]["email"], "SHOP_ADMIN_PASSWORD": state["admin"]["password"],
        "PYTHONPATH": str(ROOT),
    }
