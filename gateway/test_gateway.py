"""One suite for any gateway of the project.

It starts HAProxy on free ports before services that echo, unless it is given a key to sign tokens with:
  SHOP_GATEWAY_SIGNING_KEY  the private key of kid k1 of the gateway to test
  SHOP_GATEWAY_URL          http://host:port of it
  SHOP_GATEWAY_KIND         haproxy or kong (which permitted differences apply; kong when absent)
  SHOP_GATEWAY_BACKENDS     optional: user=host:port,product=... where the gateway looks for the services; the
                            suite listens there and echoes. Without it the tests that must see what a service
                            gets are skipped.
The tests of limits are in test_limits.py.
"""

import os
import tempfile
import time
import unittest
import urllib.parse

from gateway import rig
from gateway.differences import expected

CLEANUP = []
TARGET = None


def setUpModule():
    global TARGET
    directory = tempfile.TemporaryDirectory()
    CLEANUP.append(directory.cleanup)
    signing_key = os.environ.get("SHOP_GATEWAY_SIGNING_KEY")
    if signing_key:
        url = os.environ["SHOP_GATEWAY_URL"]
        keys = rig.Keys(directory.name, signing_key)
        backends = {}
        for entry in filter(None, os.environ.get("SHOP_GATEWAY_BACKENDS", "").split(",")):
            service, _, address = entry.partition("=")
            host, _, port = address.rpartition(":")
            backends[service] = [rig.Echo(service, address=(host, int(port)))]
        parts = urllib.parse.urlsplit(url)
        TARGET = rig.Target(parts.hostname, parts.port or 80, os.environ.get("SHOP_GATEWAY_KIND", "kong"),
                            keys, backends)
        CLEANUP.extend(echo.stop for echoes in backends.values() for echo in echoes)
        if backends:
            rig.wait_until_served(TARGET)
    else:
        backends = {service: [rig.Echo(service)] for service in rig.SERVICES}
        TARGET = rig.start_haproxy(rig.Keys(directory.name), backends, GATEWAY_PROFILE="load",
                                   GATEWAY_BODY_MS=300)
        CLEANUP.append(TARGET.stop)
        CLEANUP.extend(echo.stop for echoes in TARGET.backends.values() for echo in echoes)


def tearDownModule():
    while CLEANUP:
        CLEANUP.pop()()


class GatewayTest(unittest.TestCase):
    needs_backends = False

    def setUp(self):
        if self.needs_backends and not TARGET.backends:
            self.skipTest("the services behind this gateway are not the suite's own")
        self.call, self.token = TARGET.call, TARGET.keys.token

    def assert_problem(self, answer, status, slug):
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.header("content-type"), "application/problem+json")
        self.assertEqual(answer.json["type"], "/problems/" + slug)
        self.assertEqual(answer.json["status"], status)
        self.assertEqual(answer.json["instance"], answer.header("x-request-id"))

    def expected(self, name):
        return expected(TARGET.kind, name)


class Routing(GatewayTest):
    needs_backends = True
    PUBLIC = {
        ("POST", "/api/v1/auth/login"): "user",
        ("POST", "/api/v1/auth/register"): "user",
        ("GET", "/.well-known/jwks.json"): "user",
        ("GET", "/api/v1/products?limit=5&after=x"): "product",
        ("HEAD", "/api/v1/products/SKU-1"): "product",
        ("GET", "/api/v1/categories"): "product",
    }
    PROTECTED = {
        ("GET", "/api/v1/users/me"): "user",
        ("POST", "/api/v1/products"): "product",
        ("PUT", "/api/v1/products/SKU-1"): "product",
        ("PATCH", "/api/v1/products/SKU-1"): "product",
        ("GET", "/api/v1/products/1/all-variants"): "product",
        ("DELETE", "/api/v1/categories/1"): "product",
        ("POST", "/api/v1/orders"): "order",
        ("GET", "/api/v1/orders/1"): "order",
        ("GET", "/api/v1/inventory/SKU-1"): "inventory",
        ("POST", "/api/v1/inventory/SKU-1/adjustments"): "inventory",
        ("GET", "/api/v1/payments"): "payment",
    }

    def test_public_routes_reach_their_service_without_a_token(self):
        for (method, path), service in self.PUBLIC.items():
            with self.subTest(method=method, path=path):
                answer = self.call(method, path)
                self.assertEqual(answer.status, 200, answer.body)
                self.assertEqual(TARGET.backends[service][0].seen[-1], (method, path))

    def test_public_routes_ignore_a_token_that_is_no_good(self):
        answer = self.call("POST", "/api/v1/auth/login", token="expired.or.broken", body=b"{}")
        self.assertEqual(answer.json["service"], "user")

    def test_protected_routes_reach_their_service_with_a_token(self):
        token = self.token()
        for (method, path), service in self.PROTECTED.items():
            with self.subTest(method=method, path=path):
                answer = self.call(method, path, token, body=b"{}")
                self.assertEqual((answer.status, answer.json["service"], answer.json["path"]),
                                 (200, service, path))
                self.assertEqual(answer.echoed("authorization"), ["Bearer " + token])

    def test_a_method_that_the_catalogue_does_not_know_is_not_public(self):
        answer = self.call("PROPFIND", "/api/v1/products")
        self.assertEqual(answer.status, self.expected("unrouted_method_on_the_catalogue"))


