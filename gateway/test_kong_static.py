"""What `kong config parse` does not notice in kong.yml, and what its two pieces of Lua do. Kong is not
needed: the file is read with Debian's python3-yaml, and the Lua runs in the interpreter inside HAProxy."""

import json
import pathlib
import re
import subprocess
import tempfile
import unittest

import yaml

from gateway import keys, rig
from gateway.kong import render

FILE = rig.HERE / "kong" / "kong.yml"
ENVIRONMENT = rig.HERE / "kong" / "kong.env"


def walk(node):
    """Every mapping inside a document."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from walk(child)


class KongTest(unittest.TestCase):
    def setUp(self):
        self.text = FILE.read_text()
        self.document = yaml.safe_load(self.text)
        self.routes = [route for service in self.document["services"] for route in service["routes"]]
        self.plugins = [node for node in walk(self.document) if "name" in node and "config" in node]
        self.environment = dict(line.split("=", 1) for line in ENVIRONMENT.read_text().splitlines()
                                if line and not line.startswith("#"))

    def named(self, name):
        return [plugin["config"] for plugin in self.plugins if plugin["name"] == name]


class Keys(KongTest):
    def test_exactly_the_keys_of_a_rotation_are_listed_and_all_are_rs256(self):
        secrets = [secret for consumer in self.document["consumers"] for secret in consumer["jwt_secrets"]]
        self.assertEqual([secret["key"] for secret in secrets], list(keys.KIDS))
        self.assertEqual({secret["algorithm"] for secret in secrets}, {"RS256"})

    def test_no_key_is_committed(self):
        self.assertNotIn("BEGIN", self.text)
        for secret in self.document["consumers"][0]["jwt_secrets"]:
            self.assertEqual(secret["rsa_public_key"], f"@{secret['key']}.pub.pem@")

    def test_rendering_puts_each_key_under_its_kid(self):
        with tempfile.TemporaryDirectory() as directory:
            rig.Keys(directory)
            public = keys.public_keys(directory)
            rendered = yaml.safe_load(render.render(public))
        for secret in rendered["consumers"][0]["jwt_secrets"]:
            self.assertEqual(secret["rsa_public_key"], public[secret["key"]])
        self.assertNotIn("@", json.dumps(rendered["consumers"]))

    def test_rendering_for_a_load_test_raises_both_limits_and_nothing_else(self):
        public = dict.fromkeys(keys.KIDS, "key")
        loaded = yaml.safe_load(render.render(public, render.LOAD_LIMITS))
        minutes = [node["config"].pop("minute") for node in walk(loaded)
                   if node.get("name") == "rate-limiting"]
        self.assertEqual(minutes, [1_000_000_000] * 2)
        plain = yaml.safe_load(render.render(public))
        for node in walk(plain):
            if node.get("name") == "rate-limiting":
                del node["config"]["minute"]
        self.assertEqual(loaded, plain)
        with self.assertRaises(ValueError):
            render.render(public, {"adress": 1})

    def test_a_key_that_is_missing_private_short_or_of_another_kind_is_named(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory)
            with self.assertRaisesRegex(keys.KeyProblem,
                                        "(?s)k1.pub.pem: No such file.*k2.pub.pem: No such file"):
                keys.public_keys(directory)
            private = rig.run("openssl", "genrsa", "2048")
            (path / "k1.pub.pem").write_bytes(private)
            curve = rig.run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout")
            (path / "k2.pub.pem").write_bytes(rig.run("openssl", "pkey", "-pubout", feed=curve))
            with self.assertRaisesRegex(keys.KeyProblem,
                                        "(?s)k1.pub.pem: holds a private key.*k2.pub.pem: not an RSA"):
                keys.public_keys(directory)
            short = rig.run("openssl", "genrsa", "1024")
            (path / "k1.pub.pem").write_bytes(rig.run("openssl", "pkey", "-pubout", feed=short))
            (path / "k2.pub.pem").write_text("nonsense")
            with self.assertRaisesRegex(keys.KeyProblem,
                                        "(?s)k1.pub.pem: shorter than 2048.*k2.pub.pem: not a public"):
                keys.public_keys(directory)


class Shape(KongTest):
    def test_every_path_is_a_regular_expression_that_ends_at_a_segment(self):
        for route in self.routes:
            for path in route["paths"]:
                # Without the tilde Kong takes the expression for a plain prefix that never matches.
                self.assertRegex(path, r"^~/", route["name"])
                self.assertRegex(path, r"(\(\?:/\|\$\)|\$)$", route["name"])
                re.compile(path[1:])
            self.assertIs(route["strip_path"], False, route["name"])
            self.assertTrue("methods" not in route or route["name"].startswith("catalogue"), route["name"])

    def test_names_are_unique_and_every_preflight_matches_a_route(self):
        names = [route["name"] for route in self.routes] + [service["name"]
                                                            for service in self.document["services"]]
        routes = [route["name"] for route in self.routes]
        self.assertEqual(len(routes), len(set(routes)))
        self.assertEqual(len(set(names) - set(routes)) + len(routes), len(set(names)))
        for path in {path for route in self.routes for path in route["paths"]}:
            self.assertTrue(any(path in route["paths"] and "OPTIONS" in route.get("methods", ["OPTIONS"])
                                for route in self.routes), path)

    def test_services_have_the_names_and_ports_of_the_project_and_nothing_is_repeated(self):
        ports = {"user": 8001, "product": 8002, "order": 8003, "inventory": 8004, "payment": 8005}
        self.assertEqual({service["name"]: service["url"] for service in self.document["services"]},
                         {name: f"http://{name}-service:{port}" for name, port in ports.items()})
        self.assertEqual({service["retries"] for service in self.document["services"]}, {0})

    def test_only_plugins_of_the_open_source_image_are_used(self):
        self.assertLessEqual({plugin["name"] for plugin in self.plugins},
                             {"correlation-id", "cors", "request-size-limiting", "rate-limiting",
                              "pre-function",
                              "post-function", "prometheus", "opentelemetry", "jwt"})

    def test_vault_references_have_a_variable_in_the_environment_file(self):
        for name in re.findall(r"\{vault://env/([a-z0-9-]+)\}", self.text):
            self.assertIn(name.upper().replace("-", "_"), self.environment)


class Rules(KongTest):
    def test_every_token_plugin_checks_expiry_and_reads_only_the_authorization_header(self):
        self.assertTrue(self.named("jwt"))
        for config in self.named("jwt"):
            self.assertEqual((config["key_claim_name"], config["claims_to_verify"], config["header_names"],
                              config["uri_param_names"], config["cookie_names"], config["run_on_preflight"]),
                             ("kid", ["exp"], ["authorization"], [], [], True))

    def test_limits_count_per_address_in_redis(self):
        for config in self.named("rate-limiting"):
            self.assertEqual((config["limit_by"], config["policy"], config["fault_tolerant"],
                              config["redis"]["host"]),
                             ("ip", "redis", True, "redis"))
            self.assertFalse(config["hide_client_headers"])

    def test_credentials_do_not_go_with_a_wildcard_origin(self):
        for config in self.named("cors"):
            # A single origin would be sent to every page, whatever its own origin is.
            self.assertGreater(len(config["origins"]), 1)
            for origin in config["origins"]:
                self.assertRegex(origin, r"^https?://[a-z0-9.-]+(:\d+)?$")

    def test_the_node_has_no_admin_api_and_the_body_limit_of_the_file(self):
        self.assertEqual(self.environment["KONG_ADMIN_LISTEN"], "off")
        self.assertEqual(self.environment["KONG_ADMIN_GUI_LISTEN"], "off")
        self.assertEqual(self.environment["KONG_DATABASE"], "off")
        limit = self.named("request-size-limiting")[0]
        self.assertEqual(limit["size_unit"], "bytes")
        for name in ("MAX_BODY_SIZE", "BODY_BUFFER_SIZE"):
            self.assertEqual(int(self.environment["KONG_NGINX_HTTP_CLIENT_" + name]),
                             limit["allowed_payload_size"])


class Functions(KongTest):
    """The Lua runs against a kong table that records calls; a failed assertion makes HAProxy fail."""

    def run_lua(self, script):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory)
            (path / "test.lua").write_text(script)
            (path / "haproxy.cfg").write_text(
                f"global\n    lua-load {path}/test.lua\nlisten none\n    timeout client 1s\n"
                f"    timeout server 1s\n    timeout connect 1s\n    bind unix@{path}/socket\n")
            result = subprocess.run(["haproxy", "-c", "-f", str(path / "haproxy.cfg")], capture_output=True,
                                    text=True,
                                    check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def phase(self, plugin, phase):
        """The code as Kong runs it: a chunk that returns a function is run once for that function."""
        (code,) = self.named(plugin)[0][phase]
        return f"local first = (function()\n{code}\nend)\nlocal result = first()\n" \
               "if type(result) == 'function' then result() end\n"

    def access(self, path, headers):
        given = "".join(f"[{json.dumps(name)}] = {json.dumps(value)}, " for name, value in headers.items())
        return f"""
            local cleared, exited = {{}}, nil
            local headers = {{ {given} }}
            kong = {{
              request = {{
                get_raw_path = function() return {json.dumps(path)} end,
                get_headers = function() return headers end,
                get_header = function(name) return headers[name:lower()] end,
              }},
              service = {{ request = {{ clear_header = function(name) cleared[name] = true end }} }},
              response = {{ exit = function(status) exited = status end }},
            }}
            {self.phase("pre-function", "access")}
        """

    def test_a_failed_assertion_is_noticed(self):
        with self.assertRaises(AssertionError):
            self.run_lua("assert(false)")

    def test_identity_headers_are_removed_and_others_kept(self):
        forged = ["x-user-id", "x-consumer-username", "x-authenticated-userid", "x_user_id",
                  "X-Internal-Token"]
        kept = ["authorization", "content-type", "idempotency-key", "x-request-id", "traceparent"]
        self.run_lua(self.access("/api/v1/orders", dict.fromkeys(forged + kept, "12345678"))
                     + "".join(f"assert(cleared[{json.dumps(name)}], {json.dumps(name)})\n"
                               for name in forged)
                     + "".join(f"assert(not cleared[{json.dumps(name)}], {json.dumps(name)})\n"
                               for name in kept)
                     + "assert(exited == nil)")

    def test_a_malformed_request_id_is_replaced(self):
        for sent in ("short", "x" * 65, "a\"b'c{d}12", "12345678 90"):
            self.run_lua(self.access("/", {"x-request-id": sent}) + 'assert(cleared["X-Request-ID"])')

    def test_paths_that_could_be_read_in_two_ways_are_refused(self):
        for path in ("/a/%2e%2e/b", "/a/%2E%2e/b", "/a/../b", "/a/..", "/a/.", "/a%2Fb", "/a%5cb", "//a",
                     "/a%00"):
            self.run_lua(self.access(path, {}) + f"assert(exited == 400, {json.dumps(path)})")
        for path in ("/api/v1/products/SKU.1", "/.well-known/jwks.json", "/api/v1/products/a..b", "/a/...x/"):
            self.run_lua(self.access(path, {}) + f"assert(exited == nil, {json.dumps(path)})")

    def response(self, status, source, request_id="request-1"):
        return f"""
            local headers, body = {{ ["X-Request-ID"] = {json.dumps(request_id)},
                                    ["Content-Length"] = "2" }}, nil
            kong = {{ response = {{
              get_status = function() return {status} end,
              get_source = function() return "{source}" end,
              get_header = function(name) return headers[name] end,
              set_header = function(name, value) headers[name] = value end,
              clear_header = function(name) headers[name] = nil end,
              get_raw_body = function() return "{{}}" end,
              set_raw_body = function(text) body = text end,
            }} }}
            do {self.phase("post-function", "header_filter")} end
            do {self.phase("post-function", "body_filter")} end
        """

    def test_errors_of_the_gateway_become_problem_documents(self):
        for status, slug in ((404, "not-found"), (401, "unauthenticated"), (413, "body-too-large"),
                             (429, "rate-limited"), (503, "unavailable"), (418, "bad-request"),
                             (500, "internal-error")):
            for source in ("exit", "error"):
                self.run_lua(self.response(status, source) + f"""
                    assert(headers["Content-Type"] == "application/problem+json")
                    assert(headers["Content-Length"] == nil)
                    assert((headers["Retry-After"] ~= nil) == ({status} == 503))
                    local start = '{{"type":"/problems/{slug}","title":"'
                    assert(body:sub(1, #start) == start, body)
                    assert(body:find('"status":{status},"instance":"request-1"}}', 1, true), body)
                """)

    def test_what_a_service_answered_is_left_alone_and_so_is_success(self):
        for status, source in ((404, "service"), (503, "service"), (200, "exit"), (204, "service")):
            self.run_lua(self.response(status, source) + """
                assert(headers["Content-Type"] == nil and headers["Content-Length"] == "2" and body == nil)
                assert(headers["X-Content-Type-Options"] == "nosniff")
            """)

    def test_a_request_id_that_would_break_the_document_is_left_out(self):
        self.run_lua(self.response(404, "exit", 'x"y') + "assert(not body:find('instance'))")


if __name__ == "__main__":
    unittest.main()
