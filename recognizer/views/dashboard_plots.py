"""The figures over time as plots, each with its table: what is drawn can be read as well."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from recognizer.domain.figures import Figures, Span
from recognizer.plots import Axis, Dot, Line, Plot, Tick, horizontal, line, vertical
from recognizer.wording import figures, say

DATES = 5
"""About so many dates on an axis."""
PAIRS = 10
FORMATS = {"day": "j M", "week": "j M", "month": "M Y"}
LONG_FORMATS = {"day": "D j M", "week": "j M Y", "month": "F Y"}
GAP = 0.2
"""Between two bars, in parts of their place."""

Share = Callable[[Figures], float | None]


@dataclass(frozen=True, slots=True)
class Bar:
    x: str
    y: str
    width: str
    height: str
    style: str
    text: str


@dataclass(slots=True)
class Figure:
    """A plot, its bars, and the same as a table."""

    title: str
    plot: Plot
    columns: list[str]
    rows: list[list[str]]
    bars: list[Bar] = field(default_factory=list)
    legend: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Confusion:
    """A digit that was read, what people said it is, how often, and that as parts of a hundred of the most."""

    read: str
    said: str
    count: int
    width: str


def share_text(share: float | None) -> str:
    """A share as a percentage with one decimal; a dash where there is none."""
    return "–" if share is None else say("{percent:.1f} %", percent=100 * share)


def readings_plot(spans: Sequence[Span], step: str) -> Figure | None:
    """Bars: how many readings, those in doubt at their foot."""
    if not any(span.figures.readings for span in spans):
        return None
    x, y = horizontal(0, len(spans)), vertical(0, max(span.figures.readings for span in spans))
    bars = []
    for place, span in enumerate(spans):
        doubtful, rest = span.figures.doubtful, span.figures.readings - span.figures.doubtful
        if doubtful:
            text = say("{when}: {n:,} not sure at first", when=_long(span, step), n=doubtful)
            bars.append(_bar(x, y, place, 0, doubtful, "doubtful", text))
        if rest:
            text = say("{when}: {n:,} sure", when=_long(span, step), n=rest)
            bars.append(_bar(x, y, place, doubtful, span.figures.readings, "sure", text))
    titles = {"day": _("Readings a day"), "week": _("Readings a week"), "month": _("Readings a month")}
    rows = [
        [
            _long(span, step),
            figures(f"{span.figures.readings:,}"),
            figures(f"{span.figures.doubtful:,}"),
            figures(f"{span.figures.without_number:,}"),
        ]
        for span in _told(spans)
    ]
    whole = [tick for tick in y.ticks() if tick.value == round(tick.value)]
    plot = Plot(titles[step], "", "", x_ticks=_dates(spans, step, x, 0.5), y_ticks=_thousands(whole))
    columns = [_names(step), _("Readings"), _("Not sure at first"), _("Without a number")]
    legend = [("sure", _("sure")), ("doubtful", _("not sure at first"))]
    return Figure(titles[step], plot, columns, rows, bars, legend)


def shares_plot(spans: Sequence[Span], step: str) -> Figure | None:
    """Lines: which share was in doubt, and which was corrected."""
    shares: list[tuple[str, str, Share]] = [
        (_("not sure at first"), "b", lambda found: found.doubtful_share),
        (_("corrected"), "c", lambda found: found.corrected_share),
    ]
    rows = [
        [_long(span, step), share_text(span.figures.doubtful_share), share_text(span.figures.corrected_share)]
        for span in _told(spans)
    ]
    columns = [_names(step), _("Not sure at first"), _("Corrected")]
    return _lines(_("In doubt, and corrected"), spans, step, shares, columns, rows, low=0.0)


def confidence_plot(spans: Sequence[Span], step: str) -> Figure | None:
    """A line: how sure the readings with a number were, on average."""
    shares: list[tuple[str, str, Share]] = [(_("mean confidence"), "a", lambda found: found.confidence)]
    rows = [[_long(span, step), share_text(span.figures.confidence)] for span in _told(spans)]
    columns = [_names(step), _("Mean confidence")]
    return _lines(_("Confidence"), spans, step, shares, columns, rows, high=1.0)


def confusion_bars(confusions: Counter[str]) -> list[Confusion]:
    """What was corrected most often, the most frequent first."""
    most = sorted(confusions.items(), key=lambda pair: (-pair[1], pair[0]))[:PAIRS]
    return [Confusion(pair[0], pair[1], count, f"{100 * count / most[0][1]:.1f}") for pair, count in most]


def _lines(
    title: str,
    spans: Sequence[Span],
    step: str,
    shares: Sequence[tuple[str, str, Share]],
    columns: list[str],
    rows: list[list[str]],
    *,
    low: float | None = None,
    high: float | None = None,
) -> Figure | None:
    points = {
        name: [(place, value) for place, span in enumerate(spans) if (value := share(span.figures)) is not None]
        for name, _style, share in shares
    }
    values = [value for found in points.values() for _place, value in found]
    if not values:
        return None
    x, y = horizontal(-0.5, len(spans) - 0.5), _percents(values, low, high)
    lines: list[Line] = [line(name, points[name], x, y, style) for name, style, _share in shares]
    dots = [
        Dot(
            x.at(place),
            y.at(value),
            say("{when}: {share} {what}", when=_long(spans[place], step), share=share_text(value), what=name),
            style,
        )
        for name, style, _share in shares
        for place, value in points[name]
    ]
    ticks = [
        Tick(tick.at, say("{percent} %", percent=tick.text))
        for tick in Axis(100 * y.low, 100 * y.high, y.start, y.end).ticks()
    ]
    plot = Plot(title, "", "", x_ticks=_dates(spans, step, x, 0.0), y_ticks=ticks, lines=lines, dots=dots)
    return Figure(title, plot, columns, rows, legend=[(style, name) for name, style, _share in shares])


def _percents(values: Sequence[float], low: float | None, high: float | None) -> Axis:
    """An axis with a little air around the values, and one end held."""
    air = max(0.02, 0.1 * (max(values) - min(values)))
    bottom = max(0.0, min(values) - air) if low is None else low
    top = min(1.0, max(values) + air) if high is None else high
    return vertical(bottom, max(top, bottom + 0.04))


def _bar(x: Axis, y: Axis, place: int, low: float, high: float, style: str, text: str) -> Bar:
    left, right = float(x.at(place + GAP / 2)), float(x.at(place + 1 - GAP / 2))
    top, bottom = float(y.at(high)), float(y.at(low))
    return Bar(f"{left:.1f}", f"{top:.1f}", f"{right - left:.1f}", f"{max(bottom - top, 0.5):.1f}", style, text)


def _dates(spans: Sequence[Span], step: str, x: Axis, middle: float) -> list[Tick]:
    every = max(1, -(-len(spans) // DATES))
    last = len(spans) - 1
    return [
        Tick(x.at(place + middle), date_format(span.first, FORMATS[step]))
        for place, span in enumerate(spans)
        if (last - place) % every == 0
    ]


def _thousands(ticks: Sequence[Tick]) -> list[Tick]:
    return [Tick(tick.at, figures(f"{tick.value:,.0f}")) for tick in ticks]


def _told(spans: Sequence[Span]) -> list[Span]:
    """The newest first; a table leaves out what has nothing."""
    return [span for span in reversed(spans) if span.figures.readings]


def _long(span: Span, step: str) -> str:
    day: dt.date = span.first
    shown = date_format(day, LONG_FORMATS[step])
    return _("Week of %(day)s") % {"day": shown} if step == "week" else shown


def _names(step: str) -> str:
    return {"day": _("Day"), "week": _("Week"), "month": _("Month")}[step]
