"""Where things are kept: `.run` of the checkout, and data where the accounts of the servers can reach it."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from tools.shop.console import Failure

ROOT = Path(__file__).resolve().parents[2]
# HAProxy's and others' unix sockets live below it, and their paths end at 107 bytes.
PATH_BYTES_MAX = 60


def run_directory() -> Path:
    """`.run` of the checkout (SHOP_RUN_DIRECTORY names another), made when missing. Others may only pass through."""
    path = Path(os.environ.get("SHOP_RUN_DIRECTORY", ROOT / ".run"))
    try:
        path.mkdir(mode=0o711, parents=True, exist_ok=True)
        if path.stat().st_uid == os.geteuid():
            path.chmod(0o711)
    except OSError as error:
        raise Failure(f"{path} cannot be made: {error}") from error
    if not os.access(path, os.W_OK):
        raise Failure(f"{path} belongs to another user (was ./shop run as root before?); remove it or use that user")
    return path


def data_directory(run: Path) -> Path:
    """Below the run directory, or under /var/tmp when the path is too long or closed to the servers' accounts."""
    if len(os.fsencode(run)) <= PATH_BYTES_MAX and (os.geteuid() != 0 or reachable_by_all(run)):
        path = run / "data"
        path.mkdir(mode=0o711, exist_ok=True)
        return path
    name = hashlib.sha256(os.fsencode(run)).hexdigest()[:10]
    return private_directory(Path(f"/var/tmp/shop-{os.geteuid()}-{name}"))


def private_directory(path: Path) -> Path:
    """A directory of ours in a place where everybody may write: refuses one that somebody else laid there."""
    path.mkdir(mode=0o711, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise Failure(f"{path} exists but is not a directory of this user; remove it")
    path.chmod(0o711)
    return path


def reachable_by_all(path: Path) -> bool:
    return all(part.stat().st_mode & stat.S_IXOTH for part in (path, *path.parents))
