"""Handoff's side: its settings as on AWS, its cookie, its token."""

from uuid import UUID

from starlette.responses import Response

from handoff.links.tokens import LinkTokens
from handoff.settings import SETTINGS
from handoff.web.session import SessionCookies, anonymous
from tests.bench.cold_start.extension import TOKEN, Extension
from tests.bench.cold_start.services import BUCKET, PUBLIC_URL, QSTASH, Services

LINK_KEY, SESSION_KEY = "l" * 64, "s" * 64
ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"
PARAMETERS = {"PUBLIC_URL": "/handoff/public-url", "DELIVERY_URL": "/handoff/delivery-url"}


def extension(services: Services) -> Extension:
    """The secrets and parameters that template.yaml makes."""
    secrets = {
        "database": {"DATABASE_URL": services.database_url},
        "queue-token": {"QSTASH_TOKEN": QSTASH["QSTASH_TOKEN"]},
        "queue-keys": {name: key for name, key in QSTASH.items() if name.endswith("_KEY")},
        "link-keys": {"LINK_KEYS": LINK_KEY},
        "session-keys": {"SESSION_KEYS": SESSION_KEY},
    }
    urls = {"PUBLIC_URL": PUBLIC_URL, "DELIVERY_URL": services.destination.url}
    return Extension(
        {ARN + name: values for name, values in secrets.items()},
        {PARAMETERS[name]: url for name, url in urls.items()},
    )


def settings(function: str, services: Services, extension_url: str) -> dict[str, str]:
    """A function's environment, as template.yaml has it, with the addresses of this machine."""

    def needs(name: str) -> bool:
        return function in SETTINGS[name].functions

    secrets = {
        "database": True,
        "queue-token": needs("QSTASH_TOKEN"),
        "queue-keys": needs("QSTASH_CURRENT_SIGNING_KEY"),
        "link-keys": needs("LINK_KEYS"),
        "session-keys": needs("SESSION_KEYS"),
    }
    values = {
        "SECRET_ARNS": ",".join(ARN + name for name, needed in secrets.items() if needed),
        **{f"{name}_PARAMETER": parameter for name, parameter in PARAMETERS.items() if needs(name)},
        "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT": extension_url.rpartition(":")[2],
        "POWERTOOLS_SERVICE_NAME": function,
        "POWERTOOLS_METRICS_NAMESPACE": "Handoff",
        "LOG_LEVEL": "INFO",
        **aws_access(services),
    }
    values |= {"QUEUE_PROVIDER": "qstash"} if needs("QUEUE_PROVIDER") else {}
    values |= {"QSTASH_URL": services.queue_url} if needs("QSTASH_URL") else {}
    values |= {"STORAGE_PROVIDER": "s3", "FILE_BUCKET": BUCKET} if needs("FILE_BUCKET") else {}
    if needs("SOURCE_URL"):
        address = services.source.url.split("/")[2]
        # A source on this machine is allowed on no real Lambda; SAM's local one may have it.
        values |= {"SOURCE_URL": services.source.url, "SOURCE_LOOPBACK": address, "AWS_SAM_LOCAL": "true"}
    return values


def aws_access(services: Services) -> dict[str, str]:
    """What the AWS SDK reads; Lambda gives a function the first three."""
    return {
        "AWS_ACCESS_KEY_ID": "handoff",
        "AWS_SECRET_ACCESS_KEY": "handoff",
        "AWS_SESSION_TOKEN": TOKEN,
        "AWS_ENDPOINT_URL_S3": services.store_url,
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": services.store_url,
    }


def cookie(owner: str) -> str:
    response = Response()
    SessionCookies((SESSION_KEY,), PUBLIC_URL).give(response, anonymous(owner))
    return response.headers["set-cookie"].partition(";")[0]


def token(link_id: UUID) -> str:
    return LinkTokens((LINK_KEY,)).token(link_id)
