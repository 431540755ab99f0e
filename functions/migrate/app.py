"""At a deployment, before any other function has its new code: brings the database's schema up to date.

CloudFormation asks for it as a custom resource, and takes back what it has changed when the answer is FAILED:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

import handoff.cold_start

import hashlib
import http.client
import json
import time
import urllib.request
from typing import Any

from handoff.errors import SettingError
from handoff.telemetry import log_unexpected, logger
from handoff.wiring import Wiring
from schema.migrate import MigrationError, migrate

wiring = Wiring("migrate")

ANSWER_SECONDS = 10
ATTEMPTS = 3
PAUSE_SECONDS = 1.0


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers CloudFormation at the address that it names, whatever happens; what was answered."""
    logger.append_keys(request_id=context.aws_request_id if context else None)
    # Which migrations, of which database. A roll-back asks for those that are there already.
    wanted = fingerprint(event["ResourceProperties"])
    there = event.get("PhysicalResourceId", "schema-none")
    answer = {
        "Status": "SUCCESS",
        "PhysicalResourceId": there,
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    # What is in a database is not the stack's to delete, and going back from what failed must not need a database that
    # answers.
    if event["RequestType"] != "Delete" and wanted != there:
        try:
            applied = migrate(wiring.settings["DATABASE_DIRECT_URL"] or wiring.settings["DATABASE_URL"])
            answer["PhysicalResourceId"], answer["Data"] = wanted, {"Applied": " ".join(applied)}
            logger.info("migrated", applied=applied)
        except Exception as error:
            answer["Status"], answer["Reason"] = "FAILED", reason(error, event["ResourceProperties"])
            logger.error("not migrated", reason=answer["Reason"])
    respond(event["ResponseURL"], answer)
    return answer


def fingerprint(properties: dict[str, Any]) -> str:
    named = {name: value for name, value in properties.items() if not name.startswith("Service")}
    return "schema-" + hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()[:32]


def reason(error: Exception, properties: dict[str, Any]) -> str:
    """For whoever deploys: 1,000 characters at most, of an answer that may have 4,096 bytes."""
    if isinstance(error, MigrationError):
        said = f"The database was not migrated: {error}."
    elif isinstance(error, SettingError):
        said = f"{error}. Fill in {properties.get('Database')} and deploy once more."
    else:
        log_unexpected(error)
        said = f"{type(error).__name__}, of which the log of the function migrate says more."
    return said[:1000]


def respond(url: str, answer: dict[str, Any]) -> None:
    """The address is a signed one of S3, which was signed without a content type."""
    body = json.dumps(answer).encode()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            request = urllib.request.Request(url, body, {"Content-Type": ""}, method="PUT")  # noqa: S310
            urllib.request.urlopen(request, timeout=ANSWER_SECONDS).close()  # noqa: S310 # nosec B310 (CloudFormation says where)
            return
        except (OSError, http.client.HTTPException) as error:
            logger.warning("not answered", attempt=attempt, reason=type(error).__name__)
            time.sleep(PAUSE_SECONDS)
    raise ConnectionError("CloudFormation was not answered")


handoff.cold_start.started()
