"""`handoff qstash`: what the running stack's queue holds, by its HTTP API: https://upstash.com/docs/qstash/api"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from infra.local.errors import LocalError
from infra.local.state import State
from infra.local.terminal import Terminal


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("qstash", help="messages and dead letters of the queue")
    parser.set_defaults(run=list_logs)
    actions = parser.add_subparsers(metavar="action")
    actions.add_parser("logs", help="what happened to the last messages").set_defaults(run=list_logs)
    actions.add_parser("dead-letters", help="messages that were given up").set_defaults(run=list_dead_letters)
    retry = actions.add_parser("retry", help="deliver a dead letter again")
    retry.add_argument("id", help="of the dead letter")
    retry.set_defaults(run=retry_dead_letter)


def list_logs(arguments: argparse.Namespace) -> int:
    out = Terminal()
    entries = ask(arguments, "GET", "/v2/logs").json()["logs"]
    for entry in entries:
        out.line(f"{moment(entry['time'])}  {entry['state']:<18}  {entry['messageId']}  {entry['url']}")
    if not entries:
        out.line("The queue has seen no message yet.")
    return 0


def list_dead_letters(arguments: argparse.Namespace) -> int:
    out = Terminal()
    letters = ask(arguments, "GET", "/v2/dlq").json()["messages"]
    for letter in letters:
        out.line(f"{letter['dlqId']}  {moment(letter['createdAt'])}  {letter.get('responseStatus')}  {letter['url']}")
    if not letters:
        out.line("There are no dead letters.")
    return 0


def retry_dead_letter(arguments: argparse.Namespace) -> int:
    answer = ask(arguments, "POST", f"/v2/dlq/retry/{arguments.id}")
    if answer.status_code >= 400:
        raise LocalError(f"The queue did not take {arguments.id}: it answered {answer.status_code}.")
    Terminal().line(f"{arguments.id} is delivered again.")
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
