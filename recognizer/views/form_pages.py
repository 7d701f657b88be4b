"""A picture that was given as a form and is none: kept without it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from recognizer.selectors import upload_for
from recognizer.services.form_pages import upload_form_drop
from recognizer.views.access import signed_in


@login_required
@require_POST
def drop(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Keep the picture as any other."""
    upload = upload_for(owner=signed_in(request), upload_id=upload_id)
    upload_form_drop(upload=upload)
    messages.success(request, _("The picture is kept without the form."))
    return redirect("recognizer:upload", upload.id)
