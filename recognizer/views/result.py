"""An upload with all that was read on it."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from recognizer.selectors import upload_with_results
from recognizer.views.access import signed_in
from recognizer.views.presenters import result_of_upload


@login_required
@require_safe
def upload(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """One upload with all that was read on it."""
    found = upload_with_results(owner=signed_in(request), upload_id=upload_id)
    return render(request, "recognizer/result.html", {"result": result_of_upload(found)})
