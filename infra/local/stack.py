"""The whole of Handoff on a laptop: the services, and the gateway with its functions, in one asynchronous context."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from handoff.storage.filesystem import FilesystemStorage
from infra.local.environment import Addresses, check_settings, function_environment, make_settings, not_used
from infra.local.errors import LocalError
from infra.local.gateway.app import Gateway
from infra.local.gateway.authorizer import JwtAuthorizer
from infra.local.gateway.hosts import known_hosts
from infra.local.gateway.limits import Limits
from infra.local.gateway.sqs import SqsQueue
from infra.local.gateway.storage import SignedFiles
from infra.local.gateway.template import Function, read_functions
from infra.local.ports import HOST, listen
from infra.local.services import QSTASH_PORT, Services
from infra.local.serving import served
from infra.local.state import ROOT, State
from schema.migrate import migrate

WATCH_SECONDS = 0.2

Report = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """port: of the page, 0 for any free one. sweep_interval: seconds. speed: divides the queue's delays.

    reach: from where the parts are to what the functions are given, for something that stands between.
    """

    port: int = 8000
    pdf: Path | None = None
    qstash_port: int = QSTASH_PORT
    speed: float = 1.0
    sweep_interval: float | None = None
    reach: Callable[[Addresses], Addresses] = lambda addresses: addresses


@dataclass(frozen=True)
class Stack:
    """page: its URL. applied: the migrations that were new. settings: of all functions, secrets included."""

    page: str
    applied: list[str]
    settings: Mapping[str, str]


@asynccontextmanager
async def running_stack(
    state: State, options: Options, caller: Mapping[str, str], report: Report
) -> AsyncIterator[Stack]:
    """Everything is ready when the block begins, and gone when it has ended. Raises LocalError, or SettingError."""
    with state.locked(), listen(options.port) as listener:
        state.rotate_logs()
        port = listener.getsockname()[1]
        services = Services(
            state,
            caller,
            page=page_url(port),
            pdf=options.pdf,
            qstash_port=options.qstash_port,
            speed=options.speed,
            report=report,
        )
        settings = make_settings(addresses(port, services, options), state.keys(), state.files, caller, options.pdf)
        if names := not_used(caller, settings):
            report(f"Set in this shell, and not used here: {', '.join(names)}.")
        declared = read_functions(ROOT / "template.yaml")
        functions = [with_laptop_time(function) for function in declared if is_there(function, settings)]
        check_settings([function.name for function in functions], settings)
        gateway = Gateway(
            functions,
            {function.name: function_environment(function.name, settings, caller) for function in functions},
            hosts=known_hosts(port, settings["PUBLIC_URL"], settings["DELIVERY_URL"]),
            page=ROOT / "frontend",
            token_url=settings.get("OIDC_TOKEN_URL", ""),
            authorizer=authorizer(settings),
            files=signed_files(settings),
            logs=state.logs,
            sweep_interval=options.sweep_interval,
            report=report,
        )
        try:
            async with gateway.running():
                applied = await asyncio.to_thread(start, services)
                tell = partial(write_stack, state, settings, services)
                tell()
                async with (
                    served(gateway, listener),
                    watched(services, tell, report),
                    gateway.fetching(fetched_queue(settings)),
                ):
                    yield Stack(settings["PUBLIC_URL"], applied, settings)
        finally:
            await asyncio.to_thread(services.stop)


def is_there(function: Function, settings: Mapping[str, str]) -> bool:
    """What is called by a queue of SQS is there where that is the queue; what nobody here calls is not there at all."""
    if function.messages:
        return settings["QUEUE_PROVIDER"] == "sqs"
    return bool(function.routes or function.schedules)


def with_laptop_time(function: Function) -> Function:
    """A laptop's status waits longer than AWS's (WAIT_MAX_SECONDS), so what HTTP calls may take as long as HTTP may."""
    return replace(function, timeout=max(function.timeout, Limits.integration_seconds)) if function.routes else function


def start(services: Services) -> list[str]:
    services.start()
    return migrate(services.postgres.url)


def page_url(port: int) -> str:
    return f"http://localhost:{port}"


def addresses(port: int, services: Services, options: Options) -> Addresses:
    found = Addresses(
        page=page_url(port),
        delivery=f"http://{HOST}:{port}",
        database=services.postgres.url,
        queue=services.queue.url if services.queue else "",
        source=services.source_url,
        store=services.store.url if services.store else "",
        images=services.images.url if services.images else "",
        identity=services.identity.url if services.identity else "",
    )
    return options.reach(found)


def signed_files(settings: Mapping[str, str]) -> SignedFiles | None:
    if settings["STORAGE_PROVIDER"] != "filesystem":
        return None
    key, url = settings["STORAGE_SIGNING_KEY"], settings["STORAGE_URL"]
    return SignedFiles(FilesystemStorage(settings["STORAGE_FOLDER"], signing_key=key, url=url))


def authorizer(settings: Mapping[str, str]) -> JwtAuthorizer | None:
    """None where nobody can sign in."""
    if not settings.get("OIDC_ISSUER"):
        return None
    return JwtAuthorizer(settings["OIDC_ISSUER"], settings["OIDC_CLIENT_ID"], settings["OIDC_KEYS_URL"])


def fetched_queue(settings: Mapping[str, str]) -> SqsQueue | None:
    return SqsQueue(settings["SQS_QUEUE_URL"], settings) if settings["QUEUE_PROVIDER"] == "sqs" else None


def write_stack(state: State, settings: Mapping[str, str], services: Services) -> None:
    """Writes down what other commands, and tests, need to know of the running stack."""
    processes = services.process_ids()
    state.write_stack(
        {
            "pid": os.getpid(),
            "page": settings["PUBLIC_URL"],
            "database": services.postgres.url,
            "processes": processes,
            "settings": dict(settings),
        }
    )


@asynccontextmanager
async def watched(services: Services, tell: Callable[[], None], report: Report) -> AsyncIterator[None]:
    """While the block runs, a service that ends is started again, and its new process told of."""

    async def watch() -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                if await asyncio.to_thread(services.restart_ended):
                    tell()
            except LocalError as error:
                report(str(error))

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
