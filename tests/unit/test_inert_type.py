"""No file is handed out under a type that a browser runs as a script."""

import pytest

from handoff.links.inert_type import UNKNOWN, inert_type

# https://mimesniff.spec.whatwg.org/#javascript-mime-type, as it lists them.
SCRIPTS = """
application/ecmascript application/javascript application/x-ecmascript application/x-javascript text/ecmascript
text/javascript text/javascript1.0 text/javascript1.1 text/javascript1.2 text/javascript1.3 text/javascript1.4
text/javascript1.5 text/jscript text/livescript text/x-ecmascript text/x-javascript
""".split()  # noqa: SIM905 - a list of sixteen lines says no more


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("spelling", ["{}", "{}; charset=utf-8", "{} ;v=1"])
def test_a_script_is_handed_out_as_unknown_bytes(script: str, spelling: str) -> None:
    assert inert_type(spelling.format(script)) == UNKNOWN
    assert inert_type(spelling.format(script.upper())) == UNKNOWN


@pytest.mark.parametrize("other", ["application/pdf", "image/svg+xml", "text/css; charset=utf-8", "application/json"])
def test_any_other_type_stays_as_it_is(other: str) -> None:
    assert inert_type(other) == other
