"""Bodies that break the rules: what is answered, and that nothing was stored."""

from __future__ import annotations

import json

from tests.contract.case import ContractCase
from tests.contract.violations import sample, violations

BODY_BYTES_MAX = 65536
DEPTH = 20_000


class Bodies(ContractCase):
    def test_every_broken_rule_of_every_body_is_named_by_its_pointer_and_changes_nothing(self) -> None:
        before = self.rows()
        token, tried = self.token(), 0
        for operation in self.with_body():
            api = self.at(operation.service, token)
            for violation in violations(operation):
                tried += 1
                with self.subTest(operation=operation.name, violation=violation.what):
                    answer = api.ask(operation.method, operation.path, raw=json.dumps(violation.body).encode())
                    self.assert_problem(answer, 422, "validation-failed")
                    self.assertEqual({violation.pointer}, answer.pointers)
            api.close()
        self.assertGreater(tried, 200)
        self.assertEqual(before, self.rows())

    def test_all_broken_rules_of_a_body_are_named_at_once(self) -> None:
        body = {"lines": [{"sku": "a b", "quantity": 0}, {"quantity": 100}], "payment_method": "", "price": 1}
        answer = self.at("order", self.token("customer")).ask("POST", "/orders", body)
        self.assert_problem(answer, 422, "validation-failed")
        self.assertEqual({"#/lines/0/sku", "#/lines/0/quantity", "#/lines/1/sku", "#/lines/1/quantity",
                          "#/payment_method", "#/shipping_address", "#/price"}, answer.pointers)

    def test_a_body_that_keeps_all_rules_is_not_called_invalid(self) -> None:
        """Without this, a service that refuses everything would pass."""
        token = self.token()
        for operation in self.with_body():
            with self.subTest(operation=operation.name):
                body = sample(operation.schema or {}, operation.document)
                answer = self.at(operation.service, token).ask(operation.method, operation.path, body)
                self.assertNotEqual("validation-failed", answer.problem, answer.body)
                self.assertLess(answer.status, 500, answer.body)

    def test_what_is_not_json_is_refused_before_anything_is_read_from_it(self) -> None:
        before = self.rows()
        token = self.token()
        broken = {
            "empty": b"", "not JSON": b"hello", "half": b'{"name": "a', "two": b"{} {}", "trailing": b"{},",
            "broken UTF-8": b'{"name": "\xff\xfe"}', "overlong UTF-8": b'{"name": "\xc0\xaf"}',
            "lone surrogate": b'{"name": "\\ud800"}', "raw control": b'{"name": "\x01"}', "NaN": b'{"name": NaN}',
            "UTF-16": '{"name": "a"}'.encode("utf-16"), "depth of arrays": b"[" * DEPTH,
            "closed depth": b"[" * DEPTH + b"]" * DEPTH, "depth of objects": b'{"a":' * (DEPTH // 2),
            "twice": b'{"name": 1, "name": 2}',
        }
        for operation in self.with_body():
            for what, raw in broken.items():
                with self.subTest(operation=operation.name, body=what):
                    answer = self.at(operation.service, token).ask(operation.method, operation.path, raw=raw)
                    self.assert_problem(answer, 400, "malformed-body")
        self.assertEqual(before, self.rows())

    def test_a_body_over_the_limit_is_refused(self) -> None:
        raw = b'{"name": "' + b"a" * BODY_BYTES_MAX + b'"}'
        for operation in self.with_body():
            with self.subTest(operation=operation.name):
                api = self.at(operation.service, self.token())
                self.assert_problem(api.ask(operation.method, operation.path, raw=raw), 413, "body-too-large")

    def test_only_json_is_taken(self) -> None:
        for operation in self.with_body():
            raw = json.dumps(sample(operation.schema or {}, operation.document)).encode()
            for content_type in ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1",
                                 "application/jsonx", ""):
                with self.subTest(operation=operation.name, content_type=content_type):
                    answer = self.at(operation.service, self.token()).ask(
                        operation.method, operation.path, raw=raw, headers={"Content-Type": content_type})
                    self.assert_problem(answer, 415, "unsupported-media-type")
