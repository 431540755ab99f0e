"""What is logged and counted: JSON lines with the request's id, and CloudWatch metrics in the same stream.

Nothing here ever takes a token, a secret, a path or a source URL: callers log ids, route keys and named outcomes.
"""

import logging
import traceback
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from handoff.errors import SettingError

logger = Logger()

# Mangum logs each path at INFO, and a download's path holds its token.
logging.getLogger("mangum").setLevel(logging.ERROR)

namespace = "Handoff"


def count_in(name: str) -> None:
    """Keep apart what several deployments count in one account."""
    global namespace
    namespace = name


def count(metric: str, value: int = 1) -> None:
    """Add to a counter, such as RunsReady."""
    _record(metric, MetricUnit.Count, value)


def measure_seconds(metric: str, value: float) -> None:
    """Record a duration in seconds, such as TimeToLink."""
    _record(metric, MetricUnit.Seconds, value)


def _record(name: str, unit: MetricUnit, value: float) -> None:
    """Without a dimension: several functions count the same, and an alarm is about all of it. Powertools would add the
    function's name, and CloudWatch takes a metric with a dimension for another metric.
    """
    with single_metric(name=name, unit=unit, value=value, namespace=namespace) as metric:
        metric.service = ""


def log_unexpected(error: BaseException, **fields: Any) -> None:
    """Record a bug: which kind and where, without the message, which may quote what it was working on.

    A SettingError is no bug, and its message names settings alone: it says what an operator has to mend.
    """
    if isinstance(error, SettingError):
        fields["reason"] = str(error)
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    logger.error("unexpected", kind=type(error).__name__, frames=frames, **fields)
