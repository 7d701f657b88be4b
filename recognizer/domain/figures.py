"""What became of readings, added up over days."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

DAILY_UP_TO, WEEKLY_UP_TO = 92, 731
"""So many days are shown one by one, so many by week; more by month."""


@dataclass(frozen=True, slots=True)
class Figures:
    """``doubtful``: not sure at first, whatever a person said since; ``sure_sum``: of those with a number.

    ``confusions``: how often one digit was corrected to another; "17" is 1 to 7.
    """

    readings: int = 0
    doubtful: int = 0
    corrected: int = 0
    without_number: int = 0
    sure_sum: float = 0.0
    confusions: Counter[str] = field(default_factory=Counter)

    @property
    def doubtful_share(self) -> float | None:
        return self.doubtful / self.readings if self.readings else None

    @property
    def corrected_share(self) -> float | None:
        return self.corrected / self.readings if self.readings else None

    @property
    def confidence(self) -> float | None:
        """The mean of those with a number."""
        numbers = self.readings - self.without_number
        return min(self.sure_sum / numbers, 1.0) if numbers > 0 else None


@dataclass(frozen=True, slots=True)
class Span:
    """A day, a week from Monday on, or a month; ``first`` is its first day."""

    first: dt.date
    figures: Figures


def figures_sum(parts: Iterable[Figures]) -> Figures:
    """All of them together."""
    rows = list(parts)
    confusions: Counter[str] = Counter()
    for row in rows:
        confusions.update(row.confusions)
    return Figures(
        readings=sum(row.readings for row in rows),
        doubtful=sum(row.doubtful for row in rows),
        corrected=sum(row.corrected for row in rows),
        without_number=sum(row.without_number for row in rows),
        sure_sum=sum(row.sure_sum for row in rows),
        confusions=confusions,
    )


def misread_digits(read: str, said: str) -> Counter[str]:
    """Which digits were corrected to which; nothing where the lengths differ: then nobody knows which is which."""
    if len(read) != len(said):
        return Counter()
    return Counter(f"{one}{other}" for one, other in zip(read, said, strict=True) if one != other)


def step_of(first: dt.date, last: dt.date) -> str:
    """How the days from ``first`` to ``last`` are best shown: by "day", "week" or "month"."""
    days = (last - first).days + 1
    return "day" if days <= DAILY_UP_TO else "week" if days <= WEEKLY_UP_TO else "month"


def spans_of(days: dict[dt.date, Figures], first: dt.date, last: dt.date) -> list[Span]:
    """Every day, week or month from ``first`` to ``last``, those without readings too."""
    step, starts, day = step_of(first, last), [], _start(first, step_of(first, last))
    while day <= last:
        starts.append(day)
        day = _next(day, step)
    parts: dict[dt.date, list[Figures]] = {start: [] for start in starts}
    for found, figures in days.items():
        if first <= found <= last:
            parts[_start(found, step)].append(figures)
    return [Span(start, figures_sum(parts[start])) for start in starts]


def _start(day: dt.date, step: str) -> dt.date:
    if step == "week":
        return day - dt.timedelta(days=day.weekday())
    return day.replace(day=1) if step == "month" else day


def _next(day: dt.date, step: str) -> dt.date:
    if step == "month":
        return (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    return day + dt.timedelta(days=7 if step == "week" else 1)
