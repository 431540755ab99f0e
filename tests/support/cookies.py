"""Session cookies as the functions would have signed them, some time ago."""

from itsdangerous import TimestampSigner, URLSafeTimedSerializer

KEY = "k" * 40
"""The key that environment.py gives the functions."""


def signed(said: object, *, key: str = KEY, salt: str = "handoff session", seconds_ago: float = 0) -> str:
    """A session cookie's value."""

    class Then(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(super().get_timestamp() - seconds_ago)

    return str(URLSafeTimedSerializer(key, salt=salt, signer=Then).dumps(said))
