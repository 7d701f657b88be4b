"""What holds for every style sheet: right to left, rest for who asked for it, nothing fetched from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SHEETS = sorted((Path(__file__).resolve().parents[2] / "static" / "css").glob("*.css"))
PHYSICAL = re.compile(
    r"(?:margin|padding|border)-(?:left|right)[\w-]*\s*:"
    r"|(?:text-align|float|clear)\s*:\s*(?:left|right)\b"
    r"|(?<![\w-])(?:left|right)\s*:"
)
ON_A_PICTURE = re.compile(r"\.crop-|\.crop-edge|\.crop-corner")
"""A picture's own left is left in every language."""

MOVES = re.compile(r"(?:transition|animation)(?:-duration)?\s*:\s*([^;}]+)")


def rules(sheet: Path) -> list[tuple[str, str]]:
    """Selectors and declarations, media queries taken off."""
    css = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"([^{};]+)\{([^{}]*)\}", css)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_sides_are_those_of_the_text_not_of_the_screen(sheet: Path) -> None:
    found = [
        f"{selector.strip()}: {match}"
        for selector, body in rules(sheet)
        if not ON_A_PICTURE.search(selector)
        for match in PHYSICAL.findall(body)
    ]
    assert found == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_whatever_moves_takes_the_time_that_is_nought_for_who_asked_for_rest(sheet: Path) -> None:
    moving = [value for _, body in rules(sheet) for value in MOVES.findall(body)]
    assert [value for value in moving if "var(--quick)" not in value and value.strip() != "none"] == []


def test_that_time_is_nought_where_motion_is_reduced() -> None:
    [numeral] = [sheet.read_text(encoding="utf-8") for sheet in SHEETS if sheet.name == "numeral.css"]
    assert re.search(r"prefers-reduced-motion: reduce\)\s*\{\s*:root\s*\{\s*--quick: 0ms;", numeral)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_nothing_is_fetched_from_elsewhere(sheet: Path) -> None:
    addresses = re.findall(r"url\(\s*[\"']?([^)\"']+)", sheet.read_text(encoding="utf-8"))
    assert [address for address in addresses if not address.startswith(("data:", "#"))] == []
