"""The addresses of docs/databases.md are read as its tables say: by the functions, and by what migrates."""

import json
import re
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from yoyo.connections import parse_uri

from handoff.database import Database
from handoff.errors import DatabaseUnavailableError
from handoff.settings import SETTINGS, load_settings
from tests.docs.pages import DOCS

PAGE = (DOCS / "databases.md").read_text("utf-8")
VENDORS: dict[str, str] = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
NAMES = ("host", "port", "user", "dbname", "sslmode", "sslrootcert")


def secret(vendor: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(
        re.findall(r"^```json\n(.*?)^```$", VENDORS[vendor], re.MULTILINE | re.DOTALL)[0]
    )
    return found


def rows(vendor: str) -> dict[str, dict[str, str]]:
    """From the setting to what its row says, without what the URL leaves out."""
    lines = re.findall(r"^\| `(DATABASE_\w+)` \| (.*) \|$", VENDORS[vendor], re.MULTILINE)
    told = {name: [cell.strip() for cell in cells.split("|")] for name, cells in lines}
    return {name: {k: v for k, v in zip(NAMES, cells, strict=True) if v} for name, cells in told.items()}


def test_the_page_has_each_vendor() -> None:
    assert set(VENDORS) == {"Neon", "Amazon RDS", "Supabase"}


@pytest.mark.parametrize("vendor", VENDORS)
def test_each_address_says_to_libpq_what_its_row_says(vendor: str) -> None:
    settings = load_settings("migrate", secret(vendor))
    assert set(rows(vendor)) == set(secret(vendor))
    for name, told in rows(vendor).items():
        read = conninfo_to_dict(settings[name])
        assert {key: value for key, value in read.items() if key in NAMES} == told
        assert read["password"] == "pass@word"


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_migrates_reads_each_address_as_libpq_does(vendor: str) -> None:
    for url in secret(vendor).values():
        read = parse_uri("postgresql+psycopg://" + url.partition("://")[2])
        named = {
            "user": read.username, "password": read.password, "host": read.hostname, "dbname": read.database,
            **({"port": str(read.port)} if read.port else {}), **read.args,
        }  # fmt: skip
        assert named == conninfo_to_dict(url)


@pytest.mark.parametrize("vendor", VENDORS)
def test_no_statement_is_prepared_through_a_pooler_and_no_option_is_sent_that_one_refuses(
    vendor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[dict[str, Any]] = []

    def connect(url: str, **options: Any) -> psycopg.Connection:
        opened.append(options)
        raise psycopg.OperationalError

    monkeypatch.setattr(psycopg, "connect", connect)
    settings = load_settings("status", {**secret(vendor), "PUBLIC_URL": "https://handoff.example", **KEYS})
    with pytest.raises(DatabaseUnavailableError):
        Database(settings["DATABASE_URL"], listen=settings["DATABASE_LISTEN"]).ping()
    for options in opened:
        assert options["prepare_threshold"] is None
        assert "options" not in options


KEYS = {"LINK_KEYS": "l" * 32, "SESSION_KEYS": "s" * 32}


def test_every_setting_that_the_page_names_is_one() -> None:
    assert set(re.findall(r"`(DATABASE_\w+)`", PAGE)) <= set(SETTINGS)
