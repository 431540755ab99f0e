"""A link's token: its id, signed."""

from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer

from . import config

serializer = URLSafeSerializer(config.LINK_KEY, salt="link")


def make_token(link_id: UUID) -> str:
    return serializer.dumps(str(link_id))


def read_token(token: str) -> UUID | None:
    try:
        return UUID(serializer.loads(token))
    except BadSignature:
        return None
