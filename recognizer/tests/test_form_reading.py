"""Forms read as forms: aligned, field by field, each under its rule; with the shipped networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import cv2
import numpy as np
import pytest

from recognizer.domain.check_digits import CheckKind
from recognizer.domain.form_fields import FieldRule
from recognizer.domain.types import Box, DecodedImage, ReadingState
from recognizer.services.form_reading import FormRead, form_read, sample_prepare
from recognizer.services.serving import Readers
from recognizer.tests.form_pictures import STYLES, Form, laid_in, printed_form
from recognizer.tests.pictures import Picture
from recognizer.tests.sample_pages import clear_hand, written
from recognizer.tests.shipped import shipped_readers
from recognizer.tests.teaching_pictures import photographed

DIGITS = (4, 8, 11)
TEXTS = ("2038", "31415926", "79927398713")
LENGTHS = tuple(FieldRule(count, count) for count in DIGITS)


def in_field(text: str, box: Box, height: int = 40) -> Picture | None:
    """A number by a clear hand, as it stands in a field, small enough for it."""
    if not text:
        return None
    ink = written(text, height, clear_hand())
    scale = min(1.0, (box.width - 30) / ink.shape[1])
    small = cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    below = max(0, (box.height - small.shape[0]) // 2)
    return np.asarray(cv2.copyMakeBorder(small, 0, below, 14, 0, cv2.BORDER_CONSTANT, value=0), np.uint8)


def filled(form: Form, texts: Sequence[str], height: int = 40) -> Picture:
    return laid_in(form, [in_field(text, box, height) for text, box in zip(texts, form.boxes, strict=True)])


def filled_cells(form: Form) -> Picture:
    """Each digit in its own cell of a comb."""
    cells = [
        Box(box.x + box.width * place // len(text), box.y, box.width // len(text) + 32, box.height)
        for text, box in zip(TEXTS, form.boxes, strict=True)
        for place in range(len(text))
    ]
    digits = [in_field(digit, box, 36) for digit, box in zip("".join(TEXTS), cells, strict=True)]
    return laid_in(Form(form.page, tuple(cells)), digits)


def decoded(gray: Picture, scale: float = 1.0) -> DecodedImage:
    height, width = (round(side * scale) for side in gray.shape)
    return DecodedImage(gray, width, height, scale=scale, stored=b"", stored_type="image/png", thumbnail=b"")


def read(form: Form, page: Picture, rules: Sequence[FieldRule] = LENGTHS, *, scale: float = 1.0) -> FormRead:
    return form_read(image=decoded(page, scale), spec=form.spec(rules), sample=form.page, readers=shipped_readers())


def texts_of(outcome: FormRead) -> tuple[str | None, ...]:
    return tuple(field.number.text if field.number is not None else None for field in outcome.fields)


def doubts_of(outcome: FormRead) -> tuple[str, ...]:
    return tuple(field.doubt for field in outcome.fields)


@pytest.mark.parametrize("style", STYLES)
def test_a_scan_is_read_field_by_field(style: str) -> None:
    form = printed_form(DIGITS, seed=21, style=style)
    outcome = read(form, filled(form, TEXTS) if style != "comb" else filled_cells(form))
    assert texts_of(outcome) == TEXTS
    assert doubts_of(outcome) == ("", "", "")


@pytest.mark.parametrize("angle", [3, 183])
def test_a_photo_is_read_and_its_boxes_lie_on_the_photo(angle: int) -> None:
    form = printed_form(DIGITS, seed=22)
    photo = photographed(filled(form, TEXTS), angle=angle, tilt=(0.05, 0.06), noise=3, shadow=0.3)
    outcome = read(form, photo)
    assert texts_of(outcome) == TEXTS
    for field in outcome.fields:
        assert field.number is not None
        assert field.box is not None
        own, middle = field.box, field.number.box
        assert own.x <= middle.x + middle.width / 2 <= own.right
        assert own.y <= middle.y + middle.height / 2 <= own.bottom
        assert all(abs(digit.box.y - middle.y) < 2 * middle.height for digit in field.number.digits)


def test_boxes_are_in_pixels_of_the_original_where_less_was_read() -> None:
    form = printed_form(DIGITS, seed=23)
    page = filled(form, TEXTS)
    plain, double = read(form, page), read(form, page, scale=2.0)
    assert plain.alignment is not None
    assert double.alignment is not None
    assert np.allclose(double.alignment.matrix, np.diag([2.0, 2.0, 1.0]) @ plain.alignment.matrix)
    for one, other in zip(plain.fields, double.fields, strict=True):
        assert one.box is not None
        assert other.box is not None
        assert abs(other.box.x - 2 * one.box.x) <= 2


def test_writing_that_reaches_out_of_its_box_is_read_whole() -> None:
    form = printed_form((4,), seed=24)
    outcome = read(form, filled(form, ("2038",), height=84), LENGTHS[:1])
    assert texts_of(outcome) == ("2038",)


def test_an_empty_field_is_a_doubt_unless_it_may_be_empty() -> None:
    form = printed_form(DIGITS, seed=25, style="comb")
    rules = (LENGTHS[0], replace(LENGTHS[1], optional=True), LENGTHS[2])
    outcome = read(form, filled(form, ("", "", TEXTS[2])), rules)
    assert texts_of(outcome)[:2] == (None, None)
    assert outcome.fields[2].number is not None
    assert doubts_of(outcome)[:2] == ("empty", "")
    assert [field.needs_review for field in outcome.fields[:2]] == [True, False]


def test_ink_that_is_no_number_is_not_called_an_empty_field() -> None:
    form = printed_form((4,), seed=26)
    dash = np.zeros((40, 150), np.uint8)
    dash[8:13, 40:130] = 255
    outcome = read(form, laid_in(form, [dash]), [replace(LENGTHS[0], optional=True)])
    assert outcome.fields[0].needs_review


def test_what_breaks_its_rule_goes_to_review_as_it_was_written() -> None:
    form = printed_form(DIGITS, seed=27)
    rules = (
        FieldRule(4, 4, Decimal(1900), Decimal(2000)),
        FieldRule(7, 7),
        FieldRule(11, 11, check=CheckKind.LUHN),
    )
    outcome = read(form, filled(form, ("2038", "31415926", "79927398715")), rules)
    assert doubts_of(outcome) == ("range", "length", "check_digit")
    assert texts_of(outcome) == ("2038", "31415926", "79927398715")
    for field in outcome.fields:
        assert field.number is not None
        assert field.number.state is ReadingState.NEEDS_REVIEW


def test_the_point_stands_where_the_rule_has_it() -> None:
    form = printed_form((4,), seed=28)
    outcome = read(form, filled(form, ("2038",)), [FieldRule(decimals=2)])
    number = outcome.fields[0].number
    assert number is not None
    assert (number.text, number.formatted) == ("2038", "20.38")


def test_a_comma_somewhere_else_than_the_point_goes_to_review() -> None:
    form = printed_form((6,), seed=28)
    page = filled(form, ("20,385",), height=46)
    said = [read(form, page, [FieldRule(decimals=places)]).fields[0] for places in (3, 2)]
    assert [field.number and field.number.text for field in said] == ["20385", "20385"]
    assert said[1].needs_review


def test_what_was_written_into_the_sample_is_not_taken_for_print() -> None:
    form = printed_form(DIGITS, seed=29)
    sample = filled(form, ("1776", "27182818", "40123456789"))
    spec = form.spec(LENGTHS)
    outcome = form_read(image=decoded(filled(form, TEXTS)), spec=spec, sample=sample, readers=shipped_readers())
    assert texts_of(outcome) == TEXTS


def test_another_form_is_not_read() -> None:
    form = printed_form(DIGITS, seed=30)
    outcome = read(form, filled(printed_form(DIGITS, seed=31), TEXTS))
    assert outcome.fields == ()
    assert outcome.alignment is None or not outcome.alignment.is_form


@pytest.mark.parametrize("page", [np.full((400, 300), 255, np.uint8), np.zeros((1, 1), np.uint8)])
def test_a_blank_picture_is_not_read(page: Picture) -> None:
    assert read(printed_form(DIGITS, seed=32), page).fields == ()


def test_a_prepared_sample_serves_for_many_pictures() -> None:
    form = printed_form(DIGITS, seed=33)
    spec = form.spec(LENGTHS)
    prepared = sample_prepare(sample=form.page, spec=spec)
    for texts in (TEXTS, ("1234", "87654321", "12345678901")):
        image = decoded(filled(form, texts))
        outcome = form_read(image=image, spec=spec, sample=prepared, readers=shipped_readers())
        assert texts_of(outcome) == texts


def test_a_field_at_the_edge_of_the_sample_or_outside_the_picture_is_no_fault() -> None:
    form = printed_form(DIGITS, seed=34)
    at_edge = Form(form.page, (Box(0, 0, 200, 60), Box(1100, 1700, 140, 54), Box(5000, 5000, 90, 40)))
    outcome = read(at_edge, filled(form, TEXTS))
    assert len(outcome.fields) == 3
    assert outcome.fields[2].number is None


@pytest.mark.parametrize(
    "box", [Box(90, 300, 0, 0), Box(90, 300, 1000, 1), Box(90, 300, 1, 900), Box(0, 0, 1240, 1754)]
)
def test_a_field_of_any_shape_is_no_fault(box: Box) -> None:
    form = printed_form(DIGITS, seed=36)
    outcome = read(Form(form.page, (box,)), filled(form, TEXTS), [FieldRule()])
    assert len(outcome.fields) == 1


def test_without_a_line_network_the_digit_network_reads() -> None:
    form = printed_form(DIGITS, seed=35)
    readers = Readers(shipped_readers().digit)
    spec = form.spec((*LENGTHS[:2], FieldRule(11, 11, check=CheckKind.LUHN)))
    outcome = form_read(image=decoded(filled(form, TEXTS)), spec=spec, sample=form.page, readers=readers)
    assert texts_of(outcome)[2] == TEXTS[2]
