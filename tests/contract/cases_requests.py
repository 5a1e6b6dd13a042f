"""Everything about a request but its body: who asks, how, for what, with which parameters."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.contract.case import ContractCase
from tests.contract.violations import METHODS, SYSTEM_PATHS, Operation, sample
from tools.shop.api import Answer

SYSTEM_METHODS = ("GET", "HEAD", "OPTIONS")


class Requests(ContractCase):
    def test_a_token_that_is_not_good_opens_nothing(self) -> None:
        now = int(time.time())
        good = self.token()
        head, payload, signature = good.split(".")
        bad = {
            "none": "", "garbage": "garbage", "two parts": f"{head}.{payload}", "unsigned": f"{head}.{payload}.",
            "expired": self.token(exp=now - 60, iat=now - 120, nbf=now - 120), "not yet": self.token(nbf=now + 300),
            "forged": self.forged(), "issuer": self.token(iss="https://elsewhere"), "audience": self.token(aud="other"),
            "no subject": self.token(sub=None), "odd subject": self.token(sub="me"), "no expiry": self.token(exp=None),
            "tampered": f"{head}.{payload[:-2]}AA.{signature}",
            "algorithm none": f"eyJhbGciOiJub25lIiwidHlwIjoiSldUIiwia2lkIjoiazEifQ.{payload}.",
        }
        for operation in self._protected():
            for what, token in bad.items():
                with self.subTest(operation=operation.name, token=what):
                    answer = self._ask(operation, token)
                    self.assert_problem(answer, 401, "unauthenticated")
                    self.assertTrue(answer.headers["www-authenticate"].startswith("Bearer"))

    def test_a_customer_is_kept_out_of_what_is_the_administrators(self) -> None:
        token = self.token("customer")
        tried = [operation for operation in self._protected() if operation.roles]
        self.assertGreater(len(tried), 8)
        for operation in tried:
            with self.subTest(operation=operation.name):
                self.assert_problem(self._ask(operation, token), 403, "forbidden")

    def test_a_method_that_is_not_there_is_answered_with_those_that_are(self) -> None:
        token = self.token()
        for service, document in self.documents.items():
            for template, item in document["paths"].items():
                there = {method.upper() for method in item if method in METHODS} or {"GET"}
                allowed = there | {"OPTIONS"} | ({"HEAD"} if "GET" in there else set())
                path = Operation(service, "", template, next(iter(item.values())), document).path
                for method in ({method.upper() for method in METHODS} | {"TRACE"}) - there:
                    with self.subTest(path=template, method=method):
                        answer = self.at(service, token).ask(method, path)
                        self.assert_problem(answer, 405, "method-not-allowed")
                        self.assertEqual(allowed, set(answer.headers["allow"].split(", ")))

    def test_an_id_that_cannot_exist_is_not_found(self) -> None:
        tried = 0
        for operation in self.all_operations():
            if any(parameter["schema"].get("format") == "uuid" for parameter in operation.parameters("path")):
                for wrong in ("1", "not-an-id", "018f0000-0000-7000-8000-00000000000g", "%00", "%ff", "a" * 300):
                    tried += 1
                    with self.subTest(operation=operation.name, id=wrong):
                        answer = self._ask(operation, self.token(), operation.path_with(wrong))
                        self.assertEqual(404 if not wrong.startswith("%") else answer.status, answer.status)
                        self.assertIn(answer.status, (400, 404))
                        self.assert_problem(answer, answer.status)
        self.assertGreater(tried, 20)

    def test_a_path_that_is_not_there_is_not_found(self) -> None:
        for service in self.documents:
            for path in ("/nowhere", "/api/v1", "/api/v1/", "/api/v2/orders", "/api/v1/orders/x/y/z", "/openapi.jso"):
                with self.subTest(service=service, path=path):
                    answer = self.at(service).ask("GET", path)
                    self.assert_problem(answer, 404, "not-found")

    def test_an_idempotency_key_that_is_none_is_refused(self) -> None:
        tried = [operation for operation in self.all_operations()
                 if any(parameter["name"] == "Idempotency-Key" for parameter in operation.parameters("header"))]
        self.assertTrue(tried)
        before = self.rows()
        for operation in tried:
            for key in ("a" * 256, "a\tb", "k\xe9y", " "):
                with self.subTest(operation=operation.name, key=key[:10]):
                    body = sample(operation.schema or {}, operation.document)
                    answer = self.at(operation.service, self.token()).ask(
                        operation.method, operation.path, body, {"Idempotency-Key": key})
                    self.assert_problem(answer, 400, "malformed-idempotency-key")
        self.assertEqual(before, self.rows())

    def test_a_query_parameter_that_breaks_a_rule_is_named(self) -> None:
        tried = 0
        for operation in self.all_operations():
            names = [parameter["name"] for parameter in operation.parameters("query")]
            for query, wrong in self._wrong_queries(operation):
                tried += 1
                required = "" if not names or names[0] != "skus" or wrong == "skus" else "&skus=A"
                with self.subTest(operation=operation.name, query=query[:80]):
                    answer = self._ask(operation, self.token(), f"{operation.path}?{query}{required}")
                    self.assert_problem(answer, 400, "bad-parameters")
                    self.assertIn(wrong, answer.pointers)
        self.assertGreater(tried, 25)

    @staticmethod
    def _wrong_queries(operation: Operation) -> Iterator[tuple[str, str]]:
        for parameter in operation.parameters("query"):
            name, schema = parameter["name"], parameter["schema"]
            if schema["type"] == "integer":
                for value in ("x", "", "1.5", str(schema["minimum"] - 1), str(schema["maximum"] + 1), "9" * 30):
                    yield f"{name}={value}", name
                yield f"{name}=1&{name}=2", name
            elif "enum" in schema:
                yield f"{name}=no_such_value", name
            elif schema.get("format") == "uuid":
                yield f"{name}=no-id", name
            elif "maxLength" in schema:
                yield f"{name}={'a' * (schema['maxLength'] + 1)}", name
        if operation.parameters("query"):
            yield "no_such_parameter=1", "no_such_parameter"

    def _protected(self) -> list[Operation]:
        return [operation for operation in self.all_operations() if operation.protected]

    def _ask(self, operation: Operation, token: str, path: str = "") -> Answer:
        api = self.at(operation.service, token)
        body = None if operation.schema is None else sample(operation.schema, operation.document)
        try:
            return api.ask(operation.method, path or operation.path, body)
        finally:
            api.close()


class System(ContractCase):
    def test_the_paths_of_the_operator_answer_to_anybody(self) -> None:
        for service in self.documents:
            for path in SYSTEM_PATHS:
                with self.subTest(service=service, path=path):
                    self.assertEqual(200, self.at(service).ask("GET", path).status)
