"""What the two gateway files route where, read from the files themselves, and whether the services' OpenAPI
documents are covered by it. Reading kong.yml needs Debian's python3-yaml; only tests import this."""

import dataclasses
import pathlib
import re

HERE = pathlib.Path(__file__).parent
METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
SAMPLE_ID = "018f0000-0000-7000-8000-000000000000"
# A service answers these for its operator; they are not for the outside.
INTERNAL = ("/health/live", "/health/ready", "/metrics", "/openapi.json")


@dataclasses.dataclass(frozen=True)
class Route:
    service: str
    pattern: re.Pattern
    methods: frozenset  # empty: every method
    public: bool

    def matches(self, method, path):
        return (not self.methods or method in self.methods) and self.pattern.search(path) is not None


def kong_routes(text=None):
    """The routes of kong.yml. A route is public when no jwt plugin stands on it."""
    import yaml

    document = yaml.safe_load(text or (HERE / "kong" / "kong.yml").read_text())
    routes = []
    for service in document["services"]:
        for route in sorted(service["routes"], key=lambda one: -one.get("regex_priority", 0)):
            public = not any(plugin["name"] == "jwt" for plugin in route.get("plugins", []))
            for path in route["paths"]:
                if not path.startswith("~"):
                    raise ValueError(f"route {route['name']}: {path} is no regular expression")
                # Kong anchors an expression at the beginning only.
                routes.append(Route(service["name"], re.compile("^" + path[1:]),
                                    frozenset(route.get("methods", ())), public))
    return routes


def haproxy_routes(text=None):
    """The routes of haproxy.cfg, from the few forms of line that declare them."""
    text = text or (HERE / "haproxy" / "haproxy.cfg").read_text()
    methods = {name: frozenset(rest.split()) for name,
               rest in re.findall(r"^ +acl (m_\w+) +method (.+)$", text, re.M)}
    public, routes, excepted = {}, [], {}
    for condition in re.findall(r"^ +http-request set-var\(txn\.public\) bool\(true\) if (.+)$", text, re.M):
        for alternative in condition.split(" or "):
            route, *limits = alternative.split()
            public[route] = next((methods[limit] for limit in limits if limit in methods), frozenset())
            excepted.update({limit[1:]: route for limit in limits if limit.startswith("!")})
    backend = {}
    for service, condition in re.findall(r"^ +use_backend (\w+) +if (.+)$", text, re.M):
        backend.update({name: service for name in condition.split(" or ")})
    for name, expression in re.findall(r"^ +acl (r_\w+) +path_reg (\S+)$", text, re.M):
        pattern = re.compile(expression)
        if name in excepted:
            routes.insert(0, Route(backend[excepted[name]], pattern, frozenset(), False))
            continue
        if name in public:
            routes.append(Route(backend[name], pattern, public[name], True))
        if public.get(name) != frozenset():
            routes.append(Route(backend[name], pattern, frozenset(), False))
    return routes


def resolve(routes, method, path):
    """(service, public) of the first route that matches, or None."""
    for route in routes:
        if route.matches(method, path):
            return route.service, route.public
    return None


def operations(document):
    """(method, concrete path, needs a token) of every operation that a document offers to the outside."""
    base = next((server["url"] for server in document.get("servers", []) if server["url"].startswith("/")),
                "")
    for path, item in document.get("paths", {}).items():
        for method, operation in item.items():
            if method not in METHODS or path in INTERNAL:
                continue
            full = path if path.startswith(("/api/", "/.well-known/")) else base.rstrip("/") + path
            security = operation.get("security", document.get("security", []))
            concrete = re.sub(r"\{[^}]*\}", SAMPLE_ID, full)
            yield method.upper(), concrete, bool(security) and {} not in security


def uncovered(documents):
    """What is wrong between the OpenAPI documents {service: document} and the two files, as sentences; empty
    when every operation reaches its service through both and needs a token where the service wants one."""
    complaints = []
    for gateway, routes in (("kong.yml", kong_routes()), ("haproxy.cfg", haproxy_routes())):
        for service, document in documents.items():
            for method, path, needs_token in operations(document):
                found = resolve(routes, method, path)
                if found is None:
                    complaints.append(f"{gateway}: no route for {method} {path} of {service}")
                elif found[0] != service:
                    complaints.append(f"{gateway}: {method} {path} of {service} goes to {found[0]}")
                elif found[1] == needs_token:
                    wanted = "needs a token at the service" if needs_token else "is public at the service"
                    complaints.append(f"{gateway}: {method} {path} {wanted} and not at the gateway")
    return complaints
