"""The house is as its plan says: who imports whom, what a cold start loads, and tables that must agree."""

import ast
import inspect
import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from handoff import errors
from handoff.exports.outcomes import OUTCOMES as EXPORT_WORDS
from handoff.fetch import OUTCOMES as FETCH_OUTCOMES
from handoff.generations.outcomes import OUTCOMES as IMAGE_WORDS
from handoff.generations.providers import openai
from handoff.jobs.outcomes import OUTCOMES as OUR_WORDS
from handoff.web.problems import PROBLEMS, TITLES
from handoff.web.routes import ROUTES, allowed_methods
from tests.support.environment import environment
from tests.support.routes import routes

WORDS = {**OUR_WORDS, **EXPORT_WORDS, **IMAGE_WORDS}
ROOT = Path(__file__).parents[2]
FUNCTIONS = ("trigger", "callback", "status", "download", "sweep", "consume", "migrate", "sign_up")
HANDOFF = ROOT / "functions/shared/handoff"

# Functions

FRONT_DOORS = {
    "handoff.cold_start",
    "handoff.errors",
    "handoff.telemetry",
    "handoff.paging",
    "handoff.wiring",
    "handoff.calls.durations",
    "handoff.calls.read",
    "handoff.calls.sweep",
    "handoff.exports.request",
    "handoff.files.sweep",
    "handoff.generations.receive",
    "handoff.jobs.handler",
    "handoff.jobs.held",
    "handoff.jobs.outgoing",
    "handoff.jobs.sweep",
    "handoff.links.download",
    "handoff.people.sign_up",
}
LIBRARIES = {"fastapi", "starlette", "pydantic"}
OF_ITS_OWN = {"consume": {"aws_lambda_powertools"}, "migrate": {"schema"}}


