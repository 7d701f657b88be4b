"""What the gate found, as its page draws it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recognizer.wording import figures

WIDTH = 320
EDGE = 16
LEAST_SPAN = 0.001
"""A tenth of a point: nobody needs to see less."""


def comparison_of(outcome: Mapping[str, Any]) -> dict[str, Any] | None:
    """What ``Verdict.as_json`` kept, with the places of each interval's picture; None where nothing was compared."""
    if not outcome.get("samples"):
        return None
    return {
        "candidate": outcome["candidate"],
        "serving": outcome["serving"],
        "ms": outcome["ms"],
        "samples": [_drawn(each) for each in outcome["samples"]],
    }


def _drawn(on: Mapping[str, Any]) -> dict[str, Any]:
    span = 1.1 * max(abs(on["low"]), abs(on["high"]), LEAST_SPAN)

    def place(share: float) -> str:
        return f"{WIDTH / 2 + share / span * (WIDTH / 2 - EDGE):.1f}"

    places = {key: place(on[key]) for key in ("low", "high", "difference")} | {"zero": place(0.0)}
    points = {key: signed_points(on[key]) for key in ("low", "high", "difference")}
    worse = [digit for digit in on["digits"] if digit["worse"]]
    digits = [{**digit, "points": signed_points(digit["difference"])} for digit in on["digits"]]
    return {**on, "places": places, "points": points, "worse": worse, "digits": digits}


def signed_points(share: float) -> str:
    """A difference of shares in points of a percent: "+0.12", with a real minus."""
    return figures(f"{100 * share:+.2f}")
