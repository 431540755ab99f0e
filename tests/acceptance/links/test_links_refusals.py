"""Four ways to get nothing from a link, in four plain sentences."""

import base64
import hashlib
import re
from pathlib import Path

import pytest

from tests.acceptance.links.expected import PROMISES, SENTENCES, assert_refused, headers
from tests.support.clocks import DatabaseClock
from tests.support.functions import Answer
from tests.support.handoff import Handoff
from tests.support.problems import assert_problem
from tests.support.processes import function_process

BROWSERS = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.line("L20")
def test_each_reason_has_its_own_sentence_as_a_page_for_people_and_as_a_problem_for_programs(
    handoff: Handoff, clock: DatabaseClock, tmp_path: Path
) -> None:
    person = handoff.person()
    ended, revoked, removed = (person.ready_export()["links"][0] for _ in range(3))
    urls = {"ended": ended["url"], "revoked": revoked["url"], "removed": removed["url"], "unknown": "/nonsense"}
    assert person.trigger("DELETE", f"/api/links/{revoked['id']}").status == 204
    files = handoff.rows(
        "UPDATE files SET stored_at = stored_at - interval '8 days' WHERE id = (SELECT file_id FROM links WHERE id = "
        "%(id)s) RETURNING key",
        id=removed["id"],
    )
    stored = tmp_path / "files" / f"{files[0]['key']}@"
    assert stored.exists()
    handoff.sweep()
    assert not stored.exists()
    clock.stop_in_life(ended, 120)

    seen = set()
    for outcome, url in urls.items():
        status, sentence = SENTENCES[outcome]
        for accept in ("*/*", "application/json", "application/pdf", ""):
            assert_refused(handoff.visit(url, accept=accept), outcome)
        page = handoff.visit(url, accept=BROWSERS)
        expected = {**PROMISES, "content-length": str(len(page.body)), "content-type": "text/html; charset=utf-8"}
        expected["content-security-policy"] += f"; style-src 'sha256-{style_hash(page)}'"
        assert (page.status, headers(page)) == (status, expected)
        title, heading, advice = re.findall(r"<(?:title|h1|p)>(.*?)</", page.body.decode())
        assert (title, f"{heading} {advice}") == (heading, sentence)
        assert b"<script" not in page.body
        assert not re.search(rb"(?:href|src|url)\s*[=(]", page.body), "the page refers to something"
        seen.add((page.body, sentence))
    assert len(seen) == 4
    outcomes = handoff.rows("SELECT DISTINCT outcome::text FROM visits ORDER BY 1")
    assert [row["outcome"] for row in outcomes] == ["ended", "removed", "revoked"]


def style_hash(page: Answer) -> str:
    """What the browser compares the page's own style with (CSP level 3, section 6.7.3.3)."""
    (style,) = re.findall(rb"<style>(.*?)</style>", page.body, re.DOTALL)
    return base64.b64encode(hashlib.sha256(style).digest()).decode()


@pytest.mark.line("L21")
def test_a_revoked_link_gives_nothing_from_that_moment_on_and_its_siblings_live(handoff: Handoff) -> None:
    person, stranger = handoff.person(), handoff.person()
    export = person.ready_export()
    link = export["links"][0]
    sibling = person.trigger("POST", f"/api/exports/{export['id']}/links").json
    assert handoff.visit(link["url"]).status == 200
    assert stranger.trigger("DELETE", f"/api/links/{link['id']}").status == 404
    assert handoff.visit(link["url"]).status == 200
    for _ in range(2):
        answer = person.trigger("DELETE", f"/api/links/{link['id']}")
        assert (answer.status, answer.body) == (204, b"")
        assert_refused(handoff.visit(link["url"]), "revoked")
        assert_refused(handoff.visit(link["url"], Range="bytes=0-0"), "revoked")
    assert handoff.visit(sibling["url"]).status == 200
    assert [found["state"] for found in person.export(export["id"])["links"]] == ["live", "revoked"]


@pytest.mark.line("L20")
def test_a_link_that_ended_and_was_revoked_and_removed_says_what_weighs_most(
    handoff: Handoff, clock: DatabaseClock
) -> None:
    person = handoff.person()
    link = person.ready_export()["links"][0]
    clock.stop_in_life(link, 120)
    assert_refused(handoff.visit(link["url"]), "ended")
    assert person.trigger("DELETE", f"/api/links/{link['id']}").status == 204
    assert_refused(handoff.visit(link["url"]), "revoked")
    clock.stop_in_life(link, 8 * 86_400)
    handoff.sweep()
    assert_refused(handoff.visit(link["url"]), "removed")


@pytest.mark.line("L10")
def test_a_bug_is_answered_in_general_words_and_recorded_without_what_it_worked_on(
    handoff: Handoff, tmp_path: Path
) -> None:
    link = handoff.person().ready_export()["links"][0]
    handoff.rows("ALTER TABLE visits ADD CONSTRAINT canary CHECK (user_agent <> 'canary agent')")
    with function_process("download", handoff.environment, tmp_path) as download:
        answer = download.visit(link["url"], **{"User-Agent": "canary agent"})
        assert_problem(answer, 500, "internal")
        assert b"canary" not in answer.body
        assert b"canary" not in download.log
        assert answer.headers["x-request-id"].encode() in download.log
        assert b"connection.py" in download.log, "where it happened was not recorded"
        assert download.visit(link["url"]).status == 200
