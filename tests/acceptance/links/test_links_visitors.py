"""Visitors who are not what they seem, and requests that ask for more than a file."""

import pytest

from tests.acceptance.links.expected import assert_sent, headers
from tests.support.environment import PUBLIC_URL
from tests.support.functions import event, invoke
from tests.support.handoff import Handoff
from tests.support.problems import assert_problem, without_reference
from tests.support.servers import Source
from tests.support.tables import contents

# https://github.com/monperrus/crawler-user-agents; how browsers mark a prefetch: https://wicg.github.io/nav-speculation/
PREVIEWS = [
    {"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
    {"User-Agent": "facebookexternalhit/1.1", "Range": "bytes=0-524287"},
    {"User-Agent": "WhatsApp/2.23.20.0"},
    {"User-Agent": "Mozilla/5.0 (compatible; MSOffice 16)", "X-MS-Purview": "safelinks"},
    {"User-Agent": "Mozilla/5.0", "Purpose": "prefetch"},
    {"User-Agent": "Mozilla/5.0", "Sec-Purpose": "prefetch;prerender"},
    {"User-Agent": "Mozilla/5.0", "X-Moz": "prefetch"},
    {},
]

EVIL = {
    "Host": "evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-Port": "no number",
    "X-Original-URL": "/api/exports",
    "X-Rewrite-URL": "//evil.example",
    "Forwarded": "host=evil.example;proto=https",
    "Origin": "https://evil.example",
    "Referer": "https://evil.example/",
}


@pytest.mark.line("L15")
def test_every_method_but_get_and_head_is_refused_and_does_nothing(handoff: Handoff) -> None:
    link = handoff.person().ready_export()["links"][0]
    before = contents(handoff)
    for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "CONNECT", "PROPFIND"):
        answer = handoff.visit(link["url"], method)
        assert_problem(answer, 405, "method-not-allowed")
        assert {name.strip() for name in answer.headers["allow"].split(",")} == {"GET", "HEAD"}
        unknown = handoff.visit("/" + "A" * 68, method)
        assert without_reference(unknown) == without_reference(answer), "the answer tells whether there is such a link"
        assert contents(handoff) == before, method
    assert handoff.visit(link["url"]).status == 200


@pytest.mark.line("L16")
def test_after_every_kind_of_preview_a_person_still_gets_the_file(handoff: Handoff, source: Source) -> None:
    link = handoff.person().ready_export()["links"][0]
    for sent in PREVIEWS:
        for method in ("HEAD", "GET", "GET"):
            assert handoff.visit(link["url"], method, **sent).status in (200, 206)
    assert_sent(handoff.visit(link["url"], User_Agent="Mozilla/5.0"), source.body)
    [visit] = handoff.rows("SELECT outcome::text, counted, user_agent FROM visits ORDER BY at DESC LIMIT 1")
    assert visit == {"outcome": "admitted", "counted": True, "user_agent": "Mozilla/5.0"}


@pytest.mark.line("L17")
def test_nothing_in_a_request_redirects_a_visitor_or_changes_what_they_get(handoff: Handoff, source: Source) -> None:
    link = handoff.person().ready_export()["links"][0]
    path = "/download/" + link["url"].rsplit("/", 1)[1]
    for query in ("", "next=//evil.example", "url=https://evil.example&redirect=1", "response-content-type=text/html"):
        answer = invoke(handoff.download, event("GET", path, headers=EVIL, query=query))
        assert_sent(answer, source.body)
        assert "evil" not in str(headers(answer))


@pytest.mark.line("L17")
def test_links_lead_to_the_configured_address_whatever_host_a_request_names(handoff: Handoff) -> None:
    person = handoff.person()
    export_id = person.request_export(**EVIL)
    handoff.deliver(export_id)
    answers = [
        person.status(f"/api/exports/{export_id}", headers=EVIL),
        person.status("/api/exports", headers=EVIL),
        person.trigger("POST", f"/api/exports/{export_id}/links", headers=EVIL),
        person.trigger("POST", "/api/exports", body={}, headers=EVIL),
    ]
    assert [answer.status for answer in answers] == [200, 200, 201, 202]
    assert answers[0].json["links"][0]["url"].startswith(f"{PUBLIC_URL}/download/")
    assert answers[2].json["url"].startswith(f"{PUBLIC_URL}/download/")
    assert answers[3].headers["location"] == answers[3].json["href"] == f"/api/exports/{answers[3].json['id']}"
    for answer in answers:
        assert b"evil" not in answer.body
        assert "evil" not in str(answer.headers)