class Unrouted(GatewayTest):
    def test_unknown_paths_are_a_404_problem(self):
        for path in ("/", "/api/v1", "/api/v1/ordersx", "/api/v1/search", "/api/v1/auth/refresh",
                     "/api/v2/orders",
                     "/health/live", "/health/ready", "/metrics", "/openapi.json", "/api/v1/auth/login/x"):
            with self.subTest(path=path):
                self.assert_problem(self.call("GET", path), 404, "not-found")

    def test_a_path_that_could_be_read_in_two_ways_is_refused(self):
        for path in ("/api/v1/products/%2e%2e/orders", "/api/v1/products/../orders",
                     "/api/v1/products%2f..%2forders",
                     "//api/v1/products", "/api/v1/products/./x", "/api/v1/products/%5Cx",
                     "/api/v1/products/%00"):
            with self.subTest(path=path):
                self.assertIn(self.call("GET", path).status, (400, 404))


class Tokens(GatewayTest):
    PATH = "/api/v1/orders/1"

    def refuse(self, token, name):
        with self.subTest(name):
            answer = self.call("GET", self.PATH, token)
            self.assert_problem(answer, 401, "unauthenticated")
            self.assertIn('realm="shop"', answer.header("www-authenticate"))

    def test_a_request_without_a_token_is_refused(self):
        self.refuse(None, "missing")
        for method, path in Routing.PROTECTED:
            with self.subTest(method=method, path=path):
                self.assertEqual(self.call(method, path, body=b"{}").status, 401)

    def test_tokens_that_were_not_signed_by_a_known_key_are_refused(self):
        good = self.token()
        head, claims, signature = good.split(".")
        none = rig.encode({"alg": "none", "typ": "JWT", "kid": "k1"})
        self.refuse(f"{none}.{claims}.", "alg none")
        self.refuse(f"{none}.{claims}.{signature}", "alg none with a signature")
        self.refuse(f"{rig.encode({'alg': 'nOnE', 'kid': 'k1'})}.{claims}.", "alg nOnE")
        self.refuse(f"{head}.{claims}.", "empty signature")
        self.refuse(f"{head}.{claims}", "no signature")
        self.refuse(f"{head}.{rig.encode({'sub': rig.USER, 'exp': 9999999999})}.{signature}", "tampered")
        flipped = ("B" if signature[9] == "A" else "A") + signature[10:]
        self.refuse(f"{head}.{claims}.{signature[:9]}{flipped}", "signature changed by one character")
        self.refuse("not-a-token", "no token at all")
        self.refuse(good + ".x", "a fourth part")

    def test_the_key_and_the_algorithm_are_not_the_clients_to_choose(self):
        self.refuse(self.token(kid="k9", key="k1"), "unknown kid")
        for kid in ("", "../../dev/null", "k1.pub.pem", "k1' or '1'='1", "K1", "k" * 10240, None, 1, ["k1"]):
            self.refuse(self.token(header={"kid": kid}, key="k1"), f"kid {str(kid)[:20]!r}")
        for algorithm in ("RS512", "PS256", "ES256", "EdDSA", "rs256", ""):
            self.refuse(self.token(alg=algorithm), f"alg {algorithm!r}")
        self.refuse(self.token(header={"kid": None, "jku": "http://evil.example/jwks"}, key="k1"), "jku")
        if "unknown" in TARGET.keys.private:
            self.refuse(self.token(kid="k1", key="unknown"), "another key under a known kid")
            self.refuse(self.token(kid="k2", key="k1"), "the key of another kid")

    def test_hmac_with_the_public_key_as_the_secret_is_refused(self):
        if "k2" not in TARGET.keys.private:
            self.skipTest("the public key of this gateway is not at hand")
        unsigned = rig.encode({"alg": "HS256", "typ": "JWT", "kid": "k1"}) + "." + rig.encode(
            {"iss": rig.ISSUER, "aud": rig.AUDIENCE, "sub": rig.USER, "exp": int(time.time()) + 300})
        secret = (TARGET.keys.public / "k1.pub.pem").read_bytes().hex()
        mac = rig.run("openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:" + secret, "-binary",
                      feed=unsigned.encode())
        self.refuse(unsigned + "." + rig.base64url(mac), "HS256")

    def test_expiry_is_mandatory_and_has_no_leeway(self):
        now = int(time.time())
        self.refuse(self.token(exp=now), "expired now")
        self.refuse(self.token(exp=now - 3600), "expired")
        self.refuse(self.token(exp=None), "no exp")
        self.refuse(self.token(exp="soon"), "exp is a word")

    def test_issuer_audience_subject_and_nbf_are_checked(self):
        if not self.expected("checks_issuer_audience_and_nbf"):
            self.skipTest("left to the services by this gateway")
        self.refuse(self.token(iss="https://evil.example"), "issuer")
        self.refuse(self.token(iss=None), "no issuer")
        self.refuse(self.token(aud="other-api"), "audience")
        self.refuse(self.token(aud=["shop-api"]), "audience list")
        self.refuse(self.token(aud=None), "no audience")
        self.refuse(self.token(sub=None), "no subject")
        self.refuse(self.token(sub="a b\r\nX-User-Id: 1"), "subject with a line break")
        self.refuse(self.token(nbf=int(time.time()) + 60), "not valid yet")
        self.assertNotEqual(self.call("GET", self.PATH, self.token(nbf=int(time.time()) - 1)).status, 401)

    def test_both_keys_of_a_rotation_are_accepted(self):
        for kid in TARGET.keys.private.keys() - {"unknown"}:
            self.assertNotEqual(self.call("GET", self.PATH, self.token(kid=kid)).status, 401, kid)

    def test_only_one_authorization_header_counts(self):
        good = "Bearer " + self.token()
        for other in ("Bearer x", good):
            answer = self.call("GET", self.PATH, headers=[("Authorization", good), ("Authorization", other)])
            self.assertIn(answer.status, (400, 401))

    def test_a_token_in_the_address_or_a_cookie_does_not_count(self):
        token = self.token()
        self.assertEqual(self.call("GET", f"{self.PATH}?jwt={token}&access_token={token}").status, 401)
        self.assertEqual(self.call("GET", self.PATH, headers={"Cookie": f"jwt={token}"}).status, 401)


