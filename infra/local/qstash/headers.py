"""Header maps: lower-case names inside, Go's canonical names ("Content-Type") in what the API shows."""

from collections.abc import Iterable, Mapping

Headers = Mapping[str, list[str]]
"""Lower-case name to its values, in the order they came."""


def collect(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, list[str]]:
    """A header map from raw pairs, as ASGI and httpx give them."""
    headers: dict[str, list[str]] = {}
    for name, value in pairs:
        headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return headers


def first(headers: Headers, name: str) -> str | None:
    """The first value of lower-case `name`, or None."""
    values = headers.get(name)
    return values[0] if values else None


def below(headers: Headers, prefix: str) -> dict[str, list[str]]:
    """The headers whose name begins with `prefix`, without it."""
    return {
        name.removeprefix(prefix): list(values)
        for name, values in headers.items()
        if name.startswith(prefix) and name != prefix
    }


def canonical(headers: Headers) -> dict[str, list[str]]:
    """The same map with names as Go writes them."""
    return {"-".join(word.capitalize() for word in name.split("-")): values for name, values in headers.items()}
