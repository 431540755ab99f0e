"""Sends what was planned. The loop is open: an event goes out when it is due, whatever became of those before it, and
its latency counts from then. Carriers do not wait for each other."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from standardwebhooks import Webhook

from infra.local.simulate.plan import Event, Plan

Post = Callable[[Mapping[str, str], bytes], Awaitable[int]]
"""Sends one event, headers and body; the answer's status."""


@dataclass
class Played:
    """`answers` by status, or by the name of what went wrong. Seconds; `lateness` is the player's own."""

    answers: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    lateness: list[float] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)
    """Ids of events that were answered with success at least once."""
    seconds: float = 0.0


async def play(plan: Plan, post: Post, secret: str) -> Played:
    """Returns once everything was answered, or never will be."""
    played, signer, clock = Played(), Webhook(secret), asyncio.get_running_loop().time
    began = clock()

    async def one(event: Event, due: float) -> None:
        try:
            status = await post(signed(event, signer), event.body)
        except Exception as error:
            played.answers[type(error).__name__] += 1
        else:
            played.answers[str(status)] += 1
            played.latencies.append(clock() - due)
            if 200 <= status < 300:
                played.accepted.add(event.id)

    tasks = []
    for sending in plan.sendings:
        due = began + sending.at
        if (early := due - clock()) > 0:
            await asyncio.sleep(early)
        played.lateness.append(clock() - due)
        tasks.append(asyncio.create_task(one(sending.event, due)))
    await asyncio.gather(*tasks)
    played.seconds = clock() - began
    return played


def signed(event: Event, signer: Webhook) -> dict[str, str]:
    """https://www.standardwebhooks.com; signed when it is sent, each time anew."""
    now = datetime.now(UTC)
    return {
        "Content-Type": "application/json",
        "webhook-id": event.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signer.sign(event.id, now, event.body.decode()),
    }


def percentile(values: Sequence[float], share: float) -> float:
    """One that was seen (nearest rank); NaN of none."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] if values else math.nan
