#!/usr/bin/env python3
"""Shows on a Debian 12 machine with nothing installed that ./shop keeps its promises, as root and as a user with sudo.

    sudo tools/fresh_machine.py [DIRECTORY]

makes such a machine in DIRECTORY with debootstrap, clones the last commit into it, and runs `./shop up`, `demo`,
`down`, `up` without a network, `down` there, once for each kind of user. It ends with a table of figures and their
limits, and with 1 when one is not met. Packages come from where this machine's apt gets them.

A machine is a directory with namespaces of its own. Its first process only sleeps: it starts no services and takes no
care of orphans, as in many containers. When it ends, the kernel ends all others and drops the mounts.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0:0] = [str(ROOT)]

from tools import fresh_sources  # noqa: E402
from tools.shop.acceptance import Figure, show  # noqa: E402
from tools.shop.console import Failure, Step, complain, say  # noqa: E402

NEEDED = {"debootstrap": "debootstrap", "git": "git", "unshare": "util-linux", "nsenter": "util-linux",
          "setpriv": "util-linux", "chroot": "coreutils"}
DISK_BYTES_MIN = 8 << 30
FIRST_UP_SECONDS = 600.0
SECOND_UP_SECONDS = 15.0
PATIENCE = 3
DEMO_SECONDS = 120.0
DOWN_SECONDS = 60.0
PREPARE_SECONDS = 900.0
END_SECONDS = 10.0
# Tells a directory that this program made, and may delete, from any other.
MARK = ".fresh-machine"
# The line of ./shop up that names the first URL.
URLS = "   API  "
INIT = """
set -e
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
mount -t tmpfs tmpfs "$1/dev/shm"
hostname fresh
exec chroot "$1" /bin/sh -c 'echo started; exec sleep infinity'
"""


@dataclass(frozen=True)
class User:
    name: str
    home: str
    title: str


USERS = {"root": User("root", "/root", "root"), "ordinary": User("ann", "/home/ann", "user with sudo")}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tools/fresh_machine.py", formatter_class=argparse.RawTextHelpFormatter,
                                     description=__doc__)
    parser.add_argument("directory", nargs="?", type=Path, default=Path("/var/tmp/shop-fresh-machine"),
                        help="where the machines and logs are put (%(default)s)")
    parser.add_argument("--user", choices=(*USERS, "both"), default="both", help="only this kind of user")
    parser.add_argument("--keep", action="store_true", help="do not delete the machines afterwards")
    chosen = parser.parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    place = chosen.directory.resolve()
    if wrong := missing(place):
        raise Failure("a fresh machine cannot be made here:\n" + "\n".join(f"  - {line}" for line in wrong))
    users = [user for name, user in USERS.items() if chosen.user in (name, "both")]
    figures: list[Figure] = []
    with claimed(place):
        try:
            make_base(place / "base")
            for user in users:
                figures += try_out(place, user)
                if not chosen.keep:
                    delete(place / user.name)
        finally:
            if not chosen.keep:
                delete(place / "base", *(place / user.name for user in users))
    show(figures)
    say(f"-- logs are in {place / 'logs'}")
    return 0 if all(figure.passed for figure in figures) else 1


def missing(place: Path) -> list[str]:
    """Everything that stands in the way, so that it can be put right at once."""
    wrong = []
    if os.geteuid() != 0:
        wrong.append("only root may make one; use sudo")
    packages = {package for program, package in NEEDED.items() if shutil.which(program, path=program_path()) is None}
    if packages:
        wrong.append(f"Debian packages are missing: apt-get install {' '.join(sorted(packages))}")
    elif os.geteuid() == 0 and (refused := namespaces_refused()):
        wrong.append(f"this machine does not let root make namespaces: {refused}")
    nearest = next(path for path in (place, *place.parents) if path.exists())
    free = shutil.disk_usage(nearest).free
    if free < DISK_BYTES_MIN:
        wrong.append(f"{free / (1 << 30):.1f} GB free at {nearest}, {DISK_BYTES_MIN >> 30} GB are needed")
    if os.statvfs(nearest).f_flag & (os.ST_NODEV | os.ST_NOEXEC | os.ST_NOSUID):
        wrong.append(f"{nearest} is mounted with nodev, noexec or nosuid; name a directory elsewhere")
    if place.exists() and any(place.iterdir()) and not (place / MARK).exists():
        wrong.append(f"{place} has something else in it; name an empty or a new directory")
    return wrong


def program_path() -> str:
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def namespaces_refused() -> str:
    done = subprocess.run(["unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "true"],
                          capture_output=True, text=True)
    return done.stderr.strip()


class claimed:
    """The directory, made and marked, for one run at a time; what an interrupted run left there is deleted."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def __enter__(self) -> None:
        self._place.mkdir(parents=True, exist_ok=True)
        (self._place / MARK).touch()
        self._lock = os.open(self._place / MARK, os.O_RDWR)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure(f"another run uses {self._place}") from None
        delete(self._place / "base", self._place / "logs", *(self._place / user.name for user in USERS.values()))
        (self._place / "logs").mkdir()

    def __exit__(self, *_: object) -> None:
        os.close(self._lock)


