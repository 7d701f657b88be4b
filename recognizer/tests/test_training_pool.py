"""What is rendered once and shown beside the data set: kinds, labels, and the same from the same seed."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from recognizer.domain.errors import BadDataSet
from recognizer.tests.training_material import bitmaps, drawn
from recognizer.training import pool as pools
from recognizer.training.foreign import as_mnist, find_foreign, load_foreign, render_foreign
from recognizer.training.material import load_material
from recognizer.training.parameters import TrainingParameters
from recognizer.training.pool import KINDS, NO_DIGIT, Pool, Sources, open_pool
from recognizer.training.presets import Preset
from recognizer.training.stream import Epoch, Stream

COUNTS = {"degraded": 20, "foreign": 20, "hands": 20, "negatives": 10}
SOURCES = Sources(drawn(100), [bitmaps(32), bitmaps(16)])


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    return open_pool(tmp_path_factory.mktemp("pools") / "pool", SOURCES, COUNTS, seed=5)


def test_a_pool_holds_so_many_of_each_kind_all_with_ink(pool: Pool) -> None:
    assert {kind: len(pool.of(kind)) for kind in KINDS} == COUNTS
    assert pool.samples.pictures.shape == (70, 28, 28)
    assert pool.samples.pictures.any(axis=(1, 2)).all()


def test_only_what_is_no_digit_is_labelled_so(pool: Pool) -> None:
    assert (pool.of("negatives").labels == NO_DIGIT).all()
    for kind in ("degraded", "foreign", "hands"):
        assert pool.of(kind).labels.max() <= 9


def test_a_pool_that_is_there_is_mapped_and_not_rendered_again(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_pool(tmp_path / "pool", SOURCES, {"negatives": 4}, seed=5)
    monkeypatch.setattr(pools, "render", lambda *told: pytest.fail("rendered again"))
    again = open_pool(tmp_path / "pool", SOURCES, {"negatives": 4}, seed=5)
    assert np.array_equal(again.samples.pictures, first.samples.pictures)
    assert again.fingerprint == first.fingerprint != pool.fingerprint


def test_other_counts_seeds_or_sources_make_another_pool(tmp_path: Path) -> None:
    def prints(sources: Sources, count: int, seed: int) -> str:
        return open_pool(tmp_path / "pool", sources, {"negatives": count}, seed).fingerprint

    other = Sources(drawn(90), [])
    assert len({prints(SOURCES, 2, 1), prints(SOURCES, 3, 1), prints(SOURCES, 2, 2), prints(other, 2, 1)}) == 4


def test_the_same_seed_renders_the_same_pool(pool: Pool, tmp_path: Path) -> None:
    again = open_pool(tmp_path / "pool", SOURCES, COUNTS, seed=5)
    assert np.array_equal(again.samples.pictures, pool.samples.pictures)
    assert np.array_equal(again.samples.labels, pool.samples.labels)


def test_without_foreign_digits_there_are_none_of_that_kind(tmp_path: Path) -> None:
    alone = open_pool(tmp_path / "pool", Sources(drawn(100), []), {"foreign": 9, "hands": 4}, seed=5)
    assert (len(alone.of("foreign")), len(alone.of("hands"))) == (0, 4)


def test_a_pool_of_nothing_writes_nothing(tmp_path: Path) -> None:
    assert len(open_pool(tmp_path / "pool", SOURCES, {}, seed=5).samples) == 0
    assert not list(tmp_path.iterdir())


def stream(pool: Pool, **preset: object) -> Stream:
    return Stream(drawn(100), pool, Preset(epochs=3, **preset), seed=1)  # type: ignore[arg-type]


def test_an_epoch_shows_each_digit_once_and_a_share_of_each_kind(pool: Pool) -> None:
    shown = stream(pool, augmentation=True, degraded=0.1, hands=0.2, negatives=0.05)
    pictures, labels = next(shown.epochs(0))
    assert pictures.shape == (135, 28, 28, 1)
    assert len(shown) == 135
    assert (labels == NO_DIGIT).sum() == 5
    assert (np.bincount(labels, minlength=11)[:10] >= 10).all()


def test_an_epoch_shows_no_more_of_a_kind_than_there_is(pool: Pool) -> None:
    assert len(stream(pool, negatives=0.5)) == 110


def test_a_plain_preset_shows_the_pictures_as_they_are(pool: Pool) -> None:
    pictures, labels = next(stream(pool).epochs(0))
    assert {p.tobytes() for p in pictures[..., 0]} == {p.tobytes() for p in drawn(100).pictures}
    assert np.array_equal(np.bincount(labels), np.full(10, 10))


def test_a_resumed_stream_goes_on_where_it_was(pool: Pool) -> None:
    whole = list(stream(pool, augmentation=True, hands=0.1).epochs(0))
    rest = list(stream(pool, augmentation=True, hands=0.1).epochs(2))
    assert (len(whole), len(rest)) == (3, 1)
    assert np.array_equal(whole[2][0], rest[0][0])
    assert not np.array_equal(whole[1][0], whole[2][0])


def save(path: Path, side: int) -> str:
    given = bitmaps(side)
    np.savez(path, x_test=given.pictures, y_test=given.labels)
    return str(path)


def test_foreign_digits_are_found_where_they_are_told_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPTDIGITS_PATH", save(tmp_path / "a.npz", 32))
    monkeypatch.delenv("SEMEION_PATH", raising=False)
    assert [each.name for each in load_foreign(find_foreign(()))] == ["a"]
    assert find_foreign((str(tmp_path / "b.npz"),)) == [tmp_path / "b.npz"]


def test_a_folder_is_no_file_of_foreign_digits(tmp_path: Path) -> None:
    (tmp_path / "one.png").write_bytes(b"")
    (tmp_path / "labels.csv").write_text("file,text\none.png,1\n", encoding="utf-8")
    with pytest.raises(BadDataSet, match="not from folders"):
        load_foreign([tmp_path])


def test_a_bitmap_becomes_a_smooth_crop_of_its_digit() -> None:
    given = bitmaps(16)
    for bitmap, label in zip(given.pictures[:10], given.labels[:10].tolist(), strict=True):
        crop = as_mnist(bitmap, label, np.random.default_rng(1))
        rows, columns = np.nonzero(crop > 60)
        assert 17 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 20
        assert ((crop > 40) & (crop < 215)).sum() > 10


def test_every_foreign_digit_comes_about_as_often_as_any_other() -> None:
    made = render_foreign([bitmaps(32), bitmaps(16)], 500, np.random.default_rng(2))
    assert np.bincount(made.labels, minlength=10).min() > 25


def test_nothing_held_out_is_ever_shown(tmp_path: Path) -> None:
    given = drawn(240)
    noise = np.random.default_rng(3).integers(0, 40, given.pictures.shape, np.uint8)
    pictures = np.maximum(given.pictures, noise)
    np.savez(
        tmp_path / "data.npz", x_train=pictures, y_train=given.labels, x_test=pictures[:20], y_test=given.labels[:20]
    )
    told = TrainingParameters(data=str(tmp_path / "data.npz"), extra=(save(tmp_path / "foreign.npz", 16),))
    material = load_material(told, tmp_path / "pools")
    assert (len(material.train), len(material.validation)) == (200, 40)
    assert len(material.held.of("foreign")) == 4
    assert len(material.judged) == len(material.validation) + len(material.held.samples)
    shown = {p.tobytes() for p in np.concatenate([material.train.pictures, material.pool.samples.pictures])}
    assert not shown & {p.tobytes() for p in material.judged.pictures}


def test_the_stream_says_how_long_an_epoch_was_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream(drawn(20), Pool.empty(), Preset(epochs=2), seed=1)
    usual = stream._epoch

    def slowly(number: int) -> Epoch:
        time.sleep(0.2)
        return usual(number)

    monkeypatch.setattr(stream, "_epoch", slowly)
    waited = []
    for _ in stream.epochs(0):
        waited.append(stream.waited)
        time.sleep(0.5)  # learning: the next epoch is prepared in the meantime
    assert waited[0] > 0.1
    assert waited[1] < 0.1
