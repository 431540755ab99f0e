"""What the package gives beside the stores themselves."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.storage import (
    PROVIDERS,
    Storage,
    StorageError,
    StorageUnavailableError,
    StoredStream,
    attachment,
    provider,
)


@pytest.mark.parametrize("name", PROVIDERS)
def test_each_provider_is_found_by_its_name(name: str) -> None:
    found = provider(name)
    assert issubclass(found, Storage)
    assert f"{found.__module__}:{found.__name__}".startswith(PROVIDERS[name].partition(":")[0])


def test_an_unknown_provider_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'floppy'.*filesystem, s3"):
        provider("floppy")


def test_the_library_of_a_provider_is_not_loaded_before_its_use() -> None:
    script = "import sys, handoff.storage, handoff.storage.filesystem; print('botocore' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert done.stdout == "False\n"


class Talkative(Storage):
    """A provider that gives other bytes than it says."""

    def __init__(self, *chunks: bytes) -> None:
        self._given = chunks

    @contextmanager
    def _reading(self, key: str, start: int, end: int | None) -> Iterator[StoredStream]:
        yield StoredStream(10, 0, 10, self._given)

    def _writing(self, key: str, content_type: str) -> Any: ...
    def _size(self, key: str) -> Any: ...
    def _delete(self, key: str) -> Any: ...
    def _signed_url(self, *args: object) -> Any: ...


@pytest.mark.parametrize("chunks", [(b"01234", b"56789ab"), (b"0123456789", b"a"), (b"01234",), ()])
def test_no_provider_can_give_more_or_fewer_bytes_than_it_says(chunks: tuple[bytes, ...]) -> None:
    given: list[bytes] = []
    with Talkative(*chunks).open("a") as stream, pytest.raises(StorageUnavailableError):
        given.extend(stream)
    assert len(b"".join(given)) <= 10


def test_an_error_says_in_words_what_is_known() -> None:
    assert str(StorageUnavailableError()) == "The store could not be asked, so nothing is known of the file."
    assert str(StorageUnavailableError("AccessDenied")).endswith(" (AccessDenied)")
    assert isinstance(StorageUnavailableError(), StorageError)


@pytest.mark.parametrize(
    ("filename", "plain", "extended"),
    [
        ("report.pdf", "report.pdf", "report.pdf"),
        ('a "quoted" name.pdf', "a _quoted_ name.pdf", "a%20_quoted_%20name.pdf"),
        ("a\r\nSet-Cookie: b=c.pdf", "aSet-Cookie_ b=c.pdf", "aSet-Cookie_%20b%3Dc.pdf"),
        ("../../etc/passwd", "passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini", "boot.ini"),
        ("invoice\u202efdp.exe", "invoicefdp.exe", "invoicefdp.exe"),
        ("Übersicht 📄.pdf", "_bersicht _.pdf", "%C3%9Cbersicht%20%F0%9F%93%84.pdf"),
        ("O'Brien, 50% off; final.pdf", "O'Brien, 50_ off_ final.pdf", "O%27Brien%2C%2050_%20off_%20final.pdf"),
        ("e\u0301.pdf", "_.pdf", "%C3%A9.pdf"),
        (".hidden", "hidden", "hidden"),
        ("", "download", "download"),
        ("...", "download", "download"),
        ("a/", "download", "download"),
        ("\0\x7f\u2028\ud800", "download", "download"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf", "x" * 146 + ".pdf"),
        ("x" * 300, "x" * 150, "x" * 150),
        ("x." + "y" * 300, "x." + "y" * 148, "x." + "y" * 148),
    ],
)
def test_a_file_name_becomes_an_ascii_form_and_an_extended_form(filename: str, plain: str, extended: str) -> None:
    assert attachment(filename) == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{extended}"


@given(st.text(st.characters(), max_size=400))
def test_whatever_a_file_is_called_its_header_is_one_line_of_two_parameters(filename: str) -> None:
    said = attachment(filename)
    assert said.isascii()
    assert said.isprintable()
    start, plain, extended = said.split('"')
    assert (start, extended.count("'"), extended.count(";")) == ("attachment; filename=", 2, 1)
    assert 1 <= len(plain) <= 150
    assert not {"/", "\\", "%"} & set(plain)
    assert not plain.startswith((".", " "))
