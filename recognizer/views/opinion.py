"""Another model's reading of a picture beside the one that stands."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from recognizer.domain.errors import NumeralError
from recognizer.domain.types import Box
from recognizer.selectors import models_to_ask, upload_with_results
from recognizer.services.second_opinion import Opinion, opinion_ask
from recognizer.services.throttle import throttle
from recognizer.views.access import signed_in
from recognizer.views.presenters import result_of_upload
from recognizer.views.shown import NumberView, ResultView
from recognizer.wording import said


@login_required
@require_safe
def opinion(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """The choice of a model; with ``?model=NAME``, what it reads, side by side. Nothing is written."""
    user = signed_in(request)
    found = upload_with_results(owner=user, upload_id=upload_id)
    models, result = models_to_ask(), result_of_upload(found)
    context: dict[str, Any] = {"result": result, "models": models, "chosen": None}
    status = 200
    if name := request.GET.get("model", ""):
        chosen = next((model for model in models if model.name == name), None)
        if chosen is None:
            raise Http404("There is no such page.")
        context["chosen"] = chosen
        try:
            throttle(action="opinion", who=str(user.pk), limit=settings.UPLOADS_PER_MINUTE)
            asked = opinion_ask(upload=found, model=chosen)
        except NumeralError as error:
            context["error"], status = said(error), error.status
        else:
            context.update(reading=asked.reading, rows=_rows(result, asked))
    return render(request, "recognizer/opinion.html", context, status=status)


def _rows(result: ResultView, asked: Opinion) -> list[dict[str, Any]]:
    shown = {number.id: number for number in result.numbers}
    return [
        _row(shown[pair.standing.id] if pair.standing else None, pair.other)
        for pair in asked.pairs
        if pair.other is not None or (pair.standing is not None and not shown[pair.standing.id].removed)
    ]


def _row(standing: NumberView | None, other: Any) -> dict[str, Any]:
    stands = "" if standing is None or standing.removed else (standing.corrected or standing.text)
    box: Box | None = None if other is None else other.box
    return {
        "number": standing,
        "stands": stands,
        "other": other,
        "box": box,
        "same": other is not None and stands == other.text,
    }
