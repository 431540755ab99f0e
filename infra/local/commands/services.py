"""`handoff services`: Postgres and QStash alone, for functions that run elsewhere, as under `sam local start-api`."""

from __future__ import annotations

import argparse
import asyncio
import os
import shlex
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from infra.local.environment import Addresses, make_settings
from infra.local.forward import forwarded
from infra.local.lifetime import until_stopped
from infra.local.ports import HOST
from infra.local.services import QSTASH_PORT, Services
from infra.local.stack import write_stack
from infra.local.state import State
from infra.local.terminal import Terminal
from schema.migrate import migrate

OF_SERVICES = (
    "DATABASE_URL",
    "QSTASH_URL",
    "SQS_QUEUE_URL",
    "SQS_DEAD_LETTER_QUEUE_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_SQS",
)
# What may be asked on a loopback address alone, and where it is seen from elsewhere (infra/sam/reach_loopback.py).
REACH = "HANDOFF_REACH"
SAM_URL = "http://127.0.0.1:3000"  # where `sam local start-api` serves


@dataclass(frozen=True)
class Elsewhere:
    """Where the functions run.

    address  of this machine, as seen from there
    api_url  theirs, as seen from here
    bind     whether the services have to listen at that address, or something there leads to our loopback interface
    people   whether people can sign in
    """

    address: str = HOST
    api_url: str = SAM_URL
    qstash_port: int = QSTASH_PORT
    bind: bool = True
    people: bool = False


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("services", help="start Postgres and QStash alone, and print the settings they need")
    parser.add_argument("--bind", metavar="ADDRESS", help="also be reachable there, e.g. from containers: 172.17.0.1")
    parser.add_argument("--api-url", default=SAM_URL, help="where the functions are served (default: %(default)s)")
    parser.add_argument("--qstash-port", type=int, default=QSTASH_PORT)
    parser.set_defaults(run=serve)


def serve(arguments: argparse.Namespace) -> int:
    elsewhere = Elsewhere(arguments.bind or HOST, arguments.api_url, arguments.qstash_port)
    return asyncio.run(serve_until_stopped(State(arguments.folder), elsewhere, Terminal()))


async def serve_until_stopped(state: State, elsewhere: Elsewhere, out: Terminal) -> int:
    async with until_stopped(), running_services(state, elsewhere, os.environ, out.error) as (_, settings):
        for name, value in settings.items():
            out.line(f"export {name}={shlex.quote(value)}")
        out.line("# Ctrl-C ends them.")
        await asyncio.Event().wait()
    return 0


@asynccontextmanager
async def running_services(
    state: State, elsewhere: Elsewhere, caller: Mapping[str, str], report: Callable[[str], None]
) -> AsyncIterator[tuple[Services, dict[str, str]]]:
    """The services, and the settings of functions elsewhere. Raises LocalError."""
    with state.locked():
        state.rotate_logs()
        page = elsewhere.api_url if elsewhere.people else None
        services = Services(state, caller, page=page, qstash_port=elsewhere.qstash_port, report=report)
        try:
            await asyncio.to_thread(services.start)
            await asyncio.to_thread(migrate, services.postgres.url)
            settings = settings_for(state, services, elsewhere.api_url, caller)
            write_stack(state, settings, services)
            forwarding = elsewhere.bind and elsewhere.address != HOST
            async with forwarded(elsewhere.address if forwarding else None, services.ports()):
                yield services, seen_from(elsewhere.address, settings)
        finally:
            await asyncio.to_thread(services.stop)


def settings_for(state: State, services: Services, api_url: str, caller: Mapping[str, str]) -> dict[str, str]:
    addresses = Addresses(
        page=api_url,
        delivery=api_url,
        database=services.postgres.url,
        queue=services.queue.url if services.queue else "",
        source=services.source_url,
        store=services.store.url if services.store else "",
        images=services.images.url if services.images else "",
        identity=services.identity.url if services.identity else "",
    )
    settings = make_settings(addresses, state.keys(), state.files, caller)
    if not caller.get("WAIT_MAX_SECONDS"):
        del settings["WAIT_MAX_SECONDS"]  # a laptop's; what runs elsewhere ends status after its own time
    return settings


def seen_from(address: str, settings: Mapping[str, str]) -> dict[str, str]:
    """The settings with this machine's address there."""
    seen = {name: value.replace(HOST, address) if name in OF_SERVICES else value for name, value in settings.items()}
    loopback = [settings["SOURCE_LOOPBACK"], urlsplit(settings.get("OIDC_KEYS_URL", "")).netloc]
    pairs = [f"{at}={at.replace(HOST, address)}" for at in loopback if at.startswith(f"{HOST}:") and address != HOST]
    return seen | ({REACH: ",".join(pairs)} if pairs else {})
