"""Which files clang-tidy is given, in repositories as developers and continuous integration have them."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from tools.shop import changed


class Repository(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.top = Path(directory.name)
        self.root = self.top / "own"
        self.root.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit({"a.cpp": "1\n", "b.cpp": "1\n", "notes.md": "1\n"})

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        return subprocess.run(["git", *identity, "-C", str(self.root), *arguments], check=True, capture_output=True,
                              text=True, env=os.environ | {"GIT_CONFIG_GLOBAL": "/dev/null"}).stdout.strip()

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            (self.root / name).write_text(text)

    def commit(self, files: dict[str, str]) -> str:
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "change")
        return self.git("rev-parse", "HEAD")

    def changed(self) -> list[str]:
        return [str(path) for path in changed.changed_files(self.root)[1]]


class Comparison(Repository):
    def test_on_a_branch_all_its_commits_count_and_nothing_that_main_did_meanwhile(self) -> None:
        left = self.git("rev-parse", "HEAD")
        self.git("checkout", "--quiet", "-b", "upstream")
        self.git("update-ref", "refs/remotes/origin/main", self.commit({"b.cpp": "theirs\n"}))
        self.git("checkout", "--quiet", "-b", "feature", left)
        self.commit({"a.cpp": "2\n"})
        self.commit({"c.hpp": "1\n2\n3\n"})
        self.assertEqual(self.changed(), ["c.hpp", "a.cpp"])

    def test_on_main_the_last_commit_counts(self) -> None:
        self.commit({"a.cpp": "2\n"})
        self.git("update-ref", "refs/remotes/origin/main", self.commit({"b.cpp": "2\n"}))
        self.assertEqual(self.changed(), ["b.cpp"])

    def test_without_an_upstream_the_last_commit_counts(self) -> None:
        self.commit({"a.cpp": "2\n"})
        self.commit({"b.cpp": "2\n", "notes.md": "2\n"})
        self.assertEqual(self.changed(), ["b.cpp"])

    def test_what_is_not_committed_counts_too_whether_known_to_git_or_not(self) -> None:
        self.commit({"b.cpp": "2\n"})
        self.write({"a.cpp": "1\n2\n3\n", "new.cpp": "1\n2\n3\n4\n5\n", ".gitignore": "left.cpp\n", "left.cpp": ""})
        self.assertEqual(self.changed(), ["new.cpp", "a.cpp", "b.cpp"])

    def test_a_deleted_file_is_not_checked(self) -> None:
        (self.root / "a.cpp").unlink()
        self.commit({"b.cpp": "2\n"})
        (self.root / "b.cpp").unlink()
        self.assertEqual(self.changed(), [])

    def test_a_clone_without_history_says_that_it_sees_little(self) -> None:
        self.commit({"b.cpp": "2\n"})
        origin, self.root = self.root, self.top / "shallow"
        subprocess.run(["git", "clone", "--quiet", "--depth", "1", f"file://{origin}", str(self.root)], check=True)
        with mock.patch.object(changed, "say") as say:
            self.assertEqual(self.changed(), [])
        self.assertIn("shallow", say.call_args.args[0])
        self.write({"a.cpp": "2\n"})
        with mock.patch.object(changed, "say"):
            self.assertEqual(self.changed(), ["a.cpp"])


class Choice(unittest.TestCase):
    SOURCES = {Path("m/x.cpp"): '#include "m/x.hpp"\n', Path("m/y.cpp"): '#include "m/x.hpp"\n#include "m/only.hpp"\n',
               Path("a/uses.cpp"): '// #include "m/none.hpp"\n#include "m/x.hpp"\n'}

    def choose(self, *names: str) -> list[str]:
        return [str(path) for path in changed.choose([Path(name) for name in names], self.SOURCES)]

    def test_a_source_is_checked_when_the_build_knows_it(self) -> None:
        self.assertEqual(self.choose("m/y.cpp", "m/unknown.cpp"), ["m/y.cpp"])

    def test_a_header_is_checked_through_its_own_source_or_any_that_includes_it(self) -> None:
        self.assertEqual(self.choose("m/x.hpp"), ["m/x.cpp"])
        self.assertEqual(self.choose("m/only.hpp"), ["m/y.cpp"])
        self.assertEqual(self.choose("m/none.hpp"), [])

    def test_no_file_is_checked_twice_and_a_changed_source_serves_its_headers(self) -> None:
        self.assertEqual(self.choose("m/x.hpp", "m/y.cpp", "m/only.hpp"), ["m/y.cpp"])

    def test_what_nothing_compiles_is_told(self) -> None:
        files = [Path(name) for name in ("m/x.hpp", "m/y.cpp", "m/none.hpp", "m/unknown.cpp")]
        self.assertEqual(changed.left_out(files, changed.choose(files, self.SOURCES), self.SOURCES),
                         [Path("m/none.hpp"), Path("m/unknown.cpp")])


class Verdict(Repository):
    """With a clang-tidy of our own that finds what the file says it finds."""

    def setUp(self) -> None:
        super().setUp()
        program = self.top / "tidy"
        program.write_text('#!/bin/sh\nfor file; do :; done\ncd "$OWN" && . "./$file"\n')
        program.chmod(0o755)
        build = self.top / "build"
        build.mkdir()
        self.build = build
        self.commit({"good.cpp": "exit 0\n", "bad.cpp": "echo 'bad.cpp:1: bugprone'\nexit 1\n",
                     "slow.cpp": "sleep 1000\n" + "\n" * 9})
        for name, value in (("ROOT", self.root), ("PROGRAM", str(program)), ("say", lambda *_: None)):
            self.enterContext(mock.patch.object(changed, name, value))
        self.enterContext(mock.patch.object(changed.Outcome, "show"))
        self.enterContext(mock.patch.object(changed, "base_environment", lambda: os.environ | {"OWN": str(self.root)}))

    def check(self, *names: str) -> changed.Outcome:
        entries = [{"file": str(self.root / name)} for name in names]
        (self.build / "compile_commands.json").write_text(json.dumps(entries))
        return changed.check_changed(self.build)

    def test_findings_are_failures_with_their_text(self) -> None:
        outcome = self.check("good.cpp", "bad.cpp")
        self.assertEqual((outcome.passed, outcome.failures), (1, [("bad.cpp", "bad.cpp:1: bugprone")]))

    def test_what_is_not_done_in_time_is_neither_passed_nor_failed(self) -> None:
        self.enterContext(mock.patch.object(changed, "SECONDS_MAX", 5.0))
        outcome = self.check("good.cpp", "slow.cpp")
        self.assertEqual((outcome.passed, outcome.failures), (1, []))

    def test_when_nothing_at_all_was_done_in_time_that_is_a_failure(self) -> None:
        self.enterContext(mock.patch.object(changed, "SECONDS_MAX", 0.5))
        outcome = self.check("slow.cpp")
        self.assertEqual((outcome.passed, len(outcome.failures)), (0, 1))

    def test_no_more_files_are_checked_than_the_limit_says(self) -> None:
        self.enterContext(mock.patch.object(changed, "FILES_MAX", 1))
        outcome = self.check("good.cpp", "bad.cpp")
        self.assertEqual((outcome.passed, len(outcome.failures)), (0, 1), "the greater change is bad.cpp")
