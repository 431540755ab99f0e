"""`handoff services`: Postgres and QStash alone, for functions that run elsewhere, as under `sam local start-api`."""

from __future__ import annotations

import argparse
import asyncio
import os
import shlex

from infra.local.environment import Addresses, make_settings
from infra.local.forward import forwarded
from infra.local.lifetime import until_stopped
from infra.local.ports import HOST
from infra.local.services import QSTASH_PORT, Services
from infra.local.state import State
from infra.local.terminal import Terminal
from schema.migrate import migrate

SAM_URL = "http://127.0.0.1:3000"  # where `sam local start-api` serves


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("services", help="start Postgres and QStash alone, and print the settings they need")
    parser.add_argument("--bind", metavar="ADDRESS", help="also be reachable there, e.g. from containers: 10.88.0.1")
    parser.add_argument("--api-url", default=SAM_URL, help="where the functions are served (default: %(default)s)")
    parser.add_argument("--qstash-port", type=int, default=QSTASH_PORT)
    parser.set_defaults(run=serve)


def serve(arguments: argparse.Namespace) -> int:
    return asyncio.run(serve_until_stopped(State(arguments.folder), arguments, Terminal()))


async def serve_until_stopped(state: State, arguments: argparse.Namespace, out: Terminal) -> int:
    async with until_stopped():
        with state.locked():
            state.rotate_logs()
            services = Services(state, os.environ, qstash_port=arguments.qstash_port, report=out.error)
            try:
                await asyncio.to_thread(services.start)
                await asyncio.to_thread(migrate, services.postgres.url)
                async with forwarded(arguments.bind, services.ports()):
                    print_settings(state, services, arguments, out)
                    await asyncio.Event().wait()
            finally:
                await asyncio.to_thread(services.stop)
    return 0


def print_settings(state: State, services: Services, arguments: argparse.Namespace, out: Terminal) -> None:
    """As lines for a shell: the settings, with addresses that hold where the functions run."""
    addresses = Addresses(
        page=arguments.api_url,
        delivery=arguments.api_url,
        database=services.postgres.url,
        queue=services.qstash.url if services.qstash else "",
        source=services.source_url,
    )
    settings = make_settings(addresses, state.keys(), state.files, os.environ)
    for name, value in settings.items():
        reachable = value if name in ("PUBLIC_URL", "DELIVERY_URL") else value.replace(HOST, arguments.bind or HOST)
        out.line(f"export {name}={shlex.quote(reachable)}")
    out.line("# Ctrl-C ends them.")
