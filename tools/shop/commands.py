"""./shop status and down, and handing over to the programs behind demo, bench, audit and the others."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.shop import probes, up
from tools.shop.build import build
from tools.shop.console import Failure, say
from tools.shop.rundir import ROOT, run_directory
from tools.shop.state import is_locked, leftovers, read_state, running_state, same_process, stop_platform

# What a measuring program returns when it has figures but not every accepted order became final.
INCOMPLETE = 3


def status() -> int:
    """0 when everything runs and is ready, 3 when the platform is not running, 1 when parts of it are not."""
    run = run_directory()
    state = read_state(run)
    if not is_locked(run):
        if state is not None and state["phase"] == "failed":
            say(f"not running; the last run failed:\n{state['failure']}")
        else:
            say("not running; ./shop up starts it")
        for entry in leftovers(state):
            say(f"left over: {entry['name']} (pid {entry['pid']}); ./shop down stops it")
        return 3
    if state is None:
        say("starting")
        return 1
    say(f"the platform is {state['phase']} ({state['replicas']} replica(s) of each service)")
    healthy = state["phase"] == "running"
    for entry in state["processes"]:
        alive = same_process(entry["pid"], entry["started"])
        answers = alive and (entry["port"] is None or _answers(entry))
        healthy = healthy and answers
        condition = "ready" if answers else "not ready" if alive else "down"
        restarts = f"  restarted {entry['restarts']} time(s)" if entry["restarts"] else ""
        say(f"  {entry['name']:<22} {condition:<10} pid {entry['pid']:<8} port {entry['port'] or '-'}{restarts}")
    for name, url in state["urls"].items():
        say(f"  {name:<22} {url}")
    say(f"  administrator          {state['admin']['email']} / {state['admin']['password']}")
    return 0 if healthy else 1


def _answers(entry: dict[str, Any]) -> bool:
    if re.fullmatch(r"[a-z]+-service(-\d+)?|shop-auditor", entry["name"]):
        return probes.http_ok(f"http://127.0.0.1:{entry['port']}/health/ready")()
    return probes.tcp_open(entry["port"])()


def down() -> int:
    if is_locked(run_directory()):
        say("-- stopping, in the opposite order of the start; the broker takes longest, about ten seconds")
    say("-- stopped" if stop_platform(run_directory()) else "nothing was running")
    return 0


@dataclass(frozen=True)
class Verb:
    """A command done by a program of its own: a Python module of tools/shop, or a binary with its variables."""

    name: str
    summary: str
    script: str | None = None
    binary: str | None = None
    preset: str = "run"
    platform: str = "none"  # "running": must run already; "started": started for the duration when it does not
    environment: Callable[[dict[str, Any]], dict[str, str]] = lambda state: {}
    audited: bool = False  # Whether the books are checked afterwards.

    def offered(self) -> bool:
        """Whether its program is in the tree."""
        if self.script is not None:
            module = ROOT / "tools" / "shop" / self.script
            return module.with_suffix(".py").exists() or (module / "__main__.py").exists()
        declaration = re.compile(rf"shop_executable\(\s*{self.binary}\s")
        return any(declaration.search(path.read_text(encoding="utf-8"))
                   for top in ("tools", "bench", "tests") for path in (ROOT / top).glob("**/CMakeLists.txt"))


def _bench_environment(state: dict[str, Any]) -> dict[str, str]:
    """A service's variable lists all its replicas, with commas between them."""
    lists: dict[str, list[str]] = {}
    for entry in state["processes"]:
        if found := re.fullmatch(r"([a-z]+)-service(-\d+)?", entry["name"]):
            lists.setdefault(f"SHOP_{found.group(1).upper()}_URL", []).append(f"http://127.0.0.1:{entry['port']}")
    return {name: ",".join(urls) for name, urls in lists.items()} | {
        "SHOP_STATE": str(Path(state["run"]) / "state.json"), "SHOP_GATEWAY_URL": state["urls"]["gateway"],
        "SHOP_ADMIN_EMAIL": state["admin"]["email"], "SHOP_ADMIN_PASSWORD": state["admin"]["password"],
    }


