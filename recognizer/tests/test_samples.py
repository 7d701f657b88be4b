"""What becomes a sample, whose, and under which label."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from accounts.models import User
from recognizer.domain.errors import BadRequest
from recognizer.models import Sample
from recognizer.services.samples import held_out, sample_add
from recognizer.tests.training_material import drawn

Source, State = Sample.Source, Sample.State


@pytest.fixture
def alice(make_user: Callable[..., User]) -> User:
    """Alice, who agrees that the models learn from her."""
    return make_user("alice", training_consent=True)


def add(contributor: User, label: int = 7, crop: Any = None, source: Sample.Source = Source.CORRECTION) -> Sample:
    sample = sample_add(
        contributor=contributor, label=label, crop=drawn(8).pictures[7] if crop is None else crop, source=source
    )
    assert sample is not None
    return sample


def test_a_digit_is_kept_with_its_label_and_where_it_is_from(alice: User) -> None:
    sample = add(alice, 7, source=Source.SHEET)
    sample.refresh_from_db()
    assert (sample.contributor, sample.label, sample.source, sample.state) == (alice, 7, "sheet", "used")
    assert bytes(sample.crop) == drawn(8).pictures[7].tobytes()


def test_the_same_crop_is_kept_once_for_each_person(alice: User, make_user: Callable[..., User]) -> None:
    assert add(alice) == add(alice)
    assert add(make_user("dora", training_consent=True)).sha256 == add(alice).sha256
    assert Sample.objects.count() == 2


def test_the_newest_label_counts(alice: User) -> None:
    add(alice, 7)
    assert add(alice, 1, source=Source.CONFIRMATION).label == 1
    assert [(row.label, row.source) for row in Sample.objects.all()] == [(1, "confirmation")]


def test_a_new_label_is_looked_at_anew_unless_staff_dropped_the_sample(alice: User) -> None:
    for before, after in ((State.SET_ASIDE, State.USED), (State.DROPPED, State.DROPPED)):
        sample = add(alice, 7)
        Sample.objects.filter(id=sample.id).update(state=before, reason="not a seven")
        assert add(alice, 7).state == before
        assert add(alice, 1).state == after


def test_nothing_is_kept_of_who_does_not_agree_nor_of_a_blank_crop(alice: User, bob: User) -> None:
    crop = drawn(8).pictures[7]
    assert sample_add(contributor=bob, label=7, crop=crop, source=Source.CORRECTION) is None
    assert sample_add(contributor=alice, label=7, crop=np.zeros_like(crop), source=Source.CORRECTION) is None
    assert not Sample.objects.exists()


@pytest.mark.parametrize("label", [-1, 10])
def test_a_label_is_a_digit(alice: User, label: int) -> None:
    with pytest.raises(BadRequest, match="from 0 to 9"):
        add(alice, label)


def test_a_crop_is_28_by_28_bytes(alice: User) -> None:
    for wrong in (np.ones((27, 28), np.uint8), np.ones((28, 28), np.float32)):
        with pytest.raises(BadRequest, match="28 by 28"):
            add(alice, crop=wrong)


def test_a_tenth_is_held_out_by_hash_whoever_gives_it(alice: User) -> None:
    rng = np.random.default_rng(1)
    samples = [add(alice, crop=rng.integers(0, 255, (28, 28), np.uint8)) for _ in range(200)]
    assert all(sample.held_out == held_out(sample.sha256) for sample in samples)
    assert 8 <= sum(sample.held_out for sample in samples) <= 35