class Identity(GatewayTest):
    needs_backends = True
    FORGED = ("X-User-Id", "x-user-role", "X-USER-ROLES", "X-User-Email", "X-User-Permissions",
              "X-Consumer-Id",
              "X-Consumer-Username", "X-Consumer-Custom-Id", "X-Credential-Identifier",
              "X-Authenticated-Userid", "X-Authenticated-Scope", "X-Anonymous-Consumer", "X-Internal-Token",
              "X_User_Id", "X_Consumer_Id")

    def values(self, answer):
        return [value for _, value in answer.json["headers"]]

    def test_identity_headers_of_a_client_do_not_reach_a_service(self):
        for path, token in (("/api/v1/products", None), ("/api/v1/orders", self.token()),
                            ("/api/v1/auth/login", None)):
            for name in self.FORGED:
                with self.subTest(path=path, name=name):
                    answer = self.call("GET", path, token, headers=[(name, "forged"), (name, "forged")])
                    self.assertEqual(answer.status, 200)
                    self.assertNotIn("forged", self.values(answer))

    def test_naming_a_header_in_connection_does_not_remove_what_the_gateway_relies_on(self):
        answer = self.call("GET", "/api/v1/orders", self.token(), headers=[
            ("Connection", "close, X-User-Id, Authorization, X-Request-ID"), ("X-User-Id", "forged")])
        # The token may be dropped on the way to the service, which then refuses; it must not become another.
        self.assertIn(answer.status, (200, 401))
        if answer.status == 200:
            self.assertNotIn("forged", self.values(answer))

    def test_the_address_of_the_client_is_the_gateways_to_tell(self):
        answer = self.call("GET", "/api/v1/products",
                           headers={
            "X-Forwarded-For": "6.6.6.6", "Forwarded": "for=6.6.6.6", "X-Real-IP": "6.6.6.6"})
        self.assertNotIn("6.6.6.6", (answer.echoed("x-forwarded-for") or [""])[-1].split(",")[-1])
        if TARGET.kind == "haproxy":
            self.assertEqual(answer.echoed("x-forwarded-for"), [TARGET.source])


