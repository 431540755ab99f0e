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
from infra.local.stack import write_stack
from infra.local.state import State
from infra.local.terminal import Terminal
from schema.migrate import migrate

OF_SERVICES = ("DATABASE_URL", "QSTASH_URL", "SOURCE_URL", "SOURCE_LOOPBACK", "AWS_ENDPOINT_URL_S3")
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
                settings = settings_for(state, services, arguments.api_url)
                write_stack(state, settings, services)
                async with forwarded(arguments.bind, services.ports()):
                    print_settings(settings, arguments.bind or HOST, out)
                    await asyncio.Event().wait()
            finally:
                await asyncio.to_thread(services.stop)
    return 0


def settings_for(state: State, services: Services, api_url: str) -> dict[str, str]:
    addresses = Addresses(
        page=api_url,
        delivery=api_url,
        database=services.postgres.url,
        queue=services.qstash.url if services.qstash else "",
        source=services.source_url,
        store=services.s3.url if services.s3 else "",
    )
    return make_settings(addresses, state.keys(), state.files, os.environ)


def print_settings(settings: dict[str, str], address: str, out: Terminal) -> None:
    """As lines for a shell, with addresses that hold where the functions run."""
    for name, value in settings.items():
        reachable = value.replace(HOST, address) if name in OF_SERVICES else value
        out.line(f"export {name}={shlex.quote(reachable)}")
    out.line("# Ctrl-C ends them.")
