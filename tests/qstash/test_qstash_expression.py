"""The formulas of Upstash-Retry-Delay."""

import pytest

from infra.local.qstash.errors import InvalidRequestError
from infra.local.qstash.expression import RetryDelay


@pytest.mark.parametrize(
    ("text", "retried", "milliseconds"),
    [
        ("1000", 3, 1000),
        ("1000 * (1 + retried)", 2, 3000),
        ("pow(2, retried) * 5000", 2, 20000),
        ("max(1000, pow(2, retried) * 100)", 1, 1000),
        ("min(5, 3) + abs(-4) - sqrt(9) / 3", 0, 6),
        ("floor(1.9) + ceil(1.1) + round(0.5)", 0, 4),
        ("exp(0)", 0, 1),
        ("5 - 10", 0, 0),
    ],
)
def test_a_documented_formula_is_evaluated(text: str, retried: int, milliseconds: float) -> None:
    assert RetryDelay.parse(text).milliseconds(retried) == milliseconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "retries",
        "'1000'",
        "True",
        "2 ** 99",
        "retried.real",
        "(lambda: 1)()",
        "[1][0]",
        "1 if retried else 2",
        "pow(2)",
        "min(1, 2, 3)",
        "open('/etc/passwd')",
        "__import__('os').system('true')",
        "sqrt(-1)",
        "1 / retried",
        "1" * 300,
        "(" * 200 + "1" + ")" * 200,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError, match="invalid Upstash-Retry-Delay"):
        RetryDelay.parse(text)


def test_a_formula_without_a_value_at_some_retry_has_none_there() -> None:
    formula = RetryDelay.parse("1000 / (2 - retried)")
    assert [formula.milliseconds(retried) for retried in (0, 1, 2)] == [500, 1000, None]
    assert RetryDelay.parse("exp(retried * 1000)").milliseconds(1) is None
