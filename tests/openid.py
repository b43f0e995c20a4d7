"""npm's oidc-provider in a process of its own: an OpenID provider that is not ours (openid_provider/provider.mjs)."""

from __future__ import annotations

import os
import shutil
import subprocess
from http.client import HTTPConnection
from pathlib import Path

from tests.runtime.product import PATIENCE, free_port, wait_for

FOLDER = Path(__file__).parent / "openid_provider"
CLIENT_ID, CLIENT_SECRET = "hub", "a-secret-of-the-hub-0001"


def install() -> None:
    """Raises AssertionError: a machine without it must not pass these tests silently."""
    if (FOLDER / "node_modules" / "oidc-provider").is_dir():
        return
    npm = shutil.which("npm")
    assert npm, "no npm on this machine: type make test, which installs it"
    words = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    done = subprocess.run(words, cwd=FOLDER, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


class OpenIdServer:
    """`port` is known before it runs, so that the product can be told."""

    def __init__(self) -> None:
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *redirect_addresses: str, log: Path, token_seconds: int = 60) -> None:
        install()
        node = shutil.which("node")
        assert node, "no node on this machine: type make test, which installs it"
        more = {"PORT": str(self.port), "REDIRECT": ",".join(redirect_addresses), "TOKEN_SECONDS": str(token_seconds)}
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [node, str(FOLDER / "provider.mjs")], env=os.environ | more, stdout=out, stderr=out
            )
        wait_for(self._answers, "the OpenID provider answers")

    def _answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/.well-known/openid-configuration")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=PATIENCE)
            self.process = None
