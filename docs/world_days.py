"""Days of the made-up world: five weeks of figures, as somebody has them who reads every working day."""

from __future__ import annotations

import datetime as dt

import numpy as np

from accounts.models import User
from recognizer.models import DailyFigure, FiguresCounted
from recognizer.selectors_figures import today_here

DAYS = 35
CONFUSIONS = ("17", "71", "49", "35", "06", "83")
"""Which digits people had to correct to which: 1 to 7, 7 to 1 and so on."""


def days(alice: User) -> None:
    """Figures by day up to yesterday; today is counted live from what is there."""
    rng, today = np.random.default_rng(30), today_here()
    rows = [_day(rng, alice, today - dt.timedelta(days=back)) for back in range(1, DAYS)]
    DailyFigure.objects.filter(owner=alice).delete()
    DailyFigure.objects.bulk_create(row for row in rows if row.readings)
    FiguresCounted.objects.update_or_create(owner=alice, defaults={"before": today})


def _day(rng: np.random.Generator, owner: User, day: dt.date) -> DailyFigure:
    """Many readings on working days, fewer at weekends, each week a little surer than the last."""
    age = (today_here() - day).days / DAYS
    readings = int(rng.poisson(26 if day.weekday() < 5 else 9))
    doubtful = int(rng.binomial(readings, 0.06 + 0.08 * age))
    corrected = int(rng.binomial(doubtful, 0.5))
    without = int(rng.binomial(readings - doubtful, 0.02))
    mistaken = [str(rng.choice(CONFUSIONS, p=(0.4, 0.2, 0.15, 0.1, 0.1, 0.05))) for _ in range(corrected)]
    return DailyFigure(
        owner=owner,
        day=day,
        readings=readings,
        doubtful=doubtful,
        corrected=corrected,
        without_number=without,
        sure_sum=(readings - without) * float(0.985 - 0.05 * age + rng.normal(0, 0.004)),
        confusions={pair: mistaken.count(pair) for pair in set(mistaken)},
        stale=False,
    )
