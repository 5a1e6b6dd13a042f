"""Running test programs and counting their cases: GoogleTest programs known to CTest, and Python's unittest files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tools.shop.console import Failure, say
from tools.shop.process import bound_to_us
from tools.shop.rundir import ROOT

PROGRAM_SECONDS = 300.0
OUTPUT_LINES = 60
PYTHON_TEST_TOPS = ("tools", "gateway", "tests", "monitoring", "deployment")


@dataclass
class Outcome:
    """What one program's cases came to. `failures` has the name and the explanation of each failed case."""

    program: str
    passed: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def show(self) -> None:
        cases = self.passed + len(self.failures)
        verdict = "ok    " if not self.failures else "FAILED"
        say(f"   {verdict} {self.program:<44} {cases:>4} cases  {self.seconds:6.1f} s")
        for name in self.skipped:
            say(f"      skipped: {name}")
        for name, explanation in self.failures:
            say(f"      failed: {name}")
            for line in explanation.rstrip().splitlines():
                say(f"        {line}")


@dataclass(frozen=True)
class TestProgram:
    __test__ = False

    name: str
    command: tuple[str, ...]
    labels: frozenset[str]
    seconds_max: float


def ctest_programs(directory: Path) -> list[TestProgram]:
    """What CTest knows of a configured build directory, whether built or not."""
    done = subprocess.run(["ctest", "--test-dir", str(directory), "--show-only=json-v1"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"ctest cannot read {directory}: {done.stderr.strip()}")
    programs = []
    for test in json.loads(done.stdout)["tests"]:
        properties = {entry["name"]: entry["value"] for entry in test.get("properties", [])}
        programs.append(TestProgram(test["name"], tuple(test.get("command", ())),
                                    frozenset(properties.get("LABELS", [])),
                                    float(properties.get("TIMEOUT", PROGRAM_SECONDS))))
    return programs


def run_programs(programs: Sequence[TestProgram], at_once: int, environment: dict[str, str],
                 filtered: str | None) -> list[Outcome]:
    def run(program: TestProgram) -> Outcome | None:
        outcome = run_googletest(program, environment, filtered)
        if outcome is not None:
            outcome.show()
        return outcome

    with ThreadPoolExecutor(at_once) as pool:
        return [outcome for outcome in pool.map(run, programs) if outcome is not None]


def run_googletest(program: TestProgram, environment: dict[str, str], filtered: str | None) -> Outcome | None:
    """None when the filter matches neither the program nor any of its cases."""
    if not program.command or not Path(program.command[0]).exists():
        return Outcome(program.name, failures=[(program.name, "it was not built")])
    command = list(program.command)
    if filtered is not None and not re.search(filtered, program.name):
        chosen = [name for name in list_cases(command) if re.search(filtered, name)]
        if not chosen:
            return None
        command.append("--gtest_filter=" + ":".join(chosen))
    with tempfile.TemporaryDirectory(prefix="shop-cases-") as directory:
        report = Path(directory) / "report.json"
        began = time.monotonic()
        code, output = run_limited([*command, f"--gtest_output=json:{report}", "--gtest_color=no"],
                                   environment, program.seconds_max)
        outcome = read_googletest(program.name, report, code, output)
        outcome.seconds = time.monotonic() - began
        return outcome


def list_cases(command: Sequence[str]) -> list[str]:
    done = subprocess.run([*command, "--gtest_list_tests"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    suite, names = "", []
    for line in done.stdout.splitlines():
        name = line.split("#")[0].rstrip()
        if name.startswith("  "):
            names.append(suite + name.strip())
        elif name.endswith("."):
            suite = name
    return names


def read_googletest(program: str, report: Path, code: int, output: str) -> Outcome:
    outcome = Outcome(program)
    try:
        suites = json.loads(report.read_text(encoding="utf-8"))["testsuites"]
    except (OSError, ValueError):
        # No report: it crashed, hung, or is no GoogleTest program; then its exit code is one case.
        if code == 0:
            outcome.passed = 1
        else:
            running = re.findall(r"^\[ RUN      \] (\S+)", output, re.MULTILINE)
            finished = re.findall(r"^\[       OK \] (\S+)", output, re.MULTILINE)
            outcome.passed = len(finished)
            where = running[-1] if running and running[-1] not in finished else program
            outcome.failures.append((where, f"{describe(code)}\n{tail(output)}"))
        return outcome
    for suite in suites:
        for case in suite["testsuite"]:
            name = f"{suite['name']}.{case['name']}"
            if case.get("failures"):
                outcome.failures.append((name, "\n".join(failure["failure"] for failure in case["failures"])))
            elif case.get("result") == "SKIPPED":
                outcome.skipped.append(name)
            elif case.get("status") == "RUN":
                outcome.passed += 1
    if code != 0 and not outcome.failures:
        # For example a sanitizer's complaint at the end, when all cases had passed.
        outcome.failures.append((program, f"{describe(code)}\n{tail(output)}"))
    return outcome


def python_files() -> list[Path]:
    found = [path for top in PYTHON_TEST_TOPS for path in (ROOT / top).rglob("test_*.py")]
    return sorted(path.relative_to(ROOT) for path in found if "acceptance" not in path.parts)


def run_python(path: Path, environment: dict[str, str]) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="shop-cases-") as directory:
        report = Path(directory) / "report.json"
        began = time.monotonic()
        code, output = run_limited([sys.executable, "-P", "-m", "tools.shop.unittests", str(path), str(report)],
                                   environment | {"PYTHONPATH": str(ROOT)}, PROGRAM_SECONDS * 2)
        outcome = Outcome(str(path), seconds=time.monotonic() - began)
        try:
            found = json.loads(report.read_text(encoding="utf-8"))
            outcome.passed = found["passed"]
            outcome.failures = [(name, explanation) for name, explanation in found["failures"]]
            outcome.skipped = found["skipped"]
        except (OSError, ValueError):
            outcome.failures.append((str(path), f"{describe(code)}\n{tail(output)}"))
        return outcome


def run_limited(command: Sequence[str], environment: dict[str, str], seconds_max: float) -> tuple[int, str]:
    """Runs a program in a session of its own, with an end to its time and to its life without us."""
    # A pipe could fill up or be kept open by what a test leaves behind; a file has neither trouble.
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(bound_to_us("KILL", command), env=environment, cwd=ROOT,
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                   start_new_session=True)
        try:
            code = process.wait(timeout=seconds_max)
        except subprocess.TimeoutExpired:
            code = -1000
        finally:
            # Also whatever it started and did not stop.
            try:
                os.killpg(process.pid, 9)
            except ProcessLookupError:
                pass
            process.wait()
        output.seek(0)
        return code, output.read().decode("utf-8", "replace")


def describe(code: int) -> str:
    if code == -1000:
        return "it took too long and was killed"
    return f"ended by signal {-code}" if code < 0 else f"exit code {code}"


def tail(output: str) -> str:
    return "\n".join(output.splitlines()[-OUTPUT_LINES:])
