"""Limits of rate and size, and what happens when a service fails. The tests of sizes run against
the gateway of SHOP_GATEWAY_URL when there is one (see test_gateway.py); the others start a HAProxy."""

import concurrent.futures
import json
import pathlib
import subprocess
import tempfile
import time
import unittest

from gateway import rig, test_gateway
from gateway.differences import expected
from gateway.test_gateway import GatewayTest

setUpModule, tearDownModule = test_gateway.setUpModule, test_gateway.tearDownModule
BODY_LIMIT = 65536


class Sizes(GatewayTest):
    needs_backends = True
    HEAD = b"POST /api/v1/auth/register HTTP/1.1\r\nHost: x\r\n"

    def post(self, size, **more):
        return self.call("POST", "/api/v1/auth/register", body=b"x" * size, **more)

    def test_a_body_of_the_limit_passes_and_one_byte_more_does_not(self):
        self.assertEqual(self.post(BODY_LIMIT).json["body_bytes"], BODY_LIMIT)
        self.assert_problem(self.post(BODY_LIMIT + 1), 413, "body-too-large")

    def test_a_length_that_is_only_announced_is_refused_at_once(self):
        for length in (10**9, 2**63 - 1):
            with self.subTest(length=length):
                answer = self.call("POST", "/api/v1/auth/register", headers={"Content-Length": str(length)})
                self.assert_problem(answer, 413, "body-too-large")

    def test_a_refused_body_needs_no_token_to_be_refused(self):
        self.assertEqual(self.call("POST", "/api/v1/orders", body=b"x" * (BODY_LIMIT + 1)).status, 413)

    def test_a_client_that_asks_first_is_told_not_to_send(self):
        answer = self.call("POST", "/api/v1/auth/register", headers={
            "Content-Length": "100000", "Expect": "100-continue"})
        self.assertEqual(answer.status, self.expected("oversize_with_expect"))

    def test_a_chunked_body(self):
        chunk = b"400\r\n" + b"x" * 1024 + b"\r\n"
        head = self.HEAD + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        received = test_gateway.TARGET.raw(head + chunk + b"0\r\n\r\n")
        self.assertIn(f" {self.expected('chunked_body')} ".encode(), received.split(b"\r\n")[0])
        received = test_gateway.TARGET.raw(head + chunk * 100 + b"0\r\n\r\n")
        self.assertRegex(received.split(b"\r\n")[0], rb" (411|413) ")

    def test_two_statements_of_the_length_are_never_passed_on(self):
        echo = test_gateway.TARGET.backends["user"][0]
        hidden = b"GET /api/v1/users/smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
        for name, lines in {
                "length and chunks": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
                "chunks in disguise": b"Content-Length: 4\r\nTransfer-Encoding: xchunked\r\n",
                "two lengths": b"Content-Length: 4\r\nContent-Length: %d\r\n" % (len(hidden) + 5),
                "a signed length": b"Content-Length: +5\r\n", "an empty length": b"Content-Length: \r\n",
                "a negative length": b"Content-Length: -1\r\n",
                "a space before the colon": b"Content-Length : 5\r\n",
        }.items():
            with self.subTest(name):
                received = test_gateway.TARGET.raw(b"POST /api/v1/auth/register HTTP/1.1\r\nHost: x\r\n"
                                                   + lines
                                                   + b"\r\n0\r\n\r\n" + hidden, timeout=0.5)
                self.assertRegex(received.split(b"\r\n")[0], rb" 4\d\d ")
                self.assertNotIn(("GET", "/api/v1/users/smuggled"), echo.seen)

    def test_a_body_that_trickles_in_is_cut_off_before_a_service_sees_it(self):
        status = self.expected("slow_body")
        if status is None:
            self.skipTest("this gateway limits the pauses of a slow body, not its time")
        echo = test_gateway.TARGET.backends["user"][0]
        before = len(echo.seen)
        received = test_gateway.TARGET.raw(self.HEAD + b"Content-Length: 10\r\n\r\nab", timeout=15)
        self.assertIn(b" 408 ", received.split(b"\r\n")[0])
        self.assertIn(b"application/problem+json", received)
        self.assertEqual(len(echo.seen), before)


