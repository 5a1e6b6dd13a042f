"""What the tests look at behind the API: databases, the broker, the provider's fault plan, metrics."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

from tools.shop.api import Unexpected

PSQL = "/usr/lib/postgresql/15/bin/psql"
Json = dict[str, Any]


class Refused(Exception):
    """What PostgreSQL said no to."""


@dataclass(frozen=True)
class Database:
    url: str

    def rows(self, query: str) -> list[Json]:
        text = self.run(f"select coalesce(json_agg(found), '[]') from ({query}) found")
        return json.loads(text)

    def value(self, query: str) -> Any:
        """The one value of the one row."""
        row, = self.rows(query)
        result, = row.values()
        return result

    def run(self, command: str) -> str:
        done = subprocess.run([PSQL, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", self.url],
                              input=command, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise Refused(done.stderr.strip())
        return done.stdout


class Broker:
    """RabbitMQ's management API."""

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        self._base = f"http://{parts.hostname}:{parts.port}/api"
        self._login = base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data, method=method, headers={
            "Authorization": f"Basic {self._login}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as response:
            text = response.read()
        return json.loads(text) if text else None

    def queues(self) -> dict[str, Json]:
        return {queue["name"]: queue for queue in self.ask("GET", "/queues/%2F")}

    def waiting(self, queue: str) -> int:
        """Messages in the queue, counted by looking: the statistics of the broker lag behind by seconds."""
        return len(self.peek(queue))

    def peek(self, queue: str) -> list[Json]:
        return self.ask("POST", f"/queues/%2F/{queue}/get",
                        {"count": 500, "ackmode": "ack_requeue_true", "encoding": "auto"})

    def purge(self, queue: str) -> None:
        self.ask("DELETE", f"/queues/%2F/{queue}/contents")

    def publish(self, routing_key: str, payload: str, type_: str, message_id: str, exchange: str = "shop.events",
                subject: str = "", source: str = "/test") -> None:
        headers = {"cloudEvents_specversion": "1.0", "cloudEvents_source": source, "cloudEvents_subject": subject}
        done = self.ask("POST", f"/exchanges/%2F/{exchange}/publish", {
            "routing_key": routing_key, "payload": payload, "payload_encoding": "string",
            "properties": {"message_id": message_id, "type": type_, "content_type": "application/json",
                           "delivery_mode": 2, "headers": headers}})
        if not done["routed"]:
            raise Unexpected(f"nobody takes {routing_key} from {exchange}")


def plan_faults(state: Json, faults: Json, seed: int = 1) -> None:
    """Makes the payment provider misbehave; {} ends that."""
    plan = {"seed": seed, "faults": faults} if faults else {}
    request = urllib.request.Request(
        state["urls"]["payment-provider"] + "/_simulator/faults", json.dumps(plan).encode(), method="POST",
        headers={"Authorization": "Bearer " + state["connections"]["provider_key"], "Content-Type": "application/json"})
    try:
        urllib.request.urlopen(request, timeout=10).close()
    except urllib.error.HTTPError as error:
        raise Unexpected(f"the provider refused the plan: {error.read().decode()}") from error


def samples(text: str, name: str) -> dict[str, float]:
    """The samples of one metric by their labels, as they stand in the text."""
    found = re.findall(rf"^{re.escape(name)}(\{{[^}}]*\}})? ([0-9.eE+-]+|NaN)$", text, re.MULTILINE)
    return {labels: float(value) for labels, value in found}
