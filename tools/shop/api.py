"""A client of the shop's public API for drivers and tests: JSON in, JSON out, one kept-alive connection per thread."""

from __future__ import annotations

import http.client
import json
import threading
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BASE_PATH = "/api/v1"
OTHER_ROOTS = (BASE_PATH, "/.well-known", "/health", "/metrics", "/openapi")
REQUEST_SECONDS = 30.0


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: dict[str, str]  # Names in lower case.

    @property
    def problem(self) -> str:
        """The last part of a problem's type; empty when this is none."""
        return str(self.body.get("type", "")).rpartition("/")[2] if isinstance(self.body, dict) else ""

    @property
    def pointers(self) -> set[str]:
        return {error["pointer"] for error in self.body.get("errors", ())} if isinstance(self.body, dict) else set()


class Unexpected(Exception):
    """An answer that is not the one asked for."""


class Api:
    """`base` is the gateway or a service. Nothing is sent twice: what breaks off raises OSError or HTTPException."""

    def __init__(self, base: str, token: str = "", timeout: float = REQUEST_SECONDS, keep_alive: bool = True) -> None:
        self.base = base
        self.token = token
        self._timeout = timeout
        self._keep_alive = keep_alive
        self._local = threading.local()

    def acting_as(self, token: str) -> Api:
        return Api(self.base, token, self._timeout, self._keep_alive)

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None,
            raw: bytes | None = None) -> Answer:
        """Paths are below /api/v1 unless they begin with another known root. `raw` is sent as it is."""
        sent = {"Accept": "application/json"}
        if self.token:
            sent["Authorization"] = "Bearer " + self.token
        if body is not None:
            raw = json.dumps(body).encode()
        if raw is not None:
            sent["Content-Type"] = "application/json"
        sent |= dict(headers or {})
        whole = path if path.startswith(OTHER_ROOTS) else BASE_PATH + path
        connection = self._connection()
        try:
            connection.request(method, whole, raw, {name: value for name, value in sent.items() if value})
            response = connection.getresponse()
            text = response.read()
        except BaseException:
            self.close()
            raise
        found = {name.lower(): value for name, value in response.getheaders()}
        if not self._keep_alive or found.get("connection", "").lower() == "close":
            self.close()
        try:
            parsed = json.loads(text) if text else None
        except ValueError:
            parsed = text.decode("utf-8", "replace")
        return Answer(response.status, parsed, found)

    def need(self, status: int, method: str, path: str, body: Any = None,
             headers: Mapping[str, str] | None = None) -> Any:
        """The body of an answer that must have this status; Unexpected when it has another."""
        answer = self.ask(method, path, body, headers)
        if answer.status != status:
            raise Unexpected(f"{method} {path} was answered {answer.status}, not {status}: {answer.body}")
        return answer.body

    def close(self) -> None:
        """Ends this thread's connection; the next request opens another."""
        if (connection := getattr(self._local, "connection", None)) is not None:
            connection.close()
            self._local.connection = None

    def _connection(self) -> http.client.HTTPConnection:
        if getattr(self._local, "connection", None) is None:
            url = urllib.parse.urlsplit(self.base)
            self._local.connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=self._timeout)
        return self._local.connection


def log_in(api: Api, email: str, password: str) -> Api:
    """The same API with this account's access token."""
    return api.acting_as(api.need(200, "POST", "/auth/login", {"email": email, "password": password})["access_token"])


def order_body(sku: str, quantity: int, payment_method: str = "pm_card_visa") -> dict[str, Any]:
    return {"lines": [{"sku": sku, "quantity": quantity}], "payment_method": payment_method,
            "shipping_address": "Ann Example\n1 Main Street\n10115 Berlin"}
