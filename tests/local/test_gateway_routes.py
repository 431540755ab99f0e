"""Which route a request takes, and how template.yaml says it."""

from pathlib import Path

import pytest

from infra.local.gateway.routes import Routes
from infra.local.gateway.template import Route, TemplateError, read_functions
from tests.local.gateways import FIXTURE

# As in https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html, and some more.
ROUTES = Routes(
    Route(method, path, "any")
    for method, path in (
        ("ANY", "$default"),
        ("ANY", "/{proxy+}"),
        ("GET", "/pets/{proxy+}"),
        ("GET", "/pets/dog/{id}"),
        ("GET", "/pets/dog/1"),
        ("ANY", "/pets/cat/{id}"),
        ("POST", "/pets/cat/{id}"),
        ("GET", "/{kind}/dog/1"),
    )
)


@pytest.mark.parametrize(
    ("request_line", "key", "variables"),
    [
        ("GET /pets/dog/1", "GET /pets/dog/1", {}),
        ("GET /pets/dog/2", "GET /pets/dog/{id}", {"id": "2"}),
        ("GET /pets/cow/1", "GET /pets/{proxy+}", {"proxy": "cow/1"}),
        ("POST /test/5", "ANY /{proxy+}", {"proxy": "test/5"}),
        ("GET /", "$default", {}),
        ("POST /pets/cat/7", "POST /pets/cat/{id}", {"id": "7"}),
        ("PUT /pets/cat/7", "ANY /pets/cat/{id}", {"id": "7"}),
        ("GET /birds/dog/1", "GET /{kind}/dog/1", {"kind": "birds"}),
        ("GET /pets/dog/", "GET /pets/{proxy+}", {"proxy": "dog/"}),
        ("GET /pets/cat/a%2Fb", "ANY /pets/cat/{id}", {"id": "a/b"}),
    ],
)
def test_the_most_specific_route_wins(request_line: str, key: str, variables: dict[str, str]) -> None:
    route, found = ROUTES.find(*request_line.split())
    assert route is not None
    assert (route.key, found) == (key, variables)


def test_a_path_with_another_method_goes_to_the_default() -> None:
    routes = Routes([Route("GET", "/api/things", "one"), Route("ANY", "$default", "rest")])
    assert routes.find("DELETE", "/api/things")[0] == Route("ANY", "$default", "rest")


def test_without_a_default_there_may_be_no_route() -> None:
    assert Routes([Route("GET", "/api/things", "one")]).find("GET", "/api/other") == (None, {})


def test_the_template_gives_functions_with_routes_and_schedules() -> None:
    functions = {function.name: function for function in read_functions(FIXTURE / "template.yaml")}
    assert set(functions) == {"broken", "echo", "slow", "sweep"}
    assert functions["echo"].module == FIXTURE / "functions/echo/app.py"
    assert "POST /api/things" in {route.key for route in functions["echo"].routes}
    assert "$default" in {route.key for route in functions["echo"].routes}
    assert (functions["sweep"].schedules, functions["sweep"].routes) == ((60.0,), ())
    assert functions["slow"].timeout == 30, "what the template computes has a default"


def test_a_schedule_that_is_no_rate_is_named(tmp_path: Path) -> None:
    text = (FIXTURE / "template.yaml").read_text().replace("rate(1 minute)", "'cron(0 * * * ? *)'")
    (tmp_path / "template.yaml").write_text(text)
    with pytest.raises(TemplateError, match="cron"):
        read_functions(tmp_path / "template.yaml")
