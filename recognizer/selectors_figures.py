"""The read queries of the figures over time: days that were counted before, and days that are counted now."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.utils import timezone

from accounts.models import User
from recognizer.domain.figures import Figures, misread_digits
from recognizer.models import Correction, DailyFigure, FiguresCounted, Prediction, Upload
from recognizer.models.upload import NOT_DELETED
from recognizer.selectors_history import history_of

SETTLED = (Upload.State.READ, Upload.State.NEEDS_REVIEW, Upload.State.REJECTED)
LIVE = 2
"""So many days that nobody has counted yet, today among them, are counted while the page waits."""
STALE_LIVE = 3
"""And so many that were changed since."""
NOTHING = (0, 0, 0, 0, 0.0)


@dataclass(frozen=True, slots=True)
class FiguresOverTime:
    """Figures by day, without the days that have none; ``complete``: nothing waits to be counted."""

    days: dict[dt.date, Figures]
    complete: bool


def today_here() -> dt.date:
    """The day by the installation's clock, whatever a person's own is."""
    return timezone.localdate(timezone=timezone.get_default_timezone())


def day_of(moment: dt.datetime) -> dt.date:
    """The day of a moment by the installation's clock."""
    return timezone.localdate(moment, timezone.get_default_timezone())


def midnight(day: dt.date) -> dt.datetime:
    """When a day begins by the installation's clock."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time()), timezone.get_default_timezone())


def figures_over_time(*, owner: User, since: dt.date | None) -> FiguresOverTime:
    """An owner's figures from a day on, today's counted up to now, and the newest three of those that were changed
    since they were counted. In five queries.
    """
    today = today_here()
    rows = DailyFigure.objects.filter(owner=owner, day__lt=today)
    rows = rows if since is None else rows.filter(day__gte=since)
    found = {row.day: row for row in rows}
    before = figures_counted_before(owner=owner)
    live = [today - dt.timedelta(days=back) for back in range(LIVE)]
    live = [day for day in live if (before is None or day >= before) and (since is None or day >= since)]
    stale = sorted((row.day for row in found.values() if row.stale and row.day not in live), reverse=True)
    days = {day: _figures(row) for day, row in found.items()}
    days |= days_counted(owner=owner, days=[*live, *stale[:STALE_LIVE]])
    uncounted = _has_uncounted(owner, before, min(live, default=today), since)
    return FiguresOverTime(
        days={day: figures for day, figures in days.items() if figures.readings},
        complete=not uncounted and len(stale) <= STALE_LIVE,
    )


def figures_counted_before(*, owner: User) -> dt.date | None:
    """The first day of an owner's that has not been counted; None where nothing was."""
    return FiguresCounted.objects.filter(owner=owner).values_list("before", flat=True).first()


def _has_uncounted(owner: User, before: dt.date | None, until: dt.date, since: dt.date | None) -> bool:
    """Whether there are uploads of days that are neither counted nor live."""
    starts = [day for day in (before, since) if day is not None]
    if starts and max(starts) >= until:
        return False
    rows = history_of(owner).filter(created_at__lt=midnight(until))
    return (rows.filter(created_at__gte=midnight(max(starts))) if starts else rows).exists()


def _figures(row: DailyFigure) -> Figures:
    return Figures(
        readings=row.readings,
        doubtful=row.doubtful,
        corrected=row.corrected,
        without_number=row.without_number,
        sure_sum=row.sure_sum,
        confusions=Counter(row.confusions),
    )


def day_counted(*, owner: User, day: dt.date) -> Figures:
    """One day of an owner's, counted from what is in the history now: the trash is not. In two queries."""
    return days_counted(owner=owner, days=[day])[day]


def days_counted(*, owner: User, days: Sequence[dt.date]) -> dict[dt.date, Figures]:
    """The same of some days, in two queries as well."""
    if not days:
        return {}
    counts, confusions = _together([_counts(owner, day) for day in days]), defaultdict[str, Counter[str]](Counter)
    for day, read, said in _together([_misread(owner, day) for day in days]):
        confusions[day].update(misread_digits(read, said or ""))
    found = {row[0]: row[1:] for row in counts}
    return {day: _counted(found.get(str(day), NOTHING), confusions[str(day)]) for day in days}


