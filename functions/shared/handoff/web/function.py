"""From an application to a Lambda handler: what the four web functions have around their routes."""

from handoff.cold_start import started

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from mangum import Mangum
from mangum.types import ASGI
from starlette.applications import Starlette

from handoff.web.middleware import RequestMiddleware
from handoff.web.origin import ThroughOrigin, origin_secrets
from handoff.web.problems import EXCEPTION_HANDLERS

if TYPE_CHECKING:
    from handoff.settings import Settings

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

TEXT_TYPES = ["text/", "application/json", "application/problem+json"]

WITHOUT_BODY = (204, 302, 304)

# Mangum parses these and fails on what it cannot parse. Nothing of ours reads them: URLs come from settings alone.
UNUSED_HEADERS = ("host", "x-forwarded-port", "x-forwarded-proto")


def lambda_handler(
    app: Starlette,
    origin: "Callable[[], Settings] | None" = None,
    signed: Callable[[str], bool] = lambda path: False,
) -> Handler:
    """A handler for API Gateway's payload format 2.0, with our errors and our middleware around the app's routes.

    `origin` has the settings by which what did not come through CloudFront is refused, paths that are `signed` aside.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    for error, answer in EXCEPTION_HANDLERS.items():
        app.add_exception_handler(error, answer)
    if origin is not None:
        app.add_middleware(ThroughOrigin, secrets=lambda: origin_secrets(origin()), signed=signed)
    app.router.redirect_slashes = False  # a redirect would name a host that the request made up
    mangum = Mangum(cast(ASGI, RequestMiddleware(app)), lifespan="off", text_mime_types=TEXT_TYPES)

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        headers = {name: value for name, value in event.get("headers", {}).items() if name not in UNUSED_HEADERS}
        answer = mangum({**event, "headers": headers}, context)
        if answer["statusCode"] in WITHOUT_BODY:
            answer["headers"].pop("content-type", None)  # Mangum gives every answer one
        return answer

    started()
    return handler