def delete(*paths: Path) -> None:
    for path in paths:
        subprocess.run(["rm", "-rf", "--one-file-system", str(path)], check=True)


def checked(command: list[str], log: Path, environment: dict[str, str] | None = None) -> None:
    """Runs something to its end; its output goes to the log, and into the failure when it fails."""
    with log.open("ab") as output:
        begin = output.tell()
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=output,
                              stderr=subprocess.STDOUT, timeout=PREPARE_SECONDS)
    if done.returncode != 0:
        text = log.read_bytes()[begin:].decode("utf-8", "replace")
        raise Failure(f"{' '.join(command[:3])} ... failed:\n" + "\n".join(text.splitlines()[-20:]))


def make_base(base: Path) -> None:
    sources = fresh_sources.read_sources(Path("/etc/apt"))
    environment = {"PATH": program_path(), "LANG": "C.UTF-8"} | fresh_sources.proxies()
    with Step("installing the smallest Debian 12 there is"):
        checked(["debootstrap", "--variant=minbase", "bookworm", str(base), fresh_sources.mirror(sources)],
                base.parent / "logs" / "debootstrap.log", environment)
    fresh_sources.copy_configuration(sources, base)
    for name in ("resolv.conf", "hosts"):
        shutil.copyfile(f"/etc/{name}", base / "etc" / name)
    with (base / "etc" / "hosts").open("a") as hosts:
        hosts.write("127.0.0.1 fresh\n")


class Machine:
    """A running machine. Leaving the `with` ends everything in it; so does our own end, whatever its cause."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __enter__(self) -> Machine:
        self._holder = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--ipc", "--uts", "--fork",
             "--kill-child", "--", "/bin/sh", "-c", INIT, "sh", str(self._directory)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        assert self._holder.stdout is not None and self._holder.stderr is not None
        if self._holder.stdout.readline() != "started\n":
            raise Failure(f"the machine did not start: {self._holder.stderr.read().strip()}")
        self._init = next(pid for pid in processes() if parent_and_state(pid)[0] == self._holder.pid)
        return self

    def __exit__(self, *_: object) -> None:
        self._holder.kill()
        self._holder.wait()
        # The kernel takes a moment to end what was in it.
        deadline = time.monotonic() + END_SECONDS
        while parent_and_state(self._init)[1] != "Z" and time.monotonic() < deadline:
            time.sleep(0.05)

    def command(self, user: User, line: str, network: bool = True) -> list[str]:
        """A command that runs a line of shell as that user in the checkout, with nothing of our environment."""
        enter = ["nsenter", "--target", str(self._init), "--mount", "--pid", "--ipc", "--uts", "--root", "--wd"]
        alone = ["unshare", "--net", "/bin/sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
        become = ["setpriv", f"--reuid={user.name}", f"--regid={user.name}", "--init-groups", "--reset-env",
                  "/bin/bash", "-c", f"cd {user.home}/shop && {line}"]
        return [*enter, *([] if network else alone), *become]

    def left(self) -> list[str]:
        """The programs that run beside the first process. What has ended and was not fetched is none."""
        own = namespace(self._init)
        return [name for pid in processes() if pid != self._init and namespace(pid) == own
                and parent_and_state(pid)[1] != "Z" and (name := program_name(pid))]

    def processor_seconds(self) -> float:
        """What everything in it has cost so far: on a busy machine, the seconds on the clock say little."""
        own = namespace(self._init)
        return sum(processor_seconds(pid) for pid in processes() if namespace(pid) == own)


def processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def program_name(pid: int) -> str:
    """Empty when it has ended meanwhile."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def parent_and_state(pid: int) -> tuple[int, str]:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rsplit(")", 1)[1].split()
        return int(fields[1]), fields[0]
    except OSError:
        return 0, "Z"


