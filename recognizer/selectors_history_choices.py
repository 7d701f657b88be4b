"""What a history can be filtered by: the models, and one owner's newest batches and forms, in one query."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db.models import CharField, F, IntegerField, Q, QuerySet, Value
from django.http import Http404

from accounts.models import User
from recognizer.models import Batch, FormTemplate, ModelVersion

CHOICES = 50
"""So many batches, and so many forms, are offered."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A row that can be chosen."""

    kind: str
    id: UUID
    name: str
    created_at: dt.datetime
    version: int = 0


@dataclass(frozen=True, slots=True)
class HistoryChoices:
    """Models, the newest of each kind first; batches, the newest first; forms by name."""

    models: list[Choice] = field(default_factory=list)
    batches: list[Choice] = field(default_factory=list)
    forms: list[Choice] = field(default_factory=list)


def history_choices(*, owner: User, batch: str = "", form: str = "", most: int = CHOICES) -> HistoryChoices:
    """What this owner's history can be filtered by, the wanted batch and form among it however old they are.

    Raises Http404 where one of these is no id, not there, or somebody else's.
    """
    wanted_batch, wanted_form = _wanted(batch), _wanted(form)
    batches = Batch.objects.filter(owner=owner)
    newest = batches.order_by("-created_at", "-id").values("pk")[:most]
    forms = FormTemplate.objects.filter(owner=owner)
    first = forms.order_by("name", "id").values("pk")[:most]
    rows = _rows(ModelVersion.objects.all(), F("kind"), F("version")).union(
        _rows(batches.filter(Q(pk__in=newest) | Q(pk=wanted_batch)), Value("batch")),
        _rows(forms.filter(Q(pk__in=first) | Q(pk=wanted_form)), Value("form")),
        all=True,
    )
    found = [Choice(*row) for row in rows]
    choices = HistoryChoices(
        models=_sorted(found, lambda row: row.kind not in ("batch", "form"), lambda row: (row.kind, -row.version)),
        batches=_sorted(found, lambda row: row.kind == "batch", attrgetter("created_at", "id"), down=True),
        forms=_sorted(found, lambda row: row.kind == "form", lambda row: (row.name.casefold(), row.id)),
    )
    for wanted, offered in ((wanted_batch, choices.batches), (wanted_form, choices.forms)):
        if wanted is not None and all(row.id != wanted for row in offered):
            raise _no_such_page()
    return choices


def _rows(rows: QuerySet[Any], what: F | Value, number: F | Value | None = None) -> QuerySet[Any, Any]:
    """In columns of the same names and kinds, as a union needs them."""
    same = rows.order_by().annotate(
        what=what if isinstance(what, F) else Value(what.value, output_field=CharField()),
        number=number or Value(0, output_field=IntegerField()),
    )
    columns: QuerySet[Any, Any] = same.values_list("what", "id", "name", "created_at", "number")
    return columns


def _sorted(
    found: list[Choice], which: Callable[[Choice], bool], key: Callable[[Choice], Any], *, down: bool = False
) -> list[Choice]:
    return sorted(filter(which, found), key=key, reverse=down)


def _wanted(text: str) -> UUID | None:
    try:
        return UUID(text.strip()) if text.strip() else None
    except ValueError as error:
        raise _no_such_page() from error


def _no_such_page() -> Http404:
    return Http404("There is no such page.")
