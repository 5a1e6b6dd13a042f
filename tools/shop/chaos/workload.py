"""What is bought and by whom, and the program that buys it: customers who arrive at a fixed rate and keep a history."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e import tokens
from tests.e2e.rig import Rig, programs
from tests.e2e.shopping import new_product
from tools.shop.console import Failure
from tools.shop.process import bound_to_us

ARTICLES, USERS = 50, 200
# Popular and unpopular ones: they run out early or late, and from then on orders with them are refused.
SCARCE_RANKS = (2, 8, 16, 27, 41)
SCARCE_UNITS, PLENTY_UNITS = 60, 10_000_000
TOKEN_SECONDS = 6 * 3600
# The patience of the last customers: four attempts with their pauses, and a cancellation after them.
FINISH_SECONDS = 150.0


@dataclass(frozen=True)
class Workload:
    articles: list[str]  # The most popular first.
    product: str  # Whose variants they are.
    directory: Path

    @property
    def history(self) -> Path:
        return self.directory / "history.jsonl"

    @property
    def figures(self) -> Path:
        return self.directory / "load.json"


def prepare(rig: Rig, directory: Path) -> Workload:
    """Articles with stock, and customers with tokens of the platform's own key."""
    stock = [SCARCE_UNITS if rank in SCARCE_RANKS else PLENTY_UNITS for rank in range(ARTICLES)]
    articles = new_product(rig, stock)
    keys = Path(rig.state["connections"]["jwt_keys"])
    lines = []
    for number in range(USERS):
        user = str(uuid.uuid5(uuid.NAMESPACE_OID, f"soak customer {number}"))
        claims = tokens.claims(user, exp=int(time.time()) + TOKEN_SECONDS)
        lines.append(f"{user} {tokens.signed(keys / 'k1.pem', claims)}\n")
    # Beside the platform, whose directory goes with it: tokens are no part of a report.
    (rig.directory / "tokens").write_text("".join(lines), encoding="utf-8")
    (rig.directory / "articles").write_text("".join(f"{sku}\n" for sku in articles), encoding="utf-8")
    found = rig.admin.need(200, "GET", f"/products/by-sku?skus={articles[0]}")
    return Workload(articles, found["items"][0]["product_id"], directory)


class Load:
    """The load program from start to end."""

    def __init__(self, rig: Rig, workload: Workload, rate: float, seconds: float, seed: int) -> None:
        self._workload = workload
        command = [str(programs() / "shop-open-load"), "--gateway", rig.state["urls"]["gateway"],
                   "--tokens", str(rig.directory / "tokens"), "--articles", str(rig.directory / "articles"),
                   "--product", workload.product, "--history", str(workload.history),
                   "--json", str(workload.figures), "--rate", f"{rate:g}", "--seconds", str(max(1, round(seconds))),
                   "--seed", str(seed)]
        self._log = workload.directory / "load.log"
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(bound_to_us("TERM", command), stdin=subprocess.DEVNULL, stdout=log,
                                             stderr=log)

    def stop(self) -> None:
        """Nobody arrives any more."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def wait(self) -> dict[str, Any]:
        """The figures, once the last customer has gone."""
        try:
            code = self._process.wait(FINISH_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise Failure(f"the load program did not end within {FINISH_SECONDS:.0f} s") from None
        if code != 0:
            raise Failure(f"the load program failed: {self._log.read_text(encoding='utf-8')[-1000:]}")
        return json.loads(self._workload.figures.read_text(encoding="utf-8"))

    def ended(self) -> bool:
        return self._process.poll() is not None
