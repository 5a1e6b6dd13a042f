"""Readiness probes: cheap questions with a short deadline, false on any trouble."""

from __future__ import annotations

import base64
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable

PROBE_SECONDS = 2.0
# Never through a proxy of the environment: everything probed is on loopback.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def http_ok(url: str, user: str | None = None, password: str | None = None) -> Callable[[], bool]:
    request = urllib.request.Request(url)
    if user is not None:
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        request.add_header("Authorization", f"Basic {token}")

    def probe() -> bool:
        try:
            with _open(request, timeout=PROBE_SECONDS) as answer:
                return 200 <= answer.status < 300
        except (OSError, urllib.error.URLError, ValueError):
            return False

    return probe


def tcp_open(port: int) -> Callable[[], bool]:
    def probe() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=PROBE_SECONDS):
                return True
        except OSError:
            return False

    return probe


def redis_answers(port: int, password: str | None) -> Callable[[], bool]:
    commands = (f"AUTH {password}\r\n" if password else "") + "PING\r\n"

    def probe() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=PROBE_SECONDS) as connection:
                connection.sendall(commands.encode())
                connection.settimeout(PROBE_SECONDS)
                answer = b""
                while b"+PONG" not in answer and b"-" not in answer:
                    part = connection.recv(256)
                    if not part:
                        return False
                    answer += part
                return b"+PONG" in answer
        except OSError:
            return False

    return probe


def postgres_answers(binary: str, port: int) -> Callable[[], bool]:
    def probe() -> bool:
        done = subprocess.run([binary, "-q", "-h", "127.0.0.1", "-p", str(port), "-t", "1"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return done.returncode == 0

    return probe
