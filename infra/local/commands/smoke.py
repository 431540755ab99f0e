"""`handoff smoke`: a smoke test of any deployment, by its address. 1 when a step went wrong.

For people who sign in and for calls it needs what nobody has from outside: ID_TOKEN, SESSION, CALL_WEBHOOK_SECRETS in
the environment; see smoke/client.py.
"""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from infra.local.errors import LocalError
from infra.local.state import State
from infra.local.terminal import Terminal

if TYPE_CHECKING:
    from infra.local.smoke import Given


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("smoke", help="try a deployment from outside, step by step")
    parser.add_argument("--url", help="its page (default: the running stack's)")
    parser.set_defaults(run=smoke)


def smoke(arguments: argparse.Namespace) -> int:
    # Imported on use: it takes a moment, which the other commands need not pay.
    from infra.local.smoke import STORIES, Client, SmokeError

    running, out = None if arguments.url else running_stack(arguments), Terminal()
    url = address(arguments, running)
    out.heading(f"Trying {url}")
    client = Client(url, out, given(running))
    try:
        for story in STORIES:
            story(client)
    except SmokeError as error:
        out.error(f"  {error}")
        return 1
    finally:
        client.close()
    out.line("It works.")
    return 0


def address(arguments: argparse.Namespace, running: dict[str, Any] | None) -> str:
    """Of the page that runs here, or that --url names."""
    url = str(running["page"] if running else arguments.url)
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise LocalError(f"--url must be the address of a page, such as https://handoff.example, not {url}")
    return url


def running_stack(arguments: argparse.Namespace) -> dict[str, Any]:
    about = State(arguments.folder).running_stack()
    if about is None:
        raise LocalError("Nothing runs here: start it with `make dev`, or name a deployment with --url.")
    return about


def given(running: dict[str, Any] | None) -> Given:
    """What the environment has of it; of what runs here the secrets are known."""
    from infra.local.smoke import Given

    known = running["settings"] if running else {}
    secrets = os.environ.get("CALL_WEBHOOK_SECRETS") or known.get("CALL_WEBHOOK_SECRETS", "")
    return Given(os.environ.get("ID_TOKEN", ""), os.environ.get("SESSION", ""), secrets.partition(",")[0].strip())
