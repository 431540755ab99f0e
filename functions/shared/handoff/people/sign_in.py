"""Sign in: from an ID token to a person, who from then on has what they made before they did."""

from dataclasses import dataclass

from handoff.database import Database, load_queries
from handoff.errors import ConstraintViolatedError, DatabaseUnavailableError
from handoff.people.id_token import IdTokens
from handoff.people.person import Person

QUERIES = load_queries("people")

SLOT_TAKEN = "runs_one_per_slot"
LOOKS = 10
"""A slot that was free is taken by another request of the same person: so often at the most, one after the other."""


@dataclass(frozen=True)
class Adopted:
    runs: int


class SignIns:
    """Signing in once more, in the same session or in another one, does no harm."""

    def __init__(self, database: Database, tokens: IdTokens) -> None:
        self._database = database
        self._tokens = tokens

    def sign_in(self, token: str, nonce: str, visitor: str | None) -> Person:
        """The person. `visitor` is the anonymous owner whose runs become theirs, `nonce` that of the session.

        Raises InvalidTokenError, WrongDomainError, UnverifiedEmailError, IssuerUnavailableError.
        """
        person = self._tokens.read(token, nonce)
        if visitor is not None:
            self._adopt(visitor, person.owner)
        return person

    def _adopt(self, visitor: str, owner: str) -> None:
        for _ in range(LOOKS):
            try:
                self._database.one(QUERIES["adopt_runs"], Adopted, visitor=visitor, owner=owner)
            except ConstraintViolatedError as error:
                if error.constraint != SLOT_TAKEN:
                    raise
            else:
                return
        raise DatabaseUnavailableError
