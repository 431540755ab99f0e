"""What stands in an answer's head: our own list, whatever the store and the source say."""

import re
from urllib.parse import unquote

import pytest

from tests.acceptance.links.expected import DISPOSITION, PROMISES, assert_sent, headers
from tests.support.handoff import Handoff
from tests.support.object_store import ObjectStore
from tests.support.servers import Source

TALKATIVE = {
    "x-amz-request-id": "canary",
    "x-amz-meta-owner": "canary",
    "x-ms-version": "canary",
    "Server": "AmazonS3",
    "Location": "https://evil.example/canary",
    "Content-Location": "/canary",
    "Set-Cookie": "canary=1",
    "Via": "1.1 canary",
    "Content-Disposition": "inline; filename=canary.html",
    "Content-Encoding": "identity",
    "Cache-Control": "public, max-age=31536000",
    "Access-Control-Allow-Origin": "*",
    "X-Anything": "canary",
}

NAMES = {
    "plain.pdf": "plain.pdf",
    'say "hello".pdf': "say _hello_.pdf",
    "two\r\nSet-Cookie: canary=1\r\n\r\nlines.pdf": "twoSet-Cookie_ canary=1lines.pdf",
    "../../etc/passwd": "passwd",
    "..\\..\\windows\\system.ini": "system.ini",
    "invoice\u202efdp.exe": "invoicefdp.exe",
    "a" * 296 + ".pdf": "a" * 146 + ".pdf",
    "b" * 300: "b" * 150,
    "Käse 🧀 \U0001f468\u200d\U0001f469\u200d\U0001f467.pdf": "Käse 🧀 \U0001f468\U0001f469\U0001f467.pdf",
    "名" * 300 + ".pdf": "名" * 146 + ".pdf",
    "50% off; filename=evil.exe": "50_ off_ filename=evil.exe",
    "a%00b%0d%0aX.pdf": "a_00b_0d_0aX.pdf",
    " .. ": "download",
    "\u2028\u200e\x7f": "download",
}
"""What a document is called, and what the visitor's browser may be told that it is called."""

OF_A_FILE = {"accept-ranges", "content-disposition", "content-length", "content-type", "etag"}

# RFC 6266, and RFC 8187 section 3.2.1, without what browsers are known to read in ways of their own.
DISPOSITION_OF_ANY = re.compile(r"attachment; filename=\"([^\"\\%;/]{1,150})\"; filename\*=UTF-8''([\w!#$&+.^`|~%-]+)")


@pytest.mark.line("L8")
def test_a_file_and_a_part_of_it_carry_every_promise(handoff: Handoff, source: Source) -> None:
    person = handoff.person()
    export, twin = person.ready_export(), person.ready_export()
    whole = handoff.visit(export["links"][0]["url"])
    part = handoff.visit(export["links"][0]["url"], Range="bytes=0-99")
    same = {
        **PROMISES,
        "accept-ranges": "bytes",
        "content-disposition": DISPOSITION,
        "content-type": "application/pdf",
        "etag": whole.headers["etag"],
    }
    size = len(source.body)
    assert (whole.status, headers(whole)) == (200, {**same, "content-length": str(size)})
    partly = {**same, "content-length": "100", "content-range": f"bytes 0-99/{size}"}
    assert (part.status, headers(part)) == (206, partly)
    assert re.fullmatch(r'"[\x21\x23-\x7e]+"', whole.headers["etag"]), "not a strong ETag"
    other = handoff.visit(twin["links"][0]["url"])
    assert other.body == whole.body
    assert other.headers["etag"] != whole.headers["etag"], "the ETag tells which files have the same bytes"


@pytest.mark.line("L9")
def test_nothing_that_storage_and_source_say_in_their_heads_gets_through(
    on_s3: Handoff, store: ObjectStore, source: Source
) -> None:
    store.headers = TALKATIVE
    source.headers |= {name: value for name, value in TALKATIVE.items() if name not in ("Location", "Content-Encoding")}
    link = on_s3.person().ready_export()["links"][0]
    whole = on_s3.visit(link["url"])
    assert_sent(whole, source.body)
    assert_sent(on_s3.visit(link["url"], Range="bytes=7-11"), source.body, part=(7, 12))
    assert_sent(on_s3.visit(link["url"], If_Range="another", Range="bytes=7-11"), source.body)
    assert len(store.requests) == 4, "the store was not asked"
    assert "canary" not in str(whole.headers)
    assert whole.headers["etag"] != '"stored"'


@pytest.mark.line("L11")
def test_whatever_a_file_is_called_its_name_is_one_harmless_line(handoff: Handoff, source: Source) -> None:
    person = handoff.person()
    for name, expected in NAMES.items():
        vars(handoff)["callback"] = handoff.load("callback", SOURCE_FILE_NAME=name)
        answer = handoff.visit(person.ready_export()["links"][0]["url"])
        assert (answer.status, answer.body, answer.cookies) == (200, source.body, []), name
        assert set(headers(answer)) == {*PROMISES, *OF_A_FILE}, f"another header, or one was cut off: {name!r}"
        line = answer.headers["content-disposition"]
        assert line.isascii()
        assert line.isprintable(), f"more than one line: {name!r}"
        parts = DISPOSITION_OF_ANY.fullmatch(line)
        assert parts is not None, line
        assert unquote(parts[2], errors="strict") == expected
        assert parts[1] == "".join(letter if letter.isascii() else "_" for letter in expected)
        assert len(expected) <= 150
