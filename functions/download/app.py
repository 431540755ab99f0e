"""What a link's visitor gets: the file, a part of it, a redirect to it, or one plain sentence."""

import handoff.cold_start  # noqa: F401 - before the others

from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handoff.links.download import Visit
from handoff.web.function import lambda_handler
from handoff.web.refusals import refusal
from handoff.wiring import Wiring

wiring = Wiring("download")


async def download(request: Request) -> Response:
    headers = request.headers
    visit = Visit(
        method=request.method,
        range=headers.get("range"),
        if_range=headers.get("if-range"),
        user_agent=headers.get("user-agent"),
    )
    answer = wiring.downloads.download(request.path_params["token"], visit)
    if answer.outcome == "admitted":
        return Response(answer.body, answer.status, headers=dict(answer.headers))
    response = refusal(answer, wants_html="text/html" in headers.get("accept", ""))
    if request.method == "HEAD":
        response.body = b""  # its Content-Length stays that of GET
    return response


class AnyText(StringConvertor):
    """A guess may hold a slash or a line break, escaped: it gets the answer that every guess gets."""

    regex = r"[\s\S]*"


register_url_convertor("any_text", AnyText())
app = Starlette(routes=[Route("/download/{token:any_text}", download, methods=["GET", "HEAD"])])
handler = lambda_handler(app, origin=lambda: wiring.settings)
