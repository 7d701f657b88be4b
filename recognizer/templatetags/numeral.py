"""How figures are shown to a person."""

from __future__ import annotations

from django import template

from accounts.models import User
from recognizer.services.review_queue import review_count_shown
from recognizer.wording import said, say

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
        return say("> {percent:.1f} %", percent=99.9)
    if probability < 0.0005:
        return say("< {percent:.1f} %", percent=0.1)
    return say("{percent:.1f} %", percent=probability * 100)


@register.filter
def fine_percent(share: float) -> str:
    """A measured share (0 to 1) as a percentage with two decimals, as models are compared: "99.71 %"."""
    return say("{percent:.2f} %", percent=share * 100)


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
        return say("{ms:.1f} ms", ms=ms)
    return say("{ms:.0f} ms", ms=ms) if ms < 1000 else say("{seconds:.1f} s", seconds=ms / 1000)


@register.filter(name="said")
def said_in_words(sentence: str) -> str:
    """A sentence that was made elsewhere, or kept in English, in the page's language as far as it is known."""
    return said(sentence) if isinstance(sentence, str) else str(sentence)


@register.filter
def p_value(p: float) -> str:
    """The p-value of a test, as papers give it."""
    return say("p < {limit:.3f}", limit=0.001) if p < 0.001 else say("p = {p:.3f}", p=p)


@register.simple_tag
def review_count(user: User) -> str:
    """How many numbers wait for this person's review, as the header shows it; an empty string for none."""
    return review_count_shown(user=user)
