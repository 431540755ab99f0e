"""The front door of the laptop: one origin for the page, the functions and the files, as CloudFront makes it on AWS."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from infra.local.gateway import storage
from infra.local.gateway.access_log import AccessLog
from infra.local.gateway.answer import Answer
from infra.local.gateway.authorizer import JwtAuthorizer
from infra.local.gateway.docs import Docs
from infra.local.gateway.functions import FunctionRoutes, Record
from infra.local.gateway.hosts import MISDIRECTED, is_known
from infra.local.gateway.limits import Limits
from infra.local.gateway.messages import mapped
from infra.local.gateway.pool import Pool
from infra.local.gateway.schedule import schedules
from infra.local.gateway.sqs import SqsQueue
from infra.local.gateway.static import Page
from infra.local.gateway.storage import SignedFiles
from infra.local.gateway.template import Function

# What CloudFront sends to the API rather than to the page's bucket: the behaviours of infra/frontend.yaml.
FUNCTION_PATHS = ("/api/", "/events", "/download/")
TRIM_SECONDS = 5.0


class Gateway:
    """An ASGI application.

    functions       what template.yaml holds
    environments    each function's whole environment, by the function's name
    hosts           the names it goes by: see hosts.py
    page            the folder of the page
    token_url       of the OpenID provider, which the page asks; empty where nobody can sign in
    authorizer      of the routes that have one; None where nobody can sign in
    files           the signed URLs under /storage/; None where the store is not the file system
    logs            the folder for gateway.jsonl and <function>.jsonl
    sweep_interval  seconds, in place of what the template says
    report          told, in a sentence, of what a developer should look at
    """

    def __init__(
        self,
        functions: Sequence[Function],
        environments: Mapping[str, Mapping[str, str]],
        *,
        hosts: frozenset[str],
        page: Path,
        token_url: str = "",
        authorizer: JwtAuthorizer | None = None,
        files: SignedFiles | None,
        logs: Path,
        limits: Limits | None = None,
        sweep_interval: float | None = None,
        report: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        limits = limits or Limits()
        self._logs, self._report = logs, report
        self._log = AccessLog(logs / "gateway.jsonl")
        self._pools = [
            Pool(function, environments[function.name], logs / f"{function.name}.jsonl", limits, report)
            for function in functions
        ]
        self._functions = FunctionRoutes(self._pools, limits, authorizer)
        self._hosts = hosts
        self._page = Page(page, token_url)
        self._docs = Docs()
        self._files = files
        self._sweep_interval = sweep_interval

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        try:
            await self._respond(scope, receive, send)
        except Exception:
            self._log.write(route=None, error=traceback.format_exc())
            self._report(f"The gateway itself failed. See {self._logs / 'gateway.jsonl'}")
            raise

    async def _respond(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        began, path = time.monotonic(), scope["path"]
        record: Record
        if not is_known(scope["headers"], self._hosts):
            answer, record = MISDIRECTED, {"route": None}
            status = await send_answer(send, answer, scope["method"])
        elif self._files and path.startswith(storage.PREFIX):
            status, record = await self._files.respond(scope, send), {"route": f"{storage.PREFIX}{{key}}"}
        elif path.startswith(FUNCTION_PATHS):
            answer, record = await self._functions.answer(scope, receive)
            status = await send_answer(send, answer, scope["method"])
        else:
            files = self._docs if Docs.has(path) else self._page
            answer, record = files.answer(scope["method"], path, if_none_match(scope)), {"route": "page"}
            status = await send_answer(send, answer, scope["method"])
        if "error" in record:
            self._report(f"{record['function']}: {record['error']}. See {self._logs / str(record['function'])}.jsonl")
        self._record(scope["method"], status, began, record)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Starts the schedules and one container of each function, which it does not wait for; ends all afterwards."""
        trimming = asyncio.create_task(self._trim())
        try:
            for pool in self._pools:
                pool.warm()
            async with schedules(self._pools, self._log, self._sweep_interval):
                yield
        finally:
            trimming.cancel()
            await asyncio.gather(*(pool.close() for pool in self._pools))
            self._log.close()

    @asynccontextmanager
    async def fetching(self, queue: SqsQueue | None) -> AsyncIterator[None]:
        """While the block runs, messages of SQS are fetched for the functions that take such; see messages.py."""
        async with mapped(self._pools, queue, self._log):
            yield

    async def _trim(self) -> None:
        while True:
            await asyncio.sleep(TRIM_SECONDS)
            for pool in self._pools:
                pool.trim()

    def _record(self, method: str, status: int, began: float, record: Record) -> None:
        milliseconds = round((time.monotonic() - began) * 1000, 1)
        self._log.write(method=method, status=status, duration_ms=milliseconds, **record)


async def send_answer(send: Any, answer: Answer, method: str) -> int:
    headers = answer.headers
    if answer.status not in (204, 304) and not any(name == b"content-length" for name, _ in headers):
        headers = [*headers, (b"content-length", b"%d" % len(answer.body))]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else answer.body})
    return answer.status


def if_none_match(scope: Mapping[str, Any]) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"if-none-match"), "")
