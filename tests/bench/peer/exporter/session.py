"""Who is asking: a signed cookie."""

from typing import Annotated

from fastapi import Cookie, Depends, HTTPException
from itsdangerous import BadSignature, URLSafeTimedSerializer

from . import config

serializer = URLSafeTimedSerializer(config.SESSION_KEY, salt="session")


def current_owner(session: Annotated[str, Cookie()] = "") -> str:
    try:
        return str(serializer.loads(session, max_age=30 * 24 * 3600))
    except BadSignature:
        raise HTTPException(401, "no session") from None


Owner = Annotated[str, Depends(current_owner)]
