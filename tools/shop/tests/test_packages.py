"""Every Python module that is imported anywhere comes with Python, is ours, or has its package listed."""

from __future__ import annotations

import ast
import sys
import unittest
from collections.abc import Iterator
from pathlib import Path

from tools.shop.rundir import ROOT

PACKAGES = {"yaml": "python3-yaml"}
OURS = ("gateway", "tests", "tools", "monitoring", "deployment")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            yield node.module.split(".")[0]


def listed(name: str) -> set[str]:
    lines = (ROOT / "tools" / "shop" / name).read_text(encoding="utf-8").splitlines()
    return {line.split("#")[0].strip() for line in lines} - {""}


class PythonModules(unittest.TestCase):
    def test_each_is_there_after_the_installation(self) -> None:
        tested = listed("packages.txt") | listed("packages-test.txt")
        files = [path for top in OURS for path in (ROOT / top).rglob("*.py")]
        self.assertGreater(len(files), 20)
        for path in files:
            for module in set(imports(path)) - sys.stdlib_module_names - set(OURS):
                beside = (path.parent / f"{module}.py").exists()
                known = PACKAGES.get(module) in tested
                self.assertTrue(beside or known, f"{path.relative_to(ROOT)} imports {module}, which nothing installs")

    def test_what_runs_without_the_test_packages_needs_none_of_them(self) -> None:
        for path in (ROOT / "tools" / "shop").glob("*.py"):
            self.assertEqual(set(imports(path)) - sys.stdlib_module_names - {"tools"}, set(), path.name)
