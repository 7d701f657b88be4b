"""Batches for scripts: open one, add files to it, close it, ask how far it is, cancel, try again, delete."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_stubs_ext import WithAnnotations

from accounts.models import Keep, User
from recognizer.domain.errors import BadRequest, NumeralError, SignedOut, TooMany
from recognizer.forms import BatchForm
from recognizer.models import Batch, BatchFile, BatchItem
from recognizer.selectors_batches import (
    Numbered,
    batch_changes,
    batch_files_known,
    batch_for,
    batch_form,
    batch_progress,
    item_state,
)
from recognizer.services.batch_files import batch_file_add
from recognizer.services.batches import batch_close, batch_open
from recognizer.services.throttle import WINDOW_SECONDS, throttle
from recognizer.tasks import read_batch_soon
from recognizer.uploads import SpoolingUploadHandler
from recognizer.wording import error_as_json, said

Given = ParamSpec("Given")
View = Callable[Concatenate[HttpRequest, Given], HttpResponse]
LONGEST_PLACE = 7


def answers_json(view: Callable[Concatenate[HttpRequest, User, Given], HttpResponse]) -> View[Given]:
    """For a view of a signed-in person: whatever is wrong is said in the one shape that errors have in JSON."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponse:
        try:
            if not isinstance(request.user, User):
                raise SignedOut
            return view(request, request.user, *args, **kwargs)
        except Http404 as error:
            return JsonResponse({"error": {"code": "not_found", "message": said(str(error))}}, status=404)
        except NumeralError as error:
            headers = {"Retry-After": str(WINDOW_SECONDS // 4)} if isinstance(error, TooMany) else {}
            return JsonResponse(error_as_json(error), status=error.status, headers=headers)

    return cast(View[Given], answer)


def batch_address(batch: Batch) -> str:
    """Where a person looks at a batch."""
    return f"{reverse('recognizer:batches')}{batch.id}/"


@require_POST
@answers_json
def opened(request: HttpRequest, user: User) -> HttpResponse:
    """Open a batch: 201 with its id and the address of its page."""
    throttle(action="batch", who=str(user.pk), limit=settings.UPLOADS_PER_MINUTE)
    form = BatchForm(request.POST)
    if not form.is_valid():
        raise BadRequest(str(next(iter(form.errors.values()))[0]))
    given = form.cleaned_data
    batch = batch_open(
        owner=user,
        name=given["name"],
        source=given["source"],
        keep=Keep(given["keep"] or user.default_keep),
        expect=given["expect"],
        form=batch_form(owner=user, form_id=given["form"]),
    )
    return JsonResponse({"id": str(batch.id), "url": batch_address(batch)}, status=201)


@csrf_exempt  # checked below, once it is said where the files are to go: checking reads them
@require_http_methods(["GET", "HEAD", "POST"])
@answers_json
def files(request: HttpRequest, user: User, batch_id: UUID) -> HttpResponse:
    """The files that are there; posted, one more of them."""
    if request.method != "POST":
        throttle(action="batch_look", who=str(user.pk), limit=settings.LIVE_READS_PER_MINUTE)
        known = batch_files_known(batch=batch_for(owner=user, batch_id=batch_id))
        return JsonResponse({"files": [_file_as_json(file) for file in known]})
    throttle(action="batch_files", who=str(user.pk), limit=settings.BATCH_FILES_PER_MINUTE)
    batch = batch_for(owner=user, batch_id=batch_id)
    request.upload_handlers = [SpoolingUploadHandler(request)]
    return _add(request, batch)


@csrf_protect
def _add(request: HttpRequest, batch: Batch) -> HttpResponse:
    file = request.FILES.get("image")
    place = request.POST.get("place", "")
    added = batch_file_add(
        batch=batch,
        key=request.POST.get("key", ""),
        name=request.POST.get("path", "") or (file.name if file else "") or "",
        file=file,
        place=int(place) if place.isascii() and place.isdigit() and len(place) <= LONGEST_PLACE else None,
    )
    told: dict[str, Any] = {"file": _file_as_json(added.file)}
    if added.error is not None:
        return JsonResponse({**error_as_json(added.error), **told}, status=added.error.status)
    if added.new:
        read_batch_soon(batch.id)
    return JsonResponse(told, status=201 if added.new else 200)


@require_POST
@answers_json
def closed(request: HttpRequest, user: User, batch_id: UUID) -> HttpResponse:
    """Say that no more files will come."""
    throttle(action="batch", who=str(user.pk), limit=settings.UPLOADS_PER_MINUTE)
    batch = batch_for(owner=user, batch_id=batch_id)
    batch_close(batch=batch)
    read_batch_soon(batch.id)
    return JsonResponse({"id": str(batch.id), "url": batch_address(batch)})


@require_safe
@answers_json
def progress(request: HttpRequest, user: User, batch_id: UUID) -> HttpResponse:
    """How far a batch is, and what ended since the cursor that the last answer gave."""
    throttle(action="batch_look", who=str(user.pk), limit=settings.LIVE_READS_PER_MINUTE)
    batch = batch_for(owner=user, batch_id=batch_id)
    changes = batch_changes(batch=batch, since=request.GET.get("cursor"))
    now = batch_progress(batch=batch)
    names = ("state", "total", "read", "doubtful", "rejected", "failed", "cancelled", "deleted", "waiting", "retryable")
    response = JsonResponse(
        {
            **{name: getattr(now, name) for name in names},
            "seconds_left": now.seconds_left,
            "items": [_item_as_json(item) for item in changes.items],
            "cursor": changes.cursor,
        }
    )
    response["Cache-Control"] = "private, no-store"
    return response


def _file_as_json(file: BatchFile) -> dict[str, Any]:
    error = {"code": file.error_code, "message": said(file.error_message)} if file.error_code else None
    return {"key": file.key, "name": file.name, "state": file.state, "error": error}


def _item_as_json(item: WithAnnotations[BatchItem, Numbered]) -> dict[str, Any]:
    state = item_state(item)
    upload = item.upload if state != "deleted" else None
    return {
        "id": item.id,
        "number": item.number,
        "name": item.name,
        "page": item.page,
        "pages": item.pages,
        "state": state,
        "text": upload.final_text if upload else "",
        "confidence": upload.confidence if upload else None,
        "url": reverse("recognizer:upload", args=[upload.id]) if upload else None,
        "thumbnail": reverse("recognizer:upload_thumbnail", args=[upload.id]) if upload and upload.thumbnail else None,
        "error": {"code": item.error_code, "message": said(item.error_message)} if item.error_code else None,
    }
