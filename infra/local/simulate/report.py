"""What was played, and what must be seen of it, in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from infra.local.simulate.check import Verdict
from infra.local.simulate.expected import Outlook, suspected
from infra.local.simulate.plan import Call, Plan
from infra.local.simulate.play import Played, percentile
from infra.local.terminal import GREEN, RED, Terminal

SHARES = (0.5, 0.95, 0.99)


def tell(out: Terminal, plan: Plan, played: Played) -> None:
    events, calls = len(plan.sendings), len(plan.calls)
    rate = events / played.seconds
    out.row("sent", f"{events} events of {calls} calls in {played.seconds:.1f} s, {rate:.1f} a second")
    lost = sum(call.is_lost for call in plan.calls)
    out.row("of those", f"{plan.repeated} were sent before, {plan.late} after a later one; {lost} endings were lost")
    out.row("answers", ", ".join(f"{times} × {status}" for status, times in played.answers.most_common()))
    if played.latencies:
        out.row("latency", _milliseconds(played.latencies) + ", from when each was due")
    out.row("player", _milliseconds(played.lateness) + " behind, itself")


def tell_expected(out: Terminal, calls: Sequence[Call], outlook: Outlook, now: datetime) -> None:
    """By this machine's clock: the check asks for the database's."""
    ids = suspected(calls, outlook, now)
    hours = [f"{part.total_seconds() / 60:.0f} min" for part in (outlook.max_call, outlook.window)]
    out.heading(f"Missed endings that the list must show: {len(ids)}, of calls begun {' to '.join(hours)} ago")
    for call in sorted(calls, key=lambda call: call.started_at, reverse=True):
        if call.id in ids:
            out.line(f"  {call.started_at:%Y-%m-%d %H:%M:%S}  {call.id}")


def tell_verdict(out: Terminal, verdict: Verdict) -> None:
    out.heading("Looking for them")
    for what, ids in (
        ("missing", verdict.missing),
        ("unexpected", verdict.unexpected),
        ("twice", verdict.doubled),
    ):
        for call_id in ids:
            out.row(what, call_id, RED)
    lost, doubled = len(verdict.missing) + verdict.events_lost, len(verdict.doubled) + verdict.events_doubled
    about = f"{verdict.expected} missed endings, {lost} lost, {doubled} doubled"
    if verdict.is_exact:
        out.row("exact", about, GREEN)
    else:
        out.row("not exact", f"{about} ({verdict.events_lost} and {verdict.events_doubled} are events)", RED)


def _milliseconds(seconds: Sequence[float]) -> str:
    figures = (f"p{share * 100:.0f} {percentile(seconds, share) * 1000:.1f} ms" for share in SHARES)
    return ", ".join(figures)
