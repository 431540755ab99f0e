"""/v2/keys: the signing keys. https://upstash.com/docs/qstash/howto/roll-signing-keys"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.qstash.api.requests import service


async def get(request: Request) -> Response:
    """Both keys."""
    return _keys(request)


async def rotate(request: Request) -> Response:
    """The next key becomes the current one; the answer has both."""
    service(request).keys.rotate()
    return _keys(request)


def _keys(request: Request) -> Response:
    keys = service(request).keys
    return JSONResponse({"current": keys.current, "next": keys.next})


ROUTES = [Route("/v2/keys", get, methods=["GET"]), Route("/v2/keys/rotate", rotate, methods=["POST"])]