def imports(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it; of `from a import b` it is a."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_imports_the_front_doors_of_the_domain_and_nothing_behind_them(function: str) -> None:
    found = imports(ROOT / f"functions/{function}/app.py")
    domain = {module for module in found if module.split(".")[0] == "handoff"}
    assert {module for module in domain if not module.startswith("handoff.web.")} <= FRONT_DOORS
    others = {module.split(".")[0] for module in found - domain}
    assert others <= OF_ITS_OWN.get(function, LIBRARIES) | set(sys.stdlib_module_names)


@pytest.mark.parametrize("function", ["callback", "status", "download"])
def test_what_validates_no_body_of_a_person_is_bare_starlette(function: str) -> None:
    assert not {"fastapi", "pydantic"} & {
        module.split(".")[0] for module in imports(ROOT / f"functions/{function}/app.py")
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_one_short_file_of_routes(function: str) -> None:
    assert [path.name for path in (ROOT / "functions" / function).glob("*.py")] == ["app.py"]
    assert len((ROOT / f"functions/{function}/app.py").read_text("utf-8").splitlines()) <= 150


def test_there_is_no_other_function() -> None:
    assert {path.parent.name for path in (ROOT / "functions").glob("*/app.py")} == set(FUNCTIONS)


def test_only_settings_and_wiring_read_the_environment() -> None:
    readers = {
        path.relative_to(HANDOFF).as_posix()
        for path in HANDOFF.rglob("*.py")
        if re.search(r"\bos\.(environ|getenv)\b", path.read_text("utf-8"))
    }
    assert readers <= {"settings.py", "wiring/__init__.py"}


def test_only_the_database_imports_psycopg() -> None:
    users = {path.parent.name for path in HANDOFF.rglob("*.py") if any(m.startswith("psycopg") for m in imports(path))}
    assert users == {"database"}


# Cold starts

HEAVY = (
    "pydantic",
    "pydantic_core",
    "boto3",
    "botocore.session",
    "qstash",
    "fastapi",
    "httpx",
    "jwt",
    "moto",
    "handoff.storage.s3",
)
NEVER_AT_START = {
    "trigger": {"boto3", "botocore.session", "qstash", "httpx", "jwt", "handoff.storage.s3"},
    "callback": set(HEAVY),
    "status": set(HEAVY),
    "download": set(HEAVY),
    "sweep": {"boto3", "botocore.session", "qstash", "httpx", "jwt", "fastapi", "pydantic", "handoff.storage.s3"},
    "consume": {*HEAVY, "starlette", "mangum"},
    "sign_up": {*HEAVY, "starlette", "mangum", "psycopg"},
    "migrate": {*HEAVY, "starlette", "mangum"},
}
OF_MIGRATE = {"migrate": {"schema", "yoyo"}}
LOOK = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("app", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(json.dumps(sorted(sys.modules)))
"""


@cache
def loaded_at_start(function: str) -> frozenset[str]:
    """The modules a container has before its first request."""
    made = environment(
        database_url="postgresql://u:p@localhost/handoff",
        queue_url="http://127.0.0.1:8080",
        storage_folder="/nowhere",
        source_url="http://127.0.0.1:9000/document",
    )
    told = subprocess.run(
        [sys.executable, "-c", LOOK, str(ROOT / f"functions/{function}/app.py")],
        env={**os.environ, **made, "STORAGE_PROVIDER": "s3", "FILE_BUCKET": "bucket"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    return frozenset(json.loads(told.stdout.splitlines()[-1]))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_cold_start_does_not_load_what_only_some_requests_need(function: str) -> None:
    loaded = loaded_at_start(function)
    assert "handoff.wiring" in loaded
    assert loaded & NEVER_AT_START[function] == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_cold_start_loads_nothing_of_the_laptop_and_no_test(function: str) -> None:
    roots = {module.split(".")[0] for module in loaded_at_start(function)} - OF_MIGRATE.get(function, set())
    assert roots & {"infra", "schema", "tests", "pytest", "yoyo", "uvicorn", "yaml", "hypothesis"} == set()


# Tables


def test_the_table_of_methods_is_what_the_template_routes() -> None:
    declared: dict[str, set[str]] = {}
    for method, path, _ in routes():
        if path != "$default":
            declared.setdefault(path, set()).add(method)
    # The download takes any method to say itself which it has.
    assert declared.pop("/download/{token}") == {"ANY"}
    assert declared == {path: set(methods) for path, methods in ROUTES.items() if path != "/download/{token}"}
    assert ROUTES["/download/{token}"] == ("GET",)


@pytest.mark.parametrize(
    ("path", "methods"),
    [("/api/exports", {"GET", "HEAD", "POST"}), ("/api/exports/x", {"GET", "HEAD"}),
     ("/api/exports/x/retry", {"POST"}),
     ("/api/links/x", {"DELETE"}),
     ("/api/jobs/x/failed", {"POST"}), ("/events", {"POST"}), ("/events/x", {"POST"}),
     ("/events/failures", {"GET", "HEAD"}), ("/api/calls/timeline", {"GET", "HEAD"}),
     ("/api/calls/x", set()), ("/download/x", {"GET", "HEAD"}), ("/api/exports/", set()),
     ("/api/exports/x/y", set()),
     ("/api/exports\n", set()), ("/Api/exports", set()), ("", set()), ("/", set()), ("/download/", set())],
)  # fmt: skip
def test_which_methods_a_path_has(path: str, methods: set[str]) -> None:
    assert set(allowed_methods(path)) == methods


def test_every_way_a_fetch_can_fail_has_words_for_the_person_who_asked() -> None:
    assert set(FETCH_OUTCOMES) <= set(EXPORT_WORDS)


def test_every_outcome_that_the_code_or_the_database_names_has_words() -> None:
    named = set()
    for path in HANDOFF.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "JobFailedError":
                assert node.args, path
                if isinstance(node.args[0], ast.Constant):
                    named.add(node.args[0].value)
    for query_file in (HANDOFF / "database/queries").glob("*.sql"):
        named |= set(
            re.findall(r"outcome = '(\w+)'|COALESCE\([^;]*?run.outcome, '(\w+)'\)", query_file.read_text("utf-8"))
        )
    flat = {name for entry in named for name in (entry if isinstance(entry, tuple) else (entry,)) if name}
    flat -= {"admitted", "failed"}  # those of visits
    assert {"not_a_pdf", "worker_lost", "deadline", "undeliverable"} <= flat
    tables = (openai.OUTCOMES_BY_CODE, openai.OUTCOMES_BY_TYPE, openai.OUTCOMES_BY_STATUS)
    flat |= {outcome for table in tables for outcome, _ in table.values()}
    assert flat <= set(WORDS)
    assert set(WORDS) == flat | set(FETCH_OUTCOMES), "no words for what cannot happen"


def test_every_sentence_for_people_is_one_and_says_nothing_of_the_inside() -> None:
    for sentence in (*WORDS.values(), *TITLES.values()):
        assert sentence[0].isupper()
        assert not re.search(r"https?:|sql|postgres|lambda|qstash|s3|bucket|exception|null", sentence, re.IGNORECASE)
    assert all(sentence.endswith(".") for sentence in WORDS.values())


# Errors

ERRORS = [
    kind
    for kind in vars(errors).values()
    if inspect.isclass(kind) and issubclass(kind, errors.HandoffError) and kind is not errors.HandoffError
]
# Those that never get to the web: start-up, what a caller in the domain always catches, and bugs (500 as they are).
NOT_ON_THE_WEB = {
    errors.SettingError, errors.QueueUnavailableError, errors.MessageTooLargeError, errors.ConstraintViolatedError,
}  # fmt: skip


def test_every_error_that_can_reach_the_web_has_a_status() -> None:
    without = {kind for kind in ERRORS if not any(base in PROBLEMS for base in kind.__mro__)}
    assert without - {errors.InvalidRequestError} == NOT_ON_THE_WEB
    assert all(kind.__mro__[1] is not errors.InvalidRequestError or kind in PROBLEMS for kind in ERRORS)


def test_every_problem_has_a_code_of_its_own_and_a_title() -> None:
    codes = [problem.code for problem in PROBLEMS.values()]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)
    assert {problem.status for problem in PROBLEMS.values()} | {405, 500} <= set(TITLES)


def test_the_tree_of_errors_names_every_class_once() -> None:
    tree = re.findall(r"\w+Error\b", (errors.__doc__ or "").partition("\n\n")[2].partition("\n\n")[0])
    assert sorted(tree) == sorted({kind.__name__ for kind in ERRORS} | {"HandoffError"})


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_an_error_is_named_as_one_and_its_docstring_is_a_sentence(kind: type[errors.HandoffError]) -> None:
    assert kind.__name__.endswith("Error")
    assert kind.__doc__
    assert kind.__doc__[0].isupper()
    assert "." in kind.__doc__
