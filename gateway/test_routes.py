"""kong.yml and haproxy.cfg route alike, and cover what the services document.

SHOP_OPENAPI may name a directory of <service>.json documents (user.json, product.json, ...), which are
checked then too.
"""

import itertools
import json
import os
import pathlib
import re
import unittest

from gateway import routes

PATHS = ["/api/v1/auth/login", "/api/v1/auth/register", "/api/v1/auth/refresh", "/api/v1/auth",
         "/api/v1/auth/login/x",
         "/api/v1/users", "/api/v1/users/me", "/api/v1/usersx", "/.well-known/jwks.json",
         "/.well-known/jwks.jsonx",
         "/api/v1/products", "/api/v1/products/SKU-1", "/api/v1/products/1/all-variants",
         "/api/v1/categories", "/api/v1/categories/x/products",
         "/api/v1/search", "/api/v1/orders", "/api/v1/orders/1/cancel", "/api/v1/ordersx", "/x/api/v1/orders",
         "/api/v1/inventory", "/api/v1/inventory/SKU-1", "/api/v1/payments", "/api/v1/payments/1", "/api/v1",
         "/", "/health/live", "/health/ready", "/metrics", "/openapi.json"]


class Agreement(unittest.TestCase):
    def test_both_files_send_every_request_to_the_same_service_under_the_same_rule(self):
        kong, haproxy = routes.kong_routes(), routes.haproxy_routes()
        for path, method in itertools.product(PATHS, routes.METHODS):
            with self.subTest(path=path, method=method):
                self.assertEqual(routes.resolve(kong, method.upper(), path),
                                 routes.resolve(haproxy, method.upper(), path))

    def test_only_credentials_keys_and_catalogue_reads_are_public(self):
        public = {(method, path) for path,
                  method in itertools.product(PATHS, ("GET", "POST", "PUT", "DELETE"))
                  if (routes.resolve(routes.kong_routes(), method, path) or (None, False))[1]}
        every = {(method, path) for method in ("GET", "POST", "PUT", "DELETE")
                 for path in ("/api/v1/auth/login", "/api/v1/auth/register", "/.well-known/jwks.json")}
        reads = {("GET", path) for path in PATHS
                 if path.startswith(("/api/v1/products", "/api/v1/categories")) and "all-variants" not in path}
        self.assertEqual(public, every | reads)

    def test_what_a_service_answers_its_operator_is_not_routed(self):
        for path in routes.INTERNAL:
            self.assertIsNone(routes.resolve(routes.kong_routes(), "GET", path))
            self.assertIsNone(routes.resolve(routes.haproxy_routes(), "GET", path))

    def test_limits_origins_and_realm_are_the_same_numbers_and_names(self):
        import yaml

        document = yaml.safe_load((routes.HERE / "kong" / "kong.yml").read_text())
        config = {plugin["name"]: plugin["config"] for plugin in document["plugins"]}
        credentials = document["services"][0]["routes"][0]["plugins"][0]["config"]
        text = (routes.HERE / "haproxy" / "haproxy.cfg").read_text()

        def knob(name):
            return int(re.findall(rf"presetenv {name} +(\d+)$", text, re.M)[-1])

        def header(name):
            return re.search(rf'{name} "?([^"\s]+)', text).group(1)

        self.assertEqual(config["rate-limiting"]["minute"], knob("GATEWAY_LIMIT_ADDRESS"))
        self.assertEqual(credentials["minute"], knob("GATEWAY_LIMIT_CREDENTIALS"))
        self.assertIn(f"content-length) -m int gt {config['request-size-limiting']['allowed_payload_size']}",
                      text)
        self.assertEqual(config["request-size-limiting"]["size_unit"], "bytes")
        self.assertIn("req.fhdr(origin) -m str " + " ".join(config["cors"]["origins"]) + " }", text)
        self.assertEqual(",".join(config["cors"]["methods"]), header("Access-Control-Allow-Methods"))
        self.assertEqual(",".join(config["cors"]["headers"]), header("Access-Control-Allow-Headers"))
        self.assertEqual(",".join(config["cors"]["exposed_headers"]), header("Access-Control-Expose-Headers"))
        self.assertEqual(config["cors"]["max_age"], int(header("Access-Control-Max-Age")))
        strip = re.search(r"local strip = \{(.+?)\}", config["pre-function"]["access"][0], re.S).group(1)
        self.assertLessEqual(set(re.findall(r'"([^"]+)"', strip)),
                             set(re.findall(r"del-header (\S+) -m beg", text)))


class Documents(unittest.TestCase):
    DOCUMENT = {"paths": {"/api/v1/orders": {"post": {"security": [{"bearer": []}]}, "get": {"security": []}},
                          "/api/v1/baskets/{id}": {"get": {}}, "/health/live": {"get": {}}}}

    def test_a_missing_route_and_a_wrong_rule_are_named_for_both_files(self):
        complaints = routes.uncovered({"order": self.DOCUMENT})
        self.assertEqual(len(complaints), 4, complaints)
        self.assertIn("haproxy.cfg: no route for GET /api/v1/baskets/" + routes.SAMPLE_ID + " of order",
                      complaints)
        self.assertIn("kong.yml: GET /api/v1/orders is public at the service and not at the gateway",
                      complaints)

    def test_a_route_of_another_service_is_a_complaint(self):
        document = {"servers": [{"url": "/api/v1"}],
                    "paths": {"/orders": {"post": {"security": [{"bearer": []}]}}}}
        self.assertEqual(routes.uncovered({"order": document}), [])
        self.assertEqual(len(routes.uncovered({"payment": document})), 2)

    @unittest.skipUnless(os.environ.get("SHOP_OPENAPI"),
                         "SHOP_OPENAPI names no directory of OpenAPI documents")
    def test_every_documented_operation_is_reachable_through_both_gateways(self):
        documents = {path.stem: json.loads(path.read_text())
                     for path in pathlib.Path(os.environ["SHOP_OPENAPI"]).glob("*.json")}
        self.assertTrue(documents, "no documents found")
        self.assertEqual(routes.uncovered(documents), [])


if __name__ == "__main__":
    unittest.main()
