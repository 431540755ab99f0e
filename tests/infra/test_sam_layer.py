"""What is in the layer is imported by a function, and what is left out of it by none."""

import json
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from infra.sam import first_request
from tests.infra.cloudformation import ROOT

SHARED = ROOT / "functions" / "shared"
FUNCTIONS = ("trigger", "callback", "status", "download", "sweep", "consume")

ALL = set(FUNCTIONS)
WEB = ALL - {"sweep", "consume"}
WORKING = {"callback", "consume"}
VALIDATING = {"trigger"}
SENDING = {"trigger", "sweep"}

USED_BY = {
    # Logs, metrics; jmespath and typing_extensions by it, and by others.
    "aws_lambda_powertools": ALL,
    "jmespath": ALL,
    "typing_extensions": ALL,
    # Postgres, with its C library.
    "psycopg": ALL,
    "psycopg_binary": ALL,
    # The web.
    "mangum": WEB,
    "starlette": WEB,
    "anyio": ALL,
    "itsdangerous": {"trigger", "status"},
    "fastapi": VALIDATING,
    "annotated_doc": VALIDATING,
    "opentelemetry": VALIDATING,
    "pydantic": VALIDATING,
    "pydantic_core": VALIDATING,
    "annotated_types": VALIDATING,
    "typing_inspection": VALIDATING,
    "standardwebhooks": VALIDATING,
    "tzdata": VALIDATING | WORKING,
    # Publishing: the SDK, its client, and PyJWT, with which callback verifies. Fetching has httpcore too.
    "qstash": SENDING,
    "httpx": SENDING,
    "idna": SENDING,
    "jwt": SENDING | {"callback"},
    # Signing in, and nothing before: tests/unit/test_pyjwt.py. A layer of its own.
    "cryptography": {"trigger"},
    "_cffi_backend": {"trigger"},
    "httpcore": SENDING | WORKING,
    "certifi": SENDING | WORKING,
    "h11": SENDING | WORKING,
}
"""Each top-level package of the layers, beside `handoff`, and who has imported it by the end of its first request."""

BLOCK = """
import sys

class Refusing:
    def find_spec(self, name, path=None, target=None):
        if any(name == left_out or name.startswith(left_out + ".") for left_out in {names!r}):
            raise ModuleNotFoundError(f"{{name}} is left out of the layer", name=name)

sys.meta_path.insert(0, Refusing())
"""


@cache
def origins() -> dict[str, set[str]]:
    """From a top-level package here to the distributions it came with, by their normal names (PEP 503)."""
    return {name: {re.sub(r"[-_.]+", "-", one).lower() for one in of} for name, of in packages_distributions().items()}


def distributions() -> set[str]:
    """What the layer that all have, and the one of signing in, are made of on Linux, under the runtime's Python."""
    listed = "".join((SHARED / file).read_text() for file in ("requirements.txt", "sign_in.txt"))
    lines = re.findall(r"^([\w.-]+)==\S+(?: ; (.*?))? \\$", listed, re.MULTILINE)
    markers = {marker for _, marker in lines} - {"", "sys_platform == 'win32'"}
    assert all(re.fullmatch(r"(\w+ != '(pypy|PyPy)'( and )?)+", marker) for marker in markers)
    built_with = {"pycparser"}
    return {name for name, marker in lines if marker != "sys_platform == 'win32'"} - built_with


def left_out() -> list[str]:
    """Modules that unused.txt names."""
    lines = [line for line in (SHARED / "unused.txt").read_text().splitlines() if line and not line.startswith("#")]
    paths = [line.removesuffix(".py") for line in lines if "*" not in line and "." not in line.removesuffix(".py")]
    return [path.replace("/", ".") for path in paths if path != "bin"]


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], env=dict(first_request.SETTINGS), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def first_request_of(function: str) -> str:
    arguments = [str(ROOT / "functions" / function), str(Path(json.__file__).anchor)]
    asking = f"from infra.sam import first_request\nfirst_request.main(*{arguments})"
    return f"import sys\nsys.path.append({str(ROOT)!r})\n{asking}"


def imported(function: str) -> set[str]:
    modules: list[str] = json.loads(run(first_request_of(function)))
    return {module.partition(".")[0] for module in modules}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_imports_what_the_table_says(function: str) -> None:
    layer = {name for name, of in origins().items() if distributions() & of}
    assert imported(function) & layer == {name for name, users in USED_BY.items() if function in users}


def test_each_package_of_the_layer_is_in_the_table() -> None:
    """One that the lock file brings and nobody imports shows here: it belongs in unused.txt."""
    assert {of for name in USED_BY for of in origins()[name]} == distributions()
    assert all(USED_BY.values())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_does_without_what_is_left_out(function: str) -> None:
    run(BLOCK.format(names=left_out()) + first_request_of(function))


def test_secrets_and_stores_do_without_what_is_left_out() -> None:
    """What boto3, which the runtime has, is needed for."""
    parameters = "from aws_lambda_powertools.utilities.parameters import get_parameter, get_secret"
    stores = "import handoff.storage.s3.store, handoff.storage.filesystem"
    run(f"{BLOCK.format(names=left_out())}\n{parameters}\n{stores}\nprint('well')")


def test_what_is_left_out_would_be_missed_where_it_is_used() -> None:
    """The block of the tests above blocks."""
    with pytest.raises(AssertionError, match=r"pydantic\.mypy is left out of the layer"):
        run(f"{BLOCK.format(names=left_out())}\nimport pydantic.mypy")


def test_nothing_of_ours_is_left_out() -> None:
    assert left_out()
    assert not [name for name in left_out() if name.startswith("handoff")]
