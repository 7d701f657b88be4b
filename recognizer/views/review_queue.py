"""The review queue: one doubtful number at a time, as pages and, for ``review.js``, as JSON."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from recognizer.domain.errors import BadRequest, BreaksRule, NumeralError, SignedOut
from recognizer.models import Correction, Prediction
from recognizer.selectors_review import review_item
from recognizer.selectors_review_parts import Part, part_for
from recognizer.services.review_queue import (
    review_counts,
    review_decide,
    review_hold,
    review_release,
    review_take,
    review_undo,
)
from recognizer.views.access import signed_in
from recognizer.views.errors import wants_json
from recognizer.views.review_items import problem_of, review_item_view

View = Callable[..., HttpResponseBase]
LONGEST = 80
PARTS = ("batch", "form", "form_field")
"""In every address of a review of less than everything."""


def for_a_person(view: View) -> View:
    """As ``login_required``; a script is told in JSON, and what was typed comes along through signing in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if wants_json(request):
            raise SignedOut
        back = request.get_full_path() if request.method in ("GET", "HEAD") else _address(request, **kwargs)
        return redirect_to_login(back)

    return guarded


def _address(request: HttpRequest, prediction_id: UUID | None = None) -> str:
    """The page on which the same number is shown, with what was typed."""
    fields = {name: request.GET.get(name, "") for name in PARTS}
    fields |= {"after": request.POST.get("after", ""), "done": str(_done(request.POST.get("done")))}
    if prediction_id is not None:
        fields |= {"hold": f"{prediction_id}.{request.POST.get('stamp', '')}", "typed": _typed(request)}
    kept = urlencode({name: value for name, value in fields.items() if value and value != "0"})
    return reverse("recognizer:review") + (f"?{kept}" if kept else "")


def _part(request: HttpRequest) -> Part:
    return part_for(owner=signed_in(request), **{name: request.GET.get(name, "") for name in PARTS})


@for_a_person
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """The least sure number that no other window holds, or, with ``hold``, the one that this window has; of one's own
    ``batch``, ``form`` or ``form_field`` alone where the address names one.
    """
    user, part = signed_in(request), _part(request)
    item, typed = _held(user, request.GET.get("hold", "")), request.GET.get("typed", "")[:LONGEST] or None
    if item is None:
        if typed:  # it was typed for another number, so it must not stand in this one's field
            messages.error(request, f"The number for which you typed {typed} waits no more, or is open elsewhere.")
        item, typed = next(iter(review_take(user=user, after=request.GET.get("after", ""), part=part)), None), None
    return _page(request, item, typed=typed, part=part, status=200)


def _held(user: User, hold: str) -> Prediction | None:
    held, _dot, stamp = hold.partition(".")
    try:
        return review_hold(user=user, prediction_id=UUID(held), stamp=stamp)
    except (ValueError, NumeralError, Http404):
        return None


def _page(
    request: HttpRequest,
    item: Prediction | None,
    *,
    part: Part,
    typed: str | None = None,
    error: NumeralError | None = None,
    status: int,
) -> HttpResponse:
    user, query = signed_in(request), request.POST if request.method == "POST" else request.GET
    done, (left, waiting) = _done(query.get("done")), review_counts(user=user, part=part)
    problem = problem_of(error) if error else ""
    insisted = (typed or "") if isinstance(error, BreaksRule) else ""
    context = {
        "part": part,
        "waiting": waiting,
        "item": item and review_item_view(item, typed=typed, problem=problem, insisted=insisted),
        "problem": "" if item else problem,
        "done": done,
        "left": left,
        "total": done + left,
        "after": query.get("after", ""),
        "undo": request.GET.get("undo", ""),
    }
    return render(request, "recognizer/review.html", context, status=status)


@for_a_person
@require_POST
def following(request: HttpRequest) -> HttpResponse:
    """The next numbers behind a place, claimed for this window, each as the page shows it."""
    user, done, part = signed_in(request), _done(request.POST.get("done")), _part(request)
    count = request.POST.get("count", "1")
    if not (count.isascii() and count.isdigit()):
        raise BadRequest
    items = review_take(user=user, after=request.POST.get("after", ""), count=int(count[:3]), part=part)
    answer: dict[str, object] = {**_left(user, part), "items": [_as_json(request, item, part) for item in items]}
    if not items:
        context = {**_left(user, part), "part": part, "done": done, "after": request.POST.get("after", "")}
        answer["end"] = render_to_string("recognizer/review_end.html", context, request)
    return JsonResponse(answer)


