"""The peer's side: its settings, its cookie, its token."""

import json
from uuid import UUID

from itsdangerous import URLSafeSerializer, URLSafeTimedSerializer

from tests.bench.cold_start.ours import aws_access
from tests.bench.cold_start.services import BUCKET, PUBLIC_URL, QSTASH, Services

SECRET = "exporter"
LINK_KEY, SESSION_KEY = "L" * 64, "S" * 64


def create_secret(services: Services) -> None:
    """One secret, of JSON, in the Secrets Manager that boto3 asks."""
    values = {"DATABASE_URL": services.database_url, "LINK_KEY": LINK_KEY, "SESSION_KEY": SESSION_KEY, **QSTASH}
    services.aws("secretsmanager").create_secret(Name=SECRET, SecretString=json.dumps(values))


def settings(services: Services) -> dict[str, str]:
    """The same environment for each of its functions."""
    return {
        "SECRET_ID": SECRET,
        "QSTASH_URL": services.queue_url,
        "PUBLIC_URL": PUBLIC_URL,
        "DELIVERY_URL": services.destination.url,
        "SOURCE_URL": services.source.url,
        "FILE_BUCKET": BUCKET,
        **aws_access(services),
    }


def cookie(owner: str) -> str:
    return f"session={URLSafeTimedSerializer(SESSION_KEY, salt='session').dumps(owner)}"


def token(link_id: UUID) -> str:
    return str(URLSafeSerializer(LINK_KEY, salt="link").dumps(str(link_id)))
