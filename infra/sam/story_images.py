"""What is shown of images through `sam local`: somebody signs in, asks for one, and has it."""

from __future__ import annotations

import httpx

from infra.local.smoke.client import Client, SmokeError
from infra.local.smoke.images import image_steps
from infra.local.terminal import Terminal
from infra.sam.talk import UnmetError, must


def image(url: str, out: Terminal) -> httpx.Cookies:
    """The steps of the smoke test; the cookies of the person who signed in."""
    client = Client(url, out)
    try:
        image_steps(client)
        must(client.json("GET", "/api/session")["signed_in"], "nobody is signed in afterwards")
        return client.http.cookies
    except SmokeError as error:
        raise UnmetError(str(error)) from error
    finally:
        client.close()
