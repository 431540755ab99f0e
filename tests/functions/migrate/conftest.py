"""A database with nothing in it, CloudFormation's side of a custom resource, and migrations to come."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.local.postgres import Postgres
from schema.migrate import MIGRATIONS, migrate
from tests.support.functions import load_function
from tests.support.servers import http_server, send

SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:DatabaseSecret-Ab12Cd"
LAYER = "arn:aws:lambda:eu-central-1:123456789012:layer:handoff-dev-migrations"


@pytest.fixture
def empty_database(postgres: Postgres) -> Iterator[str]:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE to_migrate")
    yield postgres.url.rsplit("/", 1)[0] + "/to_migrate"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("DROP DATABASE to_migrate WITH (FORCE)")


@dataclass
class Migrations:
    """A folder of migrations that a release has."""

    folder: Path

    def add(self, name: str, sql: str) -> None:
        (self.folder / f"{name}.sql").write_text(f"-- depends: 0004_calls\n{sql}\n")


@pytest.fixture
def migrations(tmp_path: Path) -> Migrations:
    return Migrations(Path(shutil.copytree(MIGRATIONS, tmp_path / "migrations")))


@dataclass
class CloudFormation:
    """Sends requests as the reference has them, and takes the answers at the address that it gives with each.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
    """

    migrations: Migrations
    url: str = ""
    answers: list[dict[str, Any]] = field(default_factory=list)
    content_types: list[str | None] = field(default_factory=list)
    refusals: int = 0
    """So often an answer is refused before one is taken."""

    def respond(self, request: BaseHTTPRequestHandler) -> None:
        assert request.command == "PUT"
        body = request.rfile.read(int(request.headers["Content-Length"]))
        if self.refusals:
            self.refusals -= 1
            send(request, 503, b"")
            return
        assert len(body) <= 4096
        self.content_types.append(request.headers["Content-Type"])
        self.answers.append(json.loads(body))
        send(request, 200, b"")

    def ask(self, kind: str, database_url: str | None, *, version: int = 1, was: str = "") -> dict[str, Any]:
        """A request to the function as it is deployed; what was answered. `was`: the resource's physical id."""
        properties = {"ServiceToken": "arn:aws:lambda:…", "ServiceTimeout": "920", "Database": SECRET}
        event: dict[str, Any] = {
            "RequestType": kind,
            "ServiceToken": properties["ServiceToken"],
            "ResponseURL": f"{self.url}/response?X-Amz-Signature=secret",
            "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/handoff-dev/guid",
            "RequestId": f"request {len(self.answers)}",
            "LogicalResourceId": "Schema",
            "ResourceType": "Custom::Schema",
            "ResourceProperties": {**properties, "Migrations": f"{LAYER}:{version}"},
        }
        if kind != "Create":
            event["PhysicalResourceId"] = was
        if kind == "Update":
            event["OldResourceProperties"] = {**properties, "Migrations": f"{LAYER}:{version - 1}"}
        function = load_function("migrate", {"DATABASE_URL": database_url or ""} if database_url else SET_LATER)
        function.migrate = partial(migrate, migrations=self.migrations.folder)  # type: ignore[attr-defined]
        function.handler(event, None)
        answer = self.answers[-1]
        assert {name: answer[name] for name in ("StackId", "RequestId", "LogicalResourceId")} == {
            name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")
        }
        return answer


SET_LATER = {"SECRET_ARNS": SECRET}
"""As on AWS, where a function begins before it can read its secrets."""


@pytest.fixture
def cloudformation(migrations: Migrations) -> Iterator[CloudFormation]:
    made = CloudFormation(migrations)
    with http_server(made.respond) as url:
        made.url = url
        yield made


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return {name for (name,) in rows if "yoyo" not in name}
