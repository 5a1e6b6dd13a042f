"""Secrets of one run directory: made once, kept in files only their owner can read, never in the repository."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import subprocess
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from tools.shop.console import Failure
from tools.shop.instances import owned_file

SIGNING_KEY = "k1"
# The next key is published before it is used, so that a rotation refuses no token.
KEYS = (SIGNING_KEY, "k2")


@dataclass(frozen=True)
class Vault:
    postgres: str
    auditor: str
    broker_admin: str
    redis: str
    admin: str
    provider_key: str
    webhook: str
    # Passwords of database roles and broker users are derived from this, one per name.
    root: str

    def derived(self, purpose: str) -> str:
        digest = hashlib.blake2b(purpose.encode(), key=self.root.encode()[:64], digest_size=18).digest()
        return base64.urlsafe_b64encode(digest).decode().replace("-", "x").replace("_", "y")


def open_vault(run: Path) -> Vault:
    """Reads the secrets of this run directory, making them on first use."""
    path = run / "secrets.json"
    if not path.exists():
        made = Vault(postgres=_secret(), auditor=_secret(), broker_admin=_secret(), redis=_secret(),
                     admin=_secret(12), provider_key="sk_test_" + secrets.token_hex(16),
                     webhook="whsec_" + secrets.token_hex(24), root=secrets.token_hex(32))
        owned_file(path, json.dumps(asdict(made), indent=2) + "\n")
    stored = json.loads(path.read_text(encoding="utf-8"))
    try:
        return Vault(**{field.name: stored[field.name] for field in fields(Vault)})
    except KeyError as missing:
        raise Failure(f"{path} lacks {missing}; it is from another version: ./shop up --fresh starts anew") from None


def make_keys(run: Path) -> Path:
    """The RS256 key pairs of access tokens: keys/k1.pem, keys/public/k1.pub.pem and the same for k2."""
    keys = run / "keys"
    public = keys / "public"
    keys.mkdir(mode=0o700, exist_ok=True)
    public.mkdir(mode=0o755, exist_ok=True)
    for name in KEYS:
        private_key, public_key = keys / f"{name}.pem", public / f"{name}.pub.pem"
        if not public_key.exists():
            _openssl("genrsa", "-out", str(private_key), "2048")
            private_key.chmod(0o600)
            _openssl("rsa", "-in", str(private_key), "-pubout", "-out", str(public_key))
    return keys


def rabbitmq_hash(password: str) -> str:
    """RabbitMQ's own form: base64 of a salt and the SHA-256 of salt and password."""
    salt = os.urandom(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _secret(count: int = 18) -> str:
    # Letters and digits only: it stands in URLs and configuration files without quoting.
    return base64.b32encode(secrets.token_bytes(count)).decode().rstrip("=").lower()


def _openssl(*arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"openssl {arguments[0]} failed: {done.stderr.strip()}")
