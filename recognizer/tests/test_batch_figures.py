"""How far a batch is, as its bar and its sentences say it."""

from __future__ import annotations

import itertools

import pytest

from recognizer.selectors_batches import BatchProgress
from recognizer.views.batch_presenters import Figures


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (12, "less than a minute left"),
        (61, "about 1 minute left"),
        (1_500, "about 25 minutes left"),
        (7_300, "about 2 hours left"),
    ],
)
def test_the_time_left_is_as_coarse_as_it_is_known(seconds: int | None, words: str) -> None:
    assert Figures(BatchProgress("reading", total=10, waiting=5, seconds_left=seconds)).time_left == words
    assert Figures(BatchProgress("finished", total=10, seconds_left=seconds)).time_left == ""


def test_the_bar_is_as_long_as_what_is_done() -> None:
    progress = BatchProgress("reading", total=7, read=4, doubtful=1, rejected=1, failed=1, waiting=2)
    parts = Figures(progress).parts
    assert [(part.kind, part.count) for part in parts] == [("sure", 2), ("doubt", 1), ("none", 1), ("failed", 1)]
    assert parts[0].x == 0
    for one, other in itertools.pairwise(parts):
        assert one.x + one.width == other.x
    assert parts[-1].x + parts[-1].width == 1000 * 5 // 7
    assert all(part.width == 0 for part in Figures(BatchProgress("open")).parts)
