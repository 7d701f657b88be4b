"""Synthetic numbers on paper: what is written is what the label says, and the strips are as serving cuts them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from recognizer.tests.training_material import bitmaps, drawn
from recognizer.training.datasets import DataSet, Samples
from recognizer.training.lines.augment import augment_strips
from recognizer.training.lines.backdrop import photograph
from recognizer.training.lines.compose import Mixture, photographed, sample
from recognizer.training.lines.material import mixtures
from recognizer.training.lines.pool import WIDTHS, open_pool, render
from recognizer.training.lines.texts import encode, label_of, random_text
from recognizer.training.lines.words import doodle, random_word, write_word
from recognizer.training.lines.writing import Bitmaps, write_bitmaps, write_strokes


@pytest.fixture(scope="module")
def mixture() -> Mixture:
    samples, other = drawn(40), bitmaps(32)
    return Mixture(
        0.5,
        [
            (Bitmaps.of("digits", samples.pictures, samples.labels), 0.3),
            (Bitmaps.of("optdigits", other.pictures, other.labels), 0.2),
        ],
    )


def test_a_label_has_the_digits_and_the_marks_between_them() -> None:
    assert label_of("$1.234,50.-") == "1.234,50"
    assert label_of("=75=") == "75"
    assert label_of("1 250 000") == "1250000"
    assert label_of(".5") == "5"


def test_classes_leave_zero_to_the_blank() -> None:
    assert encode("09.,") == [1, 10, 11, 12]


def test_texts_are_of_all_lengths_and_have_all_digits_and_marks() -> None:
    rng = np.random.default_rng(1)
    labels = [label_of(random_text(rng)) for _ in range(2000)]
    counts = {sum(map(str.isdigit, label)) for label in labels}
    assert set(range(1, 11)) <= counts
    assert set("".join(labels)) == set("0123456789.,")
    assert any("00" in label for label in labels)


def test_the_same_seed_makes_the_same_strips(mixture: Mixture) -> None:
    one, other = (sample(mixture, np.random.default_rng(3)) for _ in range(2))
    assert one[1] == other[1]
    assert np.array_equal(one[0], other[0])


def test_strips_are_as_serving_cuts_them(mixture: Mixture) -> None:
    rng = np.random.default_rng(4)
    for _ in range(60):
        strip, label = sample(mixture, rng)
        assert strip.dtype == np.uint8
        assert strip.shape[0] == 32
        assert strip.shape[1] % 8 == 0
        assert strip.shape[1] >= 4 * (len(label) + 1)
        assert set(label) <= set("0123456789.,")


def test_a_share_of_the_strips_says_nothing(mixture: Mixture) -> None:
    rng = np.random.default_rng(5)
    empty = sum(not photographed(mixture, rng)[1] for _ in range(300))
    assert 5 <= empty <= 50


@pytest.mark.parametrize("text", ["7", "1.250", "000", "31,4", "99-", "12 000="])
def test_the_box_of_a_written_number_covers_its_digits(mixture: Mixture, text: str) -> None:
    rng = np.random.default_rng(6)
    for written in (write_strokes(text, rng), write_bitmaps(text, mixture.sources[0][0], rng)):
        left, top, right, bottom = written.box
        assert 0 <= left < right <= written.ink.shape[1]
        assert 0 <= top < bottom <= written.ink.shape[0]
        inside = written.ink[int(top) : int(bottom) + 1, int(left) : int(right) + 1]
        assert inside.sum() > 0.7 * written.ink.sum()
        assert 0.5 * (bottom - top) <= written.body <= bottom - top + 1


def test_ink_on_paper_can_still_be_told_from_it() -> None:
    ink = np.zeros((60, 200), np.uint8)
    cv2.line(ink, (20, 10), (180, 50), 255, 5)
    rng = np.random.default_rng(7)
    apart = []
    for _ in range(40):
        picture = photograph(ink, rng).astype(float)
        apart.append(abs(picture[ink > 200].mean() - picture[ink == 0].mean()))
    assert picture.shape == ink.shape
    assert np.median(apart) > 30


def test_words_are_mostly_letters_that_look_like_no_digit() -> None:
    rng = np.random.default_rng(8)
    for _ in range(50):
        word = random_word(rng)
        assert word.isalpha()
        assert len(word) >= 2
        assert write_word(word, 40, rng).any()
    assert doodle(40, rng).ndim == 2


def test_augmented_strips_keep_their_ink() -> None:
    strips = np.zeros((40, 32, 64), np.uint8)
    strips[:, 8:24, 20:40] = 200
    shown = augment_strips(strips, np.random.default_rng(9))
    assert shown.shape == (40, 32, 64, 1)
    assert shown.min() >= 0
    assert shown.max() <= 255
    assert (shown[:, 10:22, 22:38].mean(axis=(1, 2, 3)) > 100).all()
    assert len({strip.tobytes() for strip in shown}) > 20


def test_a_pool_is_the_same_however_it_is_opened(mixture: Mixture, tmp_path: Path) -> None:
    pool = render(mixture, 60, 1, tmp_path / "pool")
    again = open_pool(tmp_path / "pool")
    assert len(pool) == len(again) == 60
    for width in WIDTHS:
        assert np.array_equal(pool.parts[width][0], again.parts[width][0])
        assert pool.parts[width][0].shape[1:] == (32, width)


def test_batches_show_every_strip_at_most_once(mixture: Mixture, tmp_path: Path) -> None:
    pool = render(mixture, 80, 2, tmp_path / "pool")
    batches = list(pool.batches(4, np.random.default_rng(0)))
    shown = [strip.tobytes() for strips, _ in batches for strip in strips]
    assert len(batches) == pool.count_batches(4)
    assert len(shown) == len(set(shown)) > 40
    assert all(len({strip.shape for strip in strips}) == 1 for strips, _ in batches)


def test_a_missing_pool_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_pool(tmp_path)


def test_what_is_held_out_is_never_trained_on() -> None:
    rng = np.random.default_rng(10)
    whole = Samples(rng.integers(0, 255, (300, 28, 28)).astype(np.uint8), np.arange(300) % 10)
    learned, held = mixtures(DataSet("0" * 64, "0" * 64, whole, whole), [], 1 / 3)
    seen = {picture.tobytes() for digit in learned.sources[0][0].of_digit for picture in digit}
    kept = {picture.tobytes() for digit in held.sources[0][0].of_digit for picture in digit}
    assert not seen & kept
    assert len(kept) == 100


def test_words_are_written_without_handwriting_fonts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recognizer.training.lines.words.handwriting_fonts", lambda: ())
    assert write_word("Total", 40, np.random.default_rng(11)).any()
