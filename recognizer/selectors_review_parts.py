"""A part of a person's review queue: one batch, one form, or one field of a form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.http import Http404

from accounts.models import User
from recognizer.models import Batch, FormField, FormTemplate

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Part:
    """What is reviewed; all that is given holds together, and nothing given is everything."""

    batch: Batch | None = None
    form: FormTemplate | None = None
    form_field: FormField | None = None

    @property
    def ids(self) -> dict[str, str]:
        """What stands in the address, by its name there."""
        rows = {"batch": self.batch, "form": self.form, "form_field": self.form_field}
        return {name: str(row.id) for name, row in rows.items() if row is not None}

    @property
    def query(self) -> str:
        """The same as an address's query; empty for everything."""
        return urlencode(self.ids)

    @property
    def holds(self) -> Q:
        """Fulfilled by the predictions in it."""
        columns = {"batch": "upload__batch_id", "form": "upload__form_id", "form_field": "form_field_id"}
        return Q(**{columns[name]: UUID(found) for name, found in self.ids.items()})


EVERYTHING = Part()


def part_for(*, owner: User, batch: str = "", form: str = "", form_field: str = "") -> Part:
    """The part with these ids. Raises Http404 where one is no id, not there, or somebody else's."""
    return Part(
        batch=_found(Batch.objects.filter(owner=owner), batch),
        form=_found(FormTemplate.objects.filter(owner=owner), form),
        form_field=_found(FormField.objects.filter(template__owner=owner).select_related("template"), form_field),
    )


def _found(rows: QuerySet[Row], wanted: str) -> Row | None:
    if not wanted:
        return None
    try:
        found = rows.filter(pk=UUID(wanted)).first()
    except ValueError:
        found = None
    if found is None:
        raise Http404("There is no such page.")
    return found