def processor_seconds(pid: int) -> float:
    """With those of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rsplit(")", 1)[1].split()
        return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0.0


def namespace(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return ""


def try_out(place: Path, user: User) -> list[Figure]:
    directory = place / user.name
    logs = place / "logs"
    with Step(f"a machine for {user.title}"):
        subprocess.run(["cp", "-a", "--reflink=auto", str(place / "base"), str(directory)], check=True)
        if user.name != "root":
            add_user(directory, user, logs / f"{user.name}-prepare.log")
        checkout = directory / user.home[1:] / "shop"
        checked(["git", "clone", "--quiet", "--depth", "1", f"file://{ROOT}", str(checkout)],
                logs / f"{user.name}-prepare.log")
        checked(["chroot", str(directory), "chown", "-R", f"{user.name}:", f"{user.home}/shop"],
                logs / f"{user.name}-prepare.log")
    with Machine(directory) as machine:
        return run_through(machine, user, logs)


def add_user(directory: Path, user: User, log: Path) -> None:
    for line in ("apt-get -q update", "apt-get -q -y install --no-install-recommends sudo",
                 f"useradd --create-home --shell /bin/bash {user.name}"):
        checked(["chroot", str(directory), "/bin/sh", "-c", line], log,
                {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"})
    # There is no terminal to type a password at.
    (directory / "etc/sudoers.d/shop").write_text(f"{user.name} ALL=(ALL) NOPASSWD: ALL\n")


def run_through(machine: Machine, user: User, logs: Path) -> list[Figure]:
    figures = []

    def take(name: str, value: float, unit: str, limit: float) -> None:
        figures.append(Figure(f"{user.title}: {name}", round(value, 1), unit, limit, "at most"))

    say(f"-- {user.title}: ./shop up for the first time, {len(os.sched_getaffinity(0))} processors, "
        f"load {os.getloadavg()[0]:.1f}")
    with Up(machine, user, logs / f"{user.name}-first-up.log", network=True) as first:
        take("first up, with installation and build", first.wait_for_urls(FIRST_UP_SECONDS), "s", FIRST_UP_SECONDS)
        if figures[-1].value == float("inf"):
            return figures  # The rest would only wait for what is not there.
        say(f"   ready after {figures[-1].value} s, of which processors worked {machine.processor_seconds():.0f} s; "
            f"load {os.getloadavg()[0]:.1f}")
        demo = ended_well(machine.command(user, "./shop demo"), logs / f"{user.name}-demo.log", DEMO_SECONDS)
        take("demo", demo, "s", DEMO_SECONDS)
        take("down", first.stop(), "s", DOWN_SECONDS)
    take("processes left", len(left_over(machine)), "", 0)
    say(f"-- {user.title}: ./shop up again, without a network, load {os.getloadavg()[0]:.1f}")
    with Up(machine, user, logs / f"{user.name}-second-up.log", network=False) as second:
        take("second up, without a network", second.wait_for_urls(SECOND_UP_SECONDS), "s", SECOND_UP_SECONDS)
        take("second down", second.stop(), "s", DOWN_SECONDS)
    take("processes left after the second", len(left_over(machine)), "", 0)
    return figures


def left_over(machine: Machine) -> list[str]:
    names = machine.left()
    if names:
        say(f"   still running: {', '.join(names)}")
    return names


def ended_well(command: list[str], log: Path, seconds_max: float) -> float:
    """Seconds until it ended with 0; infinite when it did not, or took too long."""
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env={})
        try:
            good = process.wait(seconds_max) == 0
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            good = False
    if not good:
        say(f"   not as it should be, see {log}")
    return time.monotonic() - began if good else float("inf")


class Up:
    """./shop up in the foreground, as in the README."""

    def __init__(self, machine: Machine, user: User, log: Path, network: bool) -> None:
        self._stop_command = machine.command(user, "./shop down")
        self._command = machine.command(user, "exec ./shop up", network)
        self._log = log
        self._urls = threading.Event()
        self._urls_at = float("inf")

    def __enter__(self) -> Up:
        self._began = time.monotonic()
        self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                         stderr=subprocess.STDOUT, env={})
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        # What nsenter started in the machine ends with the machine; this ends our side of it.
        self._process.kill()
        self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._log.open("wb") as output:
            for line in self._process.stdout:
                output.write(line)
                output.flush()
                if line.startswith(URLS.encode()) and not self._urls.is_set():
                    self._urls_at = time.monotonic()
                    self._urls.set()
        self._urls.set()

    def wait_for_urls(self, seconds_max: float) -> float:
        """Seconds until the URLs were printed; infinite when they were not."""
        # Longer than allowed, so that a busy machine gets a figure too, though one over the limit.
        self._urls.wait(seconds_max * PATIENCE)
        if self._urls_at == float("inf"):
            text = self._log.read_text(errors="replace").splitlines()[-25:]
            say(f"   ./shop up printed no URLs; its last lines ({self._log}):")
            say("\n".join(f"      {line}" for line in text))
        return self._urls_at - self._began

    def stop(self) -> float:
        seconds = ended_well(self._stop_command, self._log.with_name(self._log.stem + "-down.log"), DOWN_SECONDS)
        try:
            code = self._process.wait(DOWN_SECONDS)
        except subprocess.TimeoutExpired:
            code = None
        if code != 0:
            say(f"   ./shop up ended with {code} after ./shop down, see {self._log}")
        return seconds if code == 0 else float("inf")


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Failure as failure:
        complain(str(failure))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
