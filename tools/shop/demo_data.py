"""The demonstration catalogue: products, prices and stock for a shop that has none, through the public API.

Safe to repeat: what exists is left as it is, stock included. Run it with `python3 -m tools.shop.demo_data`; see --help.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import json
import os
import sys
import threading
import time
import urllib.parse
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

CATALOGUE = Path(__file__).with_name("catalogue.json")
SERVICES = ("user", "product", "inventory")
CONNECTIONS = 4  # More would only wait for each other: the services share the machine with the database.
REQUEST_SECONDS = 20.0
# A service that has just started may refuse for a moment, and the gateway lets 300 requests a minute pass.
ATTEMPTS, PAUSE_SECONDS, PAUSE_SECONDS_MAX = 40, 0.25, 60.0
SAY_EVERY_SECONDS = 2.0
Progress = Callable[[str], None]
Json = dict[str, Any]


class LoadError(Exception):
    """The shop did not take what it was given; the text says what and why."""


class Shop:
    """The services' API on kept-alive connections, one per thread and service. close() ends them."""

    def __init__(self, urls: dict[str, str]) -> None:
        self._urls = {service: urls.get(service) or urls.get("gateway") for service in SERVICES}
        if missing := [service for service, url in self._urls.items() if not url]:
            raise LoadError(f"no address of {', '.join(missing)}: name the gateway or the services")
        self._token = ""
        self._local = threading.local()
        self._opened: list[http.client.HTTPConnection] = []

    def close(self) -> None:
        for connection in self._opened:
            connection.close()

    def log_in(self, email: str, password: str) -> None:
        answer = self.ask("POST", "user", "/auth/login", {"email": email, "password": password})
        self._token = answer["access_token"]

    def ask(self, method: str, service: str, path: str, body: Json | None = None, fine: tuple[str, ...] = ()) -> Json:
        """The body of a good answer; an empty one for a problem of a type that is `fine`. Every request made here may
        be sent again: what it would do twice is answered with a conflict."""
        status, answer = 0, {}
        for attempt in range(ATTEMPTS):
            try:
                status, retry_after, answer = self._send(method, service, "/api/v1" + path, body)
            except (OSError, http.client.HTTPException) as error:
                self._drop(service)
                status, retry_after, answer = 503, None, {"title": str(error) or type(error).__name__}
            if status < 300:
                return answer
            if str(answer.get("type", "")).rpartition("/")[2] in fine:
                return {}
            if status not in (429, 503):
                break
            time.sleep(min(float(retry_after or PAUSE_SECONDS * (attempt + 1)), PAUSE_SECONDS_MAX))
        errors = "; ".join(f"{error['pointer']} {error['detail']}" for error in answer.get("errors", ()))
        why = " ".join(filter(None, (answer.get("title"), answer.get("detail"), errors)))
        raise LoadError(f"{method} {path} of {service} was answered {status}: {why}")

    def pages(self, service: str, path: str, limit: int) -> Iterator[Json]:
        after = ""
        while True:
            page = self.ask("GET", service, f"{path}?limit={limit}{after}")
            yield from page["items"]
            if not page.get("next"):
                return
            after = "&after=" + urllib.parse.quote(page["next"])

    def _connections(self) -> dict[str, http.client.HTTPConnection]:
        if not hasattr(self._local, "connections"):
            self._local.connections = {}
        return self._local.connections

    def _connection(self, service: str) -> http.client.HTTPConnection:
        connections = self._connections()
        if service not in connections:
            url = urllib.parse.urlsplit(self._urls[service])
            made = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
            connections[service] = made(url.hostname or "", url.port, timeout=REQUEST_SECONDS)
            self._opened.append(connections[service])
        return connections[service]

    def _drop(self, service: str) -> None:
        if connection := self._connections().pop(service, None):
            connection.close()

    def _send(self, method: str, service: str, path: str, body: Json | None) -> tuple[int, str | None, Json]:
        headers = {"Accept": "application/json"}
        if self._token:
            headers["Authorization"] = "Bearer " + self._token
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection = self._connection(service)
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read()
        if response.getheader("Connection", "").lower() == "close":
            connection.close()
        try:
            answer = json.loads(text or b"{}")
        except ValueError:
            answer = {"title": text[:200].decode(errors="replace")}
        return response.status, response.getheader("Retry-After"), answer


def load(urls: dict[str, str], admin_email: str, admin_password: str, progress: Progress = print) -> None:
    """Loads what is missing. `urls` names the `gateway`, or `user`, `product` and `inventory` directly, which is faster
    because the gateway limits how often one address may ask. Raises LoadError."""
    began = time.monotonic()
    catalogue = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    with contextlib.closing(Shop(urls)) as shop:
        shop.log_in(admin_email, admin_password)
        categories = load_categories(shop, catalogue, progress)
        load_products(shop, catalogue, categories, progress)
        load_stock(shop, catalogue, progress)
    progress(f"demonstration data is there ({time.monotonic() - began:.1f} s)")


