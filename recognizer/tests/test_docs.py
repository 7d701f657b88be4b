"""The pages under docs/ show what is there."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from docs.how_it_reads import FOLDER, ROOT, STEPS, draw_all

LARGEST = 60_000
"""Bytes of the largest picture that a page shows."""

PAGE = ROOT / "docs" / "how-it-reads.md"


def pictures_in(page: Path) -> list[Path]:
    return [page.parent / name for name in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page.read_text(encoding="utf-8"))]


def test_how_it_reads_shows_every_step_in_order() -> None:
    assert pictures_in(PAGE) == [FOLDER / f"{name}.png" for name in STEPS]


@pytest.mark.parametrize("document", sorted((ROOT / "docs").glob("*.md")), ids=lambda document: document.name)
def test_every_picture_that_a_page_names_is_there(document: Path) -> None:
    assert [path for path in pictures_in(document) if not path.is_file()] == []


def test_every_function_that_how_it_reads_names_is_there() -> None:
    named = re.findall(r"`(\w+/\w+\.py)(?:: ([\w.]+))?`", PAGE.read_text(encoding="utf-8"))
    assert len(named) > len(STEPS)
    for file, name in named:
        source = (ROOT / "recognizer" / file).read_text(encoding="utf-8")
        assert all(re.search(rf"(def|class) {part}\b", source) for part in name.split(".") if name), f"{file}: {name}"


def test_the_steps_can_be_drawn_anew_by_the_functions_that_read(tmp_path: Path) -> None:
    paths = draw_all(tmp_path)
    assert [path.name for path in paths] == [f"{name}.png" for name in STEPS]
    for path in paths:
        assert path.stat().st_size <= LARGEST
        assert np.asarray(Image.open(path).convert("L")).std() > 5, "something is to be seen"