class Rig(unittest.TestCase):
    """Tests that need a HAProxy and services of their own."""

    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.keys = rig.Keys(directory.name)

    def start(self, replicas=1, **knobs):
        self.backends = {service: [rig.Echo(service, number + 1) for number in range(replicas)]
                         for service in rig.SERVICES}
        for echoes in self.backends.values():
            for echo in echoes:
                self.addCleanup(echo.stop)
        self.target = rig.start_haproxy(self.keys, self.backends, **knobs)
        self.addCleanup(self.target.stop)
        self.call = self.target.call


class Rates(Rig):
    def within_a_minute(self, attempt):
        """The counters start again with every minute; an attempt that crossed into the next is repeated."""
        for source in ("127.0.1.1", "127.0.1.2"):
            started = int(time.time()) // 60
            result = attempt(source)
            if int(time.time()) // 60 == started:
                return result
        self.fail("two attempts took more than a minute")

    def assert_limited(self, answer, limit):
        self.assertEqual(answer.status, 429, answer.body)
        self.assertEqual(answer.header("content-type"), "application/problem+json")
        self.assertEqual(answer.json["type"], "/problems/rate-limited")
        # Exactly the rest of the minute; the answer may be a second old when it is compared.
        self.assertIn(int(answer.header("retry-after")) - (60 - int(time.time()) % 60), (0, 1))
        self.assertEqual(answer.header("ratelimit-reset"), answer.header("retry-after"))
        self.assertEqual((answer.header("ratelimit-limit"), answer.header("ratelimit-remaining")),
                         (str(limit), "0"))

    def test_the_default_limit_of_an_address(self):
        self.start()

        def attempt(source):
            first = self.call("GET", "/api/v1/products", source=source)
            self.assertEqual((first.header("ratelimit-limit"), first.header("ratelimit-remaining")),
                             ("300", "299"))
            statuses = [self.call("GET", "/api/v1/products", source=source).status for _ in range(299)]
            # Another name for oneself is not another address.
            last = self.call("GET", "/api/v1/products", source=source, headers={"X-Forwarded-For": "9.9.9.9"})
            return statuses, last

        statuses, last = self.within_a_minute(attempt)
        self.assertEqual(set(statuses), {200})
        self.assert_limited(last, 300)
        self.assertEqual(self.call("GET", "/api/v1/products", source="127.0.1.9").status, 200)

    def test_the_default_limit_of_credentials_is_shared_by_login_and_register_and_counts_apart(self):
        self.start()

        def attempt(source):
            statuses = [self.call("POST", f"/api/v1/auth/{path}", source=source).status
                        for path in ("login", "register") * 10]
            return statuses, self.call("POST", "/api/v1/auth/login", source=source), \
                self.call("GET", "/api/v1/products", source=source)

        statuses, last, other = self.within_a_minute(attempt)
        self.assertEqual(set(statuses), {200})
        self.assert_limited(last, 20)
        self.assertEqual((other.status, other.header("ratelimit-remaining")), (200, "299"))

    def test_the_default_limit_of_a_user_holds_from_any_address(self):
        self.start()
        token, other = self.keys.token(), self.keys.token(sub="018f0000-0000-7000-8000-00000000000b")

        def attempt(source):
            statuses = [self.call("GET", "/api/v1/orders", token, source=f"{source}{number % 2}").status
                        for number in range(120)]
            return statuses, self.call("GET", "/api/v1/orders", token, source=source), \
                self.call("GET", "/api/v1/orders", other, source=source)

        statuses, last, of_other = self.within_a_minute(attempt)
        self.assertEqual(set(statuses), {200})
        self.assert_limited(last, 120)
        self.assertEqual(of_other.status, 200)

    def test_refused_tokens_count_too(self):
        self.start(GATEWAY_LIMIT_ADDRESS=5)
        self.assertTrue(expected("haproxy", "refused_tokens_count"))
        statuses = self.within_a_minute(
            lambda source: [self.call("GET", "/api/v1/orders", "a.b.c", source=source).status
                            for _ in range(6)])
        self.assertEqual(statuses, [401] * 5 + [429])

    def test_the_load_profile_lets_one_address_send_what_it_likes(self):
        self.start(GATEWAY_PROFILE="load")
        token = self.keys.token()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            statuses = set(pool.map(lambda _: self.call("POST", "/api/v1/orders", token, body=b"{}").status,
                                    range(400)))
            statuses |= set(pool.map(lambda _: self.call("POST", "/api/v1/auth/login").status, range(40)))
        self.assertEqual(statuses, {200})


