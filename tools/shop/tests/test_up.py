"""./shop up with real servers and stand-ins for the compiled programs: the whole life of a run."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.shop import commands, platform
from tools.shop.instances import POSTGRES_BIN
from tools.shop.rundir import ROOT
from tools.shop.state import start_ticks

WAIT_SECONDS = 60.0
STAND_IN = """#!/usr/bin/python3
import http.server, os, signal, sys
class Always(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *arguments):
        pass
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
if os.path.exists(os.path.abspath(__file__) + ".broken"):
    print("this one cannot start", flush=True)
    sys.exit(9)
print("stand-in on", os.environ["SHOP_HTTP_PORT"], flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["SHOP_HTTP_PORT"])), Always).serve_forever()
"""


class UpCase(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory(prefix="shop-up-", dir="/var/tmp", ignore_cleanup_errors=True)
        self.addCleanup(directory.cleanup)
        Path(directory.name).chmod(0o711)
        self.run_directory = Path(directory.name) / "run"
        self.programs = Path(directory.name) / "bin"
        self.programs.mkdir()
        for name in platform.PROGRAMS:
            (self.programs / name).write_text(STAND_IN)
            (self.programs / name).chmod(0o755)
        self.addCleanup(self.shop, "down")

    def shop(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(ROOT / "shop"), *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, env=os.environ | {"SHOP_RUN_DIRECTORY": str(self.run_directory)}, timeout=180)

    def up(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.shop("up", "--detach", "--no-demo-data", "--programs", str(self.programs), *arguments)

    def state(self) -> dict[str, Any]:
        return json.loads((self.run_directory / "state.json").read_text())

    def pids(self) -> dict[str, int]:
        return {entry["name"]: entry["pid"] for entry in self.state()["processes"]}

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.1)

    def psql(self, url: str, statement: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(POSTGRES_BIN / "psql"), "-XAtc", statement, url], capture_output=True, text=True)


class WholeLife(UpCase):
    def test_it_starts_isolates_restarts_and_leaves_nothing_behind(self) -> None:
        started = self.up("--replicas", "2")
        self.assertEqual(started.returncode, 0, started.stdout + started.stderr)
        self.assertIn("./shop down stops everything", started.stdout)
        self.assertNotIn("Ctrl-C", started.stdout)
        status = self.shop("status")
        self.assertEqual(status.returncode, 0, status.stdout)
        self.assertIn("order-service-2", status.stdout)
        self.assertIn("running already", self.up().stdout)
        self.assertEqual((self.run_directory / "state.json").stat().st_mode & 0o077, 0)
        self.check_databases()
        self.check_broker()
        self.check_cache()
        self.check_gateway()
        self.check_logs()
        first = self.state()
        self.check_restart()
        self.check_supervisor_killed()
        again = self.up()
        self.assertEqual(again.returncode, 0, again.stdout + again.stderr)
        self.assertEqual(self.state()["admin"], first["admin"])
        pids = self.pids()
        # An impatient second one waits for the same stop, and kills nothing.
        impatient = subprocess.Popen([str(ROOT / "shop"), "down"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                     text=True, env=os.environ | {"SHOP_RUN_DIRECTORY": str(self.run_directory)})
        self.assertEqual(self.shop("down").returncode, 0)
        self.assertIn("-- stopped", impatient.communicate(timeout=WAIT_SECONDS)[0])
        self.assertEqual(impatient.returncode, 0)
        self.assertIn("database system is shut down", (self.run_directory / "logs" / "postgres.log").read_text())
        self.assertEqual([name for name, pid in pids.items() if start_ticks(pid) is not None], [])
        self.assertEqual(self.shop("status").returncode, 3)
        self.assertIn("nothing was running", self.shop("down").stdout)

    def check_databases(self) -> None:
        connections = self.state()["connections"]
        for name, url in connections["databases"].items():
            self.assertEqual(self.psql(url, "create table t (a int); drop table t").returncode, 0, name)
            for other in connections["databases"]:
                if other != name:
                    refused = self.psql(url.removesuffix(name) + other, "select 1")
                    self.assertIn("permission denied", refused.stderr, f"{name} reaches {other}")
        for name, url in connections["auditor"].items():
            self.check_auditor(name, connections["databases"][name], url)

    def check_auditor(self, name: str, owner: str, auditor: str) -> None:
        """It reads tables that are made after it, partitions too, and changes nothing, whatever it sets before."""
        made = self.psql(owner, "create table later (a int) partition by list (a);"
                                "create table later_1 partition of later for values in (1);"
                                "insert into later values (1)")
        self.assertEqual(made.returncode, 0, made.stderr)
        for table in ("later", "later_1"):
            self.assertEqual(self.psql(auditor, f"select a from {table}").stdout.strip(), "1", name)
        self.assertEqual(self.psql(auditor, "show default_transaction_read_only").stdout.strip(), "on")
        for statement in ("insert into later values (1)", "update later set a = 1", "delete from later_1",
                          "truncate later", "drop table later", "alter table later add b int",
                          "create table mine (a int)", "create schema mine",
                          "create role somebody", "alter role auditor superuser"):
            self.assertIn("read-only transaction", self.psql(auditor, statement).stderr, f"{name}: {statement}")
            allowed = f"set transaction read write; {statement}"
            self.assertRegex(self.psql(auditor, allowed).stderr, "permission denied|must be", f"{name}: {statement}")
        self.assertEqual(self.psql(owner, "drop table later").returncode, 0, name)

    def check_broker(self) -> None:
        management = self.state()["connections"]["audit"]["SHOP_BROKER_MANAGEMENT_URL"]
        login, where = management.removeprefix("http://").split("@")
        self.assertEqual(self.broker_says("guest:guest", where, "GET", "whoami"), 401)
        self.assertEqual(self.broker_says(login, where, "GET", "queues/%2F"), 200)
        message = {"properties": {}, "routing_key": "a", "payload": "", "payload_encoding": "string"}
        for method, path, body in (("PUT", "queues/%2F/mine", {"durable": True}),
                                   ("POST", "exchanges/%2F/amq.default/publish", message),
                                   ("PUT", "users/mine", {"password": "a", "tags": "administrator"})):
            self.assertIn(self.broker_says(login, where, method, path, body), (400, 401, 403), path)

    def broker_says(self, login: str, where: str, method: str, path: str, body: object = None) -> int:
        request = urllib.request.Request(f"http://{where}/api/{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode())
        request.add_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code

    def check_cache(self) -> None:
        """The auditor reads it, and neither writes nor configures."""
        url = urllib.parse.urlsplit(self.state()["connections"]["audit"]["SHOP_REDIS_URL"])
        said = self.redis_says(url, "RANDOMKEY", "GET a", "SET a 1", "DEL a", "FLUSHALL", "CONFIG GET *", "KEYS *")
        self.assertEqual(said[:3], ["+OK", "$-1", "$-1"])
        for line in said[3:7]:
            self.assertRegex(line, "^-NOPERM", said)

    def redis_says(self, url: urllib.parse.SplitResult, *commands: str) -> list[str]:
        with socket.create_connection((url.hostname, url.port), timeout=5) as connection:
            lines = connection.makefile("r", encoding="utf-8")
            said = []
            for command in (f"AUTH {url.username} {url.password}", *commands):
                connection.sendall(f"{command}\r\n".encode())
                said.append(lines.readline().strip())
        return said

    def check_gateway(self) -> None:
        with urllib.request.urlopen(self.state()["urls"]["api"] + "/products", timeout=5) as answer:
            self.assertEqual(answer.status, 200)

    def check_logs(self) -> None:
        shown = self.shop("logs", "order-service")
        self.assertIn("order-service       | stand-in on", shown.stdout)
        self.assertIn("there is no log of 'nobody'", self.shop("logs", "nobody").stderr)

    def check_restart(self) -> None:
        before = self.pids()["payment-service"]
        os.kill(before, signal.SIGKILL)
        self.wait_for(lambda: self.pids()["payment-service"] != before, "payment-service was not started again")
        self.wait_for(lambda: self.shop("status").returncode == 0, "payment-service is not ready again")

    def check_supervisor_killed(self) -> None:
        pids = self.pids()
        os.kill(self.state()["supervisor"]["pid"], signal.SIGKILL)
        # The broker takes some seconds to leave in order.
        self.wait_for(lambda: all(start_ticks(pid) is None for pid in pids.values()), "children outlived it")


class FailedStart(UpCase):
    def test_a_service_that_cannot_start_ends_it_all_and_is_named(self) -> None:
        (self.programs / "order-service.broken").touch()
        failed = self.up()
        self.assertEqual(failed.returncode, 1, failed.stdout)
        self.assertIn("order-service did not start (exit code 9)", failed.stdout + failed.stderr)
        self.assertIn("this one cannot start", failed.stdout + failed.stderr)
        self.assertIn("order-service did not start", self.shop("status").stdout)

    def test_missing_programs_are_named_before_anything_starts(self) -> None:
        (self.programs / "user-service").unlink()
        failed = self.up()
        self.assertEqual(failed.returncode, 1)
        self.assertIn("user-service", failed.stdout + failed.stderr)
        self.assertNotIn("Traceback", failed.stdout + failed.stderr)


class CommandLine(UpCase):
    def test_wrong_arguments_are_explained_with_exit_code_2(self) -> None:
        for arguments in (("nonsense",), ("up", "--replicas", "none"), ("up", "--replicas", "0"), ("up", "--wrong"),
                          ("up", "--set", "order-service"), ("logs", "--lines", "many"), ("status", "now"),
                          ("test", "--filter", "("), ("test", "--preset", "nonsense")):
            done = self.shop(*arguments)
            self.assertEqual(done.returncode, 2, f"{arguments}: {done.stdout}{done.stderr}")
            self.assertTrue(done.stderr.startswith("shop: "), done.stderr)

    def test_usage_has_a_line_for_each_command(self) -> None:
        done = self.shop()
        self.assertEqual(done.returncode, 2)
        for verb in ("up", "status", "logs", "down", "test", "doctor"):
            self.assertRegex(done.stdout, rf"(?m)^  {verb} ")
        self.assertEqual(self.shop("--help").returncode, 0)

    def test_commands_for_a_running_platform_say_that_none_runs(self) -> None:
        self.assertIn("not running", self.shop("status").stdout)
        self.assertIn("there are no logs yet", self.shop("logs").stderr)

    def test_programs_show_help_without_a_running_platform(self) -> None:
        built = Path(os.environ.get("SHOP_TEST_PROGRAMS", ROOT / "build" / "release" / "bin"))
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SHOP_")}
        for verb in commands.VERBS:
            if not verb.offered():
                continue
            command = [str(built / verb.binary)] if verb.binary else [*commands.script_command(verb)]
            done = subprocess.run([*command, "--help"], capture_output=True, text=True,
                                  env=clean | {"PYTHONPATH": str(ROOT)})
            self.assertEqual(done.returncode, 0, f"{verb.name}: {done.stdout}{done.stderr}")
            self.assertRegex(done.stdout, rf"usage: ./shop {verb.name}")

    def test_doctor_looks_at_everything(self) -> None:
        shown = self.shop("doctor").stdout
        for title in ("system", "packages", "memory", "disk", "run directory", "state", "ports", "components"):
            self.assertRegex(shown, rf"(?m)^(ok  |LOOK)  {title} ")


if __name__ == "__main__":
    unittest.main()
