"""Private instances for tests: `python3 -m tools.shop.testenv FILE` keeps a set running and writes FILE to be sourced.

In Python: `with TestInstances() as instances: instances.start(); run(..., env=instances.environment)`.
"""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from pathlib import Path

from tools.shop import instances
from tools.shop.console import Failure, complain, say
from tools.shop.ports import Ports
from tools.shop.process import Program
from tools.shop.rundir import private_directory
from tools.shop.supervisor import Supervisor


class TestInstances:
    """PostgreSQL, RabbitMQ and Redis in a directory that is deleted afterwards. `environment` has their URLs."""

    __test__ = False

    def __init__(self, quiet: bool = True) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="shop-test-", dir="/var/tmp"))
        private_directory(self.directory)
        # Kept, because with it the ports would be given up.
        self._ports = ports = Ports()
        sql, cache = ports.any(), ports.any()
        broker = instances.RabbitmqPorts(*(ports.any() for _ in range(5)))
        self.environment = {
            "SHOP_TEST_POSTGRES": f"postgresql://postgres@127.0.0.1:{sql}/postgres",
            "SHOP_TEST_RABBITMQ": f"amqp://guest:guest@127.0.0.1:{broker.amqp}/",
            "SHOP_TEST_RABBITMQ_MANAGEMENT": f"http://guest:guest@127.0.0.1:{broker.management}",
            "SHOP_TEST_REDIS": f"redis://127.0.0.1:{cache}",
        }
        programs: list[Program] = [
            *instances.postgres(self.directory / "postgres", sql), *instances.redis(self.directory / "redis", cache)]
        epmd, rabbitmq = instances.rabbitmq(self.directory / "rabbitmq", broker, ("guest", "guest"))
        self.supervisor = Supervisor([[*programs, epmd], [rabbitmq]], self.directory / "logs", quiet=quiet)

    def start(self) -> None:
        try:
            self.supervisor.start()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> TestInstances:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.supervisor.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        complain("usage: python3 -m tools.shop.testenv FILE")
        return 2
    with TestInstances(quiet=False) as running:
        running.start()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: running.supervisor.request_stop())
        lines = [f"export {name}='{value}'" for name, value in running.environment.items()]
        target = Path(arguments[0])
        target.write_text("\n".join(lines) + "\n", encoding="utf-8")
        say(f"-- running in {running.directory}; source {target}")
        try:
            running.supervisor.run()
        finally:
            target.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Failure as failure:
        complain(str(failure))
        sys.exit(1)
