"""From an OpenAPI document: a body that keeps every rule of an operation, and bodies that break exactly one."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
METHODS = ("get", "put", "post", "patch", "delete")
# The services answer these for their operator; they have neither tokens nor bodies.
SYSTEM_PATHS = ("/health/live", "/health/ready", "/metrics", "/openapi.json")
SAMPLE_ID = "018f0000-0000-7000-8000-000000000000"
UNKNOWN = "no_such_member"
INT64_MAX = 2**63 - 1


@dataclass(frozen=True)
class Operation:
    service: str
    method: str
    template: str  # As the document has it: /api/v1/orders/{id}
    described: Json
    document: Json

    @property
    def name(self) -> str:
        return f"{self.service}: {self.method} {self.template}"

    @property
    def path(self) -> str:
        """With a value that every path parameter could have."""
        return self.path_with(None)

    def path_with(self, wrong: str | None) -> str:
        """`wrong` stands for every path parameter that has a format; None for good values."""
        path = self.template
        for parameter in self.parameters("path"):
            good = SAMPLE_ID if parameter["schema"].get("format") == "uuid" else "SKU-1"
            path = path.replace("{" + parameter["name"] + "}", good if wrong is None else wrong)
        return path

    def parameters(self, where: str) -> list[Json]:
        return [parameter for parameter in self.described.get("parameters", ()) if parameter["in"] == where]

    @property
    def protected(self) -> bool:
        return bool(self.described.get("security"))

    @property
    def roles(self) -> list[str]:
        return self.described.get("x-roles", [])

    @property
    def schema(self) -> Json | None:
        """Of the body, when it takes one."""
        body = self.described.get("requestBody")
        return None if body is None else body["content"]["application/json"]["schema"]


@dataclass(frozen=True)
class Violation:
    what: str
    body: Any
    pointer: str


def operations(service: str, document: Json) -> list[Operation]:
    return [Operation(service, method.upper(), path, described, document)
            for path, item in document["paths"].items() if path not in SYSTEM_PATHS
            for method, described in item.items() if method in METHODS]


def resolved(schema: Json, document: Json) -> Json:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def sample(schema: Json, document: Json, name: str = "") -> Any:
    """A value that keeps the rules, optional members included."""
    schema = resolved(schema, document)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema["type"]
    if kind == "object":
        return {member: sample(rule, document, member) for member, rule in schema["properties"].items()}
    if kind == "array":
        return [sample(schema["items"], document, name)] * max(1, schema.get("minItems", 0))
    if kind == "integer":
        return min(max(1, schema.get("minimum", 1)), schema.get("maximum", 1))
    if kind == "boolean":
        return True
    if schema.get("format") == "uuid":
        return SAMPLE_ID
    if schema.get("format") == "email":
        return "somebody@example.org"
    if name == "currency":
        return "EUR"
    return "a" * max(1, schema.get("minLength", 1))


def violations(operation: Operation) -> Iterator[Violation]:
    """Each breaks one rule and keeps all the others."""
    assert operation.schema is not None
    whole = sample(operation.schema, operation.document)
    for what, path, value in _breaks(operation.schema, operation.document, whole, []):
        body = copy.deepcopy(whole)
        if not path:
            body = value
        else:
            place = body
            for part in path[:-1]:
                place = place[part]
            if value is MISSING:
                del place[path[-1]]
            else:
                place[path[-1]] = value
        yield Violation(f"{'/'.join(map(str, path)) or 'the body'}: {what}", body, "#" + "".join(f"/{p}" for p in path))


MISSING = object()
Break = tuple[str, list[Any], Any]


def _breaks(schema: Json, document: Json, good: Any, path: list[Any]) -> Iterator[Break]:
    schema = resolved(schema, document)
    yield "null", path, None
    kind = schema["type"]
    if "enum" in schema:
        yield "not in the enumeration", path, "no_such_value"
        yield "wrong type", path, 7
    elif kind == "object":
        yield "wrong type", path, "text"
        yield "wrong type", path, [good]
        yield "unknown member", [*path, UNKNOWN], 1
        for name, rule in schema["properties"].items():
            if name in schema.get("required", ()):
                yield "missing", [*path, name], MISSING
            yield from _breaks(rule, document, good[name], [*path, name])
    elif kind == "array":
        yield "wrong type", path, {}
        if schema.get("minItems", 0) > 0:
            yield "too few", path, [good[0]] * (schema["minItems"] - 1)
        if "maxItems" in schema:
            yield "too many", path, [good[0]] * (schema["maxItems"] + 1)
        yield from _breaks(schema["items"], document, good[0], [*path, 0])
    elif kind == "integer":
        yield from _number_breaks(schema, path)
    elif kind == "boolean":
        yield "wrong type", path, "true"
    else:
        yield from _text_breaks(schema, path)


def _number_breaks(schema: Json, path: list[Any]) -> Iterator[Break]:
    for wrong in ("1", 1.5, True, [1]):
        yield "wrong type", path, wrong
    if "minimum" in schema:
        yield "below the minimum", path, schema["minimum"] - 1
    yield "above the maximum", path, schema.get("maximum", INT64_MAX) + 1


def _text_breaks(schema: Json, path: list[Any]) -> Iterator[Break]:
    for wrong in (7, ["a"], {"a": "b"}, False):
        yield "wrong type", path, wrong
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength")
    if shortest > 0:
        yield "too short", path, "a" * (shortest - 1)
    if longest is not None:
        yield "too long", path, "a" * (longest + 1)
    for wrong in ("!? ", "\x01"):
        text = (wrong * shortest)[:max(shortest, 1)]
        if "pattern" in schema and not re.search(schema["pattern"], text):
            yield "against the pattern", path, text
    if schema.get("format") in ("uuid", "email"):
        yield "against the format", path, "neither-of-them"
    yield "with a NUL", path, ("a" * shortest)[:-1] + "\0"
