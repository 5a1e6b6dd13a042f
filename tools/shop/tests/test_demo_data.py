"""The demonstration catalogue is sound, and loading it twice changes nothing the second time."""

from __future__ import annotations

import json
import re
import sys
import threading
import unittest
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path[0:0] = [str(Path(__file__).resolve().parents[3])]

from tools.shop import demo_data  # noqa: E402

CATALOGUE = json.loads(demo_data.CATALOGUE.read_text(encoding="utf-8"))


def all_variants() -> Iterator[dict[str, Any]]:
    for product in CATALOGUE["products"]:
        yield from demo_data.variants(CATALOGUE, product)


class SmallShop(ThreadingHTTPServer):
    """As much of the services as the loader uses: what it makes is there the next time it looks."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.lock = threading.Lock()
        self.categories: dict[str, dict[str, Any]] = {}
        self.products: dict[str, dict[str, Any]] = {}
        self.stock: dict[str, int] = {}
        self.writes = 0
        self.refusals: list[tuple[int, str]] = []  # Answered first, once each.
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def answer(self, method: str, path: str, body: dict[str, Any], token: str | None) -> tuple[int, dict[str, Any]]:
        if path == "/auth/login":
            return (200, {"access_token": "t"}) if body["password"] == "right" else (401, {"title": "No match"})
        if self.refusals:
            status, slug = self.refusals.pop()
            return status, {"type": "/problems/" + slug, "title": slug}
        collection = {"/categories": self.categories, "/products": self.products}.get(path)
        if method == "GET":
            if path == "/inventory":
                return 200, {"items": [{"sku": sku} for sku in self.stock]}
            return 200, {"items": [{"id": slug, "slug": slug} for slug in collection or {}]}
        if token != "Bearer t":
            return 401, {"title": "A token is needed"}
        self.writes += 1
        if collection is None:
            self.stock[path.removeprefix("/inventory/")] = body["on_hand"]
            return 200, {}
        collection[body["slug"]] = body
        return 201, {"id": body["slug"]}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # Head and body leave in one piece; in two, the second waits for an acknowledgement.
    server: SmallShop

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.removeprefix("/api/v1").partition("?")[0]
        with self.server.lock:
            status, answer = self.server.answer(self.command, path, json.loads(body or b"{}"),
                                                self.headers.get("Authorization"))
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        if status in (429, 503):
            self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(text)

    do_POST = do_PUT = do_GET

    def log_message(self, *_: Any) -> None:
        pass


class CatalogueTest(unittest.TestCase):
    def test_is_large_enough_to_be_believed(self) -> None:
        self.assertGreaterEqual(len(CATALOGUE["products"]), 220)
        self.assertEqual(len({product["category"] for product in CATALOGUE["products"]}), 12)

    def test_names_are_acceptable_and_used_once(self) -> None:
        skus = [variant["sku"] for variant in all_variants()]
        slugs = [product["slug"] for product in CATALOGUE["products"]]
        self.assertEqual(len(skus), len(set(skus)))
        self.assertEqual(len(slugs), len(set(slugs)))
        for sku in skus:
            self.assertRegex(sku, re.compile(r"^[A-Za-z0-9._:-]{1,64}$"))
        for slug in slugs:
            self.assertRegex(slug, re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$"))

    def test_prices_and_texts_are_within_what_the_service_takes(self) -> None:
        for variant in all_variants():
            self.assertTrue(1 <= variant["price"]["amount"] <= 10**11)
        for product in CATALOGUE["products"]:
            self.assertTrue(product["title"] and product["description"] and len(product["title"]) <= 200)
            self.assertLessEqual(len(list(demo_data.variants(CATALOGUE, product))), 50)

    def test_every_parent_stands_before_its_children(self) -> None:
        seen: set[str] = set()
        for category in CATALOGUE["categories"]:
            self.assertIn(category.get("parent", category["slug"]), seen | {category["slug"]})
            seen.add(category["slug"])

    def test_some_things_are_sold_out_and_most_are_not(self) -> None:
        counts = [demo_data.on_hand(variant["sku"], 50) for variant in all_variants()]
        self.assertTrue(0 < counts.count(0) < len(counts) / 20)


class LoadTest(unittest.TestCase):
    def setUp(self) -> None:
        self.shop = SmallShop()
        self.addCleanup(self.shop.server_close)
        self.addCleanup(self.shop.shutdown)
        self.said: list[str] = []

    def load(self, password: str = "right") -> None:
        demo_data.load({"gateway": self.shop.url}, "admin@example.org", password, self.said.append)

    def test_everything_is_loaded_and_a_repetition_writes_nothing(self) -> None:
        self.load()
        self.assertEqual(len(self.shop.products), len(CATALOGUE["products"]))
        self.assertEqual(set(self.shop.stock), {variant["sku"] for variant in all_variants()})
        writes = self.shop.writes
        self.load()
        self.assertEqual(self.shop.writes, writes)

    def test_stock_that_was_counted_since_is_left_alone(self) -> None:
        self.shop.stock["CKW-001-20"] = 7
        self.load()
        self.assertEqual(self.shop.stock["CKW-001-20"], 7)

    def test_a_refusal_for_a_moment_is_waited_out(self) -> None:
        self.shop.refusals = [(503, "unavailable"), (429, "too-many-requests")]
        self.load()
        self.assertEqual(len(self.shop.products), len(CATALOGUE["products"]))

    def test_a_refusal_for_good_is_told(self) -> None:
        with self.assertRaisesRegex(demo_data.LoadError, "POST /auth/login of user was answered 401: No match"):
            self.load("wrong")
        self.shop.refusals = [(500, "internal-error")]
        with self.assertRaisesRegex(demo_data.LoadError, "500: internal-error"):
            self.load()

    def test_without_an_address_it_says_what_is_missing(self) -> None:
        with self.assertRaisesRegex(demo_data.LoadError, "no address of user, inventory"):
            demo_data.load({"product": self.shop.url}, "", "", self.said.append)


if __name__ == "__main__":
    unittest.main()
