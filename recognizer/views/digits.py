"""One digit of a reading: all that is known of it, and what spoke for it. A page, or a part of one for a script."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_safe

from recognizer.selectors import digit_for
from recognizer.services.digit_reasons import digit_explain
from recognizer.services.throttle import throttle
from recognizer.views.access import signed_in
from recognizer.views.digit_views import digit_of_row
from recognizer.views.heat import heat_of

FRAGMENT = "X-Fragment"
"""The header by which a script asks for the part alone."""


@login_required
@require_safe
def digit(request: HttpRequest, prediction_id: UUID, order: int) -> HttpResponse:
    """The crop, the ten probabilities, and the two best alternatives."""
    found = digit_for(owner=signed_in(request), prediction_id=prediction_id, order=order)
    context = {"digit": digit_of_row(found, found.prediction), "upload_id": found.prediction.upload_id}
    return _page_or_part(request, "digit", context)


@login_required
@require_safe
def reasons(request: HttpRequest, prediction_id: UUID, order: int) -> HttpResponse:
    """What spoke for it, as a heat-map."""
    user = signed_in(request)
    found = digit_for(owner=user, prediction_id=prediction_id, order=order)
    throttle(action="why", who=str(user.pk), limit=settings.LIVE_READS_PER_MINUTE)
    context = {
        "heat": heat_of(digit_explain(digit=found)),
        "digit": digit_of_row(found, found.prediction),
        "model": found.prediction.model_version,
        "upload_id": found.prediction.upload_id,
    }
    return _page_or_part(request, "reasons", context)


def _page_or_part(request: HttpRequest, name: str, context: dict[str, object]) -> HttpResponse:
    template = f"partials/{name}.html" if FRAGMENT in request.headers else f"recognizer/{name}.html"
    response = render(request, template, context)
    patch_vary_headers(response, [FRAGMENT])
    patch_cache_control(response, private=True)
    return response
