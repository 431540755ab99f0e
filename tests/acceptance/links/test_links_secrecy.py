"""No answer and no line of the log tells where the file is kept, where it came from, or what signs."""

import json
import re
from pathlib import Path

import pytest

from tests.support.canaries import find, spellings
from tests.support.functions import Answer
from tests.support.handoff import Handoff
from tests.support.object_store import ACCESS_KEY, BUCKET, ObjectStore, error
from tests.support.processes import function_process
from tests.support.servers import Source

SIGNATURE = re.compile(r"Signature=(\w+)")
# It prints as a function does: by print, by a log, to the error stream; and answers with what it was given.
PARROT = """
import json, logging, sys
def handler(event, context):
    words = json.loads(event["body"])["words"]
    {print}
    return {{"statusCode": 200, "headers": {{"x-words": words}}, "body": words}}
"""
WAYS = ["print(words)", "print(words, file=sys.stderr)", "logging.getLogger('x').error('%s', words)"]


@pytest.mark.line("L10")
def test_no_answer_and_no_log_says_where_the_file_is_or_came_from(
    on_s3: Handoff, store: ObjectStore, source: Source, tmp_path: Path
) -> None:
    person = on_s3.person()
    export = person.ready_export()
    live, revoked = export["links"][0], person.trigger("POST", f"/api/exports/{export['id']}/links").json
    assert person.trigger("DELETE", f"/api/links/{revoked['id']}").status == 204
    sinks: dict[str, bytes] = {}
    statuses = []
    with function_process("download", on_s3.environment, tmp_path) as download:

        def visit(url: str, method: str = "GET", **headers: str) -> None:
            for accept in ("*/*", "text/html"):
                answer = download.visit(url, method, Accept=accept, **headers)
                statuses.append(answer.status)
                sinks[f"{method} {answer.status} {accept} {len(sinks)}"] = _as_bytes(answer)

        visit(live["url"])
        visit(live["url"], "HEAD")
        visit(live["url"], Range="bytes=5-9")
        visit(live["url"], Range="bytes=99999-")
        visit(live["url"], "POST")
        visit(live["url"] + "A")
        visit(revoked["url"])
        for trouble in (error(403, "AccessDenied"), error(404, "NoSuchKey"), error(404, "NoSuchBucket")):
            store.trouble = trouble
            visit(live["url"])
        sinks["the log"] = download.log
    assert set(statuses) == {200, 206, 404, 405, 410, 416, 502}
    assert sinks["the log"].count(b'"message":"request"') == len(statuses), "the log is not all there"
    assert find(_secrets(on_s3, store, source, live, revoked), sinks) == []


@pytest.mark.line("L10")
def test_a_redirect_says_where_the_file_is_in_its_location_alone(
    on_s3: Handoff, store: ObjectStore, source: Source, tmp_path: Path
) -> None:
    source.body += b"x" * 5_000_000
    live = on_s3.person().ready_export()["links"][0]
    with function_process("download", on_s3.environment, tmp_path) as download:
        answer = download.visit(live["url"])
        headers = dict(answer.headers)
        location = headers.pop("location")
        signature = location.rpartition("X-Amz-Signature=")[2]
        assert (answer.status, len(signature)) == (302, 64)
        assert ACCESS_KEY in location
        secrets = {**_secrets(on_s3, store, source, live), "signature of the URL": signature}
        assert find(secrets, {"the log": download.log, "the rest": _as_bytes(answer, headers)}) == []
        assert "canary-secret-access-key" not in location


@pytest.mark.line("L10")
@pytest.mark.parametrize("way", WAYS)
def test_the_search_of_logs_and_answers_finds_what_is_planted_there(way: str, tmp_path: Path) -> None:
    module = tmp_path / "parrot.py"
    module.write_text(PARROT.format(print=way))
    canary = 'a/canary+"of this test"-41234'
    with function_process(module, {}, tmp_path) as parrot:
        for spelling in spellings(canary):
            before = len(parrot.log)
            answer = parrot.request("POST", "/", body={"words": f"before {spelling.decode()} after"})
            sinks = {
                "the log": parrot.log[before:],
                "the body": answer.body,
                "the head": _as_bytes(answer, answer.headers, b""),
            }
            assert find({"it": canary}, sinks) == ["it in the body", "it in the head", "it in the log"], spelling


def _secrets(handoff: Handoff, store: ObjectStore, source: Source, *links: dict[str, str]) -> dict[str, str]:
    signatures = [found for sent in store.authorizations for found in SIGNATURE.findall(sent)]
    assert signatures, "the store saw no signature"
    [file] = handoff.rows("SELECT key FROM files")
    return {
        "bucket": BUCKET,
        "key": file["key"],
        "lease": file["key"].rpartition("/")[2],
        "account": ACCESS_KEY,
        "secret key": "canary-secret-access-key",
        "session token": "canary-session-token",
        "host": store.url.removeprefix("http://"),
        "host of the store's error": "canary-host-id",
        "source": source.url.removeprefix("http://").partition("/")[0],
        "path of the source": "a-secret-path",
        "link keys": handoff.environment["LINK_KEYS"],
        "database": handoff.environment["DATABASE_URL"].partition("@")[0],
        **{f"signature {number}": signature for number, signature in enumerate(signatures)},
        **{f"token {number}": link["url"].rpartition("/")[2] for number, link in enumerate(links)},
    }


def _as_bytes(answer: Answer, headers: dict[str, str] | None = None, body: bytes | None = None) -> bytes:
    head = "\n".join(f"{name}: {value}" for name, value in (headers or answer.headers).items())
    return head.encode() + json.dumps(answer.cookies).encode() + (answer.body if body is None else body)
