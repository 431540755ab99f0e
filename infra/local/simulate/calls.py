"""Carriers for a while: planned, played, told, and looked for where that is wished."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import UTC, datetime

import httpx

from infra.local.simulate.check import verdict
from infra.local.simulate.expected import Outlook, known
from infra.local.simulate.insider import insider
from infra.local.simulate.plan import Plan, Wish, make_plan
from infra.local.simulate.play import Played, play
from infra.local.simulate.report import tell, tell_expected, tell_verdict
from infra.local.terminal import Terminal

PATH = "/events"
GIVE_UP_SECONDS = 30.0


def simulate(
    wish: Wish,
    outlook: Outlook,
    url: str,
    secret: str,
    *,
    patience_seconds: float | None,
    environment: Mapping[str, str],
) -> bool:
    """Whether everything was accepted and, where `patience_seconds` is given, is seen exactly. Raises LocalError.

    `environment`: of the caller, for the check at a deployment that signs people in.
    """
    out, plan = Terminal(), make_plan(wish, datetime.now(UTC))
    with insider(url, environment) if patience_seconds is not None else nullcontext() as read:
        out.heading(f"Playing carriers at {url}, for {wish.seconds:.0f} s")
        played = asyncio.run(_played(plan, url + PATH, secret))
        tell(out, plan, played)
        calls = known(plan.calls, played.accepted)
        if unknown := len(plan.calls) - len(calls):
            out.error(f"  Of {unknown} calls not everything was accepted: nothing is said of those.")
        tell_expected(out, calls, outlook, datetime.now(UTC))
        if read is None or patience_seconds is None:
            return not unknown
        found = verdict(read, calls, plan.prefix, outlook, patience_seconds)
        tell_verdict(out, found)
        return found.is_exact and not unknown


async def _played(plan: Plan, url: str, secret: str) -> Played:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(limits=limits, timeout=GIVE_UP_SECONDS, trust_env=False) as client:

        async def post(headers: Mapping[str, str], body: bytes) -> int:
            return (await client.post(url, headers=headers, content=body)).status_code

        return await play(plan, post, secret)