def _counted(row: Sequence[Any], confusions: Counter[str]) -> Figures:
    readings, doubtful, corrected, without_number, sure_sum = row
    return Figures(
        readings=readings,
        doubtful=doubtful,
        corrected=corrected,
        without_number=without_number,
        sure_sum=sure_sum or 0.0,
        confusions=confusions,
    )


def _together(parts: Sequence[QuerySet[Any, Any]]) -> QuerySet[Any, Any]:
    """One query for all: each part goes by the index for its own day."""
    together: QuerySet[Any, Any] = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return together


def _counts(owner: User, day: dt.date) -> QuerySet[Any, Any]:
    uploads = _of_day(history_of(owner), day).filter(state__in=SETTLED)
    broke_a_rule = Exists(Prediction.objects.filter(upload=OuterRef("pk")).exclude(doubt=""))
    unsure = Q(state=Upload.State.NEEDS_REVIEW) | (~Q(text="") & Q(confidence__lt=F("read_by__threshold")))
    rows: QuerySet[Any, Any] = (
        uploads.order_by()
        .values(day=_named(day))
        .annotate(
            readings=Count("pk"),
            doubtful=Count("pk", filter=unsure | Q(broke_a_rule)),
            corrected=Count("pk", filter=~Q(final_text=F("text"))),
            without_number=Count("pk", filter=Q(text="")),
            sure_sum=Sum("confidence", filter=~Q(text="")),
        )
        .values_list("day", "readings", "doubtful", "corrected", "without_number", "sure_sum")
    )
    return rows


def _misread(owner: User, day: dt.date) -> QuerySet[Any, Any]:
    newest = Correction.objects.filter(prediction=OuterRef("pk")).order_by("-created_at", "-id").values("text")[:1]
    rows = Prediction.objects.filter(
        upload__owner=owner,
        upload__deleted_at=None,
        upload__created_at__gte=midnight(day),
        upload__created_at__lt=midnight(day + dt.timedelta(days=1)),
        state=Prediction.State.CORRECTED,
    )
    pairs: QuerySet[Any, Any] = (
        rows.annotate(day=_named(day), said=Subquery(newest)).order_by().values_list("day", "text", "said")
    )
    return pairs


def _named(day: dt.date) -> Value:
    return Value(str(day), output_field=CharField())


def _of_day(rows: QuerySet[Upload], day: dt.date) -> QuerySet[Upload]:
    return rows.filter(created_at__gte=midnight(day), created_at__lt=midnight(day + dt.timedelta(days=1)))


def next_day_with_uploads(*, owner: User, day: dt.date | None) -> dt.date | None:
    """The first day, from ``day`` on, on which an owner gave something that is not in the trash."""
    rows = history_of(owner) if day is None else history_of(owner).filter(created_at__gte=midnight(day))
    moment = rows.order_by("created_at", "id").values_list("created_at", flat=True).first()
    return None if moment is None else day_of(moment)


def owners_to_count(*, today: dt.date) -> QuerySet[User]:
    """Those of whom a finished day was not counted yet, or was changed since."""
    behind = Q(figures_counted=None) | Q(figures_counted__before__lt=today)
    given = Exists(Upload.objects.filter(NOT_DELETED, owner=OuterRef("pk")))
    stale = Exists(DailyFigure.objects.filter(owner=OuterRef("pk"), stale=True, day__lt=today))
    return User.objects.filter((behind & Q(given)) | Q(stale)).order_by("pk")


def stale_days(*, owner: User, today: dt.date) -> list[dt.date]:
    """Finished days that were changed since they were counted, the newest first."""
    rows = DailyFigure.objects.filter(owner=owner, stale=True, day__lt=today)
    return list(rows.order_by("-day").values_list("day", flat=True))
