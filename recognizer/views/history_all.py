"""What is done with all that a search of one's history finds: asked first, then told how far it is."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from recognizer.domain.errors import BadRequest
from recognizer.domain.history import TRASH_DAYS
from recognizer.history_forms import HistoryForm
from recognizer.models import HistoryAction
from recognizer.selectors_history_actions import COUNTED, history_action_for, matching_count, query_in_time
from recognizer.services.history_actions import history_action_start, history_action_stop, history_action_undo
from recognizer.tasks import history_action_soon
from recognizer.views.access import signed_in
from recognizer.views.history_filters import filters_of
from recognizer.wording import figures

Kind, State = HistoryAction.Kind, HistoryAction.State
LONGEST = 2000


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def everything(request: HttpRequest) -> HttpResponse:
    """Ask what to do with all that the filters leave, and how many that are; then begin."""
    if request.method == "POST":
        return _begin(request)
    form, now = _valid(filters_of(request)), timezone.now()
    count = matching_count(owner=signed_in(request), query=query_in_time(form.query(), as_of=now))
    context = {
        "count": count,
        "shown": shown_count(count),
        "chips": form.chips(),
        "address": form.address(),
        "as_of": now.isoformat(),
        "trash_days": TRASH_DAYS,
    }
    return render(request, "recognizer/history_all.html", context)


def _begin(request: HttpRequest) -> HttpResponse:
    kind = request.POST.get("action", "")
    if kind not in (Kind.DELETE, Kind.REREAD):
        raise BadRequest(_("All that was found can be deleted, read again or exported."))
    form = _valid(filters_of(request, QueryDict(request.POST.get("address", "")[:LONGEST])))
    action = history_action_start(
        owner=signed_in(request), kind=kind, query=form.query(), as_of=_moment(request.POST.get("as_of", ""))
    )
    return going_on(request, action)


def going_on(request: HttpRequest, action: HistoryAction) -> HttpResponse:
    """To where it is told how far it is; what has ended already is told at once."""
    if action.state == State.WORKING:
        history_action_soon(str(action.id))
        request.session["history_action"] = str(action.id)
        return redirect("recognizer:history_action", action.id)
    if action.kind == Kind.DELETE and action.done:
        request.session["undo"] = {"moment": action.moment.isoformat(), "words": said(action)}
    else:
        messages.success(request, said(action))
    return redirect("recognizer:history")


@login_required
@require_safe
def progress(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """How far it is, and what came of it."""
    action = history_action_for(owner=signed_in(request), action_id=action_id)
    if action.state != State.WORKING and request.session.get("history_action") == str(action.id):
        del request.session["history_action"]
    known = action.total <= COUNTED
    context = {
        "action": action,
        "said": said(action),
        "total": shown_count(action.total),
        "seen": action.done + action.left_out,
        "most": max(action.total, 1) if known else None,
        "can_undo": action.kind == Kind.DELETE and action.state != State.WORKING and action.done > 0,
    }
    return render(request, "recognizer/history_action.html", context)


@login_required
@require_POST
def stop(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """Leave it at what was done."""
    action = history_action_for(owner=signed_in(request), action_id=action_id)
    history_action_stop(action=action)
    return redirect("recognizer:history_action", action.id)


@login_required
@require_POST
def undo(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """Bring back what it deleted."""
    owner = signed_in(request)
    action = history_action_for(owner=owner, action_id=action_id)
    if action.kind != Kind.DELETE or action.state == State.WORKING:
        raise BadRequest(_("Only what was deleted can be brought back. Stop it first."))
    return going_on(request, history_action_undo(owner=owner, moment=action.moment))


def shown_count(count: int) -> str:
    """An honest count: nothing is counted beyond ten thousand."""
    shown = figures(f"{min(count, COUNTED):,}")
    return shown if count <= COUNTED else _("more than %(count)s") % {"count": shown}


def said(action: HistoryAction) -> str:
    """What has been done so far, in words."""
    sentences = {
        Kind.DELETE: _("In the trash for %(days)s days: %(done)s."),
        Kind.RESTORE: _("Back in your history: %(done)s."),
        Kind.REREAD: _("Read again: %(done)s."),
    }
    words = sentences[Kind(action.kind)] % {"done": figures(f"{action.done:,}"), "days": TRASH_DAYS}
    if action.left_out:
        left_out = _("Left as they are: %(count)s, not kept, or corrected or confirmed by you.")
        words = f"{words} {left_out % {'count': figures(f'{action.left_out:,}')}}"
    return words


def _valid(form: HistoryForm) -> HistoryForm:
    if not form.is_valid():
        raise BadRequest(next(str(errors[0]) for errors in form.errors.values()))
    return form


def _moment(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
        if moment.tzinfo is None or moment > timezone.now():
            raise ValueError(text)
    except (ValueError, OverflowError) as error:
        raise BadRequest(_("Look at how many there are first, then say what to do with them.")) from error
    return moment


def working_address(request: HttpRequest) -> str:
    """Where to look at what goes on just now, as far as this session knows; empty for nothing."""
    known = request.session.get("history_action")
    return reverse("recognizer:history_action", args=[known]) if known else ""