@for_a_person
@require_POST
def decide(request: HttpRequest, prediction_id: UUID) -> HttpResponse:
    """Keep what a person says of one's own number, or that there is none; 422 with the text where it is no number."""
    user, part, text = signed_in(request), _part(request), _typed(request)
    try:
        correction, undo = review_decide(
            user=user,
            prediction_id=prediction_id,
            stamp=request.POST.get("stamp", ""),
            text=text,
            no_number="no_number" in request.POST,
            insisted=bool(text) and request.POST.get("insisted") == text,
        )
    except NumeralError as error:
        return _refused(request, prediction_id, text, part, error)
    if wants_json(request):
        return JsonResponse({"said": _said(correction), "undo": undo, **_left(user, part)})
    messages.success(request, _said(correction))
    after, done = request.POST.get("after", ""), _done(request.POST.get("done")) + 1
    return redirect(_page_address(part, done=done, after=after, undo=undo))


def _refused(request: HttpRequest, prediction_id: UUID, text: str, part: Part, error: NumeralError) -> HttpResponse:
    status = 422 if isinstance(error, BadRequest) else error.status
    if wants_json(request):
        said = {"code": error.code, "message": problem_of(error)}
        return JsonResponse({"error": said}, status=status)
    user = signed_in(request)
    if status == 422:
        item = review_item(owner=user, prediction_id=prediction_id)
        return _page(request, item, part=part, typed=text, error=error, status=status)
    messages.error(request, f"{error} You typed: {text or 'nothing'}.")
    return _page(request, next(iter(review_take(user=user, part=part)), None), part=part, status=status)


def _page_address(part: Part, **fields: object) -> str:
    return f"{reverse('recognizer:review')}?{urlencode({**part.ids, **fields})}"


def _left(user: User, part: Part) -> dict[str, int]:
    left, waiting = review_counts(user=user, part=part)
    return {"left": left, "waiting": waiting}


@for_a_person
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take the last decision back; its number is shown again, in the place of the one that the window ``held``."""
    user, part = signed_in(request), _part(request)
    item = review_undo(user=user, token=request.POST.get("undo", ""))
    review_release(user=user, held=_held_parse(request.POST.getlist("held")))
    said = f"Taken back: {item.text} waits again." if item.text else _("Taken back: the empty field waits again.")
    if wants_json(request):
        return JsonResponse({"said": said, **_left(user, part), "item": _as_json(request, item, part)})
    messages.success(request, said)
    view, done = review_item_view(item), max(0, _done(request.POST.get("done")) - 1)
    fields = {"hold": f"{item.id}.{view.stamp}", "done": done, "after": request.POST.get("after", "")}
    return redirect(_page_address(part, **fields))


@for_a_person
@require_POST
def hold(request: HttpRequest, prediction_id: UUID) -> HttpResponse:
    """Keep a number for this window for another while."""
    item = review_hold(user=signed_in(request), prediction_id=prediction_id, stamp=request.POST.get("stamp", ""))
    return JsonResponse({"stamp": review_item_view(item).stamp})


@for_a_person
@require_POST
def release(request: HttpRequest) -> HttpResponse:
    """Give back what a window holds that is closed (``held``: id and stamp), or what all of one's windows hold."""
    user, held = signed_in(request), request.POST.getlist("held")
    if held:
        review_release(user=user, held=_held_parse(held))
        return HttpResponse(status=204)
    review_release(user=user)
    return redirect(_address(request))


def _held_parse(held: list[str]) -> dict[UUID, str]:
    try:
        return {UUID(found): stamp for found, _dot, stamp in (one.partition(".") for one in held[:LONGEST])}
    except ValueError as error:
        raise BadRequest from error


@for_a_person
@require_safe
def token(request: HttpRequest) -> HttpResponse:
    """What a form needs to be sent after signing in again in another tab."""
    response = JsonResponse({"csrf": get_token(request)})
    response["Cache-Control"] = "no-store"
    return response


def _as_json(request: HttpRequest, item: Prediction, part: Part) -> dict[str, object]:
    view = review_item_view(item)
    html = render_to_string("recognizer/review_item.html", {"item": view, "part": part}, request)
    return {"id": str(view.id), "stamp": view.stamp, "place": view.place, "picture": view.picture, "html": html}


def _typed(request: HttpRequest) -> str:
    return str(request.POST.get("instead") or request.POST.get("text", ""))[:LONGEST]


def _done(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else 0


def _said(correction: Correction) -> str:
    read = correction.prediction.text
    if correction.text == read:
        return f"Confirmed {read}." if read else _("Confirmed: nothing is written there.")
    if not read:
        return _("Kept %(number)s.") % {"number": correction.text}
    return f"Corrected {read} to {correction.text}." if correction.text else f"No number there: {read} was taken away."
