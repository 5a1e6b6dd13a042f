"""The components of the platform: what runs, on which port, with which environment. All else reads it here."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tools.shop.vault import SIGNING_KEY, Vault, rabbitmq_hash

JWT_ISSUER = "https://shop.local/auth"
JWT_AUDIENCE = "shop-api"
ADMIN_EMAIL = "admin@shop.local"
EXCHANGES = "shop\\.(events|dead)"


@dataclass(frozen=True)
class Service:
    """One of ours. `declares` are the queue families it declares: its own, and those of the events it publishes.
    `publishes` are the event types it may publish; the broker refuses others."""

    name: str
    port: int
    database: str
    declares: tuple[str, ...]
    publishes: str
    environment: dict[str, str] = field(default_factory=dict)


# Values are filled in by service_environment(). A service refuses variables that it does not know, so each is given
# exactly what it reads.
EVERY_SERVICE = {
    "SHOP_HTTP_HOST": "127.0.0.1",
    "SHOP_HTTP_PORT": "{port}",
    "SHOP_DATABASE_URL": "{database_url}",
    "SHOP_BROKER_URL": "{broker_url}",
    "SHOP_JWT_PUBLIC_KEYS": "{keys}/public",
    "SHOP_JWT_ISSUER": JWT_ISSUER,
    "SHOP_JWT_AUDIENCE": JWT_AUDIENCE,
}
SERVICES = (
    Service("user-service", 8001, "user_db", ("user",), "User.*", {
        "SHOP_JWT_PRIVATE_KEY": "{keys}/" + SIGNING_KEY + ".pem",
        "SHOP_ADMIN_EMAIL": ADMIN_EMAIL,
        "SHOP_ADMIN_PASSWORD": "{admin_password}",
    }),
    Service("product-service", 8002, "product_db", ("product", "order"), "(Product|Category).*", {
        "SHOP_REDIS_URL": "{redis_url}",
    }),
    Service("order-service", 8003, "order_db", ("order", "inventory", "payment"),
            "(Order.*|ReleaseStock|RefundPayment)", {
        "SHOP_PRODUCT_URL": "{product_url}",
    }),
    Service("inventory-service", 8004, "inventory_db", ("inventory", "order", "payment", "product"), "Stock.*"),
    Service("payment-service", 8005, "payment_db", ("payment", "order"), "Payment.*", {
        "SHOP_PROVIDER_URL": "{provider_url}",
        "SHOP_PROVIDER_KEY": "{provider_key}",
    }),
)
PROVIDER = "payment-provider"
PROVIDER_ENVIRONMENT = {
    "SHOP_HTTP_HOST": "127.0.0.1",
    "SHOP_HTTP_PORT": "{port}",
    "SHOP_PROVIDER_KEY": "{provider_key}",
    "SHOP_PROVIDER_LOG": "{provider_log}",
}
# Compares the books of the running shop. It may only read: see database_script(), broker_definitions() and the cache's
# user of the same name.
AUDITOR = "shop-auditor"
AUDITOR_ENVIRONMENT = {
    "SHOP_HTTP_HOST": "127.0.0.1",
    "SHOP_HTTP_PORT": "{port}",
}
PROGRAMS = (PROVIDER, *(service.name for service in SERVICES), AUDITOR)
# Others are chosen when these are in use; replica n of a service is asked for at its port plus 10 * (n - 1).
DEFAULT_PORTS = {
    "gateway": 8000, PROVIDER: 8010, AUDITOR: 8020, "postgres": 5432, "redis": 6379, "prometheus": 9090,
    "rabbitmq": 5672, "rabbitmq-management": 15672, "rabbitmq-metrics": 15692,
    "gateway-metrics": 8404,
}
REPLICA_STEP = 10
# A service keeps up to 16 connections; the rest is for migrations, the auditor and people.
CONNECTIONS_PER_SERVICE = 28
CONNECTIONS_MIN = 200


@dataclass(frozen=True)
class Layout:
    """Where this run keeps and listens to everything."""

    run: Path
    data: Path
    binaries: Path
    ports: dict[str, int]
    replicas: int
    vault: Vault
    keys: Path
    overrides: dict[str, dict[str, str]]
    load_profile: bool = False

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def database_url(self, database: str, role: str | None = None) -> str:
        role = role or database
        return f"postgresql://{role}:{self.database_password(role)}@127.0.0.1:{self.ports['postgres']}/{database}"

    def database_password(self, role: str) -> str:
        fixed = {"postgres": self.vault.postgres, "auditor": self.vault.auditor}
        return fixed.get(role) or self.vault.derived(f"database {role}")

    def broker_url(self, user: str) -> str:
        return f"amqp://{user}:{self.broker_password(user)}@127.0.0.1:{self.ports['rabbitmq']}/"

    def broker_password(self, user: str) -> str:
        return self.vault.broker_admin if user == "admin" else self.vault.derived(f"broker {user}")

    @property
    def database_connections(self) -> int:
        return max(CONNECTIONS_MIN, CONNECTIONS_PER_SERVICE * len(SERVICES) * self.replicas + 40)

    @property
    def provider_log(self) -> Path:
        return self.data / "payment-provider.jsonl"

    @property
    def redis_url(self) -> str:
        return f"redis://:{self.vault.redis}@127.0.0.1:{self.ports['redis']}"

    @property
    def redis_readers(self) -> dict[str, str]:
        """Users of the cache who may only read, with their passwords."""
        return {"auditor": self.vault.derived("redis auditor")}

    @property
    def auditor_redis_url(self) -> str:
        return f"redis://auditor:{self.redis_readers['auditor']}@127.0.0.1:{self.ports['redis']}"

    @property
    def management_url(self) -> str:
        return f"http://admin:{self.vault.broker_admin}@127.0.0.1:{self.ports['rabbitmq-management']}"

    @property
    def auditor_management_url(self) -> str:
        return f"http://auditor:{self.broker_password('auditor')}@127.0.0.1:{self.ports['rabbitmq-management']}"


def replica_name(service: str, replica: int) -> str:
    """Replica 1 carries the plain name: it is the one that people look for in the logs."""
    return service if replica == 1 else f"{service}-{replica}"


def service_environment(service: Service, replica: int, layout: Layout) -> dict[str, str]:
    name = replica_name(service.name, replica)
    values = {
        "port": layout.ports[name],
        "database_url": layout.database_url(service.database),
        "broker_url": layout.broker_url(service.name),
        "redis_url": layout.redis_url,
        "keys": layout.keys,
        "admin_password": layout.vault.admin,
        "product_url": layout.url("product-service"),
        "provider_url": layout.url(PROVIDER),
        "provider_key": layout.vault.provider_key,
    }
    filled = {key: value.format(**values) for key, value in (EVERY_SERVICE | service.environment).items()}
    return filled | layout.overrides.get(service.name, {}) | layout.overrides.get(name, {})


def provider_environment(layout: Layout) -> dict[str, str]:
    values = {"port": layout.ports[PROVIDER], "provider_key": layout.vault.provider_key,
              "provider_log": layout.provider_log}
    filled = {key: value.format(**values) for key, value in PROVIDER_ENVIRONMENT.items()}
    return filled | layout.overrides.get(PROVIDER, {})


def audit_sources(layout: Layout) -> dict[str, str]:
    """What the auditor reads, once and all the time alike."""
    databases = {f"SHOP_{service.database.removesuffix('_db').upper()}_DATABASE_URL":
                 layout.database_url(service.database, "auditor") for service in SERVICES}
    return databases | {"SHOP_BROKER_MANAGEMENT_URL": layout.auditor_management_url,
                        "SHOP_REDIS_URL": layout.auditor_redis_url, "SHOP_PROVIDER_LOG": str(layout.provider_log)}


def auditor_environment(layout: Layout) -> dict[str, str]:
    filled = {key: value.format(port=layout.ports[AUDITOR]) for key, value in AUDITOR_ENVIRONMENT.items()}
    return filled | audit_sources(layout) | layout.overrides.get(AUDITOR, {})


def gateway_environment(layout: Layout) -> dict[str, str]:
    """The settings of gateway/haproxy/haproxy.cfg."""
    environment = {
        "GATEWAY_BIND": "127.0.0.1", "GATEWAY_PORT": str(layout.ports["gateway"]),
        "GATEWAY_METRICS_PORT": str(layout.ports["gateway-metrics"]), "GATEWAY_KEYS": str(layout.keys / "public"),
        "GATEWAY_ISSUER": JWT_ISSUER, "GATEWAY_AUDIENCE": JWT_AUDIENCE,
    }
    if layout.load_profile:
        environment["GATEWAY_PROFILE"] = "load"
    for service in SERVICES:
        for replica in range(1, layout.replicas + 1):
            knob = f"{service.name.removesuffix('-service').upper()}_{replica}"
            environment[knob] = f"127.0.0.1:{layout.ports[replica_name(service.name, replica)]}"
    return environment | layout.overrides.get("gateway", {})


def broker_definitions(layout: Layout) -> dict[str, object]:
    """One broker user per service, with no more rights than its exchanges and queue families need.

    Binding a queue needs write on it, and declaring one with a dead-letter exchange needs read on the queue and write
    on that exchange; hence a publisher has these rights on the queues of its subscribers.
    """
    users = [{"name": "admin", "password_hash": rabbitmq_hash(layout.vault.broker_admin), "tags": "administrator",
              "hashing_algorithm": "rabbit_password_hashing_sha256"}]
    permissions = [{"user": "admin", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}]
    # Sees how full the queues are, and can neither read, write nor change one.
    users.append({"name": "auditor", "password_hash": rabbitmq_hash(layout.broker_password("auditor")),
                  "tags": "monitoring", "hashing_algorithm": "rabbit_password_hashing_sha256"})
    permissions.append({"user": "auditor", "vhost": "/", "configure": "^$", "write": "^$", "read": "^$"})
    topics = []
    for service in SERVICES:
        users.append({"name": service.name, "tags": "",
                      "password_hash": rabbitmq_hash(layout.broker_password(service.name)),
                      "hashing_algorithm": "rabbit_password_hashing_sha256"})
        allowed = f"^({EXCHANGES}|({'|'.join(service.declares)})\\..+)$"
        permissions.append({"user": service.name, "vhost": "/", "configure": allowed, "write": allowed,
                            "read": allowed})
        topics.append({"user": service.name, "vhost": "/", "exchange": "shop.events",
                       "write": f"^{service.publishes}$", "read": ".*"})
    return {"vhosts": [{"name": "/"}], "users": users, "permissions": permissions, "topic_permissions": topics}


def database_script(layout: Layout) -> str:
    """SQL that brings roles and databases to what they should be, also when they exist already.

    A service's role owns its database and can connect to no other. The role `auditor` connects to all and reads every
    table, also those that are made later (pg_read_all_data); it owns nothing and is granted nothing else, so it is
    refused every change, and its transactions are read-only before that.
    """
    lines = ["set log_min_error_statement = panic;  -- a failing statement would put a password into the log"]
    for role in (*(service.database for service in SERVICES), "auditor"):
        lines += [
            f"select 'create role {role}' where not exists (select from pg_roles where rolname = '{role}') \\gexec",
            f"alter role {role} with login nosuperuser nocreatedb nocreaterole noreplication"
            f" password '{layout.database_password(role)}';",
        ]
    lines += ["grant pg_read_all_data to auditor;", "alter role auditor set default_transaction_read_only = on;"]
    for service in SERVICES:
        name = service.database
        lines += [
            f"select 'create database {name} owner {name}' where not exists"
            f" (select from pg_database where datname = '{name}') \\gexec",
            f"revoke all on database {name} from public;",
            f"grant connect on database {name} to auditor;",
        ]
    lines += ["revoke all on database postgres from public;", "revoke all on database template1 from public;"]
    return "\n".join(lines) + "\n"
