"""Teach it one's hand: a sheet to print, its photo, a glance at what was cut out of it, and a word to keep it."""

from __future__ import annotations

from uuid import UUID

import cv2
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from recognizer.domain.errors import NumeralError
from recognizer.models import Sheet
from recognizer.selectors import sheet_for, sheets_waiting
from recognizer.services.ingest import file_bytes
from recognizer.services.sheets import sheet_confirm, sheet_crops, sheet_discard, sheet_read
from recognizer.services.throttle import throttle
from recognizer.teach_forms import ConfirmForm, SheetForm
from recognizer.views.access import signed_in
from recognizer.views.sheet_rows import SheetView, sheet_view
from recognizer.vision.teaching_pdf import Paper, teaching_pdf
from recognizer.vision.teaching_sheet import crops_picture
from recognizer.wording import said, say_n


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def teach(request: HttpRequest) -> HttpResponse:
    """Why, the sheet to print, and where to give its photo; posted, on to the glance at what was found."""
    user = signed_in(request)
    if request.method != "POST":
        return _teach_page(request, user, SheetForm())
    form = SheetForm(request.POST, request.FILES)
    try:
        throttle(action="upload", who=str(user.pk), limit=settings.UPLOADS_PER_MINUTE)
        form.full_clean()
        found = sheet_read(data=file_bytes(form.cleaned_data.get("image")), owner=user)
    except NumeralError as error:
        return _teach_page(request, user, form, error=said(error), status=error.status)
    return redirect("recognizer:teach_sheet", found.id)


def _teach_page(
    request: HttpRequest, user: User, form: SheetForm, *, error: str = "", status: int = 200
) -> HttpResponse:
    context = {"form": form, "error": error, "waiting": sheets_waiting(owner=user)}
    return render(request, "recognizer/teach.html", context, status=status)


@login_required
@require_safe
def pdf(request: HttpRequest) -> HttpResponse:
    """The sheet, for A4 or, with ``?paper=letter``, for Letter paper."""
    paper = Paper.LETTER if request.GET.get("paper") == "letter" else Paper.A4
    response = HttpResponse(
        teaching_pdf(paper, say=said, language=get_language() or "en-GB"), content_type="application/pdf"
    )
    response["Content-Disposition"] = 'attachment; filename="numeral-sheet.pdf"'
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sheet(request: HttpRequest, sheet_id: UUID) -> HttpResponse:
    """A glance at what was cut out of one's own sheet; posted, what is ticked is kept."""
    user = signed_in(request)
    found = sheet_for(owner=user, sheet_id=sheet_id)
    if request.method != "POST":
        return _sheet_page(request, user, found, sheet_view(found))
    if found.state != Sheet.State.FOUND:
        return redirect("recognizer:teach_sheet", found.id)
    form = ConfirmForm(request.POST, sheet=found)
    try:
        if not form.is_valid():
            return _sheet_page(request, user, found, sheet_view(found), error=_first_error(form), status=422)
        chosen = form.cleaned_data["boxes"]
        kept = sheet_confirm(sheet=found, chosen=chosen, agrees=form.cleaned_data["agrees"])
    except NumeralError as error:
        view = sheet_view(found, chosen=set(chosen))
        return _sheet_page(request, user, found, view, error=said(error), status=422)
    messages.success(
        request,
        say_n(
            "{n} digit of your hand will be there for the next training.",
            "{n} digits of your hand will be there for the next training.",
            kept,
        ),
    )
    return redirect("recognizer:teach")


def _sheet_page(
    request: HttpRequest, user: User, found: Sheet, view: SheetView, *, error: str = "", status: int = 200
) -> HttpResponse:
    context = {"sheet": found, "view": view, "agreed": user.training_consent, "error": error}
    return render(request, "recognizer/teach_sheet.html", context, status=status)


def _first_error(form: ConfirmForm) -> str:
    return str(next(iter(form.errors.values()))[0])


@login_required
@require_safe
def crops(request: HttpRequest, sheet_id: UUID) -> HttpResponse:
    """All crops of one's own sheet as one picture, while it waits."""
    found = sheet_for(owner=signed_in(request), sheet_id=sheet_id)
    if found.state != Sheet.State.FOUND:
        raise Http404("There is no such page.")
    _, png = cv2.imencode(".png", crops_picture(sheet_crops(found)))
    response = HttpResponse(png.tobytes(), content_type="image/png")
    response["Cache-Control"] = "private, max-age=600"
    return response


@login_required
@require_POST
def discard(request: HttpRequest, sheet_id: UUID) -> HttpResponse:
    """Throw away what was cut out of one's own sheet."""
    sheet_discard(sheet=sheet_for(owner=signed_in(request), sheet_id=sheet_id))
    messages.success(request, _("The sheet was thrown away; nothing of it was kept."))
    return redirect("recognizer:teach")
