"""What a Handoff that lost nothing shows of the calls that were played, by the player's own book."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from infra.local.simulate.plan import Call


@dataclass(frozen=True)
class Outlook:
    """As in GET /events/failures: how long a call can last, and how far back is looked."""

    max_call: timedelta
    window: timedelta


def known(calls: Iterable[Call], accepted: Collection[str]) -> list[Call]:
    """Those of which everything that was told was accepted: of the others nobody can say what is known."""
    return [call for call in calls if all(event.id in accepted for event in call.events)]


def suspected(calls: Iterable[Call], outlook: Outlook, at: datetime) -> set[str]:
    """The ids that the list must have at that moment, and no other."""
    return {call.id for call in calls if call.is_lost and at - outlook.window < call.started_at < at - outlook.max_call}
