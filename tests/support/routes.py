"""The routes of template.yaml.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
"""

from functools import cache

from tests.infra.cloudformation import Template


@cache
def routes() -> tuple[tuple[str, str, str], ...]:
    """(method, path, function) of every route."""
    return tuple(Template("template.yaml").routes())


def function_of(method: str, path: str) -> str | None:
    """The function that has that very route."""
    return next((function for *route, function in routes() if route in ([method, path], ["ANY", path])), None)
