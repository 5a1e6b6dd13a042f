"""Private instances of PostgreSQL, RabbitMQ and Redis: on loopback, in a directory of ours, never the system's own.

Each function returns the Programs to start, in order. The directory must be reachable for the account that the
server runs under (see rundir.py).
"""

from __future__ import annotations

import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.shop import probes
from tools.shop.console import Failure
from tools.shop.process import Program, as_account, base_environment

POSTGRES_BIN = Path("/usr/lib/postgresql/15/bin")
RABBITMQ_SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


def owned_directory(path: Path, account: str | None = None) -> Path:
    """Makes a 0700 directory that belongs to the account which will write there."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    _give(path, account)
    return path


def owned_file(path: Path, text: str, account: str | None = None, mode: int = 0o600) -> Path:
    """Replaces a file; never readable by others, not even for a moment."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    _give(path, account)
    return path


def _give(path: Path, account: str | None) -> None:
    if account is not None and os.geteuid() == 0:
        try:
            entry = pwd.getpwnam(account)
        except KeyError:
            raise Failure(f"the system user {account} is missing; is its Debian package installed?") from None
        os.chown(path, entry.pw_uid, entry.pw_gid)


def postgres(directory: Path, port: int, password: str | None = None, connections: int = 200) -> list[Program]:
    """With a password every connection is scram; without one, any local user is the superuser (tests only)."""
    need(POSTGRES_BIN / "postgres", "postgresql-15")
    account = "postgres"
    data = directory / "data"

    def prepare() -> None:
        owned_directory(directory, account)
        if (data / "PG_VERSION").exists():
            return
        # A data directory without PG_VERSION is the rest of an interrupted initdb.
        shutil.rmtree(data, ignore_errors=True)
        command = [str(POSTGRES_BIN / "initdb"), "-D", str(data), "-U", "postgres", "--encoding=UTF8",
                   "--locale=C.UTF-8", "--auth=" + ("scram-sha-256" if password else "trust")]
        secret = directory / "initial"
        if password:
            owned_file(secret, password + "\n", account)
            command.append(f"--pwfile={secret}")
        done = subprocess.run(as_account(account, command), cwd="/", env=base_environment(),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        secret.unlink(missing_ok=True)
        if done.returncode != 0:
            raise Failure(f"initdb failed:\n{done.stdout}{done.stderr}")

    settings = {
        "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "max_connections": connections,
        "shared_buffers": "256MB", "fsync": "on", "synchronous_commit": "on", "max_wal_size": "2GB",
        "log_line_prefix": "%m [%p] %q%u@%d ", "log_checkpoints": "off", "log_lock_waits": "on",
        "timezone": "UTC", "log_timezone": "UTC",
    }
    command = [str(POSTGRES_BIN / "postgres"), "-D", str(data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    return [Program("postgres", command, prepare=prepare, account=account, port=port,
                    ready=probes.postgres_answers(str(POSTGRES_BIN / "pg_isready"), port),
                    stop_signal=signal.SIGINT, death_signal="INT")]


@dataclass(frozen=True)
class RabbitmqPorts:
    amqp: int
    management: int
    metrics: int
    distribution: int
    epmd: int


def rabbitmq(directory: Path, ports: RabbitmqPorts, admin: tuple[str, str],
             definitions: Mapping[str, object] | None = None) -> list[Program]:
    """A broker and its port mapper. Without definitions it has the default user guest (tests only)."""
    need(RABBITMQ_SERVER, "rabbitmq-server")
    account = "rabbitmq"

    def prepare() -> None:
        owned_directory(directory, account)
        cookie = directory / ".erlang.cookie"
        if not cookie.exists():
            owned_file(cookie, secrets.token_hex(20), account, 0o400)
        lines = [
            f"listeners.tcp.1 = 127.0.0.1:{ports.amqp}",
            "management.tcp.ip = 127.0.0.1", f"management.tcp.port = {ports.management}",
            "prometheus.tcp.ip = 127.0.0.1", f"prometheus.tcp.port = {ports.metrics}",
            "log.file = false", "log.console = true", "log.console.level = info",
            "collect_statistics_interval = 2000", "disk_free_limit.absolute = 200MB",
        ]
        if definitions is not None:
            owned_file(directory / "definitions.json", json.dumps(definitions), account)
            lines.append(f"load_definitions = {directory}/definitions.json")
        owned_file(directory / "rabbitmq.conf", "\n".join(lines) + "\n", account)
        owned_file(directory / "plugins", "[rabbitmq_management,rabbitmq_prometheus].\n", account)
        owned_file(directory / "environment", "", account)

    environment = {
        "HOME": str(directory), "RABBITMQ_NODENAME": "shop@localhost", "ERL_EPMD_PORT": str(ports.epmd),
        "ERL_EPMD_ADDRESS": "127.0.0.1", "RABBITMQ_NODE_PORT": str(ports.amqp),
        "RABBITMQ_DIST_PORT": str(ports.distribution), "RABBITMQ_CONF_ENV_FILE": str(directory / "environment"),
        "RABBITMQ_CONFIG_FILE": str(directory / "rabbitmq.conf"), "RABBITMQ_LOG_BASE": str(directory / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "plugins"),
        "RABBITMQ_MNESIA_BASE": str(directory / "mnesia"),
        # Makes the start script become the Erlang VM, so that signals (also the parent-death one) reach it.
        "RABBITMQ_ALLOW_INPUT": "1",
        # Spinning schedulers would take the CPU away from everything else on a small machine.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-noinput -start_epmd false +sbwt none +sbwtdcpu none +sbwtdio none"
                                               " -kernel inet_dist_use_interface {127,0,0,1}",
    }
    epmd = Program("epmd", ["epmd", "-address", "127.0.0.1", "-port", str(ports.epmd)], account=account,
                   prepare=prepare, port=ports.epmd, ready=probes.tcp_open(ports.epmd), stop_seconds=2)
    url = f"http://127.0.0.1:{ports.management}/api/health/checks/virtual-hosts"
    broker = Program("rabbitmq", [str(RABBITMQ_SERVER)], environment, account=account, port=ports.amqp,
                     ready=probes.http_ok(url, *admin), death_signal="TERM", start_seconds=90)
    return [epmd, broker]


def redis(directory: Path, port: int, password: str | None = None,
          readers: Mapping[str, str] | None = None) -> list[Program]:
    """A cache: nothing on disk, bounded memory, least recently used entries go first.

    `readers` are users who may read and nothing else, with their passwords.
    """
    need(Path("/usr/bin/redis-server"), "redis-server")
    account = "redis"

    def prepare() -> None:
        owned_directory(directory, account)
        lines = [f"port {port}", "bind 127.0.0.1", 'save ""', "appendonly no", f"dir {directory}",
                 "maxmemory 128mb", "maxmemory-policy allkeys-lru"]
        if password:
            lines.append(f"requirepass {password}")
        lines += [f"user {name} on >{secret} ~* -@all +@read +auth +ping" for name, secret in (readers or {}).items()]
        owned_file(directory / "redis.conf", "\n".join(lines) + "\n", account)

    return [Program("redis", ["/usr/bin/redis-server", str(directory / "redis.conf")], prepare=prepare, port=port,
                    account=account,
                    ready=probes.redis_answers(port, password))]


def need(path: Path, package: str) -> None:
    if not path.exists():
        raise Failure(f"{path} is missing; install the Debian package {package} (./shop up does)")
