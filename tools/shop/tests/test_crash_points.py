"""The crash points of the code against their list, and what ./shop chaos --points makes of its arguments and rounds."""

from __future__ import annotations

import re
import tempfile
import unittest
from pathlib import Path

from tools.shop.chaos.campaign import Round, way_to
from tools.shop.chaos.crash import SERVICES, Aim, Hit, Target, crash_points, need_crash_points, read_hits
from tools.shop.chaos.points import FAILED, INCONCLUSIVE, PASSED, exit_code, parse
from tools.shop.console import Failure, Usage
from tools.shop.rundir import ROOT

POINTS_MIN = 24
USE = re.compile(r"\bCRASH_POINT\(([^;]*)\);")
TOPS = ("platform", "services", "shared", "tools")


def sources() -> dict[Path, list[str]]:
    """The arguments of every point in the code."""
    found = {}
    for top in TOPS:
        for path in (ROOT / top).rglob("*.[ch]pp"):
            if "tests" not in path.parts and path.name != "crash_point.hpp":
                if uses := USE.findall(path.read_text(encoding="utf-8")):
                    found[path] = uses
    return found


def pattern(arguments: str) -> re.Pattern[str]:
    """The names that a use can have. What is no text depends on the queue or the call; no text at all is a service."""
    pieces = [re.escape(piece[1:-1]) if piece.startswith('"') else r"[a-z.]+"
              for piece in re.findall(r'"[^"]*"|[^,\s][^,]*', arguments)]
    if pieces[0] == "":
        pieces[0] = "(?:" + "|".join(SERVICES) + ")"
    return re.compile(r"\.".join(pieces))


class List(unittest.TestCase):
    def test_the_list_is_sorted_and_names_each_point_once(self) -> None:
        names = crash_points()
        self.assertGreaterEqual(len(names), POINTS_MIN)
        self.assertEqual(sorted(set(names)), names)

    def test_every_listed_point_is_one_line_of_the_code_and_every_line_is_listed(self) -> None:
        patterns = [pattern(arguments) for uses in sources().values() for arguments in uses]
        for name in crash_points():
            with self.subTest(point=name):
                self.assertEqual(1, sum(1 for one in patterns if one.fullmatch(name)))
        for one in patterns:
            with self.subTest(use=one.pattern):
                self.assertTrue([name for name in crash_points() if one.fullmatch(name)])

    def test_every_source_with_points_is_compiled_with_them(self) -> None:
        for path in sources():
            with self.subTest(path=path.relative_to(ROOT)):
                module = next(parent for parent in path.parents if (parent / "CMakeLists.txt").exists())
                text = (module / "CMakeLists.txt").read_text(encoding="utf-8")
                listed = " ".join(re.findall(r"shop_crash_points\(([^)]*)\)", text)).split()
                self.assertIn(str(path.relative_to(module)), listed)

    def test_points_of_a_queue_s_attempts_are_reached_by_a_message_that_comes_again(self) -> None:
        for name in crash_points():
            first = way_to(name).first
            self.assertTrue(first is None or first in crash_points(), name)
        self.assertEqual("order.saga.before_commit", way_to("order.saga.after_attempt").first)


class Log(unittest.TestCase):
    def test_a_line_that_is_still_being_written_is_left_for_later(self) -> None:
        text = "order.saga.before_commit:3 1234 order-service\npayment.claim.after_commit:1 12"
        self.assertEqual([Hit("order.saga.before_commit", 3, 1234, "order-service")], read_hits(text))

    def test_what_is_no_line_of_a_crash_log_is_told(self) -> None:
        with self.assertRaisesRegex(Failure, "'something else"):
            read_hits("something else\n")

    def test_targets_are_written_in_their_turn_and_dropped(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            aim = Aim(Path(directory))
            file = Path(aim.variables["SHOP_CRASH_AT"])
            aim.take(Target("order.cancel.after_commit", 2), Target("order.saga.after_attempt"))
            self.assertEqual("order.cancel.after_commit:2\norder.saga.after_attempt:1\n", file.read_text())
            aim.drop()
            self.assertFalse(file.exists())
            aim.drop()
            self.assertEqual([], aim.hits())

    def test_programs_without_points_are_refused(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            for service in SERVICES:
                (Path(directory) / service).write_bytes(b"a program SHOP_CRASH_AT")
            need_crash_points(Path(directory))
            (Path(directory) / SERVICES[-1]).write_bytes(b"a program")
            with self.assertRaisesRegex(Failure, SERVICES[-1]):
                need_crash_points(Path(directory))


class Arguments(unittest.TestCase):
    def test_without_options_every_point_is_hit_five_times(self) -> None:
        chosen = parse(["--points"])
        self.assertEqual((5, "", None), (chosen.hits, chosen.only, chosen.json))

    def test_options_are_read(self) -> None:
        chosen = parse(["--points", "--hits", "2", "--only", "saga|relay", "--json", "x.json", "--replicas", "1"])
        self.assertEqual((2, "saga|relay", Path("x.json"), 1), (chosen.hits, chosen.only, chosen.json, chosen.replicas))

    def test_what_makes_no_sense_is_named(self) -> None:
        for arguments, what in ((["--hits", "0"], "'0'"), (["--hits", "many"], "'many'"), (["--only", "("], r"'\('"),
                                (["--replicas", "10"], "'10'"), (["--seed", "x"], "'x'"), (["--all"], "--all")):
            with self.subTest(arguments=arguments), self.assertRaisesRegex(Usage, what):
                parse(arguments)


class Verdict(unittest.TestCase):
    def test_a_point_that_was_not_reached_often_enough_is_inconclusive_and_not_passed(self) -> None:
        self.assertEqual("pass", Round("a", 2, hits=2).verdict)
        self.assertEqual("inconclusive", Round("a", 2, hits=1).verdict)
        self.assertEqual("fail", Round("a", 2, hits=2, wrong=["lost"]).verdict)
        self.assertEqual("fail", Round("a", 2, hits=1, wrong=["lost"]).verdict)

    def test_the_worst_round_decides(self) -> None:
        passed, unreached, failed = Round("a", 1, hits=1), Round("b", 1), Round("c", 1, hits=1, wrong=["lost"])
        self.assertEqual(PASSED, exit_code([passed]))
        self.assertEqual(INCONCLUSIVE, exit_code([passed, unreached]))
        self.assertEqual(FAILED, exit_code([unreached, failed, passed]))
