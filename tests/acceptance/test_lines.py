"""Every line of acceptance has a test, and every marker names a line."""

from tests.acceptance.lines import LINES, shown_by


def test_every_line_has_a_test() -> None:
    assert sorted(set(LINES) - set(shown_by())) == []


def test_every_marker_names_a_line() -> None:
    assert sorted(set(shown_by()) - set(LINES)) == []
