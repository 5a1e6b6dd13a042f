"""Counting test cases: from GoogleTest reports, from programs that crash or hang, from unittest files."""

from __future__ import annotations

import json
import os
import tempfile
import unittest
from pathlib import Path

from tools.shop import cases
from tools.shop.cases import Outcome, TestProgram


class CaseCounting(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def program(self, script: str, seconds: float = 30.0) -> TestProgram:
        path = self.directory / "program"
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o755)
        return TestProgram("program", (str(path),), frozenset({"unit"}), seconds)

    def run_program(self, script: str, seconds: float = 30.0) -> Outcome:
        outcome = cases.run_googletest(self.program(script, seconds), dict(os.environ), None)
        assert outcome is not None
        return outcome

    def with_report(self, report: object, code: int) -> Outcome:
        text = json.dumps(report)
        return self.run_program(f"""for a in "$@"; do case $a in --gtest_output=json:*) f=${{a#*json:}};; esac; done
cat > "$f" <<'END'
{text}
END
echo "the end"; exit {code}
""")

    def test_cases_are_counted_one_by_one(self) -> None:
        suite = [{"name": "a", "status": "RUN", "result": "COMPLETED"},
                 {"name": "b", "status": "RUN", "result": "COMPLETED", "failures": [{"failure": "1 is not 2"}]},
                 {"name": "c", "status": "RUN", "result": "SKIPPED"},
                 {"name": "d", "status": "NOTRUN", "result": "SUPPRESSED"}]
        outcome = self.with_report({"testsuites": [{"name": "Pool", "testsuite": suite}]}, 1)
        self.assertEqual((outcome.passed, outcome.failures, outcome.skipped),
                         (1, [("Pool.b", "1 is not 2")], ["Pool.c"]))

    def test_a_bad_exit_after_good_cases_is_a_failure(self) -> None:
        suite = [{"name": "a", "status": "RUN", "result": "COMPLETED"}]
        outcome = self.with_report({"testsuites": [{"name": "Pool", "testsuite": suite}]}, 66)
        self.assertEqual(len(outcome.failures), 1)
        self.assertIn("exit code 66", outcome.failures[0][1])
        self.assertIn("the end", outcome.failures[0][1])

    def test_a_crash_is_named_after_the_case_that_ran(self) -> None:
        outcome = self.run_program("echo '[ RUN      ] A.one'; echo '[       OK ] A.one (0 ms)'; "
                                   "echo '[ RUN      ] A.two'; kill -SEGV $$")
        self.assertEqual(outcome.passed, 1)
        self.assertEqual(outcome.failures[0][0], "A.two")
        self.assertIn("signal 11", outcome.failures[0][1])

    def test_a_program_that_hangs_is_ended(self) -> None:
        outcome = self.run_program("sleep 1000", seconds=0.2)
        self.assertIn("took too long", outcome.failures[0][1])

    def test_a_program_that_was_not_built_is_a_failure(self) -> None:
        outcome = cases.run_googletest(TestProgram("gone", ("/no/such",), frozenset(), 1.0), {}, None)
        assert outcome is not None
        self.assertEqual(outcome.failures, [("gone", "it was not built")])

    def test_a_filter_reaches_single_cases(self) -> None:
        program = self.program('case "$*" in *list_tests*) printf "Pool.\\n  opens\\n  closes\\nOther.\\n  opens\\n";; '
                               '*"--gtest_filter=Pool.closes "*) exit 0;; *) exit 1;; esac')
        outcome = cases.run_googletest(program, dict(os.environ), "closes")
        assert outcome is not None
        self.assertEqual((outcome.passed, outcome.failures), (1, []))
        self.assertIsNone(cases.run_googletest(program, dict(os.environ), "nothing like it"))

    def test_python_files_are_counted_too(self) -> None:
        path = self.directory / "test_sample.py"
        path.write_text("import unittest\nclass A(unittest.TestCase):\n"
                        "    def test_good(self): pass\n"
                        "    def test_bad(self): self.fail('as it must')\n"
                        "    @unittest.skip('why not')\n    def test_skipped(self): pass\n")
        outcome = cases.run_python(path, dict(os.environ))
        self.assertEqual(outcome.passed, 1)
        self.assertEqual(len(outcome.failures), 1)
        self.assertIn("as it must", outcome.failures[0][1])
        self.assertEqual(len(outcome.skipped), 1)

    def test_a_python_file_that_cannot_be_loaded_is_a_failure(self) -> None:
        path = self.directory / "test_sample.py"
        path.write_text("import no_such_module\n")
        outcome = cases.run_python(path, dict(os.environ))
        self.assertIn("no_such_module", outcome.failures[0][1])


if __name__ == "__main__":
    unittest.main()
