"""What a link's visitor gets: the file, a part of it, a redirect to it, or one plain sentence."""

from starlette.applications import Starlette
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


# :path, because a guess may hold an escaped slash, and every guess gets the same answer.
app = Starlette(routes=[Route("/download/{token:path}", download, methods=["GET", "HEAD"])])
handler = lambda_handler(app)
