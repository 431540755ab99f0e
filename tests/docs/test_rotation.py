"""Each secret of docs/rotation.md can be changed as the page says: nobody is refused while both values are about."""

import itertools
import re
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from handoff.settings import SETTINGS
from infra.local.postgres import Postgres
from schema.migrate import ROLE_SETTINGS, migrate
from tests.docs.pages import DOCS
from tests.support.functions import event, invoke
from tests.support.handoff import Handoff, Person

PAGE = (DOCS / "rotation.md").read_text("utf-8")
OLD, NEW = "o" * 40, "n" * 40


def test_the_page_has_a_row_for_each_secret_and_no_other() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \|", PAGE, re.MULTILINE)
    assert sorted(rows) == sorted(name for name, setting in SETTINGS.items() if setting.secret)


@pytest.mark.parametrize(
    ("name", "count"),
    [("LINK_KEYS", 3), ("SESSION_KEYS", 3), ("TRIGGER_SIGNING_KEYS", 3), ("TWILIO_AUTH_TOKENS", 2)],
)
def test_as_many_are_accepted_at_once_as_the_page_says(name: str, count: int) -> None:
    told: dict[str, str] = dict(re.findall(r"^\| `([A-Z_]+)` \| (.+?) \|", PAGE, re.MULTILINE))
    assert told[name] == {3: "any number", 2: "two"}[count]
    keys = tuple(str(number) * 32 for number in range(count))
    assert SETTINGS[name].parse(",".join(keys)) == keys


def with_keys(handoff: Handoff, **keys: str) -> Handoff:
    """The functions as they start after the secret was written."""
    return Handoff({**handoff.environment, **keys}, handoff.queue)


def test_each_step_knows_what_the_steps_beside_it_make(handoff: Handoff) -> None:
    """Containers of two steps are there at the same time: what the one signs, the other accepts."""
    steps_of = PAGE.partition("## Keys of our own")[2].partition("\n## ")[0]
    said = re.findall(r"^\d\. Write `([a-z,]+)`", steps_of, re.MULTILINE)
    steps = ["old", *said]
    assert steps[-1] == "new"
    values = [step.replace("old", OLD).replace("new", NEW) for step in steps]
    sets = [with_keys(handoff, SESSION_KEYS=value, LINK_KEYS=value) for value in values]
    for one, other in itertools.pairwise(sets[:-1]):
        for signing, accepting in ((one, other), (other, one)):
            person = signing.person()
            link = "/download/" + person.ready_export()["links"][0]["url"].rpartition("/")[2]
            assert invoke(accepting.download, event("GET", link)).status == 200
            assert Person(accepting, person.cookies[0]).status("/api/exports").status == 200
    for functions in sets:
        functions.close()


def test_a_session_and_a_link_go_on_while_their_keys_are_changed(handoff: Handoff) -> None:
    old = with_keys(handoff, SESSION_KEYS=OLD, LINK_KEYS=OLD)
    person = old.person()
    export = person.ready_export()
    link = "/download/" + export["links"][0]["url"].rpartition("/")[2]
    both = with_keys(handoff, SESSION_KEYS=f"{NEW},{OLD}", LINK_KEYS=f"{NEW},{OLD}")
    for functions in (old, both):
        assert invoke(functions.download, event("GET", link)).status == 200
        again = Person(functions, person.cookies[0])
        assert again.export(export["id"])["state"] == "ready"
    stranger = both.person()
    first = with_keys(handoff, SESSION_KEYS=f"{OLD},{NEW}", LINK_KEYS=f"{OLD},{NEW}")
    made = stranger.ready_export()["links"][0]["url"].rpartition("/")[2]
    assert invoke(first.download, event("GET", f"/download/{made}")).status == 200, "a container of the first step"
    assert Person(first, stranger.cookies[0]).request_export()
    assert Person(with_keys(handoff, SESSION_KEYS=NEW), stranger.cookies[0]).request_export()
    new = with_keys(handoff, SESSION_KEYS=NEW, LINK_KEYS=NEW)
    assert invoke(new.download, event("GET", link)).status == 404
    assert Person(new, person.cookies[0]).status(f"/api/exports/{export['id']}").status == 401
    for functions in (old, both, first, new):
        functions.close()


def test_a_second_role_works_as_the_first_while_its_password_is_changed(
    handoff: Handoff, database_url: str, postgres: Postgres
) -> None:
    parts = urlsplit(database_url)
    (statements,) = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    first = str(parts.username)
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(statements.replace("handoff_a", first).encode())
    try:
        second_url = urlunsplit(parts._replace(netloc=f"handoff_b:a%20new%20password@{parts.hostname}:{parts.port}"))
        second = with_keys(handoff, DATABASE_URL=second_url)
        assert second.person().ready_export()["state"] == "ready"
        assert migrate(second_url) == []
        with psycopg.connect(second_url) as connection:
            assert connection.execute("SELECT current_user::text").fetchone() == (first,)
            for name, value in ROLE_SETTINGS.items():
                assert connection.execute("SELECT current_setting(%s)", [name]).fetchone() == (value,)
        second.close()
    finally:
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute("DROP ROLE handoff_b")
