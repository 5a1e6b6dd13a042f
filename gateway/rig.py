"""What the gateway suite stands on: services that echo, tokens, a HAProxy of its own, and an HTTP client."""

import base64
import dataclasses
import http.client
import http.server
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).parent
SERVICES = ("user", "product", "order", "inventory", "payment")
ISSUER, AUDIENCE = "https://shop.local/auth", "shop-api"
USER = "018f0000-0000-7000-8000-00000000000a"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Echo:
    """A service that answers with what it was sent. `?die` closes the connection without an answer after the
    request was counted; `ready = False` fails the health check."""

    def __init__(self, service, replica=1, address=("127.0.0.1", 0)):
        self.service, self.replica, self.ready, self.seen = service, replica, True, []
        echo = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Small answers would otherwise wait for the peer's delayed acknowledgement.
            disable_nagle_algorithm = True

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                if self.path == "/health/ready":
                    return self.answer(200 if echo.ready else 503, b"")
                echo.seen.append((self.command, self.path))
                if "die" in self.path:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return None
                return self.answer(200, json.dumps({
                    "service": echo.service, "replica": echo.replica,
                    "method": self.command, "path": self.path,
                    "headers": [[name.lower(), value] for name, value in self.headers.items()],
                    "body_bytes": len(body)}).encode())

            def answer(self, status, body):
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_PROPFIND = handle_any

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass  # a connection that the gateway closed is part of several tests

        self.server = Server(address, Handler)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02},
                                       daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Keys:
    """k1 and k2 to sign with, and a third key that no gateway knows."""

    def __init__(self, directory, signing_key=None):
        self.public, self.private = pathlib.Path(directory), {}
        if signing_key:
            self.private["k1"] = pathlib.Path(signing_key)
            return
        for kid in ("k1", "k2", "unknown"):
            private = self.public / f"{kid}.pem"
            run("openssl", "genrsa", "-out", private, "2048")
            self.private[kid] = private
            if kid != "unknown":
                run("openssl", "pkey", "-in", private, "-pubout", "-out", self.public / f"{kid}.pub.pem")

    def token(self, kid="k1", key=None, alg="RS256", header=None, **claims):
        """A token as user-service makes it; a claim given as None is left out."""
        now = int(time.time())
        content = {"iss": ISSUER, "aud": AUDIENCE, "sub": USER, "iat": now, "exp": now + 300,
                   "role": "customer"} | claims
        content = {name: value for name, value in content.items() if value is not None}
        signed = encode({"alg": alg, "typ": "JWT", "kid": kid} | (header or {})) + "." + encode(content)
        return signed + "." + base64url(self.signature(signed, key or kid))

    def signature(self, text, key):
        return run("openssl", "dgst", "-sha256", "-sign", self.private[key], feed=text.encode())


def run(*command, feed=None):
    return subprocess.run([str(part) for part in command], input=feed, check=True, capture_output=True).stdout


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def encode(value):
    return base64url(json.dumps(value, separators=(",", ":")).encode())


@dataclasses.dataclass
class Answer:
    status: int
    headers: list
    body: bytes

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def json(self):
        return json.loads(self.body)

    def echoed(self, name):
        """The values of a header as the service saw it."""
        return [value for key, value in self.json["headers"] if key == name]


@dataclasses.dataclass
class Target:
    """A gateway under test. `backends` is empty when the services behind it are not the suite's own."""
    host: str
    port: int
    kind: str
    keys: Keys
    backends: dict
    stop: object = lambda: None
    # Every call may come from an address of its own, so that one test does not use up another's limit.
    source: str = "127.0.0.1"

    def call(self, method, path, token=None, headers=(), body=None, source=None):
        headers = list(headers.items() if isinstance(headers, dict) else headers)
        if token:
            headers.append(("Authorization", f"Bearer {token}"))
        local = self.host.startswith("127.")
        connection = http.client.HTTPConnection(self.host, self.port, timeout=15,
                                                source_address=(source or self.source, 0) if local else None)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            if body is not None and not any(name.lower() == "content-length" for name, _ in headers):
                headers.append(("Content-Length", str(len(body))))
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders()
            if body is not None:
                try:
                    connection.send(body)
                except OSError:
                    pass  # the gateway may answer and close before it has read a body that is too large
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    def raw(self, data, timeout=5):
        """Sends bytes as they are and returns everything that comes back until the end or the time-out."""
        with socket.create_connection((self.host, self.port), timeout=timeout) as connection:
            connection.sendall(data)
            received = b""
            try:
                while chunk := connection.recv(65536):
                    received += chunk
            except OSError:
                pass
            return received


def start_haproxy(keys, backends, wait=True, **knobs):
    """HAProxy with the project's configuration on free ports; returns once every service is healthy."""
    port, status = free_port(), free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    environment |= {"GATEWAY_PORT": str(port), "GATEWAY_METRICS_PORT": str(status),
                    "GATEWAY_KEYS": str(keys.public)}
    environment |= {name: str(value) for name, value in knobs.items()}
    for service, replicas in backends.items():
        environment |= {f"{service.upper()}_{number}": echo.address for number,
                        echo in enumerate(replicas, 1)}
    log, output = tempfile.TemporaryFile(), []
    process = subprocess.Popen(["haproxy", "-db", "-f", str(HERE / "haproxy" / "haproxy.cfg")],
                               env=environment,
                               stdout=log, stderr=subprocess.STDOUT)

    def stop():
        if not log.closed:
            # A soft stop: what is under way ends, and is logged, first.
            process.send_signal(signal.SIGUSR1)
            process.wait(15)
            log.seek(0)
            output.append(log.read().decode())
            log.close()
        return output[0]

    deadline = time.monotonic() + 10
    while wait and not healthy(status):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("HAProxy did not become ready:\n" + stop())
        time.sleep(0.02)
    return Target("127.0.0.1", port, "haproxy", keys, backends, stop)


def wait_until_served(target):
    """Until a gateway that was there before has noticed that the services answer."""
    token, deadline = target.keys.token(), time.monotonic() + 30
    for path in ("users/me", "products", "orders", "inventory", "payments"):
        while target.call("GET", "/api/v1/" + path, token).status >= 500:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the gateway does not reach the service of {path}")
            time.sleep(0.1)


def healthy(port, path="/health/ready"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
