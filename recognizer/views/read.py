"""Give a picture, get its reading."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Keep, User
from recognizer.domain.errors import BadRequest, NumeralError
from recognizer.domain.reading_json import reading_as_json
from recognizer.forms import ReadForm
from recognizer.models import Upload
from recognizer.selectors_batch_texts import has_batches
from recognizer.selectors_forms import form_chosen
from recognizer.services.given_before import earlier_upload
from recognizer.services.ingest import file_bytes, picture_ingest
from recognizer.services.throttle import throttle
from recognizer.views.access import signed_in
from recognizer.views.first_steps import samples_for
from recognizer.views.form_views import form_of_reading
from recognizer.views.presenters import result_of_reading
from recognizer.views.read_many import holds_many, many_answer
from recognizer.wording import error_as_json, said, say


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def read(request: HttpRequest) -> HttpResponse:
    """The form; posted, the reading: on its own page where anything is kept, else in the answer."""
    user = signed_in(request)
    if request.method != "POST":
        return _page(request, user, ReadForm(initial={"keep": user.default_keep}))
    form = ReadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, user, form, status=422)
    try:
        return _answer(request, user, form)
    except NumeralError as error:
        form.add_error("image", said(error))
        return _page(request, user, form, status=error.status, error=said(error))


def _page(request: HttpRequest, user: User, form: ReadForm, *, status: int = 200, error: str = "") -> HttpResponse:
    context = {"form": form, "error": error, "samples": samples_for(user), "has_batches": has_batches(owner=user)}
    return render(request, "recognizer/read.html", context, status=status)


def _answer(request: HttpRequest, user: User, form: ReadForm) -> HttpResponse:
    throttle(action="upload", who=str(user.pk), limit=settings.UPLOADS_PER_MINUTE)
    if holds_many(files := request.FILES.getlist("image")):
        return many_answer(request, user, form, files)
    file: UploadedFile[bytes] | None = form.cleaned_data["image"]
    data, chosen = file_bytes(file), form_chosen(owner=user, text=request.POST.get("form", ""))
    earlier = earlier_upload(owner=user, data=data)
    ingested = picture_ingest(
        data=data,
        owner=user,
        keep=Keep(form.cleaned_data["keep"] or user.default_keep),
        source=form.cleaned_data["source"],
        expect=form.cleaned_data["expect"],
        name=(file.name or "") if file else "",
        form=chosen,
    )
    if earlier is not None:
        messages.info(request, _given_before(earlier))
    if ingested.upload is not None:
        return redirect("recognizer:upload", ingested.upload.id)
    read_as = None if chosen is None else form_of_reading(chosen, ingested.form)
    result = result_of_reading(ingested.reading, form.cleaned_data["expect"], read_as)
    response = render(request, "recognizer/result.html", {"result": result})
    response["Cache-Control"] = "no-store"
    return response


def _given_before(earlier: Upload) -> str:
    """When this picture was given before, with a link to what was read then."""
    given = timezone.localtime(earlier.created_at)
    today = timezone.localdate()
    if given.date() == today:
        words = say("You gave this picture before, today at {time}.", time=date_format(given, "H:i"))
    else:
        day = date_format(given, "j F" if given.year == today.year else "j F Y")
        words = say("You gave this picture before, on {day}.", day=day)
    address = reverse("recognizer:upload", args=[earlier.id])
    return format_html('{} <a href="{}">{}</a>', words, address, _("See what was read then"))


@require_POST
def live(request: HttpRequest) -> JsonResponse:
    """The reading as JSON; nothing is stored. For the canvas, while somebody draws."""
    if not request.user.is_authenticated:
        return JsonResponse({"error": {"code": "signed_out", "message": _("Sign in to read pictures.")}}, status=401)
    form = ReadForm(request.POST, request.FILES)
    try:
        throttle(action="live", who=str(request.user.pk), limit=settings.LIVE_READS_PER_MINUTE)
        if not form.is_valid():
            raise BadRequest(str(next(iter(form.errors.values()))[0]))
        data = file_bytes(form.cleaned_data["image"])
        ingested = picture_ingest(data=data, expect=form.cleaned_data["expect"])
    except NumeralError as error:
        return JsonResponse(error_as_json(error), status=error.status)
    return JsonResponse(reading_as_json(ingested.reading))
