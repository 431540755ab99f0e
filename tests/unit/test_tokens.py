"""Tokens of links: derived, rotated, and written in one way only."""

import base64
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.links.tokens import TOKEN_CHARACTERS, LinkTokens

CURRENT, OLDER, OLDEST = ("c" * 40, "o" * 40, "x" * 40)
TOKENS = LinkTokens([CURRENT])
ids = st.uuids()


def id_with(characters: str) -> UUID:
    """An id whose token holds all of those characters."""
    return next(link_id for link_id in iter(uuid4, None) if all(c in TOKENS.token(link_id) for c in characters))


@given(ids)
def test_a_token_stands_for_its_link(link_id: UUID) -> None:
    token = TOKENS.token(link_id)
    assert len(token) == TOKEN_CHARACTERS
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert TOKENS.link_id(token) == link_id


@given(ids)
def test_the_same_key_makes_the_same_token_in_every_container(link_id: UUID) -> None:
    assert LinkTokens([CURRENT]).token(link_id) == TOKENS.token(link_id)


def test_older_keys_are_accepted_and_the_current_one_signs() -> None:
    link_id = uuid4()
    rotated = LinkTokens([CURRENT, OLDER, OLDEST])
    for key in (CURRENT, OLDER, OLDEST):
        assert rotated.link_id(LinkTokens([key]).token(link_id)) == link_id
    assert rotated.token(link_id) == LinkTokens([CURRENT]).token(link_id)
    assert rotated.token(link_id) != LinkTokens([OLDER]).token(link_id)


def test_a_key_that_was_taken_away_is_accepted_no_more() -> None:
    token = LinkTokens([OLDER]).token(uuid4())
    assert TOKENS.link_id(token) is None


def test_the_order_of_keys_or_one_given_twice_does_not_matter_to_what_is_accepted() -> None:
    link_id = uuid4()
    for keys in ([OLDER, CURRENT], [CURRENT, CURRENT, OLDER]):
        assert LinkTokens(keys).link_id(TOKENS.token(link_id)) == link_id


@given(ids, st.integers(0, 51 * 8 - 1))
def test_every_bit_counts(link_id: UUID, bit: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(TOKENS.token(link_id)))
    raw[bit // 8] ^= 1 << bit % 8
    assert TOKENS.link_id(base64.urlsafe_b64encode(raw).decode()) is None


def test_a_token_has_one_spelling() -> None:
    token = TOKENS.token(id_with("-_"))
    others = [
        token.replace("-", "+"), token.replace("_", "/"), token.replace("-", "+").replace("_", "/"),
        token.replace("-", "+", 1),
        token + "=", token + "==", token + " ", token + "\n", token + "\0", "\n" + token, token[:-1],
        token[:-1] + "=", token + "A",
        token[:30] + "\n" + token[30:], token[:30] + " " + token[31:], token.lower(), token.upper(), token.swapcase(),
        token.replace("-", "%2D"), token[:-1] + "\u0661", "\ufeff" + token, token[:-2] + "\ud800a", "",
    ]  # fmt: skip
    assert [other for other in others if other != token and TOKENS.link_id(other) is not None] == []


@given(st.text(max_size=80) | st.text(st.characters(codec="ascii"), min_size=68, max_size=68))
def test_no_text_whatever_is_a_failure_or_a_link(text: str) -> None:
    assert TOKENS.link_id(text) is None


@given(ids)
def test_an_etag_is_strong_says_nothing_and_is_of_the_current_key(file_id: UUID) -> None:
    etag = TOKENS.etag(file_id)
    assert etag == LinkTokens([CURRENT, OLDER]).etag(file_id)
    assert etag[0] == etag[-1] == '"'
    assert len(etag) == 26
    assert str(file_id) not in etag
    assert etag != LinkTokens([OLDER]).etag(file_id)


@given(ids)
def test_a_token_and_an_etag_of_the_same_id_have_nothing_in_common(subject: UUID) -> None:
    token, etag = TOKENS.token(subject), TOKENS.etag(subject).strip('"')
    assert etag not in token
    assert base64.urlsafe_b64decode(etag) not in base64.urlsafe_b64decode(token)


@pytest.mark.parametrize("name", [b"\0\0\0", b"\xff\xff\xff"])
def test_a_key_name_of_nobody_is_refused(name: bytes) -> None:
    raw = base64.urlsafe_b64decode(TOKENS.token(uuid4()))
    assert TOKENS.link_id(base64.urlsafe_b64encode(name + raw[3:]).decode()) is None
