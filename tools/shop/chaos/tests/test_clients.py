"""The customers' history against the books: each kind of contradiction is found, and nothing else."""

from __future__ import annotations

import unittest
from typing import Any

from tools.shop.chaos.clients import compare, operations

Json = dict[str, Any]


def line(op: int, phase: str, kind: str = "place", **more: Any) -> Json:
    return {"at": "2026-11-22T18:00:00.000Z", "op": op, "kind": kind, "phase": phase, "user": "u",
            "key": f"k{op}" if kind == "place" else ""} | more


def row(number: int, status: str = "confirmed", key: str | None = "") -> Json:
    return {"id": f"o{number}", "user_id": "u", "status": status, "key": f"k{number}" if key == "" else key}


def compared(lines: list[Json], rows: list[Json]) -> Any:
    return compare(operations(lines), rows)


class Compare(unittest.TestCase):
    def test_a_history_that_agrees_with_the_books_is_counted(self) -> None:
        found = compared([line(1, "invoke"), line(1, "ok", order="o1", outcome="pending"),
                          line(2, "invoke"), line(2, "fail", status=503),
                          line(3, "invoke"), line(3, "info"), line(4, "invoke"), line(4, "info"), line(5, "invoke"),
                          line(6, "invoke", "cancel", order="o3"),
                          line(6, "ok", "cancel", order="o3", outcome="cancelling")],
                         [row(1), row(3, "cancelled"), row(5)])
        self.assertEqual([], found.sentences())
        self.assertEqual((1, 1, 2, 1, 1, 3), (found.ok, found.failed, found.unknown_done, found.unknown_not_done,
                                              found.cancelled_ok, found.stored))

    def test_an_acknowledged_order_that_is_not_there_is_lost(self) -> None:
        found = compared([line(1, "invoke"), line(1, "ok", order="o1")], [])
        self.assertEqual((1, 1), (len(found.lost), len(found.sentences())))
        self.assertIn("order o1", found.lost[0])

    def test_an_acknowledgement_that_names_no_order_is_no_order(self) -> None:
        self.assertEqual(1, len(compared([line(1, "invoke"), line(1, "ok")], []).lost))

    def test_two_orders_for_one_operation_are_a_duplicate(self) -> None:
        told = compared([line(1, "invoke"), line(1, "ok", order="o1"), line(1, "ok", order="o2")],
                        [row(1), row(2, key="k1")])
        self.assertTrue(told.duplicate)
        stored = compared([line(1, "invoke"), line(1, "ok", order="o1")], [row(1, key=None), row(2, key="k1")])
        self.assertIn("its key names o2", stored.duplicate[0])

    def test_an_order_that_nobody_asked_for_is_unexpected(self) -> None:
        self.assertIn("was never asked for", compared([], [row(1)]).unexpected[0])
        self.assertIn("stands under no key", compared([], [row(1, key=None)]).unexpected[0])

    def test_an_order_that_was_refused_is_unexpected(self) -> None:
        found = compared([line(1, "invoke"), line(1, "fail", status=422)], [row(1)])
        self.assertIn("was refused, and is order o1", found.unexpected[0])

    def test_a_final_state_must_last(self) -> None:
        found = compared([line(1, "invoke"), line(1, "ok", order="o1", outcome="confirmed")], [row(1, "cancelled")])
        self.assertIn("was told to be confirmed, and is cancelled", found.broken[0])
        self.assertEqual(1, len(found.sentences()))

    def test_an_accepted_cancellation_must_last(self) -> None:
        lines = [line(1, "invoke"), line(1, "ok", order="o1"), line(2, "invoke", "cancel", order="o1"),
                 line(2, "ok", "cancel", order="o1", outcome="cancelling")]
        self.assertIn("was accepted, and it is confirmed", compared(lines, [row(1)]).broken[0])
        self.assertEqual([], compared(lines, [row(1, "cancelled")]).sentences())
        refused = [*lines[:3], line(2, "fail", "cancel", order="o1", status=409)]
        self.assertEqual([], compared(refused, [row(1)]).sentences())


if __name__ == "__main__":
    unittest.main()
