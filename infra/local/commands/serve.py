"""`handoff dev` and `handoff demo`: the whole stack, until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from pathlib import Path

from infra.local.commands.export import ExportError, export
from infra.local.environment import has_own_source
from infra.local.errors import LocalError
from infra.local.lifetime import until_stopped
from infra.local.services import QSTASH_PORT
from infra.local.stack import Options, Stack, running_stack
from infra.local.state import State
from infra.local.terminal import BOLD, GREEN, Terminal

INTERRUPTED = 130
QUEUE_AT = ("QSTASH_URL", "SQS_QUEUE_URL", "TRIGGER_URL")
"""Settings, of which each queue has one."""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    dev = commands.add_parser("dev", help="start everything and serve the page until Ctrl-C")
    dev.set_defaults(run=serve, once=False, demo=False)
    demo = commands.add_parser("demo", help="the same, and run one export in the terminal")
    once = os.environ.get("ONCE", "") not in ("", "0")
    demo.add_argument("--once", action="store_true", default=once, help="end after the export; 1 if it failed (ONCE=1)")
    demo.set_defaults(run=serve, demo=True)
    for parser in (dev, demo):
        parser.add_argument(
            "--port", type=port_number, default=os.environ.get("PORT") or "8000", help="of the page (PORT=)"
        )
        parser.add_argument(
            "--pdf", type=Path, default=os.environ.get("PDF") or None, help="what the source serves (PDF=)"
        )
        parser.add_argument("--qstash-port", type=int, default=QSTASH_PORT, help="if free, else another one")
        parser.add_argument("--speed", type=float, default=1.0, help="divides the queue's delays")
        parser.add_argument("--sweep-interval", type=float, metavar="SECONDS", help="in place of the template's minute")
        parser.add_argument(
            "--stop-with-parent", type=int, metavar="PID", help="end when this process, the caller, does"
        )


def port_number(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: it is a number up to 65535")
    return int(text)


def serve(arguments: argparse.Namespace) -> int:
    if arguments.pdf and has_own_source(os.environ):
        raise LocalError("PDF and SOURCE_URL both name what is exported: set one of them.")
    options = Options(arguments.port, arguments.pdf, arguments.qstash_port, arguments.speed, arguments.sweep_interval)
    return asyncio.run(serve_until_stopped(State(arguments.folder), options, arguments, Terminal()))


async def serve_until_stopped(state: State, options: Options, arguments: argparse.Namespace, out: Terminal) -> int:
    began = time.monotonic()
    result = INTERRUPTED if arguments.once else 0
    async with (
        until_stopped(parent=arguments.stop_with_parent),
        running_stack(state, options, os.environ, out.note) as stack,
    ):
        introduce(stack, state, time.monotonic() - began, out)
        if arguments.demo:
            result = await demonstrate(stack, state, out, once=arguments.once)
        if not arguments.once:
            out.line()
            out.line(f"The page is at {stack.page} until Ctrl-C.", BOLD)
            await asyncio.Event().wait()
    return result


def introduce(stack: Stack, state: State, seconds: float, out: Terminal) -> None:
    out.heading("Handoff")
    out.row("page", stack.page)
    out.row("queue", next(stack.settings[name] for name in QUEUE_AT if name in stack.settings))
    out.row("logs", str(state.logs))
    if stack.applied:
        out.row("database", f"new: applied {', '.join(stack.applied)}")
    out.row("ready", f"in {seconds:.1f} s")


async def demonstrate(stack: Stack, state: State, out: Terminal, *, once: bool) -> int:
    out.heading("One export")
    state.downloads.mkdir(exist_ok=True)
    try:
        file = await export(stack.page, state.downloads, out, server_ends=once)
    except ExportError as error:
        out.error(f"  {error}")
        return 1
    out.row("saved", f"{file} ({file.stat().st_size:,} bytes)", GREEN)
    return 0
