"""`handoff deadletters`: what the queue gave up on. The running stack's, or the one that the environment names."""

from __future__ import annotations

import argparse
import os

from infra.local.dead_letters import dead_letters
from infra.local.dead_letters.base import DeadLetters, shown
from infra.local.state import State
from infra.local.terminal import Terminal


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "deadletters",
        help="what the queue gave up on",
        description="Of the running stack's queue; where none runs, of the one that QUEUE_PROVIDER and its settings "
        "name in the environment.",
    )
    parser.set_defaults(run=list_them)
    actions = parser.add_subparsers(metavar="action")
    actions.add_parser("list", help="oldest first (the default)").set_defaults(run=list_them)
    for name, run, about in (
        ("show", show, "all of one that is nobody's secret"),
        ("retry", retry, "deliver it again; of a run that has ended nothing comes: it is retried at the page"),
        ("drop", drop, "forget it"),
    ):
        action = actions.add_parser(name, help=about)
        action.add_argument("id")
        action.set_defaults(run=run)


def list_them(arguments: argparse.Namespace) -> int:
    out, count = Terminal(), 0
    for letter in _queue(arguments).all():
        when = letter.created_at.strftime("%Y-%m-%d %H:%M:%S")
        out.line(f"{letter.id}  {when}  {letter.status or '–'}  {letter.method} {letter.url}")
        count += 1
    if not count:
        out.line("There are no dead letters.")
    return 0


def show(arguments: argparse.Namespace) -> int:
    letter = _queue(arguments).get(arguments.id)
    out = Terminal()
    out.row("id", letter.id)
    out.row("created", letter.created_at.isoformat(sep=" ", timespec="seconds"))
    out.row("call", f"{letter.method} {letter.url}")
    out.row("body", shown(letter.body) or "–")
    out.row("answer", str(letter.status or "–"))
    out.row("reason", shown(letter.reason) or "–")
    return 0


def retry(arguments: argparse.Namespace) -> int:
    _queue(arguments).retry(arguments.id)
    Terminal().line(f"{arguments.id} is delivered again.")
    return 0


def drop(arguments: argparse.Namespace) -> int:
    _queue(arguments).drop(arguments.id)
    Terminal().line(f"{arguments.id} is dropped.")
    return 0


def _queue(arguments: argparse.Namespace) -> DeadLetters:
    about = State(arguments.folder).running_stack()
    return dead_letters(about["settings"] if about else os.environ)
