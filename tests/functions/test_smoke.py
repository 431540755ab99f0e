from tests.support.handoff import Handoff


def test_an_export_goes_from_request_to_download(handoff: Handoff) -> None:
    person = handoff.person()
    export = person.ready_export()
    print(export)
    assert export["state"] == "ready"
    answer = handoff.visit(export["links"][0]["url"])
    print(answer)
    assert answer.status == 200
    print(handoff.sweep())
