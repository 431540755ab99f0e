"""This process's own log: JSON lines on stderr. No token, header or body ever gets here, and of a URL no query."""

import json
import logging
import sys
from datetime import UTC, datetime
from urllib.parse import urlsplit

_logger = logging.getLogger("infra.local.qstash")


def start(level: str = "INFO") -> None:
    """Send this process's log to stderr, uvicorn's own warnings included."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter())
    logging.raiseExceptions = False  # a reader that went away must not stop the server
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    _logger.setLevel(level.upper())


def log(event: str, **fields: str | float) -> None:
    """One line."""
    _logger.info(event, extra={"fields": fields})


def address(url: str) -> str:
    """`url` without its query and user, which may be secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": "qstash",
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)
