"""What a fresh machine is made from, and how it is said that none can be made. The machines are no unit test."""

from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from tools import fresh_machine, fresh_sources
from tools.fresh_sources import Source
from tools.shop.console import Failure

STANZAS = """\
# deb http://old.example.org/debian bookworm main
Types: deb
URIs: http://mirror.example.org/debian/
Suites: bookworm bookworm-updates bookworm-backports
# a comment in between
Components: main
  contrib

Types: deb
URIs: http://mirror.example.org/other
Suites: bookworm
Components: stable

Types: deb-src
URIs: http://mirror.example.org/debian
Suites: bookworm
Components: main

Types: deb
Enabled: no
URIs: http://off.example.org/debian
Suites: bookworm
Components: main
"""
LINES = """\
# deb http://old.example.org/debian bookworm main
deb [signed-by=/k.gpg arch=amd64] http://mirror.example.org/debian bookworm main contrib
deb http://mirror.example.org/security bookworm-security main # updates
deb-src http://mirror.example.org/debian bookworm main
deb http://third.example.org/ bookworm stable
deb http://third.example.org/ other main
"""


class Sources(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.apt = Path(directory.name)
        (self.apt / "sources.list.d").mkdir()

    def test_both_formats_are_read_and_other_archives_left_out(self) -> None:
        self.assertEqual(fresh_sources.read_sources(self.apt), [])
        (self.apt / "sources.list").write_text(LINES)
        (self.apt / "sources.list.d" / "debian.sources").write_text(STANZAS)
        (self.apt / "sources.list.d" / "off.sources.disabled").write_text(STANZAS.replace("mirror", "off"))
        self.assertEqual(fresh_sources.read_sources(self.apt), [
            Source("http://mirror.example.org/debian", "bookworm"),
            Source("http://mirror.example.org/security", "bookworm-security"),
            Source("http://mirror.example.org/debian", "bookworm-updates")])

    def test_a_machine_without_a_usable_mirror_is_told_so(self) -> None:
        self.assertEqual(fresh_sources.mirror([Source("http://m/s", "bookworm-security"), Source("http://m/d", "bookworm")]),
                         "http://m/d")
        with self.assertRaisesRegex(Failure, "no source of Debian 12"):
            fresh_sources.mirror([Source("http://m/s", "bookworm-security")])
        with self.assertRaisesRegex(Failure, "https://m/d cannot be used"):
            fresh_sources.mirror([Source("https://m/d", "bookworm")])


class Requirements(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory(dir="/var/tmp")
        self.addCleanup(directory.cleanup)
        self.place = Path(directory.name)

    def missing(self) -> str:
        return "\n".join(fresh_machine.missing(self.place))

    def test_everything_that_is_missing_is_said_at_once(self) -> None:
        (self.place / "something").touch()
        with mock.patch.object(fresh_machine.os, "geteuid", return_value=1000), \
                mock.patch.object(fresh_machine, "program_path", return_value="/nowhere"), \
                mock.patch.object(fresh_machine, "DISK_BYTES_MIN", 1 << 60):
            said = self.missing()
        for part in ("only root", "apt-get install coreutils debootstrap git util-linux", "GB are needed",
                     "something else in it"):
            self.assertIn(part, said)

    def test_its_own_directory_may_be_used_again(self) -> None:
        (self.place / "something").touch()
        (self.place / fresh_machine.MARK).touch()
        self.assertNotIn("something else", self.missing())

    def test_two_runs_do_not_share_a_directory(self) -> None:
        with fresh_machine.claimed(self.place):
            with self.assertRaisesRegex(Failure, "another run"):
                with fresh_machine.claimed(self.place):
                    self.fail("both have it")

    def test_what_an_interrupted_run_left_is_deleted_and_nothing_else(self) -> None:
        with fresh_machine.claimed(self.place):
            (self.place / "root" / "etc").mkdir(parents=True)
            (self.place / "notes").touch()
        with fresh_machine.claimed(self.place):
            self.assertEqual(sorted(os.listdir(self.place)), [fresh_machine.MARK, "logs", "notes"])


if __name__ == "__main__":
    unittest.main()