def load_categories(shop: Shop, catalogue: Json, progress: Progress) -> dict[str, str]:
    """Returns the id of every category by its slug."""
    ids = {category["slug"]: category["id"] for category in shop.pages("product", "/categories", 500)}
    made = 0
    for category in catalogue["categories"]:  # Parents stand before their children.
        if category["slug"] in ids:
            continue
        body = {"slug": category["slug"], "name": category["name"]}
        if "parent" in category:
            body["parent_id"] = ids[category["parent"]]
        ids[category["slug"]] = shop.ask("POST", "product", "/categories", body)["id"]
        made += 1
    progress(f"categories: {made} made, {len(catalogue['categories']) - made} were there")
    return ids


def load_products(shop: Shop, catalogue: Json, categories: dict[str, str], progress: Progress) -> None:
    there = {product["slug"] for product in shop.pages("product", "/products", 100)}
    missing = [product for product in catalogue["products"] if product["slug"] not in there]

    def make(product: Json) -> None:
        # Somebody may have made it meanwhile, or it is a draft, which lists leave out.
        shop.ask("POST", "product", "/products", described(catalogue, product, categories),
                 fine=("product-slug-taken", "sku-taken"))

    in_parallel("products", make, missing, progress)
    progress(f"products: {len(missing)} made, {len(catalogue['products']) - len(missing)} were there")


def load_stock(shop: Shop, catalogue: Json, progress: Progress) -> None:
    counted = {item["sku"] for item in shop.pages("inventory", "/inventory", 500)}
    stock = {variant["sku"]: on_hand(variant["sku"], product["stock"])
             for product in catalogue["products"] for variant in variants(catalogue, product)}
    missing = [sku for sku in stock if sku not in counted]

    def count(sku: str) -> None:
        shop.ask("PUT", "inventory", "/inventory/" + urllib.parse.quote(sku),
                 {"on_hand": stock[sku], "reason": "initial count"})

    in_parallel("stock", count, missing, progress)
    progress(f"stock: {len(missing)} SKUs counted, {len(stock) - len(missing)} had been counted before")


def in_parallel(name: str, work: Callable[[Any], None], items: list[Any], progress: Progress) -> None:
    """Raises what the first failing item raised; those not begun by then are left out."""
    spoken = time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        try:
            for done, _ in enumerate(pool.map(work, items), 1):
                if time.monotonic() - spoken > SAY_EVERY_SECONDS:
                    spoken = time.monotonic()
                    progress(f"{name}: {done} of {len(items)}")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def described(catalogue: Json, product: Json, categories: dict[str, str]) -> Json:
    """The body of a request that makes this product."""
    return {"slug": product["slug"], "title": product["title"], "description": product["description"],
            "category_id": categories[product["category"]], "variants": list(variants(catalogue, product))}


def variants(catalogue: Json, product: Json) -> Iterable[Json]:
    """One variant for every combination of the product's options."""
    options = [catalogue["options"][name] for name in product.get("options", ())]
    for chosen in itertools.product(*(option["values"] for option in options)):
        amount = product["price"] + sum(value.get("extra", 0) for value in chosen)
        yield {"sku": "-".join([product["sku"], *(value["code"] for value in chosen)]),
               "price": {"amount": amount, "currency": catalogue["currency"]},
               "options": [{"name": option["name"], "value": value["value"]}
                           for option, value in zip(options, chosen, strict=True)]}


def on_hand(sku: str, usual: int) -> int:
    """Units on the shelf: about as many as usual, a few nearly gone and a few sold out, the same at every run."""
    dice = zlib.crc32(sku.encode())
    if dice % 40 == 0:
        return 0
    if dice % 25 == 0:
        return 1 + dice // 25 % 3
    return max(1, usual * (60 + dice % 81) // 100)


def main() -> int:
    parser = argparse.ArgumentParser(prog="demo_data", description=__doc__)
    parser.add_argument("--gateway", default=os.environ.get("SHOP_GATEWAY_URL"),
                        help="where the gateway is (SHOP_GATEWAY_URL)")
    for service in SERVICES:
        parser.add_argument(f"--{service}-url", default=os.environ.get(f"SHOP_{service.upper()}_URL"),
                            help=f"where {service}-service is, past the gateway (SHOP_{service.upper()}_URL)")
    parser.add_argument("--admin-email", default=os.environ.get("SHOP_ADMIN_EMAIL"), help="(SHOP_ADMIN_EMAIL)")
    parser.add_argument("--admin-password", default=os.environ.get("SHOP_ADMIN_PASSWORD"),
                        help="(SHOP_ADMIN_PASSWORD, which other users of the machine cannot see)")
    options = vars(parser.parse_args())
    if not options["admin_email"] or not options["admin_password"]:
        parser.error("an administrator's e-mail address and password are needed")
    urls = {"gateway": options["gateway"], **{service: options[f"{service}_url"] for service in SERVICES}}
    try:
        load({name: url for name, url in urls.items() if url}, options["admin_email"], options["admin_password"],
             lambda line: print(line, flush=True))
    except LoadError as error:
        print(f"demo_data: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
