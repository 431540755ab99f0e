"""The promises of a suite: its tests, each a sentence; and what a vendor cannot express of them."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

Test = TypeVar("Test", bound=Callable[..., None])


def asks(capability: StrEnum) -> Callable[[Test], Test]:
    """The promise is asked of a provider that has the capability; of another, that it does without and says so."""

    def mark(test: Test) -> Test:
        test.asks = capability  # type: ignore[attr-defined]
        return test

    return mark


def promises(suite: type[Any]) -> dict[str, StrEnum | None]:
    """Name of each test, in the order in which the suite has them, and the capability that it asks for."""
    return {name: asked for tests in parts(suite).values() for name, asked in tests.items()}


def parts(suite: type[Any]) -> dict[str, dict[str, StrEnum | None]]:
    """The same, by what they are about: the first line of each part's docstring."""
    found: dict[str, dict[str, StrEnum | None]] = {}
    for part in suite.__mro__:
        tests = {name: getattr(test, "asks", None) for name, test in vars(part).items() if name.startswith("test_")}
        if tests:
            found[(part.__doc__ or "").strip().partition("\n")[0]] = tests
    return found


def sentence(name: str) -> str:
    """`test_a_delay_is_waited_out` as words."""
    words = (
        name.removeprefix("test_").replace("_", " ").replace(" url ", " URL ").replace("stores clock", "store's clock")
    )
    return words[0].upper() + words[1:]