class Failures(Rig):
    def test_a_write_is_not_repeated_when_the_service_dies_in_the_middle_of_it(self):
        self.start(replicas=2, GATEWAY_PROFILE="load")
        token = self.keys.token()
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            with self.subTest(method=method):
                answer = self.call(method, f"/api/v1/orders?die={method}", token, body=b"{}")
                self.assertEqual(answer.status, 502)
                self.assertEqual(answer.json["type"], "/problems/bad-gateway")
                seen = [echo.seen.count((method, f"/api/v1/orders?die={method}"))
                        for echo in self.backends["order"]]
                self.assertEqual(sum(seen), 1)

    def test_a_read_is_repeated_on_another_replica(self):
        self.start(replicas=2, GATEWAY_PROFILE="load")
        self.call("GET", "/api/v1/products?die")
        seen = [echo.seen.count(("GET", "/api/v1/products?die")) for echo in self.backends["product"]]
        self.assertTrue(all(seen), seen)

    def test_a_replica_that_is_gone_costs_no_request(self):
        self.start(replicas=2, GATEWAY_PROFILE="load")
        token = self.keys.token()
        self.backends["order"][0].stop()
        replicas = [self.call("POST", "/api/v1/orders", token, body=b"{}") for _ in range(40)]
        self.assertEqual({(answer.status, answer.json["replica"]) for answer in replicas}, {(200, 2)})

    def test_a_replica_that_is_not_ready_gets_no_requests(self):
        self.start(replicas=2, GATEWAY_PROFILE="load")
        self.backends["product"][0].ready = False
        deadline = time.monotonic() + 10
        streak = 0
        while streak < 50:
            answer = self.call("GET", "/api/v1/products")
            self.assertEqual(answer.status, 200)
            streak = streak + 1 if answer.json["replica"] == 2 else 0
            self.assertLess(time.monotonic(), deadline, "the replica that is not ready still gets requests")

    def test_without_any_replica_the_answer_is_503_with_a_time_to_come_back(self):
        self.start(GATEWAY_PROFILE="load")
        self.backends["payment"][0].stop()
        answer = self.call("GET", "/api/v1/payments", self.keys.token())
        self.assertEqual((answer.status, answer.header("retry-after")), (503, "1"))
        self.assertEqual(answer.json["type"], "/problems/unavailable")
        self.assertEqual(answer.header("content-type"), "application/problem+json")
        self.assertEqual(self.call("GET", "/api/v1/products").status, 200)

    def test_four_replicas_of_a_service_share_the_requests(self):
        self.start(replicas=4, GATEWAY_PROFILE="load")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            replicas = set(pool.map(lambda _: self.call("GET", "/api/v1/categories").json["replica"],
                                    range(200)))
        self.assertEqual(replicas, {1, 2, 3, 4})

    def test_the_log_has_failures_and_nothing_else(self):
        self.start(GATEWAY_PROFILE="load")
        token = self.keys.token()
        for _ in range(20):
            self.call("GET", "/api/v1/products?q=ordinary")
            self.call("GET", "/api/v1/orders", "a.b.c")
        self.call("POST", "/api/v1/orders?die=secret", token, body=b"{}")
        log = self.target.stop()
        self.assertEqual(log.count("request failed"), 1, log)
        line = json.loads(next(text for text in log.splitlines() if text.startswith("{")))
        self.assertEqual((line["path"], line["status"], line["backend"]), ("/api/v1/orders", 502, "order"))
        for word in ("ordinary", "secret", token):
            self.assertNotIn(word, log)


class Start(Rig):
    def check(self, **environment):
        result = subprocess.run(["haproxy", "-c", "-f", str(rig.HERE / "haproxy" / "haproxy.cfg")],
                                capture_output=True,
                                text=True, check=False, env={"PATH": "/usr/sbin:/usr/bin"} | environment)
        return result.returncode, result.stdout + result.stderr

    def test_the_configuration_is_accepted_without_warnings(self):
        status, text = self.check(GATEWAY_KEYS=str(self.keys.public), USER_1="127.0.0.1:1")
        self.assertEqual((status, text), (0, "Configuration file is valid\n"))

    def test_a_missing_key_file_prevents_the_start(self):
        for kid in ("k1", "k2"):
            with self.subTest(kid):
                path = pathlib.Path(self.keys.public) / f"{kid}.pub.pem"
                text = path.read_text()
                path.unlink()
                status, output = self.check(GATEWAY_KEYS=str(self.keys.public))
                self.assertNotEqual(status, 0)
                self.assertIn(str(path), output)
                path.write_text(text)


if __name__ == "__main__":
    unittest.main()
