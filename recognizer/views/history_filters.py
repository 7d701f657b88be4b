"""The history's filters as one's address gives them."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict

from recognizer.history_forms import HistoryForm
from recognizer.selectors_history_choices import history_choices
from recognizer.views.access import signed_in


def filters_of(request: HttpRequest, data: QueryDict | None = None) -> HistoryForm:
    """The filters in an address (``data`` where they came otherwise), with what this person may choose from.

    Raises Http404 for a batch or a form that is not theirs.
    """
    given = request.GET if data is None else data
    choices = history_choices(owner=signed_in(request), batch=given.get("batch", ""), form=given.get("form", ""))
    return HistoryForm(given, choices=choices)
