"""docs/openapi as the running services tell it; `./shop openapi` refreshes the files."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from tools.shop.api import Api
from tools.shop.console import Failure, complain, say
from tools.shop.platform import SERVICES
from tools.shop.rundir import ROOT

DIRECTORY = ROOT / "docs" / "openapi"


def live(urls: dict[str, str]) -> dict[str, Any]:
    """The documents of all services by their short names: user, product, ..."""
    return {service.name.removesuffix("-service"): Api(urls[service.name]).need(200, "GET", "/openapi.json")
            for service in SERVICES}


def text_of(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def outdated(documents: dict[str, Any], directory: Path = DIRECTORY) -> list[str]:
    """What is in the directory and not so, or not at all, at the services; and the other way round."""
    stored = {path.stem: path.read_text(encoding="utf-8") for path in directory.glob("*.json")}
    wanted = {name: text_of(document) for name, document in documents.items()}
    return sorted(name for name in {*stored, *wanted} if stored.get(name) != wanted.get(name))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./shop openapi", description="Writes docs/openapi as the services tell it.")
    parser.add_argument("--check", action="store_true", help="only say what is out of date")
    chosen = parser.parse_args(arguments)
    names = {service.name: f"SHOP_{service.name.removesuffix('-service').upper()}_URL" for service in SERVICES}
    if missing := [name for name in names.values() if name not in os.environ]:
        raise Failure(f"these variables are missing (./shop openapi sets them): {', '.join(missing)}")
    documents = live({service: os.environ[name] for service, name in names.items()})
    names = outdated(documents)
    if not chosen.check:
        DIRECTORY.mkdir(parents=True, exist_ok=True)
        for name, document in documents.items():
            (DIRECTORY / f"{name}.json").write_text(text_of(document), encoding="utf-8")
    say(f"{'out of date' if chosen.check else 'written'}: {', '.join(names) or 'nothing, all is up to date'}")
    return 1 if chosen.check and names else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Failure as failure:
        complain(str(failure))
        sys.exit(1)
