"""A queue's management API, asked with its token."""

from collections.abc import Mapping
from typing import Any

import httpx

from infra.local.errors import LocalError


class Api:
    """JSON over HTTP. `url` is the API's base, `token` goes out as a bearer token and nowhere else."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """None where there is no such thing. Raises LocalError."""
        return self._ask("GET", path, params=query)

    def post(self, path: str, body: Any = None) -> Any:
        return self._ask("POST", path, json=body)

    def delete(self, path: str) -> Any:
        return self._ask("DELETE", path)

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        try:
            answer = httpx.request(
                method, self._url + path, headers=self._headers, timeout=10, trust_env=False, **options
            )
            if answer.status_code == httpx.codes.NOT_FOUND:
                return None
            answer.raise_for_status()
            return answer.json() if answer.content else {}
        except httpx.HTTPStatusError as error:
            # Not its words: they name the whole address.
            raise LocalError(f"The queue answered {error.response.status_code}.") from None
        except (httpx.HTTPError, ValueError) as error:
            raise LocalError(f"The queue does not answer: {type(error).__name__}.") from None
