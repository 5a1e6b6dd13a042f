"""The stored documents are what the services say, and both gateways lead to all of it."""

from __future__ import annotations

from gateway import routes
from tests.contract.case import ContractCase
from tests.contract.violations import sample
from tools.shop.openapi import outdated


class Documents(ContractCase):
    def test_the_stored_documents_are_what_the_services_say(self) -> None:
        self.assertEqual([], outdated(self.documents), "refresh them with ./shop openapi")

    def test_every_operation_is_reached_through_both_gateways(self) -> None:
        self.assertEqual([], routes.uncovered(self.documents))

    def test_the_running_gateway_answers_bad_input_as_the_services_do(self) -> None:
        gateway = self.rig.gateway.acting_as(self.token("customer"))
        wrong = gateway.ask("POST", "/orders", {"lines": [], "shipping_address": "a", "payment_method": "a"})
        self.assert_problem(wrong, 422, "validation-failed")
        self.assertEqual({"#/lines"}, wrong.pointers)
        self.assert_problem(gateway.ask("POST", "/orders", raw=b'{"a": "\xff"}'), 400, "malformed-body")
        self.assert_problem(gateway.ask("POST", "/orders", raw=b"[" * 20_000), 400, "malformed-body")
        self.assert_problem(gateway.ask("POST", "/orders", raw=b" " * 70_000), 413, "body-too-large")
        self.assert_problem(gateway.ask("DELETE", "/orders"), 405, "method-not-allowed")
        self.assert_problem(gateway.ask("GET", "/orders/not-an-id"), 404)
        self.assert_problem(gateway.ask("GET", "/nowhere"), 404, "not-found")
        self.assert_problem(gateway.ask("GET", "/inventory"), 403, "forbidden")
        self.assert_problem(gateway.ask("GET", "/orders?limit=0"), 400, "bad-parameters")
        self.assert_problem(gateway.ask("POST", "/orders", {}, {"Content-Type": "text/plain"}), 415)
        for token in ("", "garbage", self.forged(), self.token(exp=1, iat=0, nbf=0)):
            self.assert_problem(self.rig.gateway.acting_as(token).ask("GET", "/orders"), 401, "unauthenticated")

    def test_every_protected_operation_asks_for_a_token_at_the_gateway_too(self) -> None:
        for operation in self.all_operations():
            if operation.protected:
                with self.subTest(operation=operation.name):
                    body = None if operation.schema is None else sample(operation.schema, operation.document)
                    answer = self.rig.gateway.acting_as("").ask(operation.method, operation.path, body)
                    self.assert_problem(answer, 401, "unauthenticated")