class RequestIds(GatewayTest):
    needs_backends = True

    def test_a_request_id_is_echoed_to_client_and_service(self):
        answer = self.call("GET", "/api/v1/products", headers={"X-Request-ID": "checkout-12345"})
        self.assertEqual((answer.header("x-request-id"), answer.echoed("x-request-id")),
                         ("checkout-12345", ["checkout-12345"]))

    def test_a_request_id_is_made_when_there_is_none_or_it_is_malformed(self):
        for sent in (None, "short", "x" * 65, "a\"b'c{d}12", "12345678 90"):
            with self.subTest(sent=sent):
                answer = self.call("GET", "/api/v1/products", headers={"X-Request-ID": sent} if sent else {})
                made = answer.header("x-request-id")
                self.assertRegex(made, r"^[0-9a-f-]{36}$")
                self.assertEqual(answer.echoed("x-request-id"), [made])

    def test_a_trace_is_started_or_continued(self):
        given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        answer = self.call("GET", "/api/v1/products", headers={"traceparent": given})
        self.assertIn("0af7651916cd43dd8448eb211c80319c", answer.echoed("traceparent")[0])
        for bad in ({}, {"traceparent": "00-xyz-1-01"}):
            started = self.call("GET", "/api/v1/products", headers=bad).echoed("traceparent")
            self.assertEqual(len(started), 1)
            self.assertRegex(started[0], r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")


class Cors(GatewayTest):
    ALLOWED = "http://localhost:3000"

    def preflight(self, origin, path="/api/v1/orders"):
        return self.call("OPTIONS", path, headers={"Origin": origin, "Access-Control-Request-Method": "POST",
                                                   "Access-Control-Request-Headers": "authorization"})

    def test_a_preflight_of_an_allowed_origin_needs_no_token(self):
        for path in ("/api/v1/orders", "/api/v1/products", "/api/v1/auth/login", "/.well-known/jwks.json"):
            answer = self.preflight(self.ALLOWED, path)
            self.assertEqual((answer.status, answer.body), (200, b""), path)
            self.assertEqual(answer.header("access-control-allow-origin"), self.ALLOWED)
            self.assertEqual(answer.header("access-control-allow-credentials"), "true")
            self.assertEqual(answer.header("access-control-max-age"), "600")
            self.assertIn("Idempotency-Key", answer.header("access-control-allow-headers"))
            self.assertIn("POST", answer.header("access-control-allow-methods"))
            self.assertIn("Origin", answer.header("vary"))

    def test_another_origin_is_never_allowed(self):
        for origin in ("http://evil.example", "null", "http://localhost:3000.evil.example",
                       "http://localhost:30001",
                       "https://localhost:3000", "http://localhost:3000, http://evil.example"):
            with self.subTest(origin=origin):
                for answer in (self.preflight(origin),
                               self.call("GET", "/api/v1/orders", headers={"Origin": origin})):
                    self.assertIsNone(answer.header("access-control-allow-origin"))

    def test_a_second_origin_header_is_never_allowed(self):
        answer = self.call("GET", "/api/v1/orders",
                           headers=[("Origin", self.ALLOWED), ("Origin", "http://evil.example")])
        self.assertNotEqual(answer.header("access-control-allow-origin"), "http://evil.example")

    def test_a_bare_options_is_no_preflight(self):
        self.assertEqual(self.call("OPTIONS", "/api/v1/orders", headers={"Origin": self.ALLOWED}).status, 401)

    def test_a_page_of_an_allowed_origin_can_read_errors_too(self):
        answer = self.call("GET", "/api/v1/orders", headers={"Origin": self.ALLOWED})
        self.assertEqual(answer.status, 401)
        self.assertEqual(answer.header("access-control-allow-origin"), self.ALLOWED)
        for name in ("X-Request-ID", "Retry-After", "Location"):
            self.assertIn(name, answer.header("access-control-expose-headers"))


if __name__ == "__main__":
    unittest.main()
