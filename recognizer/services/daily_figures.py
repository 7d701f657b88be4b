"""Keeps the sums of finished days, so that the figures of years are quick to show.

A day is counted from its uploads, never added to: counting it twice is counting it once. Whoever changes what a past
day adds up to says so with ``figures_changed``; until the next count, the page counts the newest of such days itself.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable

from django.db import transaction

from accounts.models import User
from recognizer.models import DailyFigure, FiguresCounted
from recognizer.selectors_figures import (
    day_counted,
    day_of,
    figures_counted_before,
    next_day_with_uploads,
    owners_to_count,
    stale_days,
    today_here,
)

SECONDS = 5.0
"""Other jobs wait no longer than this and one more day's count."""
DAY = dt.timedelta(days=1)


def figures_changed(*, owner_id: int, moments: Iterable[dt.datetime]) -> None:
    """Have the days of uploads of these moments counted anew. Of today nothing is kept, so nothing is to be done."""
    today = today_here()
    days = {day for day in map(day_of, moments) if day < today}
    if not days:
        return
    rows = [DailyFigure(owner_id=owner_id, day=day) for day in days]
    DailyFigure.objects.bulk_create(rows, ignore_conflicts=True)
    DailyFigure.objects.filter(owner_id=owner_id, day__in=days).update(stale=True)


def figures_catch_up(*, seconds: float = SECONDS) -> int:
    """Count every finished day that was not counted yet, or was changed since; returns how many were.

    Stops after some seconds; the next turn goes on. Safe at any time, and any number of times.
    """
    ends, counted = time.monotonic() + seconds, 0
    today = today_here()
    for owner in owners_to_count(today=today).iterator():
        for day in stale_days(owner=owner, today=today):
            _day_store(owner, day)
            counted += 1
            if time.monotonic() > ends:
                return counted
        before = figures_counted_before(owner=owner)
        while before is None or before < today:
            day = next_day_with_uploads(owner=owner, day=before) or today
            if day < today:
                _day_store(owner, day)
                counted += 1
            before = min(day + DAY, today)
            FiguresCounted.objects.update_or_create(owner=owner, defaults={"before": before})
            if time.monotonic() > ends:
                return counted
    return counted


@transaction.atomic
def _day_store(owner: User, day: dt.date) -> None:
    """The row first: who changes the day meanwhile waits for it, and marks it again."""
    DailyFigure.objects.bulk_create([DailyFigure(owner=owner, day=day)], ignore_conflicts=True)
    row = DailyFigure.objects.select_for_update().filter(owner=owner, day=day)
    row.get()
    figures = day_counted(owner=owner, day=day)
    if not figures.readings:
        row.delete()
        return
    row.update(
        readings=figures.readings,
        doubtful=figures.doubtful,
        corrected=figures.corrected,
        without_number=figures.without_number,
        sure_sum=figures.sure_sum,
        confusions=dict(figures.confusions),
        stale=False,
    )
