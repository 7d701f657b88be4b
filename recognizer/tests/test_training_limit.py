"""A limited training is split as a whole one is: what the gate keeps is never trained on."""

from __future__ import annotations

import pytest

from recognizer.tests.training_material import drawn
from recognizer.training.datasets import hash_split
from recognizer.training.material import _split


@pytest.mark.parametrize("limit", [None, 60, 120, 600, 1000])
def test_what_the_gate_keeps_is_never_trained_on(limit: int | None) -> None:
    samples = drawn(600)
    samples.pictures[:, 0, 0], samples.pictures[:, 0, 1] = [n % 256 for n in range(600)], [n // 256 for n in range(600)]
    _, kept = hash_split(samples, 1 / 6)
    gate = {picture.tobytes() for picture in samples.take(kept).pictures}
    train, validation = _split(samples, 1 / 6, limit)
    assert not gate & {picture.tobytes() for picture in train.pictures}
    assert len(train) + len(validation) == min(600, limit or 600)
    assert len(validation) == round(min(600, limit or 600) / 6)
