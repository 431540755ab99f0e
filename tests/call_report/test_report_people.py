"""Who may have a call report: whoever may see the calls."""

from tests.support.functions import event, invoke
from tests.support.handoff import Handoff, Person
from tests.support.problems import assert_problem
from tests.support.tables import contents

REPORT = {"document": "call-report"}


def test_where_one_can_sign_in_it_is_for_people(handoff: Handoff) -> None:
    assert_problem(handoff.person().trigger("POST", "/api/exports", body=REPORT), 401, "sign-in-needed")
    assert contents(handoff)["runs"] == []
    person = handoff.signed_in()
    export_id = person.trigger("POST", "/api/exports", body=REPORT).json["id"]
    assert person.export(export_id)["title"] == "Call report"
    assert handoff.signed_in("bob@corp.com").status(f"/api/exports/{export_id}").status == 404


def test_whose_domain_is_no_longer_allowed_has_no_session(handoff: Handoff) -> None:
    assert_problem(handoff.signed_in("eve@other.com").trigger("POST", "/api/exports", body=REPORT), 401, "no-session")


def test_where_nobody_can_sign_in_it_is_for_anybody(handoff: Handoff) -> None:
    handoff.environment["OIDC_ISSUER"] = ""
    assert Person(handoff).trigger("POST", "/api/exports", body=REPORT).status == 202
    nobody = invoke(handoff.trigger, event("POST", "/api/exports", body=REPORT))
    assert_problem(nobody, 401, "no-session")


def test_other_documents_stay_for_whoever_has_a_session(handoff: Handoff) -> None:
    assert handoff.person().trigger("POST", "/api/exports", body={}).status == 202


def test_where_carriers_tell_of_no_calls_there_is_no_report_of_them(handoff: Handoff) -> None:
    handoff.environment["CALL_HISTORY"] = "off"
    assert_problem(handoff.signed_in().trigger("POST", "/api/exports", body=REPORT), 422, "unknown-document")
    assert contents(handoff)["runs"] == []
