"""The tables of docs/conformance.md name every provider and every promise there is, and say what the providers say."""

import re

import pytest

from handoff.jobs.queues import PROVIDERS as QUEUES
from handoff.storage import PROVIDERS as STORES
from handoff.testing.promises import sentence
from tests.conformance.matrix import PAGE, TITLES, asked_by, cannot, names_of, page_with, read
from tests.conformance.providers import HELD

KINDS = {"queues": QUEUES, "stores": STORES}
COLUMNS = [(kind, name) for kind, providers in KINDS.items() for name in providers]


def test_every_provider_is_held_to_the_promises() -> None:
    assert {(held.kind, held.name) for held in HELD} == set(COLUMNS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_tables_have_a_column_for_every_provider(kind: str) -> None:
    assert set(read()[kind]) == set(KINDS[kind])


@pytest.mark.parametrize(("kind", "name"), COLUMNS)
def test_a_column_has_every_promise_and_says_of_each_that_it_is_kept_or_why_it_cannot_be(kind: str, name: str) -> None:
    column, missing = read()[kind][name], cannot(kind, name)
    signs = kind == "stores" or "SIGNATURE" not in missing
    theirs = {promise for promise in names_of(kind) if promise != "test_whatever_claims_to_come_from_it_is_refused"}
    assert set(column) == (theirs if signs else set(names_of(kind)))
    for promise, cell in column.items():
        page = missing.get(asked_by(kind, promise))
        assert cell == ("yes" if page is None else {"cannot": page})


def test_the_page_shows_the_results_and_nothing_else() -> None:
    """Otherwise: make conformance"""
    page = PAGE.read_text("utf-8")
    assert page == page_with(read(), page)
    assert set(re.findall(r"^## (.*)$", page, re.MULTILINE)) == set(TITLES.values())


def test_every_promise_stands_on_the_page_as_a_sentence() -> None:
    page = PAGE.read_text("utf-8")
    assert [name for kind in KINDS for name in names_of(kind) if f"| {sentence(name)} |" not in page] == []
