"""When each request is due. It is drawn before the first is sent, so no answer, however slow, can put one off."""

import random
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Arrival:
    """at: seconds from the beginning."""

    at: float
    kind: str


def poisson_arrivals(rate: float, seconds: float, shares: Mapping[str, float], seed: int) -> list[Arrival]:
    """People who know nothing of each other, in order of time.

    A Poisson process of which the number of arrivals is known is that many moments drawn evenly, sorted. So what is
    offered is the asked rate exactly, and each kind has its share exactly.
    """
    chance = random.Random(seed)
    total = round(rate * seconds)
    kinds = [kind for kind, share in shares.items() for _ in range(round(total * share))]
    kinds = (kinds + [next(iter(shares))] * total)[:total]
    chance.shuffle(kinds)
    return [
        Arrival(at, kind) for at, kind in zip(sorted(chance.uniform(0, seconds) for _ in kinds), kinds, strict=True)
    ]
