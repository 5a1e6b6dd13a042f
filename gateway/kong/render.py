"""Renders kong.yml for use: Kong expands no variables, so keys and limits are written into the file.

    python3 -m gateway.kong.render --keys DIRECTORY [--load] [--output FILE]
"""

import argparse
import json
import pathlib
import re
import sys

from gateway.keys import KIDS, KeyProblem, public_keys

SOURCE = pathlib.Path(__file__).with_name("kong.yml")
LOAD_LIMITS = {"address": 1_000_000_000, "credentials": 1_000_000_000}


def render(keys, limits=None):
    """The text of kong.yml with the public keys {kid: pem} in place and the named limits replaced."""
    text = SOURCE.read_text()
    for kid in KIDS:
        # A JSON string is a YAML string, so the line breaks of the key need no indentation.
        text = text.replace(f'"@{kid}.pub.pem@"', json.dumps(keys[kid]))
    for name, limit in (limits or {}).items():
        text, replaced = re.subn(rf"minute: \d+ # limit:{name}\b", f"minute: {int(limit)} # limit:{name}",
                                 text)
        if not replaced:
            raise ValueError(f"kong.yml has no limit named {name}")
    return text


def main():
    parser = argparse.ArgumentParser(description="render kong.yml")
    parser.add_argument("--keys", required=True, help="directory with <kid>.pub.pem files")
    parser.add_argument("--load", action="store_true", help="raise the limits for a load test")
    parser.add_argument("--output", help="file to write (standard output when absent)")
    options = parser.parse_args()
    try:
        text = render(public_keys(options.keys), LOAD_LIMITS if options.load else None)
    except KeyProblem as problem:
        sys.exit(str(problem))
    if options.output:
        pathlib.Path(options.output).write_text(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
