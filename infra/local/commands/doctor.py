"""`handoff doctor`: everything that can be seen of a deployment from outside, whatever is wrong with the rest of it.

The smoke test is a story, which ends where it goes wrong. A doctor goes on, and looks besides at what nobody notices
until it matters: headers, the provider that people sign in with, the end of a link.
"""

from __future__ import annotations

import argparse

from infra.local.commands.smoke import address, given, running_stack
from infra.local.terminal import Terminal


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "doctor", help="look a deployment over from outside: all that is wrong, with what to do"
    )
    parser.add_argument("--url", help="its page (default: the running stack's)")
    parser.set_defaults(run=doctor)


def doctor(arguments: argparse.Namespace) -> int:
    # Imported on use: it takes a moment, which the other commands need not pay.
    from infra.local.smoke import CHECKS, Client, SmokeError

    running, out = None if arguments.url else running_stack(arguments), Terminal()
    url, wrong = address(arguments, running), 0
    out.heading(f"Looking at {url}")
    for check in CHECKS:
        client = Client(url, out, given(running))
        try:
            check(client)
        except SmokeError as error:
            wrong += 1
            out.error(f"  {error}")
        finally:
            client.close()
    out.line(f"Wrong: {wrong} of {len(CHECKS)}. docs/runbook.md says where to look." if wrong else "It is well.")
    return 1 if wrong else 0
