"""How figures are shown to a person."""

from __future__ import annotations

from django import template

from accounts.models import User
from recognizer.services.review_queue import review_count_shown

register = template.Library()


@register.filter
def percent(probability: float | None) -> str:
    """A probability (0 to 1) as a percentage with one decimal: ``0.998`` gives "99.8 %".

    Certainty is never claimed: from 0.9995 on it is "> 99.9 %", and under 0.0005 it is "< 0.1 %". Nothing known (None)
    gives an empty string.
    """
    if probability is None:
        return ""
    if probability >= 0.9995:
        return "> 99.9 %"
    if probability < 0.0005:
        return "< 0.1 %"
    return f"{probability * 100:.1f} %"


@register.filter
def fine_percent(share: float) -> str:
    """A measured share (0 to 1) as a percentage with two decimals, as models are compared: "99.71 %"."""
    return f"{share * 100:.2f} %"


@register.filter
def bar_width(probability: float) -> str:
    """A probability as the width of a bar out of 100, with a point whatever the language, as SVG wants it."""
    return f"{min(max(probability, 0.0), 1.0) * 100:.2f}"


@register.filter
def milliseconds(ms: float | None) -> str:
    """A time that a person can compare: "6.1 ms", "240 ms", "1.8 s"; an empty string where none is known."""
    if ms is None:
        return ""
    if ms < 10:
        return f"{ms:.1f} ms"
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


@register.simple_tag
def review_count(user: User) -> str:
    """How many numbers wait for this person's review, as the header shows it; an empty string for none."""
    return review_count_shown(user=user)