def _audit_environment(state: dict[str, Any]) -> dict[str, str]:
    return state["connections"]["audit"]


def _republish_environment(state: dict[str, Any]) -> dict[str, str]:
    databases = {f"SHOP_{name.removesuffix('_db').upper()}_DATABASE_URL": url
                 for name, url in state["connections"]["auditor"].items()}
    return databases | {"SHOP_BROKER_URL": state["connections"]["broker"]}


def _dead_letters_environment(state: dict[str, Any]) -> dict[str, str]:
    return {"SHOP_BROKER_URL": state["connections"]["broker"]}


VERBS = (
    Verb("demo", "orders through the gateway, shows what happened and when", script="demo", platform="started",
         environment=up.tool_environment),
    Verb("bench", "measures complete orders per second", binary="shop-bench", platform="started",
         environment=_bench_environment, audited=True),
    Verb("audit", "checks that all books balance", binary="shop-audit", platform="running",
         environment=_audit_environment),
    Verb("dead-letters", "lists and requeues messages that could not be handled", binary="shop-dead-letters",
         platform="running", environment=_dead_letters_environment),
    Verb("republish", "publishes retained events again", binary="shop-republish", platform="running",
         environment=_republish_environment),
    Verb("openapi", "writes docs/openapi as the running services tell it (--check)", script="openapi",
         platform="started", environment=up.tool_environment),
    Verb("simulate", "runs the services' decisions through simulated faults", binary="shop-simulate"),
    # On a platform of its own, never on the one that runs.
    Verb("chaos", "kills and cuts things under load, then audits (--minutes M, --seed N, --replay)", script="chaos"),
)


def run_verb(verb: Verb, arguments: list[str]) -> int:
    asks_for_help = bool({"-h", "--help"} & set(arguments))
    if verb.platform == "running" and not asks_for_help:
        running_state(run_directory())  # Said before anything is compiled for it.
    command = _command(verb)
    if asks_for_help:
        return subprocess.run([*command, *arguments], env=os.environ | {"PYTHONPATH": str(ROOT)}).returncode
    audit = next((other for other in VERBS if other.name == "audit" and other.offered()), None)
    audit_command = _command(audit) if verb.audited and audit is not None else None
    run = run_directory()
    started = False
    if verb.platform == "started" and not is_locked(run):
        load = verb.name == "bench"
        code = up.up_detached(up.Options(load_profile=load), ["--load-profile"] if load else [])
        if code != 0:
            return code
        started = True
    try:
        code = _run_program(verb, [*command, *arguments], run)
        if code in (0, INCOMPLETE) and audit is not None and audit_command is not None:
            say("-- auditing")
            verdict = _run_program(audit, audit_command, run)
            say("-- the books balance" if verdict == 0 else "-- the books do not balance, or could not be checked")
            code = code or verdict
        return code
    except KeyboardInterrupt:
        return 130
    finally:
        if started:
            down()


def _run_program(verb: Verb, command: list[str], run: Path) -> int:
    if verb.platform == "none" and verb.script is not None:
        return subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}).returncode
    environment = {} if verb.platform == "none" else verb.environment(running_state(run))
    # A program refuses variables of ours that it does not know, so those of the caller stay behind.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOP_")}
    return subprocess.run(command, env=kept | environment).returncode


def script_command(verb: Verb) -> list[str]:
    return [sys.executable, "-P", "-m", f"tools.shop.{verb.script}"]


def _command(verb: Verb) -> list[str]:
    if verb.script is not None:
        return script_command(verb)
    assert verb.binary is not None
    return [str(build(verb.preset, [verb.binary]) / "bin" / verb.binary)]
