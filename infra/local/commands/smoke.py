"""`handoff smoke`: a smoke test of any deployment, by its address. 1 when a step went wrong."""

from __future__ import annotations

import argparse
from urllib.parse import urlsplit

from infra.local.errors import LocalError
from infra.local.state import State
from infra.local.terminal import Terminal


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("smoke", help="try a deployment from outside, step by step")
    parser.add_argument("--url", help="its page (default: the running stack's)")
    parser.set_defaults(run=smoke)


def smoke(arguments: argparse.Namespace) -> int:
    # Imported on use: it takes a moment, which the other commands need not pay.
    from infra.local.smoke import STORIES, Client, SmokeError

    url, out = arguments.url or running_page(arguments), Terminal()
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise LocalError(f"--url must be the address of a page, such as https://handoff.example, not {url}")
    out.heading(f"Trying {url}")
    client = Client(url, out)
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


def running_page(arguments: argparse.Namespace) -> str:
    about = State(arguments.folder).running_stack()
    if about is None:
        raise LocalError("Nothing runs here: start it with `make dev`, or name a deployment with --url.")
    return str(about["page"])
