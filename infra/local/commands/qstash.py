"""`handoff qstash`: what the running stack's queue did, by its HTTP API: https://upstash.com/docs/qstash/api"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from infra.local.errors import LocalError
from infra.local.state import State
from infra.local.terminal import Terminal


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("qstash", help="what happened to the last messages")
    parser.set_defaults(run=list_logs)
    actions = parser.add_subparsers(metavar="action")
    actions.add_parser("logs", help="what happened to the last messages").set_defaults(run=list_logs)


def list_logs(arguments: argparse.Namespace) -> int:
    out = Terminal()
    entries = ask(arguments, "GET", "/v2/logs").json()["logs"]
    for entry in entries:
        out.line(f"{moment(entry['time'])}  {entry['state']:<18}  {entry['messageId']}  {entry['url']}")
    if not entries:
        out.line("The queue has seen no message yet.")
    return 0


def ask(arguments: argparse.Namespace, method: str, path: str) -> Any:
    # Imported on use: it takes a moment, which the other commands need not pay.
    import httpx

    about = State(arguments.folder).running_stack()
    if about is None:
        raise LocalError("Nothing runs whose queue could be asked. Start it with `make dev`.")
    settings = about["settings"]
    if settings["QUEUE_PROVIDER"] != "qstash":
        raise LocalError(f"The queue that runs is not QStash but {settings['QUEUE_PROVIDER']}.")
    token = {"Authorization": f"Bearer {settings['QSTASH_TOKEN']}"}
    try:
        return httpx.request(method, settings["QSTASH_URL"] + path, headers=token, timeout=10)
    except httpx.HTTPError as error:
        raise LocalError(f"The queue does not answer: {type(error).__name__}") from error


def moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(sep=" ", timespec="milliseconds")[:-6]
