"""The colours of the style sheet are told apart by people who see them faintly: WCAG 2.2, 1.4.3 and 1.4.11."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).resolve().parents[2] / "static" / "css" / "numeral.css").read_text(encoding="utf-8")
TEXT, SHAPE = 4.5, 3.0
"""Level AA: text, and what must be seen to use the page (the frame of a field, the ring of the focus)."""

WHITE = {"white": "#ffffff"}
TEXTS = {
    "ink": ("page", "surface", "sunken", "accent-soft"),
    "muted": ("page", "surface", "sunken", "accent-soft"),
    "accent": ("page", "surface", "sunken", "accent-soft"),
    "doubt": ("page", "surface", "doubt-soft"),
    "good": ("page", "surface", "good-soft"),
    "bad": ("page", "surface", "bad-soft"),
    "white": ("accent-fill", "accent-fill-hover", "danger-fill", "danger-fill-hover"),
}
SHAPES = {
    "line-strong": ("page", "surface"),
    "accent": ("page", "surface", "sunken"),
    "accent-fill": ("surface", "page"),
    "bad": ("surface", "page"),
    "doubt-fill": ("sunken",),
}


def tokens(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", css))


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG defines it, of #rrggbb."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def ratio(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


LIGHT = WHITE | tokens(CSS.split("@media (prefers-color-scheme: dark)")[0])
DARK = LIGHT | tokens(CSS.split("@media (prefers-color-scheme: dark)")[1].split("@media")[0])


def test_the_ratio_is_that_of_the_standard() -> None:
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXTS, TEXT), (SHAPES, SHAPE)], ids=["texts", "shapes"])
def test_what_stands_on_a_ground_is_seen(
    colours: dict[str, str], pairs: dict[str, tuple[str, ...]], least: float
) -> None:
    found = {
        f"{front} on {ground}": round(ratio(colours[front], colours[ground]), 2)
        for front, grounds in pairs.items()
        for ground in grounds
    }
    assert {pair: value for pair, value in found.items() if value < least} == {}


def test_dark_and_light_have_the_same_tokens() -> None:
    assert DARK.keys() == LIGHT.keys()
    own = {"danger-fill", "danger-fill-hover", "white"}
    assert {name for name in LIGHT if LIGHT[name] == DARK[name]} == own
