"""Whose samples get into a training: only of people who agree, nobody's too many, none held out, none doubtful."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from accounts.models import User
from recognizer.domain.errors import BadModel, BadParameters, BadRequest
from recognizer.inference.engine import DigitEngine
from recognizer.models import ModelVersion, Sample
from recognizer.services.registry import model_activate, model_register
from recognizer.services.sample_review import LOOKED_AT, samples_drop, samples_second_look, samples_take_back
from recognizer.services.sample_selection import person_cap, samples_prepare, samples_write
from recognizer.services.samples import held_out, sample_add
from recognizer.tests.tiny_networks import STEP, digit_network, save_model
from recognizer.training.parameters import TrainingParameters

MakeUser = Callable[..., User]


@pytest.fixture
def reader(db: None, tmp_path: Path) -> ModelVersion:
    """A digit network that reads brightness: a crop of k times ``STEP`` is all but surely a k."""
    folder = save_model(tmp_path / "digit-5", "digit", digit_network(), version=5)
    return model_activate(model=model_register(directory=folder))


def crops(label: int, count: int, seed: int = 0) -> list[Any]:
    """Different crops that the network reads as this digit, surely."""
    rng = np.random.default_rng([seed, label])
    return [(label * STEP + rng.integers(1, 3, (28, 28))).astype(np.uint8) for _ in range(count)]


def give(contributor: User, count: int, *, label: int = 3, looks_like: int = 3, seed: int = 0) -> None:
    for crop in crops(looks_like, count, seed):
        sample_add(contributor=contributor, label=label, crop=crop, source=Sample.Source.CORRECTION)


def taken(tmp_path: Path) -> dict[str, Any]:
    samples_write(place=tmp_path / "corrections.npz")
    with np.load(tmp_path / "corrections.npz", allow_pickle=False) as arrays:
        return dict(arrays)


def hashes_taken(tmp_path: Path) -> set[bytes]:
    return {picture.tobytes() for picture in taken(tmp_path)["x_train"]}


def test_only_samples_in_use_of_people_who_agree_and_none_held_out(make_user: MakeUser, tmp_path: Path) -> None:
    people = [make_user(name, training_consent=True) for name in ("alice", "bob", "dora")]
    for seed, person in enumerate(people):
        give(person, 60, seed=seed)
    User.objects.filter(pk=people[1].pk).update(training_consent=False)
    dropped, aside = Sample.objects.filter(contributor=people[0], held_out=False)[:2]
    Sample.objects.filter(id=dropped.id).update(state="dropped")
    Sample.objects.filter(id=aside.id).update(state="set_aside")
    allowed = Sample.objects.filter(contributor__in=[people[0], people[2]], held_out=False, state="used")
    assert Sample.objects.filter(held_out=True).exists()
    assert hashes_taken(tmp_path) == {bytes(sample.crop) for sample in allowed}
    assert int(taken(tmp_path)["people"]) == 2


def test_withdrawing_takes_them_out_at_once_and_agreeing_again_puts_them_back(
    make_user: MakeUser, tmp_path: Path
) -> None:
    alice, bob = (make_user(name, training_consent=True) for name in ("alice", "bob"))
    give(alice, 20, seed=1)
    give(bob, 20, seed=2)
    whole = hashes_taken(tmp_path)
    User.objects.filter(pk=bob.pk).update(training_consent=False)
    assert hashes_taken(tmp_path) == {bytes(row.crop) for row in alice.samples.filter(held_out=False)}
    User.objects.filter(pk=bob.pk).update(training_consent=True)
    assert hashes_taken(tmp_path) == whole


def test_a_held_out_crop_is_held_out_whoever_gives_it(make_user: MakeUser, tmp_path: Path) -> None:
    for name in ("alice", "bob"):
        give(make_user(name, training_consent=True), 80)
    assert taken(tmp_path)["x_train"].size
    for picture in taken(tmp_path)["x_train"]:
        assert not held_out(hashlib.sha256(picture.tobytes()).hexdigest())


def test_a_hostile_person_changes_a_training_by_no_more_than_the_cap(
    make_user: MakeUser, tmp_path: Path, settings: Any, reader: ModelVersion
) -> None:
    settings.CORRECTIONS_PER_PERSON = 40
    for number in range(3):
        give(make_user(f"honest-{number}", training_consent=True), 30, seed=number)
    before = hashes_taken(tmp_path)
    mallory = make_user("mallory", training_consent=True)
    rows = [_row(mallory, crop) for crop in crops(7, 10_000, seed=9)]
    Sample.objects.bulk_create(rows, batch_size=500)
    # The second look not asked, at most the cap gets in …
    assert len(hashes_taken(tmp_path) - before) == 40
    assert before <= hashes_taken(tmp_path)
    # … and asked, nothing does: the network is sure that these are sevens.
    assert samples_second_look() == 10_000
    assert hashes_taken(tmp_path) == before


def _row(contributor: User, crop: Any) -> Sample:
    sha256 = hashlib.sha256(crop.tobytes()).hexdigest()
    fields = {"label": 1, "crop": crop.tobytes(), "sha256": sha256, "held_out": held_out(sha256)}
    return Sample(contributor=contributor, source="correction", **fields)


@pytest.mark.parametrize(
    ("counts", "cap"),
    [
        ([5], 500),  # few gave: a number is always allowed
        ([10_000], 500),
        ([10_000, 100, 100], 500),  # a share of one's own ten thousand would be a thousand
        ([1000] * 20, 2000),  # all within a tenth of all
        ([1000] * 20 + [100_000], 2222),  # a tenth of what is then taken, 20,000 and these
        ([], 500),
    ],
)
def test_the_cap_is_a_share_of_what_is_taken(counts: list[int], cap: int) -> None:
    found = person_cap(counts, allowed=500)
    assert found == pytest.approx(cap, abs=2)
    total = sum(min(count, found) for count in counts)
    assert found <= max(500, 0.1 * total + 2) or found >= max(counts, default=0)


def test_the_second_look_says_why_and_leaves_what_staff_looked_at(make_user: MakeUser, reader: ModelVersion) -> None:
    alice = make_user("alice", training_consent=True)
    give(alice, 12, label=1, looks_like=7)
    give(alice, 12, label=3, looks_like=3)
    assert samples_second_look() == 12
    aside = Sample.objects.filter(state="set_aside")
    assert {sample.label for sample in aside} == {1}
    assert aside[0].reason.startswith("digit-5 is 9")
    assert aside[0].reason.endswith("% sure that it is a 7.")
    assert samples_take_back(samples=aside) == 12
    assert samples_second_look() == 0
    assert set(Sample.objects.filter(label=1).values_list("state", "reason")) == {("used", LOOKED_AT)}


def test_doubt_sets_nothing_aside(make_user: MakeUser, reader: ModelVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    give(make_user("alice", training_consent=True), 3, label=1, looks_like=7)
    unsure = np.full((1, 10), 0.01, np.float32)
    unsure[0, 7] = 0.9
    monkeypatch.setattr(DigitEngine, "probabilities", lambda engine, crops: np.repeat(unsure, len(crops), axis=0))
    assert samples_second_look() == 0


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
def test_who_drops_says_why(make_user: MakeUser, reason: str) -> None:
    give(make_user("alice", training_consent=True), 3)
    with pytest.raises(BadRequest, match="reason"):
        samples_drop(samples=Sample.objects.all(), reason=reason)
    assert samples_drop(samples=Sample.objects.all(), reason=" not a\n digit ") == 3
    assert set(Sample.objects.values_list("state", "reason")) == {("dropped", "not a digit")}


def test_nothing_to_learn_from_is_said(make_user: MakeUser, tmp_path: Path) -> None:
    give(make_user("alice"), 3)
    with pytest.raises(BadParameters, match="There is nothing to learn from"):
        samples_write(place=tmp_path / "corrections.npz")
    assert not (tmp_path / "corrections.npz").exists()


def test_a_training_that_goes_on_keeps_its_samples_unless_one_was_withdrawn(
    make_user: MakeUser, reader: ModelVersion, tmp_path: Path
) -> None:
    alice, bob = (make_user(name, training_consent=True) for name in ("alice", "bob"))
    give(alice, 10, seed=1)
    give(bob, 10, seed=2)
    fresh = TrainingParameters(corrections="corrections.npz")
    chosen = samples_prepare(parameters=fresh, folder=tmp_path)
    assert chosen is not None
    assert (chosen.people, chosen.beyond_cap) == (2, 0)
    resumed = TrainingParameters(corrections="corrections.npz", resume=True)
    give(alice, 10, seed=3)
    assert samples_prepare(parameters=resumed, folder=tmp_path) is None
    User.objects.filter(pk=bob.pk).update(training_consent=False)
    with pytest.raises(BadParameters, match="Start it anew"):
        samples_prepare(parameters=resumed, folder=tmp_path)
    assert samples_prepare(parameters=TrainingParameters(), folder=tmp_path) is None


def test_without_a_model_nothing_gets_past_the_second_look(make_user: MakeUser, tmp_path: Path) -> None:
    give(make_user("alice", training_consent=True), 10)
    with pytest.raises(BadModel, match="No digit model serves"):
        samples_prepare(parameters=TrainingParameters(corrections="corrections.npz"), folder=tmp_path)
    assert not list(tmp_path.rglob("*.npz"))
