"""What is wrong with the fields that a person drew: said field by field, before anything is stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from recognizer.domain.form_fields import FieldRule, rule_problems
from recognizer.domain.types import Box
from recognizer.models import FormField
from recognizer.services.field_checks import field_rule

MOST_FIELDS = 60
SMALLEST = 8
"""Pixels of the sample: no digit fits into less."""

SHARED = 0.2
"""The share of the smaller of two boxes that both may cover: lines of a table touch, but ink belongs to one field."""


@dataclass(frozen=True, slots=True)
class FieldDraft:
    """A field as a person describes it; ``id`` is that of the stored one that it changes, None for a new one."""

    id: UUID | None
    name: str
    box: Box
    rule: FieldRule


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one of the fields: its place among them, what of it, and a sentence for the person."""

    at: int
    about: str
    sentence: str


def fields_problems(fields: Sequence[FieldDraft], *, width: int, height: int) -> list[Problem]:
    """All that is wrong with the fields of a sample of this size; none where they can be stored."""
    if len(fields) > MOST_FIELDS:
        return [Problem(MOST_FIELDS, "name", _("A form has at most %(count)d fields.") % {"count": MOST_FIELDS})]
    return [
        problem
        for at, field in enumerate(fields)
        for problem in (
            *_name_problems(at, fields),
            *_box_problems(at, field, width, height),
            *_overlaps(at, fields),
            *(Problem(at, "rule", sentence) for sentence in rule_problems(field.rule)),
        )
    ]


def _name_problems(at: int, fields: Sequence[FieldDraft]) -> Iterator[Problem]:
    name = fields[at].name
    if not name:
        yield Problem(at, "name", _("Give the field a name."))
    elif any(name.casefold() == other.name.casefold() for other in fields[:at]):
        yield Problem(at, "name", _("Another field has this name already. Give each its own."))


def _box_problems(at: int, field: FieldDraft, width: int, height: int) -> Iterator[Problem]:
    box, size = field.box, {"width": width, "height": height}
    if min(box.width, box.height) < SMALLEST:
        sentence = _("This box is too small for a digit. Make it at least %(least)d pixels wide and high.")
        yield Problem(at, "box", sentence % {"least": SMALLEST})
    elif box.x < 0 or box.y < 0 or box.right > width or box.bottom > height:
        sentence = _("This box reaches beyond the sample, which is %(width)d × %(height)d pixels. Move it inside.")
        yield Problem(at, "box", sentence % size)


def _overlaps(at: int, fields: Sequence[FieldDraft]) -> Iterator[Problem]:
    for other in fields[:at]:
        if shared_part(fields[at].box, other.box) > SHARED:
            sentence = _("This box and that of “%(name)s” cover the same place. Draw them apart.")
            yield Problem(at, "box", sentence % {"name": other.name})
            return


def shared_part(one: Box, other: Box) -> float:
    """The share of the smaller box that both cover."""
    width = min(one.right, other.right) - max(one.x, other.x)
    height = min(one.bottom, other.bottom) - max(one.y, other.y)
    smaller = min(one.width * one.height, other.width * other.height)
    return max(0, width) * max(0, height) / smaller if smaller > 0 else 0.0


def field_draft(row: FormField) -> FieldDraft:
    """A stored field as a draft, to be changed or checked."""
    return FieldDraft(row.id, row.name, Box(row.box_x, row.box_y, row.box_width, row.box_height), field_rule(field=row))
