"""The supervisor with stand-in children: order, restarts, giving up, stopping, and its own violent end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from tools.shop import supervisor as supervisor_module
from tools.shop.console import Failure
from tools.shop.process import LogFile, Program, base_environment, bound_to_us
from tools.shop.rundir import ROOT
from tools.shop.state import start_ticks
from tools.shop.supervisor import Supervisor

WAIT_SECONDS = 20.0
# Says so, then stays until it is told to go.
PATIENT = "echo here; exec sleep 1000"


def wait_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def shell(name: str, script: str, **more: object) -> Program:
    return Program(name, ["sh", "-c", script], stop_seconds=2, **more)  # type: ignore[arg-type]


class SupervisorCase(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)
        patches = (mock.patch.object(supervisor_module, "RESTART_SECONDS", 0.01),
                   mock.patch.object(supervisor_module, "WATCH_SECONDS", 0.01),
                   mock.patch("tools.shop.supervisor.say"))
        for patch in patches:
            patch.start()
            self.addCleanup(patch.stop)

    def supervise(self, *waves: list[Program]) -> Supervisor:
        made = Supervisor(waves, self.directory / "logs")
        self.addCleanup(made.kill)
        return made

    def test_a_wave_starts_only_when_the_one_before_is_ready(self) -> None:
        order: list[str] = []
        flag = self.directory / "ready"

        def ready() -> bool:
            return flag.exists()

        first = shell("first", f"sleep 0.2; touch {flag}; exec sleep 1000", ready=ready,
                      after_ready=lambda: order.append("first ready"))
        second = shell("second", PATIENT, prepare=lambda: order.append("second prepared"))
        self.supervise([first], [second]).start()
        self.assertEqual(order, ["first ready", "second prepared"])

    def test_a_child_that_dies_is_started_again(self) -> None:
        supervisor = self.supervise([shell("service", PATIENT)])
        supervisor.start()
        child, = supervisor.children
        first = child.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        supervisor.run(until=lambda: len(child.restarts) == 1)
        self.assertTrue(child.running())
        self.assertNotEqual(child.pid, first)

    def test_a_child_that_keeps_dying_ends_it_all_and_is_named(self) -> None:
        with mock.patch.dict(os.environ, {"SHOP_RESTARTS_PER_MINUTE": "2"}):
            supervisor = self.supervise([shell("steady", PATIENT), shell("mortal", "echo the reason; exit 7")])
        # The very start may see it dead already; both ways it is named.
        with self.assertRaises(Failure) as caught:
            supervisor.start()
            supervisor.run()
        self.assertIn("mortal", str(caught.exception))
        self.assertIn("the reason", str(caught.exception))

    def test_a_child_that_dies_before_it_is_ready_is_a_failed_start(self) -> None:
        supervisor = self.supervise([shell("broken", "echo no such table; exit 3", ready=lambda: False)])
        with self.assertRaisesRegex(Failure, r"(?s)broken did not start \(exit code 3\).*no such table"):
            supervisor.start()

    def test_a_child_that_is_never_ready_is_a_failed_start(self) -> None:
        supervisor = self.supervise([shell("slow", PATIENT, ready=lambda: False, start_seconds=0.2)])
        with self.assertRaisesRegex(Failure, "slow was not ready"):
            supervisor.start()

    def test_a_program_that_does_not_exist_is_a_failed_start(self) -> None:
        supervisor = self.supervise([Program("absent", ["/no/such/program"], ready=lambda: False)])
        with self.assertRaisesRegex(Failure, "absent"):
            supervisor.start()

    def test_stopping_asks_first_and_kills_who_does_not_listen(self) -> None:
        deaf = shell("deaf", "trap '' TERM; touch " + str(self.directory / "deaf") + "; while :; do sleep 1; done",
                     ready=(self.directory / "deaf").exists)
        polite = shell("polite", f"trap 'touch {self.directory}/polite; exit 0' TERM; while :; do sleep 0.02; done")
        supervisor = self.supervise([polite, deaf])
        supervisor.start()
        supervisor.stop()
        self.assertTrue((self.directory / "polite").exists())
        self.assertFalse(any(child.running() for child in supervisor.children))

    def test_children_do_not_outlive_a_supervisor_that_is_killed(self) -> None:
        script = (
            "from pathlib import Path\n"
            "from tools.shop.process import Program\n"
            "from tools.shop.supervisor import Supervisor\n"
            f"s = Supervisor([[Program('child', ['sleep', '1000'])]], Path('{self.directory}/logs'), quiet=True)\n"
            "s.start()\nprint(s.children[0].pid, flush=True)\ns.run()\n")
        process = subprocess.Popen([sys.executable, "-P", "-c", script], stdout=subprocess.PIPE, text=True,
                                   env=os.environ | {"PYTHONPATH": str(ROOT)})
        assert process.stdout is not None
        child = int(process.stdout.readline())
        process.kill()
        process.wait()
        process.stdout.close()
        self.assertTrue(wait_for(lambda: start_ticks(child) is None), "the child is still there")

    def test_a_program_whose_parent_died_before_it_began_leaves(self) -> None:
        mark = self.directory / "mark"
        command = bound_to_us("KILL", ["touch", str(mark)])
        subprocess.run(command, check=True, timeout=WAIT_SECONDS)
        mark.unlink()
        # Started by another process than the one that it was to be bound to: as if that one were gone already.
        stranger = subprocess.run(["sh", "-c", '"$@"; exit $?', "sh", *command], check=False, timeout=WAIT_SECONDS)
        self.assertEqual(stranger.returncode, 1)
        self.assertFalse(mark.exists())

    def test_a_wrong_limit_of_restarts_is_refused(self) -> None:
        with mock.patch.dict(os.environ, {"SHOP_RESTARTS_PER_MINUTE": "many"}), self.assertRaises(Failure):
            self.supervise([])

    def test_output_reaches_the_log_and_the_echo_line_by_line(self) -> None:
        seen: list[tuple[str, str]] = []
        supervisor = Supervisor([[shell("talker", "printf 'one\\ntwo\\nlast without end'; sleep 1000")]],
                                self.directory / "logs", echo=lambda name, line: seen.append((name, line)))
        self.addCleanup(supervisor.kill)
        supervisor.start()
        self.assertTrue(wait_for(lambda: len(seen) == 2))
        self.assertEqual(seen, [("talker", "one"), ("talker", "two")])
        supervisor.kill()
        supervisor.children[0].drain()
        self.assertEqual((self.directory / "logs" / "talker.log").read_text(), "one\ntwo\nlast without end\n")


class Details(unittest.TestCase):
    def test_a_log_is_bounded(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            log = LogFile(Path(directory) / "x.log", bytes_max=100)
            for _ in range(30):
                log.write(b"0123456789\n")
            sizes = {path.name: path.stat().st_size for path in Path(directory).iterdir()}
        self.assertEqual(set(sizes), {"x.log", "x.log.1"})
        self.assertLessEqual(max(sizes.values()), 100)

    def test_children_get_none_of_our_own_variables(self) -> None:
        with mock.patch.dict(os.environ, {"SHOP_RESTARTS_PER_MINUTE": "7"}):
            self.assertFalse([name for name in base_environment() if name.startswith("SHOP_")])


if __name__ == "__main__":
    unittest.main()
