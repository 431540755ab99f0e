"""This process's own log: JSON lines on stderr. No header or body ever gets here, and of a URL no query."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

_logger = logging.getLogger("infra.local.trigger_dev")


def start() -> None:
    """Send this process's log to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter())
    logging.raiseExceptions = False  # a reader that went away must not stop the server
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    _logger.setLevel(logging.INFO)


def log(event: str, **fields: str | int) -> None:
    """One line."""
    _logger.info(event, extra={"fields": fields})


def address(payload: Any) -> str:
    """Where a message goes, without the query and the user, which may be secret."""
    parts = urlsplit(str(payload.get("url"))) if isinstance(payload, dict) else urlsplit("")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": time, "service": "trigger_dev", "event": record.getMessage(), **getattr(record, "fields", {})}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)
