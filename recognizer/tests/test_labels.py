"""The texts beside the boxes of a result are in sight and never hide one another."""

from __future__ import annotations

from itertools import combinations

from recognizer.domain.types import Box
from recognizer.views.labels import SMALLEST, Label, place_labels

SIZE = (800, 600)


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_a_number_with_room_has_its_text_above_it() -> None:
    assert place_labels([(Box(100, 200, 90, 60), 2)], SIZE, highest=40) == [Label(100, 191, 30)]


def test_a_number_at_the_upper_edge_has_its_text_under_it() -> None:
    assert place_labels([(Box(100, 5, 90, 60), 2)], SIZE, highest=40) == [Label(100, 98, 30)]


def test_a_text_at_the_right_edge_is_moved_into_sight() -> None:
    [label] = place_labels([(Box(760, 200, 30, 60), 4)], SIZE, highest=40)
    assert label is not None
    assert label.place(4)[2] <= SIZE[0]


def test_the_texts_of_two_close_numbers_lie_apart() -> None:
    boxes = [(Box(100, 200, 40, 60), 6), (Box(150, 200, 40, 60), 6), (Box(200, 204, 40, 60), 6)]
    labels = [label for label in place_labels(boxes, SIZE, highest=40) if label]
    assert len(labels) == 3
    assert not any(overlap(one.place(6), other.place(6)) for one, other in combinations(labels, 2))


def test_on_a_full_page_no_text_hides_another() -> None:
    boxes = [(Box(10 + 39 * x, 10 + 29 * y, 36, 26), 5) for x in range(20) for y in range(20)]
    placed = [label for label in place_labels(boxes, SIZE, highest=20) if label]
    assert len(placed) > 100
    assert not any(overlap(one.place(5), other.place(5)) for one, other in combinations(placed, 2))


def test_a_question_mark_keeps_its_place() -> None:
    mark = Box(140, 160, 30, 40)
    [label] = place_labels([(Box(100, 200, 90, 60), 2)], SIZE, highest=40, taken=[mark])
    assert label is not None
    assert not overlap(label.place(2), (mark.x, mark.y, mark.right, mark.bottom))


def test_a_picture_without_room_around_its_number_has_no_text() -> None:
    assert place_labels([(Box(2, 2, 24, 24), 1)], (28, 28), highest=5) == [None]


def test_no_text_is_too_small_to_be_read() -> None:
    boxes = [(Box(10 + 3 * x, 100, 2, 4), 9) for x in range(9)]
    assert all(label.height >= SMALLEST for label in place_labels(boxes, SIZE, highest=40) if label)


def test_a_picture_without_numbers_has_none() -> None:
    assert place_labels([], SIZE, highest=40) == []
