"""Stores that know a file by another key, that tell where it is, or that open it to whoever has no right to it."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from handoff.storage import (
    FileAbsentError,
    KeyRefusedError,
    RangeOutsideFileError,
    SignatureRefusedError,
    StorageUnavailableError,
    StoredFile,
    StoredStream,
)
from handoff.storage.filesystem import FilesystemStorage
from handoff.storage.url_signer import SignedRead
from handoff.testing.stores import PDF
from tests.conformance.broken.stores import Broken

WEEK = 7 * 24 * 3600


class TestCallsAnAbsentFileTooShort(Broken):
    breaks = "test_a_file_that_is_not_there_is_absent"

    class opens(FilesystemStorage):
        @contextmanager
        def _reading(self, key: str, start: int, end: int | None) -> Iterator[StoredStream]:
            try:
                with super()._reading(key, start, end) as stream:
                    yield stream
            except FileAbsentError:
                raise (RangeOutsideFileError() if start else FileAbsentError()) from None


class TestDeletesOnce(Broken):
    breaks = "test_deleting_twice_is_as_good_as_once"

    class opens(FilesystemStorage):
        def delete(self, key: str) -> None:
            self.stat(key)
            super().delete(key)


class TestCallsAMissingFolderEmpty(Broken):
    breaks = "test_of_a_store_that_is_not_there_nothing_can_be_told"

    class opens(FilesystemStorage):
        def _delete(self, key: str) -> None:
            with suppress(StorageUnavailableError):
                super()._delete(key)


class TestTakesCapitals(Broken):
    breaks = "test_an_odd_key_is_refused_before_the_store_is_asked"

    class opens(FilesystemStorage):
        def stat(self, key: str) -> StoredFile:
            return super().stat(key.lower())


class TestTakesNoTwoDots(Broken):
    breaks = "test_a_plain_key_is_taken"

    class opens(FilesystemStorage):
        def delete(self, key: str) -> None:
            if key == "a..b":
                raise KeyRefusedError
            super().delete(key)


class TestDeletesWhatBeginsAlike(Broken):
    breaks = "test_one_key_may_begin_like_another"

    class opens(FilesystemStorage):
        def delete(self, key: str) -> None:
            super().delete(key)
            for path in self._path(key).parent.glob(f"{key.rpartition('/')[2]}*@"):
                path.unlink()


class TestCallsEveryFileTheSame(Broken):
    breaks = "test_a_signed_url_gives_the_file_as_an_attachment"

    class opens(FilesystemStorage):
        def _signed_url(self, key: str, signed_at: datetime, seconds: int, filename: str, content_type: str) -> str:
            return super()._signed_url(key, signed_at, seconds, "download", content_type)


class TestHoldsASecondLonger(Broken):
    breaks = "test_a_signed_url_holds_by_the_stores_clock_from_the_given_time"

    class opens(FilesystemStorage):
        def _signed_url(self, key: str, signed_at: datetime, seconds: int, filename: str, content_type: str) -> str:
            return super()._signed_url(key, signed_at, seconds + 1, filename, content_type)


class TestGuessesTheZone(Broken):
    breaks = "test_the_time_of_signing_may_be_in_any_zone_but_must_have_one"

    class opens(FilesystemStorage):
        def signed_url(self, key: str, signed_at: datetime, seconds: int, filename: str, content_type: str) -> str:
            there = signed_at if signed_at.tzinfo else signed_at.replace(tzinfo=UTC)
            return super().signed_url(key, there, seconds, filename, content_type)


class TestSignsForAnyTime(Broken):
    breaks = "test_a_url_is_signed_for_a_second_to_a_week"

    class opens(FilesystemStorage):
        def signed_url(self, key: str, signed_at: datetime, seconds: int, filename: str, content_type: str) -> str:
            return super().signed_url(key, signed_at, min(seconds, WEEK), filename, content_type)


class Verifying(FilesystemStorage):
    """Verifies something else than it was asked."""

    def verify_signed(
        self, path_key: str, query: Mapping[str, str], now: datetime, *, method: str = "GET"
    ) -> SignedRead:
        try:
            return super().verify_signed(path_key, query, now, method=method)
        except SignatureRefusedError:
            return super().verify_signed(*self.asked(path_key, query), now, method=self.method(method))

    def asked(self, path_key: str, query: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
        return path_key, query

    def method(self, method: str) -> str:
        return method


class TestAllowsAPatch(Broken):
    breaks = "test_a_signed_url_allows_nothing_but_reading"

    class opens(Verifying):
        def method(self, method: str) -> str:
            return "GET" if method == "PATCH" else method


class TestSignsNoType(Broken):
    breaks = "test_a_signed_url_with_any_character_changed_is_refused"

    class opens(Verifying):
        def asked(self, path_key: str, query: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
            return path_key, {name: PDF if name == "type" else value for name, value in query.items()}


class TestSignsHalfAKey(Broken):
    breaks = "test_a_signed_url_for_one_file_is_none_for_another"

    class opens(Verifying):
        def asked(self, path_key: str, query: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
            return path_key.removesuffix("0"), query


class TestOverlooksAParameter(Broken):
    breaks = "test_a_parameter_more_or_less_is_refused"

    class opens(Verifying):
        def asked(self, path_key: str, query: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
            return path_key, {name: value for name, value in query.items() if name != "x"}


class TestTellsThePath(Broken):
    breaks = "test_no_error_says_where_the_file_would_be"

    class opens(FilesystemStorage):
        def stat(self, key: str) -> StoredFile:
            try:
                return super().stat(key)
            except StorageUnavailableError:
                raise StorageUnavailableError(str(self._path(key))) from None


class TestLogsThePath(Broken):
    breaks = "test_nothing_is_logged_that_would_lead_to_a_file"

    class opens(FilesystemStorage):
        def _delete(self, key: str) -> None:
            logging.getLogger("broken").info("deleting %s", self._path(key))
            super()._delete(key)
