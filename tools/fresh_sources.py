"""Where this machine's apt gets Debian 12 from, and the same for a new machine. Nothing of it is known beforehand."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.shop.console import Failure

SUITES = ("bookworm", "bookworm-updates", "bookworm-security")


@dataclass(frozen=True)
class Source:
    uri: str
    suite: str


def read_sources(apt: Path) -> list[Source]:
    """Debian's own sources in both of apt's formats. Other archives do not belong on a fresh machine."""
    directory = apt / "sources.list.d"
    lists = [path for path in (apt / "sources.list", *sorted(directory.glob("*.list"))) if path.exists()]
    found = [source for path in lists for source in from_lines(path.read_text())]
    for path in sorted(directory.glob("*.sources")):
        found += from_stanzas(path.read_text())
    return list(dict.fromkeys(found))


def from_lines(text: str) -> list[Source]:
    entry = re.compile(r"^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.+)$", re.MULTILINE)
    return [Source(uri.rstrip("/"), suite) for uri, suite, components in entry.findall(text)
            if suite in SUITES and "main" in components.split("#")[0].split()]


def from_stanzas(text: str) -> list[Source]:
    found = []
    for stanza in re.split(r"\n\s*\n", "\n".join(line for line in text.splitlines() if not line.startswith("#"))):
        # A line that begins with a blank goes on with the field before it.
        fields = {name.lower(): value.split() for name, value
                  in re.findall(r"^(\S+):((?:.*)(?:\n[ \t]+.*)*)", stanza, re.MULTILINE)}
        if "deb" not in fields.get("types", []) or fields.get("enabled") == ["no"]:
            continue
        if "main" in fields.get("components", []):
            found += [Source(uri.rstrip("/"), suite) for uri in fields.get("uris", [])
                      for suite in fields.get("suites", []) if suite in SUITES]
    return found


def mirror(sources: list[Source]) -> str:
    """What debootstrap installs from."""
    uri = next((source.uri for source in sources if source.suite == "bookworm"), None)
    if uri is None:
        raise Failure("this machine's apt has no source of Debian 12 (bookworm, main) in /etc/apt")
    if not uri.startswith("http://"):
        raise Failure(f"the source {uri} cannot be used by a machine with nothing installed, which knows http:// only")
    return uri


def proxies() -> dict[str, str]:
    """For debootstrap, which asks the environment and not apt."""
    shown = subprocess.run(["apt-config", "shell", "PROXY", "Acquire::http::Proxy"], capture_output=True, text=True)
    found = re.search(r"^PROXY='(.*)'$", shown.stdout, re.MULTILINE)
    proxy = found.group(1) if found else os.environ.get("http_proxy", "")
    return {"http_proxy": proxy} if proxy and proxy != "DIRECT" else {}


def copy_configuration(sources: list[Source], machine: Path) -> None:
    """Gives the machine the same sources and ways to them: proxies, time-outs, passwords, keys."""
    apt = machine / "etc" / "apt"
    lines = [f"deb {source.uri} {source.suite} main\n" for source in sources if source.uri.startswith("http://")]
    (apt / "sources.list").write_text("".join(lines))
    settings = subprocess.run(["apt-config", "dump", "Acquire"], capture_output=True, text=True, check=True).stdout
    if proxy := proxies().get("http_proxy"):
        settings += f'Acquire::http::Proxy "{proxy}";\n'
    (apt / "apt.conf.d" / "10as-outside").write_text(settings)
    for name in ("auth.conf", "auth.conf.d", "trusted.gpg.d"):
        path = Path("/etc/apt") / name
        if path.is_dir():
            shutil.copytree(path, apt / name, dirs_exist_ok=True)
        elif path.exists():
            shutil.copy2(path, apt / name)
