"""The public keys that both gateways verify access tokens with."""

import pathlib
import subprocess

# k1 signs; k2 is the next key, published before it is used so that a rotation refuses no token.
KIDS = ("k1", "k2")


class KeyProblem(Exception):
    """One or more key files are missing or not what they should be; the text names every one of them."""


def public_keys(directory):
    """Reads <kid>.pub.pem for every kid. HAProxy only notices a file that is missing, and Kong takes one with
    the wrong kind of key, so everything else that would turn each token into a 401 is looked for here."""
    keys, problems = {}, []
    for kid in KIDS:
        path = pathlib.Path(directory) / f"{kid}.pub.pem"
        try:
            text = path.read_text()
        except OSError as error:
            problems.append(f"{path}: {error.strerror}")
            continue
        if "PRIVATE KEY" in text:
            problems.append(f"{path}: holds a private key; a gateway must only be given public ones")
            continue
        shown = subprocess.run(["openssl", "pkey", "-pubin", "-in", str(path), "-noout", "-text"],
                               capture_output=True, text=True, check=False)
        first = shown.stdout.splitlines()[0] if shown.stdout else ""
        if shown.returncode != 0:
            problems.append(f"{path}: not a public key in PEM")
        elif "Modulus:" not in shown.stdout:
            problems.append(f"{path}: not an RSA key, and tokens are signed with RS256")
        elif int(first.split("(")[1].split(" ")[0]) < 2048:
            problems.append(f"{path}: shorter than 2048 bits")
        else:
            keys[kid] = text
    if problems:
        raise KeyProblem("\n".join(problems))
    return keys
