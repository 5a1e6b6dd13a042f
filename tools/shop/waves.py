"""Turns the components into programs to supervise, in waves: each wave needs the one before it to be ready."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

from tools.shop import instances, platform, probes
from tools.shop.console import Failure
from tools.shop.platform import AUDITOR, PROVIDER, SERVICES, Layout
from tools.shop.ports import Ports
from tools.shop.process import Program, base_environment
from tools.shop.rundir import ROOT

GATEWAY_CONFIG = ROOT / "gateway" / "haproxy" / "haproxy.cfg"
PROMETHEUS_CONFIG = ROOT / "monitoring" / "prometheus"


def choose_ports(replicas: int) -> Ports:
    """Takes every port at once, so that no component takes another's default. `named` of the result has them."""
    ports = Ports()
    for name, default in platform.DEFAULT_PORTS.items():
        ports.take(name, default)
    for service in SERVICES:
        for replica in range(1, replicas + 1):
            name = platform.replica_name(service.name, replica)
            ports.take(name, service.port + platform.REPLICA_STEP * (replica - 1))
    for name in ("rabbitmq-distribution", "epmd"):
        ports.named[name] = ports.any()
    return ports


def gateway_slots() -> int:
    """How many replicas of a service the gateway's configuration has room for."""
    slots = [int(number) for number in re.findall(r"\bORDER_(\d+)", GATEWAY_CONFIG.read_text(encoding="utf-8"))]
    return max(slots, default=1)


def check_parts(layout: Layout) -> None:
    """Says what is missing before anything is started."""
    missing = [name for name in platform.PROGRAMS if not (layout.binaries / name).exists()]
    if missing:
        raise Failure(f"these programs are not in {layout.binaries}: {', '.join(missing)}; "
                      "is their directory with its CMakeLists.txt in the checkout?")
    if not GATEWAY_CONFIG.exists():
        raise Failure(f"{GATEWAY_CONFIG.relative_to(ROOT)} is missing, so there is no gateway to start")
    if layout.replicas > gateway_slots():
        raise Failure(f"the gateway is configured for at most {gateway_slots()} replicas of a service")


def waves(layout: Layout) -> list[list[Program]]:
    broker = instances.RabbitmqPorts(*(layout.ports[name] for name in (
        "rabbitmq", "rabbitmq-management", "rabbitmq-metrics", "rabbitmq-distribution", "epmd")))
    epmd, rabbitmq = instances.rabbitmq(layout.data / "rabbitmq", broker, ("admin", layout.vault.broker_admin),
                                        platform.broker_definitions(layout))
    cache = instances.redis(layout.data / "redis", layout.ports["redis"], layout.vault.redis,
                            layout.redis_readers)
    return [
        [epmd, *cache, _postgres(layout), _provider(layout)],
        [rabbitmq],
        [_service(service, replica, layout) for service in SERVICES for replica in range(1, layout.replicas + 1)],
        [_prometheus(layout), _gateway(layout), _auditor(layout)],
    ]


def _postgres(layout: Layout) -> Program:
    def create_databases() -> None:
        url = {"PGHOST": "127.0.0.1", "PGPORT": str(layout.ports["postgres"]), "PGUSER": "postgres",
               "PGDATABASE": "postgres", "PGPASSWORD": layout.vault.postgres}
        done = subprocess.run([str(instances.POSTGRES_BIN / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1"],
                              input=platform.database_script(layout), env=base_environment() | url,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise Failure(f"roles and databases could not be made: {done.stderr.strip()}")

    program, = instances.postgres(layout.data / "postgres", layout.ports["postgres"], layout.vault.postgres,
                                  layout.database_connections)
    return replace(program, after_ready=create_databases)


def _provider(layout: Layout) -> Program:
    return Program(PROVIDER, [str(layout.binaries / PROVIDER)], platform.provider_environment(layout),
                   port=layout.ports[PROVIDER], ready=probes.http_ok(layout.url(PROVIDER) + "/health/ready"),
                   directory=layout.run)


def _service(service: platform.Service, replica: int, layout: Layout) -> Program:
    name = platform.replica_name(service.name, replica)
    return Program(name, [str(layout.binaries / service.name)],
                   platform.service_environment(service, replica, layout), port=layout.ports[name],
                   ready=probes.http_ok(layout.url(name) + "/health/ready"), directory=layout.run)


def _auditor(layout: Layout) -> Program:
    """Ready with its first comparison, for which the services must have made their tables."""
    return Program(AUDITOR, [str(layout.binaries / AUDITOR)], platform.auditor_environment(layout),
                   port=layout.ports[AUDITOR], ready=probes.http_ok(layout.url(AUDITOR) + "/health/ready"),
                   directory=layout.run)


def _gateway(layout: Layout) -> Program:
    """Ready when every service has a replica that passed the gateway's own health check."""
    instances.need(Path("/usr/sbin/haproxy"), "haproxy")
    return Program("gateway", ["/usr/sbin/haproxy", "-db", "-f", str(GATEWAY_CONFIG)],
                   platform.gateway_environment(layout), port=layout.ports["gateway"], directory=ROOT,
                   ready=probes.http_ok(layout.url("gateway-metrics") + "/health/ready"))


def _prometheus(layout: Layout) -> Program:
    """The checkout's configuration is copied beside the list of what runs, which it reads as `targets.json`."""
    instances.need(Path("/usr/bin/prometheus"), "prometheus")
    account = "prometheus"
    home = layout.data / "prometheus"
    port = layout.ports["prometheus"]

    def prepare() -> None:
        instances.owned_directory(home, account)
        shutil.rmtree(home / "config", ignore_errors=True)
        shutil.copytree(PROMETHEUS_CONFIG, home / "config")
        (home / "config").chmod(0o755)
        (home / "config" / "targets.json").write_text(json.dumps(prometheus_targets(layout), indent=2),
                                                      encoding="utf-8")

    command = ["/usr/bin/prometheus", f"--config.file={home}/config/prometheus.yml",
               f"--storage.tsdb.path={home}/data", "--storage.tsdb.retention.time=2d",
               "--storage.tsdb.retention.size=1GB", f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]
    return Program("prometheus", command, prepare=prepare, account=account, port=port, directory=home,
                   ready=probes.http_ok(f"http://127.0.0.1:{port}/-/ready"))


def prometheus_targets(layout: Layout) -> list[dict[str, object]]:
    def target(name: str, port: str, **labels: str) -> dict[str, object]:
        return {"targets": [f"127.0.0.1:{layout.ports[port]}"], "labels": {"service": name} | labels}

    found = [target(service.name, platform.replica_name(service.name, replica), replica=str(replica))
             for service in SERVICES for replica in range(1, layout.replicas + 1)]
    return [*found, target(AUDITOR, AUDITOR), target("gateway", "gateway-metrics"),
            target("rabbitmq", "rabbitmq-metrics")]
