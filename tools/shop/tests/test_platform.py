"""The table of components: what each is given, and what the broker and the databases allow it."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

from tools.shop import platform, waves
from tools.shop.platform import SERVICES, Layout
from tools.shop.ports import Ports
from tools.shop.rundir import ROOT
from tools.shop.vault import make_keys, open_vault


class PlatformCase(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.run_directory = Path(directory.name)
        self.layout = self.made_with(replicas=2)

    def made_with(self, **more: object) -> Layout:
        settings = {"run": self.run_directory, "data": self.run_directory, "binaries": Path("/nowhere"),
                    "ports": waves.choose_ports(2).named, "replicas": 2, "vault": open_vault(self.run_directory),
                    "keys": self.run_directory / "keys", "overrides": {}} | more
        return Layout(**settings)  # type: ignore[arg-type]

    def environment(self, name: str, replica: int = 1, layout: Layout | None = None) -> dict[str, str]:
        service = next(service for service in SERVICES if service.name == name)
        return platform.service_environment(service, replica, layout or self.layout)

    def test_every_value_is_filled_in(self) -> None:
        for service in SERVICES:
            for name, value in self.environment(service.name).items():
                self.assertRegex(name, "^SHOP_[A-Z_]+$")
                self.assertTrue(value and "{" not in value and "None" not in value, f"{name}={value}")

    def test_secrets_go_only_to_who_needs_them(self) -> None:
        vault = self.layout.vault
        for service in SERVICES:
            values = " ".join(self.environment(service.name).values())
            self.assertEqual(vault.provider_key in values, service.name == "payment-service")
            self.assertEqual(vault.admin in values, service.name == "user-service")
            self.assertEqual("k1.pem" in values, service.name == "user-service")
            self.assertNotIn(vault.postgres, values)
            self.assertNotIn(vault.broker_admin, values)

    def test_replicas_differ_in_nothing_but_the_port(self) -> None:
        first, second = self.environment("order-service", 1), self.environment("order-service", 2)
        self.assertEqual({name for name in first if first[name] != second[name]}, {"SHOP_HTTP_PORT"})

    def test_a_component_or_one_replica_can_be_given_more(self) -> None:
        layout = self.made_with(overrides={"order-service": {"SHOP_A": "1"}, "order-service-2": {"SHOP_A": "2"}})
        self.assertEqual(self.environment("order-service", 1, layout)["SHOP_A"], "1")
        self.assertEqual(self.environment("order-service", 2, layout)["SHOP_A"], "2")

    def test_secrets_and_keys_stay_the_same_for_a_run_directory(self) -> None:
        self.assertEqual(open_vault(self.run_directory), self.layout.vault)
        public = make_keys(self.run_directory) / "public"
        before = {path.name: path.read_text() for path in public.iterdir()}
        make_keys(self.run_directory)
        self.assertEqual({path.name: path.read_text() for path in public.iterdir()}, before)
        self.assertEqual(set(before), {"k1.pub.pem", "k2.pub.pem"})
        for secret in (self.run_directory / "secrets.json", self.run_directory / "keys" / "k1.pem"):
            self.assertEqual(secret.stat().st_mode & 0o077, 0, secret)

    def test_the_broker_lets_a_service_publish_only_its_own_events(self) -> None:
        definitions = json.loads(json.dumps(platform.broker_definitions(self.layout)))
        allowed = {entry["user"]: entry["write"] for entry in definitions["topic_permissions"]}
        events = {"OrderCreated": "order", "ReleaseStock": "order", "RefundPayment": "order",
                  "StockReserved": "inventory",
                  "StockReservationFailed": "inventory", "PaymentProcessed": "payment", "ProductChanged": "product",
                  "UserRegistered": "user", "OrderConfirmed": "order", "PaymentRefunded": "payment"}
        for event, owner in events.items():
            publishers = [user for user, pattern in allowed.items() if re.search(pattern, event)]
            self.assertEqual(publishers, [f"{owner}-service"], event)

    def test_a_service_declares_its_queues_and_those_of_its_subscribers_only(self) -> None:
        definitions = json.loads(json.dumps(platform.broker_definitions(self.layout)))
        allowed = {entry["user"]: entry["configure"] for entry in definitions["permissions"]}
        self.assertTrue(re.search(allowed["inventory-service"], "order.saga"))
        self.assertTrue(re.search(allowed["inventory-service"], "inventory.orders.dead"))
        self.assertTrue(re.search(allowed["user-service"], "shop.events"))
        self.assertFalse(re.search(allowed["user-service"], "order.saga"))
        self.assertFalse(re.search(allowed["payment-service"], "inventory.orders"))
        self.assertNotIn("guest", [user["name"] for user in definitions["users"]])

    def test_the_auditor_is_given_readers_only(self) -> None:
        vault = self.layout.vault
        environment = platform.auditor_environment(self.layout)
        self.assertTrue(all(value and "{" not in value and "None" not in value for value in environment.values()))
        values = " ".join(environment.values())
        for secret in (vault.postgres, vault.broker_admin, vault.redis, vault.admin, vault.provider_key):
            self.assertNotIn(secret, values)
        for service in SERVICES:
            self.assertNotIn(self.layout.database_password(service.database), values)

    def test_the_load_profile_reaches_the_gateway(self) -> None:
        self.assertNotIn("GATEWAY_PROFILE", platform.gateway_environment(self.layout))
        self.assertEqual(platform.gateway_environment(self.made_with(load_profile=True))["GATEWAY_PROFILE"], "load")

    def test_prometheus_accepts_its_configuration(self) -> None:
        promtool = shutil.which("promtool")
        self.assertIsNotNone(promtool, "promtool is missing; it comes with the package prometheus")
        config = self.run_directory / "prometheus"
        shutil.copytree(ROOT / "monitoring" / "prometheus", config)
        targets = waves.prometheus_targets(self.layout)
        self.assertEqual(len(targets), 2 * len(SERVICES) + 3)
        (config / "targets.json").write_text(json.dumps(targets))
        done = subprocess.run([str(promtool), "check", "config", str(config / "prometheus.yml")],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class PortChoice(unittest.TestCase):
    def test_a_port_in_use_is_left_alone_and_the_move_is_told(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            ports = Ports()
            chosen = ports.take("gateway", port)
        self.assertNotEqual(chosen, port)
        self.assertEqual(ports.moved, {"gateway": (port, chosen)})

    def test_a_platform_that_starts_at_the_same_time_is_given_other_ports(self) -> None:
        first = Ports()
        port = first.any()
        second = Ports()
        self.assertNotEqual(port, second.take("gateway", port), "nobody listens there yet, but somebody will")
        del first
        self.assertEqual(port, Ports().take("gateway", port))

    def test_no_port_is_given_twice(self) -> None:
        ports = Ports()
        free = ports.any()
        self.assertNotEqual(ports.take("a", free), free)
        chosen = [ports.any() for _ in range(100)]
        self.assertEqual(len(set(chosen)), 100)


if __name__ == "__main__":
    unittest.main()
