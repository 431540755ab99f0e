"""Somebody else's program: it keeps a file, and has nothing of Handoff but handoff.storage.

python keeper.py FOLDER
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from handoff.storage import SignatureRefusedError
from handoff.storage.filesystem import FilesystemStorage

storage = FilesystemStorage(sys.argv[1], signing_key="a signing key of the keeper's own", url="https://k.example/f")
stored = storage.put("letters/1", [b"Dear ", b"Sir"], "text/plain")
with storage.open("letters/1") as stream:
    read = b"".join(stream)
now = datetime.now(UTC)
url = urlsplit(storage.signed_url("letters/1", now, 15, "letter.txt", "text/plain"))
allowed = storage.verify_signed(url.path.removeprefix("/f/"), dict(parse_qsl(url.query)), now)
try:
    storage.verify_signed("letters/2", dict(parse_qsl(url.query)), now + timedelta(seconds=1))
    refused = False
except SignatureRefusedError:
    refused = True
told = {"size": stored.size, "read": read.decode(), "allowed": allowed.key, "refused": refused}
print(json.dumps({**told, "modules": sorted(sys.modules)}))
