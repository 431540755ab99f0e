"""`handoff qstash`: what the running stack's queue holds, through the official SDK."""

from __future__ import annotations

import argparse
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
    for entry in client(arguments).log.list().logs:
        out.line(f"{entry.time}  {entry.state.value:<18}  {entry.message_id}  {entry.url}")
    return 0


def list_dead_letters(arguments: argparse.Namespace) -> int:
    out = Terminal()
    letters = client(arguments).dlq.list().messages
    for letter in letters:
        out.line(f"{letter.dlq_id}  {letter.response_status}  {letter.url}")
    if not letters:
        out.line("There are no dead letters.")
    return 0


def retry_dead_letter(arguments: argparse.Namespace) -> int:
    client(arguments).dlq.retry(arguments.id)
    Terminal().line(f"{arguments.id} is delivered again.")
    return 0


def client(arguments: argparse.Namespace) -> Any:
    # Imported on use: it takes a moment, which the other commands need not pay.
    from qstash import QStash

    about = State(arguments.folder).running_stack()
    if about is None:
        raise LocalError("Nothing runs whose queue could be asked. Start it with `make dev`.")
    settings = about["settings"]
    return QStash(token=settings["QSTASH_TOKEN"], base_url=settings["QSTASH_URL"])
