"""Visits over real HTTP, through the gateway, to the download function that a test has loaded."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import httpx

from infra.local.gateway.app import send_answer
from infra.local.gateway.errors import AnswerTooLargeError
from infra.local.gateway.functions import FunctionRoutes
from infra.local.gateway.limits import Limits
from infra.local.gateway.pool import Pool
from infra.local.gateway.template import Function, read_functions
from infra.local.ports import listen
from infra.local.serving import served
from tests.support.background import in_background
from tests.support.conformance import hold
from tests.support.functions import Answer
from tests.support.handoff import Handoff
from tests.support.servers import PublishEndpoint

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
OF_THE_CONNECTION = ("date", "apigw-requestid")


class LoadedFunction:
    """Stands where the gateway's processes are: events go to the module that the test has at that moment."""

    def __init__(self, function: Function, handoff: Handoff, limits: Limits) -> None:
        self.function = function
        self._handoff = handoff
        self._limits = limits

    async def invoke(self, event: Any, *, by_http: bool = True) -> tuple[Any, bool]:
        return await asyncio.to_thread(self._handle, json.dumps(event)), False

    def _handle(self, event: str) -> Any:
        loop = asyncio.new_event_loop()  # Mangum runs each request on the thread's loop
        asyncio.set_event_loop(loop)
        try:
            module = getattr(self._handoff, self.function.name)
            answer = json.dumps(module.handler(json.loads(event), SimpleNamespace(aws_request_id=str(uuid4()))))
        finally:
            asyncio.set_event_loop(None)
            loop.close()
        if len(answer) > self._limits.answer_bytes:
            raise AnswerTooLargeError
        return json.loads(answer)


class HandoffBehindGateway(Handoff):
    """The five functions; what visits a link comes by HTTP."""

    def __init__(self, environment: Mapping[str, str], queue: PublishEndpoint, visitor: httpx.Client) -> None:
        super().__init__(environment, queue)
        self._visitor = visitor

    def visit(self, url: str, method: str = "GET", **headers: str) -> Answer:
        path = "/download/" + url.rsplit("/", 1)[1]
        given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        answer = self._visitor.request(method, path, headers=given)
        told = {name: value for name, value in answer.headers.items() if name not in OF_THE_CONNECTION}
        cookies = answer.headers.get_list("set-cookie")
        made = Answer(answer.status_code, told, cookies, answer.content)
        hold("download", method, path, made)
        return made


@contextmanager
def behind_gateway(environment: Mapping[str, str], queue: PublishEndpoint) -> Iterator[HandoffBehindGateway]:
    """The functions with those settings, and a gateway before the download."""
    listener = listen(0)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    bare = {"accept": "*/*", "user-agent": "visitor"}
    with httpx.Client(base_url=address, trust_env=False, timeout=30, headers=bare) as visitor:
        handoff = HandoffBehindGateway(environment, queue, visitor)
        with closing(listener), in_background(lambda: served(_application(handoff), listener)):
            try:
                yield handoff
            finally:
                handoff.close()
                visitor.close()


def _application(handoff: Handoff) -> Any:
    limits = Limits()
    functions = [function for function in read_functions(TEMPLATE) if function.name == "download"]
    loaded = [cast(Pool, LoadedFunction(function, handoff, limits)) for function in functions]
    routes = FunctionRoutes(loaded, limits)

    async def application(scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        answer, record = await routes.answer(scope, receive)
        assert "error" not in record, record
        await send_answer(send, answer, scope["method"])

    return application
