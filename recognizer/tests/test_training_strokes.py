"""The generator of hands: what it draws is what was asked for, whoever writes it and with whatever pen."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from recognizer.training.allograph_shapes import SHAPES
from recognizer.training.allographs import ROUNDING, Allograph, allographs
from recognizer.training.hands import CONTROLS
from recognizer.training.strokes import Hand, Pen, digit_picture, digit_strokes, draw_ink, number_strokes

ALL = [shape for digit in range(10) for shape in allographs(digit)]
STEADY = {"looseness": 0.0, "constancy": 1.0, "tremor": 0.0, "unevenness": 0.0, "overshoot": 0.0}


def a_hand(seed: int = 0, **changes: object) -> Hand:
    return dataclasses.replace(Hand.sample(np.random.default_rng(seed)), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", ALL, ids=lambda shape: f"{shape.digit} {shape.name}")
def test_every_allograph_fills_its_box_and_stays_inside(shape: Allograph) -> None:
    for line in shape.lines:
        points = line @ shape.controls
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        assert left >= -0.1, "left of the box"
        assert right <= 1.05, "right of the box"
        assert -0.04 <= top <= 0.06, "the top of the box is the top of the digit"
        assert 0.92 <= bottom <= 1.04, "the foot of the box is the line it stands on"


@pytest.mark.parametrize("shape", ALL, ids=lambda shape: f"{shape.digit} {shape.name}")
def test_an_allograph_s_line_has_no_gaps_within_a_stroke(shape: Allograph) -> None:
    assert len(shape.controls) <= CONTROLS
    assert len(shape.lines) == len(ROUNDING)
    points = shape.lines[0] @ shape.controls
    for first, last in zip(shape.starts, shape.starts[1:], strict=False):
        steps = np.linalg.norm(np.diff(points[first:last], axis=0), axis=1)
        assert steps.max() < 0.06


def test_every_digit_has_several_shapes_that_writers_choose() -> None:
    assert sorted(SHAPES) == list(range(10))
    assert all(len(shapes) >= 8 for shapes in SHAPES.values())
    chosen = {shape for seed in range(300) for shape in enumerate(a_hand(seed).shapes)}
    assert len(chosen) > 0.9 * len(ALL)


def test_a_hand_keeps_its_shapes() -> None:
    hand, rng = a_hand(1, **STEADY), np.random.default_rng(2)
    for digit in range(10):
        once, again = digit_strokes(hand, digit, rng), digit_strokes(hand, digit, rng)
        assert [len(stroke) for stroke in once] == [len(stroke) for stroke in again]
        apart = [float(np.abs(a[:, :2] - b[:, :2]).max()) for a, b in zip(once, again, strict=True)]
        assert 0 < max(apart) < 0.3


def test_two_writers_differ() -> None:
    first, second = (digit_strokes(a_hand(seed), 8, np.random.default_rng(0))[0] for seed in (1, 2))
    assert len(first) != len(second) or np.abs(first - second).max() > 0.05


def test_the_same_seed_draws_the_same() -> None:
    def once() -> tuple[np.ndarray, list[tuple[float, float, float, float]]]:
        rng = np.random.default_rng(5)
        hand = Hand.sample(rng)
        strokes, boxes = number_strokes(hand, "1.006.509,-", rng)
        return draw_ink(strokes, 40, hand, rng)[0], boxes

    (first, boxes), (second, others) = once(), once()
    assert np.array_equal(first, second)
    assert boxes == others


@pytest.mark.parametrize("pen", Pen)
@pytest.mark.parametrize("digit", range(10))
def test_every_pen_draws_every_digit(pen: Pen, digit: int) -> None:
    hand, rng = a_hand(digit, pen=pen, slant=0.0, width=1.0), np.random.default_rng(digit)
    ink, offset = draw_ink(digit_strokes(hand, digit, rng), 40, hand, rng)
    assert ink.dtype == np.uint8
    assert ink.max() > 60, "ink is seen"
    assert np.count_nonzero(ink[0]) == np.count_nonzero(ink[:, -1]) == 0, "the margin is black"
    assert 30 <= np.ptp(np.flatnonzero(ink.max(axis=1))) <= 70, "about as high as asked for"
    assert offset[0] > 0


def test_ink_lies_where_the_offset_says() -> None:
    hand, rng = a_hand(3, pen=Pen.BALL), np.random.default_rng(0)
    strokes = digit_strokes(hand, 1, rng)
    for height in (20.0, 63.0, 300.0):
        ink, offset = draw_ink(strokes, height, hand, rng)
        places = np.concatenate(strokes)[:, :2] * height + offset
        found = ink[places[:, 1].astype(int), places[:, 0].astype(int)]
        assert np.count_nonzero(found) > 0.95 * len(found)


@pytest.mark.parametrize("text", ["10379", "145000", "1.006.509", "2231", "7795.-", "12 50", "1,5=", "000000"])
def test_a_number_s_boxes_are_in_order_and_cover_the_ink(text: str) -> None:
    for seed in range(20):
        hand = a_hand(seed)
        strokes, boxes = number_strokes(hand, text, np.random.default_rng(seed))
        assert len(boxes) == len(text)
        middles = [(left + right) / 2 for left, _, right, _ in boxes]
        assert middles == sorted(middles)
        assert all(left <= right and top <= bottom for left, top, right, bottom in boxes)
        x, y = np.concatenate(strokes)[:, :2].T
        edges = np.array(boxes)
        # A pen that stays down may swing out a little between two digits.
        assert x.min() >= edges[:, 0].min() - 0.15
        assert x.max() <= edges[:, 2].max() + 0.15
        assert y.min() >= edges[:, 1].min() - 0.3
        assert y.max() <= edges[:, 3].max() + 0.3


def test_a_dot_does_not_vanish_in_the_digits_beside_it() -> None:
    for seed in range(40):
        hand = a_hand(seed, spacing=-0.1, linking=0.0)
        strokes, boxes = number_strokes(hand, "7.4", np.random.default_rng(seed))
        points = [stroke[:, :2] for stroke in strokes]
        left, top, right, bottom = boxes[1]
        dots = [stroke for stroke in points if left <= stroke[0, 0] <= right and top <= stroke[0, 1] <= bottom]
        others = np.concatenate([stroke for stroke in points if stroke is not dots[0]])
        nearest = np.linalg.norm(dots[0][:, None] - others[None], axis=2).min()
        assert nearest > 0.6 * hand.pen_width


def test_a_hand_that_links_its_zeros_lifts_the_pen_less_often() -> None:
    shapes = (0,) * 10
    apart, linked = (
        sum(
            len(number_strokes(a_hand(seed, linking=linking, shapes=shapes, **STEADY), "10000", rng)[0])
            for seed in range(20)
        )
        for linking, rng in ((0.0, np.random.default_rng(0)), (1.0, np.random.default_rng(0)))
    )
    assert apart == 20 * 5
    assert linked < 0.75 * apart


def test_a_slant_leans_the_digit_and_leaves_its_foot() -> None:
    upright, leaning = (
        digit_strokes(a_hand(4, slant=slant, **STEADY), 4, np.random.default_rng(0)) for slant in (0.0, 30.0)
    )
    moved = np.concatenate(leaning)[:, 0] - np.concatenate(upright)[:, 0]
    height = 1 - np.concatenate(upright)[:, 1]
    assert np.allclose(moved, height * np.tan(np.deg2rad(30)), atol=1e-4)


@pytest.mark.parametrize("size", [20, 28, 64])
def test_a_picture_of_a_digit_has_the_size_asked_for(size: int) -> None:
    for seed in range(10):
        picture = digit_picture(a_hand(seed), seed, np.random.default_rng(seed), size)
        assert picture.shape == (size, size)
        rows, columns = np.nonzero(picture)
        assert max(np.ptp(rows), np.ptp(columns)) >= 0.7 * size


@pytest.mark.parametrize("text", ["12a", "٣", "½", "-1/2"])
def test_what_no_hand_writes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="No hand"):
        number_strokes(a_hand(), text, np.random.default_rng(0))


@pytest.mark.parametrize("digit", [-1, 10])
def test_only_ten_digits_are_written(digit: int) -> None:
    with pytest.raises(ValueError, match="not a digit"):
        digit_strokes(a_hand(), digit, np.random.default_rng(0))


def test_nothing_can_t_be_drawn() -> None:
    strokes, boxes = number_strokes(a_hand(), "", np.random.default_rng(0))
    assert strokes == boxes == []
    with pytest.raises(ValueError, match="strokes"):
        draw_ink(strokes, 40, a_hand(), np.random.default_rng(0))
