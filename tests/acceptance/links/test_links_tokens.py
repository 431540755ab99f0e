"""Who does not have a link's URL learns nothing: not by guessing, and not from the database."""

import base64
import random
import subprocess
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from handoff.links.tokens import LinkTokens
from infra.local.postgres_programs import program
from tests.acceptance.links.expected import assert_refused, assert_sent
from tests.support.canaries import find, spellings
from tests.support.containers import heavy
from tests.support.handoff import Handoff, Person
from tests.support.problems import without_reference
from tests.support.servers import Source
from tests.support.tables import contents

FULL_WIDTH = {ord("A") + place: ord("Ａ") + place for place in range(26)}


@pytest.mark.line("L6")
def test_every_token_but_the_right_one_gets_the_same_404_and_leaves_no_trace(handoff: Handoff, source: Source) -> None:
    person = handoff.person()
    link = _link_with_both_signs(person, person.ready_export())
    token = link["url"].rsplit("/", 1)[1]
    before = contents(handoff)
    first = handoff.visit("/nonsense")
    assert_refused(first, "unknown")
    for wrong in (*_guesses(heavy(10_000)), *_flipped(token), *_spelled_otherwise(token), *_of_no_link(handoff)):
        answer = handoff.visit("/" + quote(wrong, safe=""))
        assert without_reference(answer) == without_reference(first), wrong
    assert contents(handoff) == before
    assert_sent(handoff.visit(link["url"]), source.body)


@pytest.mark.line("L7")
def test_a_dump_of_the_database_holds_no_live_token(handoff: Handoff) -> None:
    person = handoff.person()
    export = person.ready_export()
    again = person.trigger("POST", f"/api/exports/{export['id']}/links").json
    for link in (export["links"][0], again):
        handoff.visit(link["url"], Range="bytes=0-9", User_Agent="somebody")
        dump = _undoubled(_dump(handoff))
        assert link["id"].encode() in dump, "the dump holds no links"
        assert find(_secrets_of(handoff, link), {"the dump": dump}) == []


@pytest.mark.line("L7")
def test_the_search_of_the_dump_finds_a_token_in_every_spelling(handoff: Handoff) -> None:
    link = handoff.person().ready_export()["links"][0]
    handoff.rows("CREATE TABLE planted (number int, words text)")
    planted: list[tuple[str, str]] = []
    for name, secret in _secrets_of(handoff, link).items():
        for spelling in spellings(secret):
            words, number = f"before {spelling.decode()} after", len(planted)
            handoff.rows("INSERT INTO planted VALUES (%(number)s, %(words)s)", number=number, words=words)
            planted.append((name, secret))
    dumped = [line for line in _dump(handoff, "--table=planted").split(b"\n") if b"\tbefore " in line]
    for line in dumped:
        name, secret = planted[int(line.split(b"\t")[0])]
        assert find({name: secret}, {"the dump": _undoubled(line)}) == [f"{name} in the dump"], line
    assert len(dumped) == len(planted)

    handoff.rows("CREATE TABLE raw AS SELECT decode(%(token)s, 'base64') AS token", token=_standard(link["url"]))
    found = find(_secrets_of(handoff, link), {"the dump": _dump(handoff, "--table=raw")})
    assert found == ["its bytes in the dump", "its signature in the dump"]


def _link_with_both_signs(person: Person, export: dict[str, Any]) -> dict[str, Any]:
    """A link whose token has another spelling in the ordinary alphabet of base64: not every one has."""
    while True:
        link: dict[str, Any] = person.trigger("POST", f"/api/exports/{export['id']}/links").json
        token = link["url"].rsplit("/", 1)[1]
        if "-" in token and "_" in token:
            return link


def _guesses(count: int) -> Iterator[str]:
    generator = random.Random(6)
    return (base64.urlsafe_b64encode(generator.randbytes(51)).decode() for _ in range(count))


def _flipped(token: str) -> Iterator[str]:
    """Every bit of what the token encodes, and every bit of its letters."""
    raw = base64.urlsafe_b64decode(token)
    for bit in range(8 * len(raw)):
        changed = (int.from_bytes(raw, "big") ^ 1 << bit).to_bytes(len(raw), "big")
        yield base64.urlsafe_b64encode(changed).decode()
    for place, letter in enumerate(token):
        yield from (token[:place] + chr(ord(letter) ^ 1 << bit) + token[place + 1 :] for bit in range(8))


def _spelled_otherwise(token: str) -> Iterator[str]:
    """What lenient decoders of base64 take for the same bytes, and what is nearly the token."""
    yield from (token + more for more in ("=", "==", "====", "A", "AAAA", "\n", " ", "%", "\0", "/", "?", "é"))
    yield from (token[:-1], token[:-4], token[1:], token[:34] + token[35:], "...", "A" * 68, "x" * 10_000)
    yield from (" " + token, "\t" + token, token[:4] + "\n" + token[4:], token[:30] + "=" + token[30:])
    yield from (token.replace("-", "+"), token.replace("_", "/"), token.replace("-", "+").replace("_", "/"))
    yield from (token.swapcase(), token.upper(), token.translate(FULL_WIDTH), quote(token.replace("-", "%2D")))


def _of_no_link(handoff: Handoff) -> Iterator[str]:
    """Well signed: for a link that is not there, or with a key that is not ours."""
    yield LinkTokens(handoff.environment["LINK_KEYS"].split(",")).token(uuid4())
    [link] = handoff.rows("SELECT id FROM links LIMIT 1")
    yield LinkTokens(["another key of thirty-two characters"]).token(link["id"])


def _secrets_of(handoff: Handoff, link: dict[str, Any]) -> dict[str, str]:
    standard = _standard(link["url"])
    raw = base64.b64decode(standard)
    return {
        "its token": link["url"].rsplit("/", 1)[1],
        "its token in the other alphabet": standard,
        "its bytes": raw.hex(),
        "its signature": raw[19:].hex(),
        "its signature in base64": base64.b64encode(raw[19:]).decode(),
        "the key": handoff.environment["LINK_KEYS"],
    }


def _standard(url: str) -> str:
    return url.rsplit("/", 1)[1].replace("-", "+").replace("_", "/")


def _dump(handoff: Handoff, *options: str) -> bytes:
    """Every column of every row, as COPY writes them."""
    command = [program("pg_dump"), *options, f"--dbname={handoff.environment['DATABASE_URL']}"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def _undoubled(dump: bytes) -> bytes:
    """A dump with and without the backslashes that COPY adds."""
    return dump + dump.replace(rb"\\", b"\\")
