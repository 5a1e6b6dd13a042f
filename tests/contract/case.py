"""What the cases share: a platform with nobody in it, its documents, tokens of every kind, and its row counts."""

from __future__ import annotations

import atexit
import tempfile
import unittest
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.contract.violations import Operation, operations
from tests.e2e import tokens
from tests.e2e.books import DATABASES
from tests.e2e.rig import Rig
from tools.shop.api import Answer, Api
from tools.shop.openapi import live
from tools.shop.vault import make_keys

TABLES = """select relname from pg_class join pg_namespace n on n.oid = relnamespace
    where nspname = 'public' and relkind in ('r', 'p') and not relispartition order by relname"""


class ContractCase(unittest.TestCase):
    rig: Rig
    documents: dict[str, Any]
    keys: Path

    @classmethod
    def setUpClass(cls) -> None:
        if not hasattr(ContractCase, "rig"):
            made = Rig(replicas=1)
            atexit.register(made.close)
            ContractCase.rig = made.__enter__()
            ContractCase.documents = live(made.state["urls"])
            ContractCase.keys = Path(made.state["connections"]["jwt_keys"])

    @classmethod
    def all_operations(cls) -> list[Operation]:
        return [operation for service, document in cls.documents.items()
                for operation in operations(service, document)]

    @classmethod
    def with_body(cls) -> list[Operation]:
        return [operation for operation in cls.all_operations() if operation.schema is not None]

    def token(self, role: str = "admin", **changed: Any) -> str:
        return tokens.signed(self.keys / "k1.pem", tokens.claims(str(uuid.UUID(int=7)), role, **changed))

    def forged(self) -> str:
        """Signed by somebody else under the name of our key."""
        with tempfile.TemporaryDirectory() as directory:
            return tokens.signed(make_keys(Path(directory)) / "k1.pem", tokens.claims(str(uuid.UUID(int=7)), "admin"))

    def at(self, service: str, token: str = "") -> Api:
        return Api(self.rig.state["urls"][f"{service}-service"], token)

    def assert_problem(self, answer: Answer, status: int, slug: str | Iterable[str] | None = None) -> None:
        self.assertEqual(status, answer.status, answer.body)
        self.assertEqual("application/problem+json", answer.headers.get("content-type"))
        self.assertEqual(status, answer.body["status"])
        self.assertTrue(answer.body["title"])
        if slug is not None:
            self.assertIn(answer.problem, [slug] if isinstance(slug, str) else list(slug))

    def rows(self) -> dict[str, int]:
        """How many rows every table of every service has."""
        counts = {}
        for name in DATABASES:
            database = self.rig.database(name)
            tables = [row["relname"] for row in database.rows(TABLES)]
            union = " union all ".join(f"select '{table}' as name, count(*) as rows from {table}" for table in tables)
            counts |= {f"{name}.{row['name']}": row["rows"] for row in database.rows(union)}
        return counts
