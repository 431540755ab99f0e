"""Upstash-Retry-Delay: a formula in `retried` that gives milliseconds, such as "pow(2, retried) * 5000".

Read with Python's parser, then walked: only numbers, `retried`, + - * / and the documented functions get through.
https://upstash.com/docs/qstash/features/retry#custom-retry-delay
"""

import ast
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass

from infra.local.qstash.errors import InvalidRequestError

_LONGEST = 256  # so that no formula nests deep enough to trouble the parser
_OPERATORS: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_ONE_ARGUMENT: dict[str, Callable[[float], float]] = {
    "sqrt": math.sqrt,
    "abs": abs,
    "exp": math.exp,
    "floor": math.floor,
    "ceil": math.ceil,
    "round": lambda x: math.floor(x + 0.5),  # to the nearest, halves up; Python's own goes to the even one
}
_TWO_ARGUMENTS: dict[str, Callable[[float, float], float]] = {"pow": math.pow, "min": min, "max": max}


@dataclass(frozen=True)
class RetryDelay:
    """A formula that was found valid; `text` is what the publisher wrote."""

    text: str
    _tree: ast.expr

    @classmethod
    def parse(cls, text: str) -> "RetryDelay":
        """InvalidRequestError unless `text` is a formula that gives a number for the first retry."""
        if len(text) > _LONGEST:
            raise InvalidRequestError(f"invalid Upstash-Retry-Delay: longer than {_LONGEST} characters")
        try:
            formula = cls(text, ast.parse(text.strip(), mode="eval").body)
            _value(formula._tree, 0.0)
        except (SyntaxError, ValueError, RecursionError, MemoryError, ArithmeticError) as exc:
            raise InvalidRequestError(f"invalid Upstash-Retry-Delay: {text!r} is not a formula") from exc
        return formula

    def milliseconds(self, retried: int) -> float | None:
        """The delay before the retry after `retried` earlier ones; None where the formula has no value there."""
        try:
            value = _value(self._tree, float(retried))
        except (ValueError, ArithmeticError):
            return None
        return max(0.0, value) if math.isfinite(value) else None


def _value(node: ast.expr, retried: float) -> float:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case ast.Name(id="retried"):
            return retried
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, retried)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATORS:
            return _OPERATORS[type(sign)](_value(left, retried), _value(right, retried))
        case ast.Call(func=ast.Name(id=name), args=[one], keywords=[]) if name in _ONE_ARGUMENT:
            return float(_ONE_ARGUMENT[name](_value(one, retried)))
        case ast.Call(func=ast.Name(id=name), args=[one, two], keywords=[]) if name in _TWO_ARGUMENTS:
            return _TWO_ARGUMENTS[name](_value(one, retried), _value(two, retried))
    raise ValueError(f"not allowed in a formula: {type(node).__name__}")
