"""Who may include whom: the direction between layers, and libraries that stay behind the platform's sources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tools.tidy_text import Finding

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
SOURCE_ONLY = ("boost/beast", "boost/beast.hpp", "libpq-fe.h", "libpq/", "openssl/", "amqp", "rabbitmq-c/", "hiredis/",
               "sodium", "prometheus/", "spdlog/")
DOMAIN = ("shared/", "platform/contract/", "platform/base/uuid.hpp", "platform/base/time.hpp",
          "platform/base/ensure.hpp")
APPLICATION = (*DOMAIN, "platform/base/", "platform/messaging/message.hpp", "platform/http/refused.hpp")
# layer -> what of platform and shared it may see, and which layers of its own service
LAYERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "domain": (DOMAIN, ("domain",)),
    "application": (APPLICATION, ("domain", "application")),
    "infrastructure": (
        (*APPLICATION, "platform/postgres/", "platform/cache/", "platform/auth/", "platform/config/",
         "platform/telemetry/", "platform/http/client.hpp", "platform/http/message.hpp", "platform/messaging/"),
        ("domain", "application", "infrastructure")),
    "presentation": (
        (*APPLICATION, "platform/http/", "platform/auth/", "platform/telemetry/", "platform/service/",
         "platform/messaging/subscription.hpp", "platform/messaging/delivery.hpp", "platform/messaging/consumer.hpp",
         "platform/messaging/envelope.hpp"),
        ("domain", "application", "presentation")),
}
# Subscribing is presentation: a message is one more way in, as a request is.
INFRASTRUCTURE_REFUSES = ("platform/messaging/subscription.hpp", "platform/messaging/consumer.hpp")
DOMAIN_LIBRARIES = re.compile(r"^([a-z_0-9]+|boost/describe.*)$")
DOMAIN_REFUSES_HEADERS = {"random", "thread", "mutex", "shared_mutex", "atomic", "future", "condition_variable",
                          "unordered_map", "unordered_set", "iostream", "fstream", "ctime", "filesystem"}
DOMAIN_REFUSES = re.compile(
    r"\b(?:\w+_clock\b|unordered_\w+|s?rand\s*\(|random_device\b|mt19937|std::j?thread\b|std::\w*mutex\b|std::async\b|"
    r"getenv\b|time\s*\(\s*(?:nullptr|0|NULL)\s*\))")


def check(path: Path, text: str, code: str) -> Iterator[Finding]:
    """`text` is the file as it is, `code` the same without comments and literals."""
    parts = path.parts
    for found in INCLUDE.finditer(text):
        line = text.count("\n", 0, found.start(2)) + 1
        what = _refused(path, found.group(1) == '"', found.group(2))
        if what is not None:
            yield Finding(path, line, f"includes {found.group(2)}: {what}")
    if _layer(parts) == "domain":
        for word in DOMAIN_REFUSES.finditer(code):
            yield Finding(path, code.count("\n", 0, word.start()) + 1,
                          f"{word.group().strip()} in the domain: it must give the same answer every time")


def _layer(parts: tuple[str, ...]) -> str | None:
    if len(parts) > 4 and parts[0] == "services" and parts[2] == "app" and parts[3] in LAYERS:
        return parts[3]
    return None


def _refused(path: Path, quoted: bool, name: str) -> str | None:
    """Why this include is not allowed; None when it is."""
    parts = path.parts
    top, layer = parts[0], _layer(parts)
    if not quoted:
        if name.startswith(SOURCE_ONLY) and not _may_see_libraries(path):
            return "this library is used only in the platform's .cpp files"
        if layer == "domain" and (name in DOMAIN_REFUSES_HEADERS or not DOMAIN_LIBRARIES.match(name)):
            return "the domain sees shared, the contract, identifiers, time values and the standard library"
        return None
    if "/" not in name or name.startswith("."):
        return "write the path from the root of the repository"
    if top == "platform" and name.startswith(("services/", "shared/")):
        return "the platform knows nothing of the shop"
    if top == "shared" and not name.startswith(("shared/", "platform/contract/", "platform/base/")):
        return "shared sees only the contract and identifiers"
    if top == "services":
        return _refused_in_service(parts[1], layer, name)
    return None


def _refused_in_service(service: str, layer: str | None, name: str) -> str | None:
    if name.startswith("services/"):
        _, owner, *rest = name.split("/")
        if owner != service:
            return "a service never includes another"
        if layer is not None and len(rest) > 1 and rest[0] == "app" and rest[1] in LAYERS:
            # A read goes from the row to the view directly, so what fetches rows knows the views, and only them.
            if rest[1] in LAYERS[layer][1] or layer == "infrastructure" and rest[1:] == ["presentation", "views.hpp"]:
                return None
            return f"{layer} does not see {rest[1]}"
        return None if layer is None else f"{layer} sees only the layers below it"
    if layer is None or not name.startswith(("platform/", "shared/")):
        return None
    if not name.startswith(LAYERS[layer][0]) or layer == "infrastructure" and name in INFRASTRUCTURE_REFUSES:
        return f"not for the {layer} layer"
    return None


def _may_see_libraries(path: Path) -> bool:
    return path.suffix == ".cpp" and path.parts[0] in ("platform", "tools")
