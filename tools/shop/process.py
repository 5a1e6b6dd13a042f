"""One child process: how it is started, watched, logged and stopped."""

from __future__ import annotations

import collections
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.shop.console import Failure

LOG_BYTES_MAX = 16 << 20
LINE_BYTES_MAX = 16 << 10
CHUNK_BYTES = 64 << 10
LAST_LINES = 20
STOP_PAUSE_SECONDS = 0.05
COLOURS = re.compile(rb"\x1b\[[0-9;]*m")
PASSED_ON = ("PATH", "HOME", "TZ", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")


@dataclass(frozen=True)
class Program:
    """What to run and how to tell that it is ready. `account` is the system user it needs when we are root."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None
    prepare: Callable[[], None] | None = None
    after_ready: Callable[[], None] | None = None
    account: str | None = None
    directory: Path | None = None
    port: int | None = None
    stop_signal: int = signal.SIGTERM
    # Sent by the kernel when the supervisor is gone, however it ended.
    death_signal: str = "KILL"
    start_seconds: float = 30.0
    stop_seconds: float = 15.0


def base_environment() -> dict[str, str]:
    """Only what programs need: a SHOP_* variable of the caller would be refused by a service as unknown."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    kept.setdefault("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    return kept | {"LANG": "C.UTF-8"}


def as_account(account: str | None, command: Sequence[str]) -> list[str]:
    """The command as that system user; as ourselves when we are an ordinary user or none is asked for."""
    if account is None or os.geteuid() != 0:
        return list(command)
    return ["setpriv", f"--reuid={account}", f"--regid={account}", "--init-groups", *command]


def bound_to_us(death_signal: str, command: Sequence[str], account: str | None = None) -> list[str]:
    """The command, told to end by this signal when the calling thread's process ends, however it ends.

    A parent that dies before the signal is set is never told of: the program then sees another parent, and leaves.
    """
    # setpriv sets the death signal after it changed the user, which would clear it.
    user = []
    if account is not None and os.geteuid() == 0:
        user = [f"--reuid={account}", f"--regid={account}", "--init-groups"]
    return ["setpriv", "--pdeathsig", death_signal, *user,
            "sh", "-c", '[ "$PPID" = "$0" ] || exit 1; exec "$@"', str(os.getpid()), *command]


class LogFile:
    """A log of bounded size: when full it becomes NAME.log.1 and starts again."""

    def __init__(self, path: Path, bytes_max: int = LOG_BYTES_MAX) -> None:
        self.path = path
        self._bytes_max = bytes_max
        self._file = self._open()
        self._size = self._file.tell()

    def write(self, line: bytes) -> None:
        if self._size + len(line) > self._bytes_max:
            self._file.close()
            os.replace(self.path, self.path.with_suffix(".log.1"))
            self._file = self._open()
            self._size = 0
        self._file.write(line)
        self._size += len(line)

    def _open(self):
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(descriptor, "ab", buffering=0)


class Child:
    """A running Program. Must be started from the main thread: the parent-death signal follows the creating thread."""

    def __init__(self, program: Program, logs: Path, echo: Callable[[str, str], None] | None = None) -> None:
        self.program = program
        self.restarts: collections.deque[float] = collections.deque(maxlen=1000)
        self.last_lines: collections.deque[str] = collections.deque(maxlen=LAST_LINES)
        self._log = LogFile(logs / f"{program.name}.log")
        self._echo = echo
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        program = self.program
        try:
            self._process = subprocess.Popen(
                bound_to_us(program.death_signal, program.command, program.account),
                env=base_environment() | dict(program.environment),
                cwd=program.directory or "/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, start_new_session=True)
        except OSError as error:
            raise Failure(f"{program.name} could not be started: {error}") from error
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    def ended(self) -> int | None:
        """The exit code (negative: the signal) when it has ended."""
        return self._process.poll() if self._process else None

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def ask_to_stop(self) -> None:
        if self.running():
            assert self._process is not None
            # Only the process itself: PostgreSQL's own children must be told by it, not by us.
            _send(self._process.pid, self.program.stop_signal, group=False)

    def wait_stopped(self, deadline: float) -> bool:
        """True when it left by itself before the deadline (monotonic time); else it is killed."""
        while self.running() and time.monotonic() < deadline:
            time.sleep(STOP_PAUSE_SECONDS)
        if not self.running():
            return True
        self.kill()
        return False

    def kill(self) -> None:
        if self._process is None:
            return
        _send(self._process.pid, signal.SIGKILL, group=True)
        self._process.wait()

    def describe_end(self) -> str:
        code = self.ended()
        if code is None:
            return "it is still running"
        return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"

    def drain(self) -> None:
        """Waits until the last output is in `last_lines`."""
        if self._reader is not None:
            self._reader.join(timeout=1.0)

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        """Copies whole lines in large pieces: under load a service logs thousands of lines a second."""
        assert process.stdout is not None
        rest = b""
        while piece := process.stdout.read1(CHUNK_BYTES):
            lines, newline, rest = (rest + piece).rpartition(b"\n")
            if newline:
                self._take(lines + newline)
            elif len(rest) > LINE_BYTES_MAX:
                self._take(rest + b"\n")
                rest = b""
        if rest:
            self._take(rest + b"\n")

    def _take(self, lines: bytes) -> None:
        if b"\x1b" in lines:
            lines = COLOURS.sub(b"", lines)
        self._log.write(lines)
        shown = lines if self._echo is not None else lines[-LINE_BYTES_MAX:]
        texts = shown.decode("utf-8", "replace").splitlines()
        self.last_lines.extend(texts[-LAST_LINES:])
        if self._echo is not None:
            for text in texts:
                self._echo(self.program.name, text)


def _send(pid: int, number: int, *, group: bool) -> None:
    try:
        (os.killpg if group else os.kill)(pid, number)
    except (ProcessLookupError, PermissionError):
        pass
