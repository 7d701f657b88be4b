"""The read queries of what is done with all that a search finds."""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import replace
from uuid import UUID

from django.db.models import Q
from django.http import Http404
from django.utils import timezone

from accounts.models import User
from recognizer.domain.history import HistoryQuery, Sort
from recognizer.models import HistoryAction
from recognizer.models.history_action import ALIVE
from recognizer.selectors_history import history_count, trash_of

COUNTED = 10_000
"""Beyond it nothing is counted: "more than 10,000" is said."""
SILENT = dt.timedelta(minutes=2)
"""After so long without life, somebody else takes up the work."""


def query_in_time(query: HistoryQuery, *, as_of: dt.datetime) -> HistoryQuery:
    """The same uploads, newest first, without what came after a moment: an order that nothing changes meanwhile."""
    low, sure_from = query.low, query.sure_from
    if query.sort in (Sort.SMALLEST, Sort.LARGEST):  # these leave out what has no number
        low = max(low or 0, 0)
    elif query.sort == Sort.LEAST_SURE:
        sure_from = max(sure_from or 0.0, sys.float_info.min)
    return replace(query, low=low, sure_from=sure_from, as_of=as_of, sort=Sort.NEWEST)


def matching_count(*, owner: User, query: HistoryQuery) -> int:
    """How many uploads a query finds; one more than ``COUNTED`` where they are too many to count."""
    return history_count(owner=owner, query=query, most=COUNTED + 1)


def trashed_at_count(*, owner: User, moment: dt.datetime) -> int:
    """How many can be brought back of what was deleted at one moment; counted as far as above."""
    return trash_of(owner).filter(deleted_at=moment).values("pk")[: COUNTED + 1].count()


def history_action_for(*, owner: User, action_id: UUID) -> HistoryAction:
    """One of this owner's. Raises Http404."""
    found = HistoryAction.objects.filter(owner=owner, id=action_id).first()
    if found is None:
        raise Http404("There is no such page.")
    return found


def history_action_going_on(*, owner: User) -> HistoryAction | None:
    """What is being done with this owner's pictures just now."""
    return HistoryAction.objects.filter(ALIVE, owner=owner).first()


def history_actions_silent() -> list[HistoryAction]:
    """Those that nobody has worked on for a while: their job was lost, or the worker died."""
    silent = Q(heartbeat_at__lt=timezone.now() - SILENT)
    return list(HistoryAction.objects.filter(ALIVE & silent))
