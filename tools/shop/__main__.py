"""The command line of ./shop."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn

from tools.shop import commands, doctor, logs, testing, up
from tools.shop.console import Failure, Usage, complain, say

REPLICAS_MAX = 9


class Parser(argparse.ArgumentParser):
    """Reports a wrong argument as Usage instead of leaving at once."""

    def error(self, message: str) -> NoReturn:
        raise Usage(f"{message}\n{self.format_usage().strip()}")


def usage() -> str:
    own = {
        "up": "builds and starts the platform, shows its logs; Ctrl-C stops it (--detach, --replicas N, --fresh)",
        "status": "what runs, where, and whether it is ready",
        "logs": "recent log lines (NAME..., --follow), or all of one order or trace (--find ID)",
        "down": "stops the platform",
        "test": "builds and runs the tests (--full, --figures, --filter REGEX, --preset P)",
        "doctor": "checks everything that a start depends on",
    }
    own |= {verb.name: verb.summary for verb in commands.VERBS if verb.offered()}
    lines = "\n".join(f"  {name:<13} {text}" for name, text in own.items())
    return f"usage: ./shop COMMAND [options]\n{lines}\n./shop COMMAND --help shows the options of a command."


def up_parser() -> Parser:
    parser = Parser(prog="./shop up", description="Builds and starts the platform.")
    parser.add_argument("--replicas", type=int, default=1, metavar="N", help="instances of each service (1)")
    parser.add_argument("--detach", action="store_true", help="return when everything is ready")
    parser.add_argument("--no-demo-data", action="store_true", help="start with an empty shop")
    parser.add_argument("--fresh", action="store_true", help="delete data and secrets of earlier runs first")
    parser.add_argument("--load-profile", action="store_true", help="lift the gateway's rate limits, to measure")
    parser.add_argument("--programs", type=Path, metavar="DIR", help="run programs built elsewhere; build nothing")
    parser.add_argument("--set", action="append", default=[], metavar="COMPONENT:NAME=VALUE",
                        help="one more environment variable for one component")
    parser.add_argument("--quiet", action="store_true", help="do not show the logs")
    return parser


def run_up(arguments: list[str]) -> int:
    chosen = up_parser().parse_args(arguments)
    if not 1 <= chosen.replicas <= REPLICAS_MAX:
        raise Usage(f"--replicas must be 1 to {REPLICAS_MAX}, not {chosen.replicas}")
    overrides: dict[str, dict[str, str]] = {}
    for setting in chosen.set:
        component, colon, assignment = setting.partition(":")
        name, equals, value = assignment.partition("=")
        if not (component and colon and name and equals):
            raise Usage(f"--set wants COMPONENT:NAME=VALUE, not '{setting}'")
        overrides.setdefault(component, {})[name] = value
    programs = chosen.programs.resolve() if chosen.programs else None
    options = up.Options(replicas=chosen.replicas, demo_data=not chosen.no_demo_data, fresh=chosen.fresh,
                         load_profile=chosen.load_profile, programs=programs, overrides=overrides,
                         quiet=chosen.quiet)
    if not chosen.detach:
        return up.up(options)
    return up.up_detached(options, [argument for argument in arguments if argument != "--detach"])


def run_logs(arguments: list[str]) -> int:
    parser = Parser(prog="./shop logs", description="Shows recent log lines.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these processes")
    parser.add_argument("-n", "--lines", type=int, metavar="N",
                        help=f"of each process ({logs.LINES_OF_EACH}, of a single one {logs.LINES_OF_ONE})")
    parser.add_argument("--find", metavar="TEXT",
                        help="all lines with this text (an order's id, a trace id) and of the same traces, by time")
    parser.add_argument("-f", "--follow", action="store_true", help="go on showing what is written")
    chosen = parser.parse_args(arguments)
    if chosen.lines is not None and chosen.lines < 0:
        raise Usage(f"--lines must not be negative: {chosen.lines}")
    if chosen.find is not None and (chosen.follow or chosen.lines is not None or not chosen.find):
        raise Usage("--find wants a text, and neither --follow nor --lines")
    return logs.logs(chosen.names, chosen.lines, chosen.find, chosen.follow)


def run_plain(verb: str, arguments: list[str]) -> int:
    Parser(prog=f"./shop {verb}").parse_args(arguments)
    return {"status": commands.status, "down": commands.down, "doctor": doctor.doctor}[verb]()


def main(arguments: list[str]) -> int:
    if not arguments:
        say(usage())
        return 2
    verb, rest = arguments[0], arguments[1:]
    if verb in ("help", "-h", "--help"):
        say(usage())
        return 0
    if verb == "up":
        return run_up(rest)
    if verb == "logs":
        return run_logs(rest)
    if verb == "test":
        return testing.main(rest)
    if verb in ("status", "down", "doctor"):
        return run_plain(verb, rest)
    for program in commands.VERBS:
        if program.name == verb and program.offered():
            return commands.run_verb(program, rest)
    raise Usage(f"there is no command '{verb}'\n{usage()}")


if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
    except Usage as wrong:
        complain(str(wrong))
        code = 2
    except Failure as failure:
        complain(str(failure))
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.stdout.flush()
    os._exit(code)
