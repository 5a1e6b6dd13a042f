"""All state of all databases as text, so that two moments can be compared line by line."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.e2e.books import DATABASES
from tests.e2e.rig import Rig

# The books of delivery itself, and the timeline, which tells of every reply that came, late ones too.
LEFT_OUT = ("outbox", "inbox", "message_attempts", "order_history")
TABLES = ("select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') "
          "and not relispartition order by relname")
DIFFERENCES_SHOWN = 10


@dataclass(frozen=True)
class Dump:
    tables: Mapping[str, tuple[str, ...]]  # "order_db.orders" -> its rows as JSON, sorted.

    @property
    def rows(self) -> int:
        return sum(len(rows) for rows in self.tables.values())

    @property
    def digest(self) -> str:
        """SHA-256 over everything in a fixed order."""
        summed = hashlib.sha256()
        for name in sorted(self.tables):
            for line in (name, *self.tables[name]):
                summed.update(line.encode() + b"\n")
        return summed.hexdigest()


def take(rig: Rig, without: Iterable[str] = ()) -> Dump:
    """`without` names columns that do not count, as "order_db.orders.updated_at"."""
    left_out = set(without)
    tables: dict[str, tuple[str, ...]] = {}
    for database in DATABASES:
        connection = rig.database(database)
        for row in connection.rows(TABLES):
            table = row["name"]
            if table in LEFT_OUT:
                continue
            columns = sorted(name.rsplit(".", 1)[1] for name in left_out if name.startswith(f"{database}.{table}."))
            minus = "".join(f" - '{column}'" for column in columns)
            text = connection.run(f'select (to_jsonb(found){minus})::text from "{table}" found order by 1')
            tables[f"{database}.{table}"] = tuple(text.splitlines())
    return Dump(tables)


def differences(before: Dump, after: Dump) -> list[str]:
    """Sentences; empty when both are the same. At most a few rows of each table are shown."""
    found = []
    for name in sorted({*before.tables, *after.tables}):
        old, new = before.tables.get(name, ()), after.tables.get(name, ())
        if old == new:
            continue
        changed = [line for line in difflib.unified_diff(old, new, n=0, lineterm="") if line[0] in "+-"
                   and not line.startswith(("+++", "---"))] if len(old) + len(new) < 2_000 else _by_set(old, new)
        found.append(f"{name} differs in {len(changed)} lines: " + "; ".join(changed[:DIFFERENCES_SHOWN]))
    return found


def _by_set(old: Iterable[str], new: Iterable[str]) -> list[str]:
    """For large tables, where comparing in order would take minutes."""
    before, after = set(old), set(new)
    return sorted([f"-{line}" for line in before - after] + [f"+{line}" for line in after - before],
                  key=lambda line: line[1:])
