"""The history's filters as one's address gives them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from django.http import Http404, HttpRequest, QueryDict

from recognizer.history_forms import HistoryForm
from recognizer.models import Batch, FormTemplate
from recognizer.selectors import models_all
from recognizer.selectors_history import (
    batch_to_filter_by,
    batches_to_choose,
    form_to_filter_by,
    forms_to_choose,
)
from recognizer.views.access import signed_in

Row = TypeVar("Row", Batch, FormTemplate)


def filters_of(request: HttpRequest, data: QueryDict | None = None) -> HistoryForm:
    """The filters in an address (``data`` where they came otherwise), with what this person may choose from.

    Raises Http404 for a batch or a form that is not theirs.
    """
    owner, given = signed_in(request), request.GET if data is None else data
    batches, templates = batches_to_choose(owner=owner), forms_to_choose(owner=owner)
    if wanted := given.get("batch", "").strip():
        batches = _with(batches, wanted, lambda found: batch_to_filter_by(owner=owner, batch_id=found))
    if wanted := given.get("form", "").strip():
        templates = _with(templates, wanted, lambda found: form_to_filter_by(owner=owner, form_id=found))
    return HistoryForm(given, models=models_all(), batches=batches, templates=templates)


def _with(rows: Sequence[Row], wanted: str, fetch: Callable[[UUID], Row]) -> list[Row]:
    """``rows`` and the wanted one, which may be older than those that are offered."""
    try:
        found = UUID(wanted)
    except ValueError as error:
        raise Http404("There is no such page.") from error
    offered = list(rows)
    if not any(row.id == found for row in offered):
        offered.append(fetch(found))
    return offered
