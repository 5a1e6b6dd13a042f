"""Choosing TCP ports on loopback: the default when it is free, another one when it is not."""

from __future__ import annotations

import random
import socket

# Below the kernel's range for outgoing connections, so that no client socket takes a port between choice and use.
FREE_PORTS = range(18000, 32000)
ATTEMPTS_MAX = 200


class Ports:
    """Hands out ports that no other component and no other platform is given while this object lives.

    Seconds pass before a component listens where it was told to. A platform that starts meanwhile would find the port
    free, and each of the two would then take the other's process for its own.
    """

    def __init__(self) -> None:
        self._given: dict[int, socket.socket] = {}
        self.named: dict[str, int] = {}
        self.moved: dict[str, tuple[int, int]] = {}

    def take(self, name: str, default: int) -> int:
        """The default port, or a free one when something else listens there; `moved` tells which."""
        if self._claim(default):
            port = default
        else:
            port = self.any()
            self.moved[name] = (default, port)
        self.named[name] = port
        return port

    def any(self) -> int:
        for _ in range(ATTEMPTS_MAX):
            port = random.choice(FREE_PORTS)
            if self._claim(port):
                return port
        raise OSError("no free TCP port found on 127.0.0.1")

    def _claim(self, port: int) -> bool:
        if port in self._given or not is_free(port):
            return False
        # A name without a file: the kernel gives it to one, and takes it back when the process ends, however it ends.
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            claim.bind(f"\0shop-port-{port}")
        except OSError:
            claim.close()
            return False
        self._given[port] = claim
        return True


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Without this a connection that lately closed (TIME_WAIT) would make the port look taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True
