"""./shop test: builds, starts private instances, runs everything that tests, and counts the cases."""

from __future__ import annotations

import argparse
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tools.shop import acceptance
from tools.shop.build import build, configure
from tools.shop.cases import Outcome, TestProgram, ctest_programs, python_files, run_limited, run_programs, run_python
from tools.shop.changed import check_changed
from tools.shop.console import Failure, Step, Usage, say
from tools.shop.process import base_environment
from tools.shop.rundir import ROOT
from tools.shop.testenv import TestInstances

UNIT_AT_ONCE = 2
PRESETS = ("release", "dev", "asan", "tsan")
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}


def main(arguments: list[str]) -> int:
    chosen = parse(arguments)
    signal.signal(signal.SIGTERM, _interrupted)
    signal.signal(signal.SIGHUP, _interrupted)
    began = time.monotonic()
    outcomes: list[Outcome] = []
    try:
        run_stages(chosen, outcomes)
    except Failure as failure:
        # What stands in the way of the tests is a failed test: the last line must never look better than it is.
        outcomes.append(Outcome("preparation", failures=[("preparation", str(failure))]))
        outcomes[-1].show()
    if chosen.filter is not None and not outcomes:
        raise Usage(f"no test matches '{chosen.filter}'")
    return summary(outcomes, time.monotonic() - began)


def parse(arguments: list[str]) -> argparse.Namespace:
    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> None:
            raise Usage(f"{message}\n{self.format_usage().strip()}")

    parser = Parser(prog="./shop test", description="Builds and runs the tests on private instances.")
    parser.add_argument("--full", action="store_true", help="also what takes long, with a table of measured figures")
    parser.add_argument("--figures", action="store_true", help="only the table of measured figures of --full")
    parser.add_argument("--filter", metavar="REGEX", help="only programs, files or cases whose name matches")
    parser.add_argument("--preset", choices=PRESETS, help="only with this build (default: release, then asan)")
    parser.add_argument("--no-sanitizers", action="store_true", help="leave out the asan build")
    chosen = parser.parse_args(arguments)
    if chosen.filter is not None:
        try:
            re.compile(chosen.filter)
        except re.error as error:
            raise Usage(f"--filter is not a regular expression: {error}") from None
    return chosen


def run_stages(chosen: argparse.Namespace, outcomes: list[Outcome]) -> None:
    if not chosen.figures:
        run_cases(chosen, outcomes)
    if chosen.full or chosen.figures:
        files = acceptance.drivers(chosen.filter)
        if files:
            outcomes.append(acceptance.run_acceptance(files))
            outcomes[-1].show()


def run_cases(chosen: argparse.Namespace, outcomes: list[Outcome]) -> None:
    preset = chosen.preset or "release"
    filtered: str | None = chosen.filter
    if filtered is None:
        outcomes.append(_tidy())
    directory = build(preset)
    if filtered is None:
        outcomes.append(check_changed(directory))
    with _instances() as instances:
        environment = base_environment() | SANITIZERS | instances.environment | {
            "SHOP_TEST_PROGRAMS": str(directory / "bin")}
        if (ROOT / "docs" / "openapi").exists():
            environment["SHOP_OPENAPI"] = str(ROOT / "docs" / "openapi")
        _python_tests(environment, filtered, outcomes)
        _compiled_tests(ctest_programs(directory), environment, filtered, outcomes, lambda _: True)
        if chosen.preset is None and not chosen.no_sanitizers:
            directory = configure("asan")
            programs = [program for program in ctest_programs(directory) if program.labels & {"unit", "integration"}]
            build("asan", [program.name for program in programs])
            environment["SHOP_TEST_PROGRAMS"] = str(directory / "bin")
            _compiled_tests(ctest_programs(directory), environment, filtered, outcomes,
                            lambda program: bool(program.labels & {"unit", "integration"}))


def _tidy() -> Outcome:
    say("-- style guide")
    began = time.monotonic()
    code, output = run_limited([sys.executable, str(ROOT / "tools" / "tidy.py")], base_environment(), 600)
    findings = [line for line in output.splitlines() if line and not line.startswith("tidy: ")]
    errors = [(line.split(": ", 1)[0], line) for line in findings if ": warning: " not in line]
    for line in findings:
        if ": warning: " in line:
            say(f"   {line}")
    if code != 0 and not errors:
        errors = [("tools/tidy.py", output)]
    outcome = Outcome("tools/tidy.py", passed=0 if errors else 1, failures=errors, seconds=time.monotonic() - began)
    outcome.show()
    return outcome


def _instances() -> TestInstances:
    with Step("starting private PostgreSQL, RabbitMQ and Redis"):
        instances = TestInstances()
        instances.start()
    return instances


def _python_tests(environment: dict[str, str], filtered: str | None, outcomes: list[Outcome]) -> None:
    files = [path for path in python_files() if filtered is None or re.search(filtered, str(path))]
    if files:
        say("-- Python tests")
    for path in files:
        outcomes.append(run_python(path, environment))
        outcomes[-1].show()


def _compiled_tests(programs: list[TestProgram], environment: dict[str, str], filtered: str | None,
                    outcomes: list[Outcome], wanted: Callable[[TestProgram], bool]) -> None:
    programs = [program for program in programs if wanted(program)]
    unit = [program for program in programs if "integration" not in program.labels]
    # These share one broker and one database server; one at a time, none disturbs another's timing.
    integration = [program for program in programs if "integration" in program.labels]
    for title, chosen, at_once in (("unit tests", unit, UNIT_AT_ONCE), ("integration tests", integration, 1)):
        if chosen:
            say(f"-- {title} ({Path(programs[0].command[0]).parents[1].name if programs[0].command else ''})")
            outcomes += run_programs(chosen, at_once, environment, filtered)


def summary(outcomes: list[Outcome], seconds: float) -> int:
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(len(outcome.failures) for outcome in outcomes)
    skipped = sum(len(outcome.skipped) for outcome in outcomes)
    if failed:
        say("-- failed:")
        for outcome in outcomes:
            for name, _ in outcome.failures:
                say(f"   {outcome.program}: {name}")
    if skipped:
        say(f"-- {skipped} skipped, see above")
    say(f"-- took {seconds / 60:.1f} minutes")
    say(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt
