"""Runs the unittest cases of one file and writes what they came to: `python3 -m tools.shop.unittests FILE REPORT`."""

from __future__ import annotations

import importlib.util
import json
import sys
import unittest
from pathlib import Path


def main(file: str, report: str) -> int:
    specification = importlib.util.spec_from_file_location(Path(file).stem, file)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    result = unittest.TextTestRunner(verbosity=2).run(unittest.defaultTestLoader.loadTestsFromModule(module))
    failures = [(str(case), text) for case, text in (*result.errors, *result.failures)]
    failures += [(str(case), "passed although it is marked as a known failure") for case in result.unexpectedSuccesses]
    skipped = [f"{case}: {why}" for case, why in result.skipped]
    Path(report).write_text(json.dumps({
        "passed": max(0, result.testsRun - len({name for name, _ in failures}) - len(skipped)),
        "failures": failures, "skipped": skipped}), encoding="utf-8")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
