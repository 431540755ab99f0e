"""A signed URL allows to read one file, under one name, until one moment."""

from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl, urlsplit

import pytest

from handoff.storage import Capability, Storage
from handoff.testing.promises import asks
from handoff.testing.stores.base import PDF, SIGNED_AT, Fetch, Fetched, StoreFixtures, read


class SignedUrls(StoreFixtures):
    """A signed URL allows to read one file, under one name, until one moment."""

    def test_a_signed_url_gives_the_file_as_an_attachment(
        self, storage: Storage, key: str, fetch: Fetch, now: datetime
    ) -> None:
        storage.put(key, [b"%PDF-1.7"], "application/octet-stream")
        url = storage.signed_url(key, now, 15, 'naïve "name".pdf', PDF)
        assert key in url
        fetched = fetch(url, now, "GET")
        assert (fetched.status, fetched.body) == (200, b"%PDF-1.7")
        assert fetched.headers["content-type"] == PDF
        assert fetched.headers["content-disposition"] == (
            "attachment; filename=\"na_ve _name_.pdf\"; filename*=UTF-8''na%C3%AFve%20_name_.pdf"
        )

    @pytest.mark.parametrize("seconds", [1, 15, 604_800])
    def test_a_signed_url_holds_by_the_stores_clock_from_the_given_time(
        self, seconds: int, storage: Storage, key: str, fetch: Fetch, now: datetime, margin: timedelta
    ) -> None:
        storage.put(key, [b"x"], PDF)

        def status(signed_before: timedelta) -> int:
            return fetch(storage.signed_url(key, now - signed_before, seconds, "a.pdf", PDF), now, "GET").status

        whole = timedelta(seconds=seconds)
        # A store may cut the time of signing to whole seconds; never may it hold longer.
        within = whole - timedelta(seconds=1) + timedelta(microseconds=now.microsecond) - margin
        if within > timedelta():
            assert status(timedelta()) == 200
            assert status(within) == 200
        assert status(whole) == 403
        assert status(timedelta(days=3650)) == 403

    def test_the_time_of_signing_may_be_in_any_zone_but_must_have_one(
        self, storage: Storage, key: str, fetch: Fetch, now: datetime
    ) -> None:
        there = now.astimezone(timezone(timedelta(hours=-9, minutes=-30)))
        assert storage.signed_url(key, there, 15, "a.pdf", PDF) == storage.signed_url(key, now, 15, "a.pdf", PDF)
        with pytest.raises(ValueError, match="time zone"):
            storage.signed_url(key, now.replace(tzinfo=None), 15, "a.pdf", PDF)

    @pytest.mark.parametrize("seconds", [-1, 0, 604_801])
    def test_a_url_is_signed_for_a_second_to_a_week(self, seconds: int, gone: Storage) -> None:
        with pytest.raises(ValueError, match="seconds"):
            gone.signed_url("a", SIGNED_AT, seconds, "a.pdf", PDF)

    @pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH", "TRACE"])
    def test_a_signed_url_allows_nothing_but_reading(
        self, method: str, storage: Storage, key: str, fetch: Fetch, now: datetime
    ) -> None:
        storage.put(key, [b"x"], PDF)
        assert fetch(storage.signed_url(key, now, 15, "a.pdf", PDF), now, method).status in {400, 403, 405}
        assert read(storage, key) == b"x"

    def test_a_signed_url_with_any_character_changed_is_refused(
        self, storage: Storage, key: str, fetch: Fetch, now: datetime
    ) -> None:
        storage.put(key, [b"x"], PDF)
        url = storage.signed_url(key, now, 15, "a.pdf", PDF)
        for place in range(url.index(key), len(url)):
            changed = url[:place] + ("f" if url[place] == "1" else "1") + url[place + 1 :]
            if not _same_parameters(url, changed):
                assert fetch(changed, now, "GET").status in {400, 403, 404}, changed

    def test_a_signed_url_for_one_file_is_none_for_another(
        self, storage: Storage, key: str, fetch: Fetch, now: datetime
    ) -> None:
        storage.put(key, [b"x"], PDF)
        storage.put(f"{key}0", [b"y"], PDF)
        url = storage.signed_url(key, now, 15, "a.pdf", PDF).replace(key, f"{key}0")
        assert fetch(url, now, "GET").status == 403

    @asks(Capability.SEALED_QUERY)
    def test_a_parameter_more_or_less_is_refused(self, storage: Storage, key: str, fetch: Fetch, now: datetime) -> None:
        storage.put(key, [b"x"], PDF)
        url = storage.signed_url(key, now, 15, "a.pdf", PDF)
        address, _, query = url.partition("?")
        pairs = query.split("&")
        more = fetch(f"{url}&x=y", now, "GET")
        if Capability.SEALED_QUERY in storage.cannot:
            assert _given(more) == _given(fetch(url, now, "GET")), "it must change nothing"
        else:
            assert more.status == 403
        for pair in pairs:
            rest = "&".join(other for other in pairs if other != pair)
            assert fetch(f"{address}?{rest}", now, "GET").status in {400, 403}
        assert fetch(address, now, "GET").status == 403


def _given(fetched: Fetched) -> tuple[int, str | None, str | None, bytes]:
    """An answer without what each one has of its own, such as its date."""
    said = fetched.headers.get
    return fetched.status, said("content-type"), said("content-disposition"), fetched.body


def _same_parameters(url: str, changed: str) -> bool:
    """Whether a change is none once decoded, such as %2f for %2F."""
    one, other = urlsplit(url), urlsplit(changed)
    return (one.path, _parameters(one.query)) == (other.path, _parameters(other.query))


def _parameters(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)
