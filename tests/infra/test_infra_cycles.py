"""A resource that waits for itself is found before AWS finds it."""

import pytest

from infra.sam.cycles import cycle

NEXT = [
    {"Ref": "B"},
    {"Fn::GetAtt": ["B", "Arn"]},
    {"Fn::GetAtt": "B.Outputs.Url"},
    {"Fn::Sub": "https://${B.Outputs.Url}/"},
    {"Fn::Sub": ["${Host}${B}", {"Host": "a"}]},
    {"Fn::Sub": ["${Host}", {"Host": {"Ref": "B"}}]},
    {"Fn::If": ["Chosen", [{"Ref": "B"}], {"Ref": "AWS::NoValue"}]},
]


@pytest.mark.parametrize("named", NEXT, ids=str)
def test_a_circle_is_told_one_after_the_other(named: object) -> None:
    resources = {"A": {"Properties": {"Of": named}}, "B": {"DependsOn": ["C"]}, "C": {"DependsOn": "A"}}
    (first, *rest) = cycle(resources)
    assert rest[-1] == first
    assert "".join([first, *rest]) in ("ABCA", "BCAB", "CABC")
    assert cycle({**resources, "C": {}}) == []


def test_what_only_has_the_name_of_one_is_not_waited_for() -> None:
    assert cycle({"A": {"Properties": {"Of": {"Fn::Sub": ["${A}", {"A": "b"}]}}}}) == []
