"""`handoff jobs`: runs and their messages, whoever asked for them; of the running stack, or what the environment names.

It is a command and no page: what an operator may do here, with everybody's runs, is what whoever holds the database's
and the queue's credentials may do anyway. A page would need a second kind of person, whom a stolen cookie could be.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

from infra.local.dead_letters import dead_letters
from infra.local.errors import LocalError
from infra.local.state import State
from infra.local.terminal import Terminal

if TYPE_CHECKING:
    from handoff.jobs.overview import Overview

LATEST = 20
AT_ONCE_SECONDS = 0
"""When the message of a retried run is due: at the next sweep, which is within a minute."""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "jobs",
        help="runs by state, what waits to be sent, what failed last; show one, retry one",
        description="Of the running stack; where none runs, of the database that DATABASE_URL names in the "
        "environment, and of the queue that QUEUE_PROVIDER and its settings name: for who holds their credentials.",
    )
    parser.set_defaults(run=list_them)
    actions = parser.add_subparsers(metavar="action")
    actions.add_parser("list", help="all at a glance (the default)").set_defaults(run=list_them)
    for name, run, about in (
        ("show", show, "one run: where it stands, and why"),
        ("retry", retry, "queue a run again that ended without a file; an image is paid for again"),
    ):
        action = actions.add_parser(name, help=about)
        action.add_argument("id", type=UUID)
        action.set_defaults(run=run)


def list_them(arguments: argparse.Namespace) -> int:
    out, settings = Terminal(), settings_of(arguments)
    with overview(settings) as look:
        counts, waiting, troubled = look.counts(), look.waiting(), look.troubled(LATEST)
    out.heading("Runs")
    for each in counts:
        when = f"changed from {moment(each.first_change)} to {moment(each.last_change)}"
        out.row(each.state, f"{each.runs:>8}  {each.job_type}, {when}")
    if not counts:
        out.row("none", "")
    out.heading("Messages")
    sent = f"sent by the sweep {waiting.publishes} times at most"
    out.row("outbox", f"{waiting.waiting:>8}  the oldest for {waiting.oldest:.0f} s; {waiting.overdue} are due; {sent}")
    sent = f"sent by the sweep {waiting.held_publishes} times at most"
    out.row("held", f"{waiting.held:>8}  the oldest for {waiting.held_oldest:.0f} s; {sent}")
    out.row("dead letters", given_up(settings))
    if troubled:
        out.heading(f"Ended without a file, the last {len(troubled)}")
    for run in troubled:
        out.line(f"  {run.id}  {moment(run.ended_at)}  {run.state:<9}  {run.job_type}  {run.outcome}")
    return 0


def show(arguments: argparse.Namespace) -> int:
    with overview(settings_of(arguments)) as look:
        run = look.run(arguments.id)
    out = Terminal()
    out.row("id", str(run.id))
    out.row("kind", run.job_type + (f", {run.document}" if run.document else ""))
    out.row("state", run.state)
    out.row("attempt", f"{run.attempt} of {run.max_attempts}, in try {run.try_}")
    out.row("outcome", run.outcome or "–")
    out.row("reference", run.outcome_request or "–")
    for label, at in (
        ("requested", run.created_at), ("started", run.started_at), ("called", run.called_at),
        ("lease until", run.lease_expires_at), ("changed", run.updated_at), ("ended", run.ended_at),
        ("deadline", run.deadline_at), ("message due", run.message_due_at),
    ):  # fmt: skip
        if at:
            out.row(label, moment(at))
    if run.publishes:
        out.row("sent again", f"{run.publishes} times, by the sweep")
    if run.given_up_try is not None:
        out.row("given up", f"in try {run.given_up_try}; dead letter {run.dead_letter_id or 'unknown'}")
    return 0


def retry(arguments: argparse.Namespace) -> int:
    from handoff.jobs.requests import RunLimits

    settings = settings_of(arguments)
    limits = RunLimits(
        max_active=number(settings, "MAX_ACTIVE_RUNS"),
        max_attempts=0,  # stays what it was
        deadline_seconds=number(settings, "RUN_DEADLINE_SECONDS"),
        outbox_grace_seconds=AT_ONCE_SECONDS,
    )
    with overview(settings) as look:
        look.retry(arguments.id, limits)
    Terminal().line(f"{arguments.id} is queued again; the next sweep sends it, within a minute.")
    return 0


def settings_of(arguments: argparse.Namespace) -> Mapping[str, str]:
    about = State(arguments.folder).running_stack()
    return about["settings"] if about else os.environ


@contextmanager
def overview(settings: Mapping[str, str]) -> Iterator[Overview]:
    """Raises LocalError for what the database does not have, forbids, or does not answer."""
    # Imported on use: it takes a moment, which the other commands need not pay.
    import psycopg

    from handoff.database import Database
    from handoff.errors import HandoffError
    from handoff.jobs.overview import Overview

    if not settings.get("DATABASE_URL"):
        raise LocalError("Nothing runs here: start it with `make dev`, or name a database in DATABASE_URL.")
    database = Database(parsed(settings, "DATABASE_URL"))
    try:
        yield Overview(database)
    except HandoffError as error:
        raise LocalError(str(error)) from None
    except psycopg.Error as error:
        raise LocalError(
            f"The database refused: {type(error).__name__}. Is it one of Handoff's, and migrated?"
        ) from None
    finally:
        database.close()


def given_up(settings: Mapping[str, str]) -> str:
    """How many, where the queue tells."""
    try:
        return f"{sum(1 for _ in dead_letters(settings).all()):>8}  see `handoff deadletters`"
    except LocalError as error:
        return f"       ?  {error}"


def number(settings: Mapping[str, str], name: str) -> int:
    return int(parsed(settings, name))


def parsed(settings: Mapping[str, str], name: str) -> Any:
    """The setting, or its default. Raises LocalError, naming it."""
    from handoff.settings import SETTINGS

    try:
        return SETTINGS[name].parse(settings.get(name) or SETTINGS[name].default or "")
    except ValueError as error:
        raise LocalError(f"{name} {error}") from None


def moment(at: str) -> str:
    """To the second, in UTC."""
    return at[:19].replace("T", " ")
