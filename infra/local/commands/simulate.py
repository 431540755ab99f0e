"""`handoff simulate calls`: plays carriers against a running Handoff. 1 when what is seen is not what was played."""

from __future__ import annotations

import argparse
import os
import re
from datetime import timedelta
from urllib.parse import urlsplit

from infra.local.errors import LocalError
from infra.local.state import State

SECRETS = "CALL_WEBHOOK_SECRETS"


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("simulate", help="play others' parts: `simulate calls` plays carriers")
    what = parser.add_subparsers(metavar="what", required=True)
    calls = what.add_parser(
        "calls",
        help="carriers that tell of calls, some twice, late or never",
        description="Sends signed events to POST /events of the running stack, or of another Handoff by --url, whose "
        f"{SECRETS} stands in the environment. Calls lie in the past, by the carriers' clock, so that missed endings "
        "are suspected at once. Says what the list of failures must then show; with --check, whether it does.",
    )
    calls.set_defaults(run=simulate_calls)
    option = calls.add_argument
    option("--url", help="the page of another Handoff")
    option("--rate", type=rate, default=20.0, help="events a second (20)")
    option("--duration", type=length, default=length("30s"), help="for so long, such as 60s or 5m (30s)")
    option("--duplicates", type=share, default=0.1, help="events that are sent twice (10%%)")
    option("--disorder", type=share, default=0.05, help="events that are sent after a later one of their call (5%%)")
    option("--lost", type=share, default=0.02, help="calls whose ending is never sent (2%%)")
    option("--seed", type=int, default=1, help="from which everything is drawn (1)")
    option("--span", type=length, default=length("2h"), help="calls began up to so long ago (2h)")
    option("--max-call", type=length, default=length("1h"), help="how long a call can last (1h)")
    option("--window", type=length, default=length("2h"), help="how far back the list looks (2h)")
    option(
        "--check",
        action="store_true",
        help="look whether what is seen is what was played; where one signs "
        "in elsewhere than on a laptop, SESSION in the environment is the value of your session's cookie",
    )
    option("--patience", type=length, default=length("30s"), help="how long to wait for what is not recorded (30s)")


def simulate_calls(arguments: argparse.Namespace) -> int:
    # Imported on use: it takes a moment, which the other commands need not pay.
    from infra.local.simulate.calls import simulate
    from infra.local.simulate.expected import Outlook
    from infra.local.simulate.plan import Wish

    if not arguments.max_call < min(arguments.span, arguments.window):
        raise LocalError("--span and --window must be longer than --max-call: a call is suspected after that.")
    url, secret = target(arguments)
    wish = Wish(
        arguments.rate, arguments.duration.total_seconds(), arguments.duplicates, arguments.disorder, arguments.lost,
        arguments.span, arguments.max_call, arguments.seed,
    )  # fmt: skip
    outlook = Outlook(arguments.max_call, arguments.window)
    patience = arguments.patience.total_seconds() if arguments.check else None
    return 0 if simulate(wish, outlook, url, secret, patience_seconds=patience, environment=os.environ) else 1


def target(arguments: argparse.Namespace) -> tuple[str, str]:
    """Where, and the secret that signs events there: the running stack's own, or the environment's."""
    from handoff.setting_types import webhook_secrets

    about = State(arguments.folder).running_stack()
    url = str(arguments.url or (about or {}).get("page", "")).rstrip("/")
    if not url:
        raise LocalError("Nothing runs here: start it with `make dev`, or name a Handoff with --url.")
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise LocalError(f"--url must be the address of a page, such as https://handoff.example, not {url}")
    is_here = about is not None and url == about["page"]
    given = (about["settings"] if is_here and about else os.environ).get(SECRETS, "")
    try:
        secrets = webhook_secrets(given)
    except ValueError as error:
        raise LocalError(f"{SECRETS} {error}") from None
    if not secrets:
        raise LocalError(f"{SECRETS} must be the secret that signs events at {url}; it is not set.")
    return url, secrets[0]


def rate(text: str) -> float:
    found = float(text)
    if not 0 < found <= 10_000:
        raise argparse.ArgumentTypeError("must be more than 0, and 10000 at most")
    return found


def share(text: str) -> float:
    match = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)%", text)
    if not match or float(match[1]) > 100:
        raise argparse.ArgumentTypeError("must be a share of 0% to 100%, such as 2%")
    return float(match[1]) / 100


def length(text: str) -> timedelta:
    from handoff.calls.durations import duration
    from handoff.errors import InvalidQueryError

    try:
        return duration("it", text)
    except InvalidQueryError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
