"""Mark what was overlooked on a picture, and what is no number."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from recognizer.domain.errors import BadRequest, NumeralError
from recognizer.domain.types import Box
from recognizer.forms import MarkForm
from recognizer.models import Upload
from recognizer.selectors import prediction_for, upload_for, upload_with_results
from recognizer.services.marking import box_clean, box_read, number_add, number_remove, number_restore
from recognizer.services.throttle import throttle
from recognizer.views.access import signed_in
from recognizer.views.presenters import result_of_upload
from recognizer.wording import error_as_json, said, say


@require_POST
def look(request: HttpRequest, upload_id: UUID) -> JsonResponse:
    """What the models read in a box, as JSON; nothing is written. For the page, once a box is drawn."""
    if not isinstance(request.user, User):
        return JsonResponse({"error": {"code": "signed_out", "message": _("Sign in to read pictures.")}}, status=401)
    upload = upload_for(owner=request.user, upload_id=upload_id)
    form = MarkForm(request.POST)
    try:
        if not form.is_valid():
            raise BadRequest(str(next(iter(form.errors.values()))[0]))
        number = box_read(upload=upload, box=_box(request.user, upload, form)).number
    except NumeralError as error:
        return JsonResponse(error_as_json(error), status=error.status)
    return JsonResponse({"text": number.text, "formatted": number.formatted, "confidence": round(number.confidence, 4)})


@login_required
@require_POST
def add(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Add a number that was missed; the page again with what is wrong where it can't be."""
    user = signed_in(request)
    upload = upload_for(owner=user, upload_id=upload_id)
    form, status = MarkForm(request.POST), 422
    if form.is_valid():
        try:
            added = number_add(upload=upload, author=user, box=_box(user, upload, form), text=form.cleaned_data["text"])
        except NumeralError as error:
            form.add_error(None, said(error))
            status = 422 if isinstance(error, BadRequest) else error.status
        else:
            messages.success(request, _thanks(has_text=bool(form.cleaned_data["text"].strip()), text=added.text))
            return redirect("recognizer:upload", upload.id)
    found = upload_with_results(owner=user, upload_id=upload_id)
    result = result_of_upload(found, mark_form=form)
    return render(request, "recognizer/result.html", {"result": result}, status=status)


def _thanks(*, has_text: bool, text: str) -> str:
    return (
        _("The number is added.")
        if has_text
        else say("The number is added; it was read as {text}. Please check it.", text=text)
    )


def _box(user: User, upload: Upload, form: MarkForm) -> Box:
    """The form's box on the picture. Raises BadRequest, and TooMany: a look costs as much as a live reading."""
    throttle(action="box", who=str(user.pk), limit=settings.LIVE_READS_PER_MINUTE)
    data = form.cleaned_data
    return box_clean(upload=upload, x=data["x"], y=data["y"], width=data["width"], height=data["height"])


@login_required
@require_POST
def remove(request: HttpRequest, prediction_id: UUID) -> HttpResponse:
    """Say that there is no number where one was read."""
    user = signed_in(request)
    prediction = prediction_for(owner=user, prediction_id=prediction_id)
    number_remove(prediction=prediction, author=user)
    words = (
        say("{text} is taken away. What was read is kept beside it.", text=prediction.text)
        if prediction.text
        else _("The number is taken away. What was read is kept beside it.")
    )
    messages.success(request, words)
    return redirect("recognizer:upload", prediction.upload_id)


@login_required
@require_POST
def restore(request: HttpRequest, prediction_id: UUID) -> HttpResponse:
    """Take back that there is no number."""
    prediction = prediction_for(owner=signed_in(request), prediction_id=prediction_id)
    number_restore(prediction=prediction)
    messages.success(request, _("The number is back."))
    return redirect("recognizer:upload", prediction.upload_id)
