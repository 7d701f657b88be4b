"""Stored uploads read again: start, see what would change, write it down, cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from recognizer.admin.model_activation import REFRESH_SECONDS, by
from recognizer.admin.readonly import ReadOnlyAdmin
from recognizer.domain.errors import NumeralError
from recognizer.models import Reread
from recognizer.selectors import reread_changes, reread_counts
from recognizer.services.rereads import ALIVE, LARGEST, reread_apply, reread_cancel, reread_start
from recognizer.tasks import reread_soon
from recognizer.wording import said

DEFAULT_LIMIT = 1000


@admin.register(Reread)
class RereadAdmin(ReadOnlyAdmin[Reread]):
    """Whoever may add one may look, whoever may change one may write it down; texts are for who may see uploads."""

    list_display = ("created_at", "state", "digit_model", "number_model", "limit", "looked", "same", "started_by")
    list_filter = ("state",)
    list_select_related = ("digit_model", "number_model", "started_by")
    fields = (
        ("state", "error"),
        ("digit_model", "number_model"),
        ("created_at", "finished_at", "started_by"),
        ("limit", "looked", "unreadable"),
    )

    def get_urls(self) -> list[URLPattern]:
        site, name = self.admin_site, "recognizer_reread"
        own = [
            path("start/", site.admin_view(self.start_view), name=f"{name}_start"),
            path("<uuid:reread_id>/apply/", site.admin_view(self.apply_view), name=f"{name}_apply"),
            path("<uuid:reread_id>/cancel/", site.admin_view(self.cancel_view), name=f"{name}_cancel"),
        ]
        return own + super().get_urls()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {
            "may_start": request.user.has_perm("recognizer.add_reread"),
            "default_limit": DEFAULT_LIMIT,
            "largest": LARGEST,
        }
        return super().changelist_view(request, {**(extra_context or {}), **more})

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        reread = kwargs.get("obj")
        if not isinstance(reread, Reread):
            return super().render_change_form(request, context, *args, **kwargs)
        may = request.user.has_perm("recognizer.change_reread")
        sees_texts = request.user.has_perm("recognizer.view_upload")
        context |= {
            "counts": reread_counts(reread),
            "changes": reread_changes(reread) if sees_texts else [],
            "goes_on": reread.state in ALIVE,
            "may_cancel": may and reread.state in ALIVE,
            "may_apply": may and reread.state == Reread.State.LOOKED,
        }
        answer = super().render_change_form(request, context, *args, **kwargs)
        if reread.state in ALIVE:
            answer["Refresh"] = str(REFRESH_SECONDS)
        return answer

    @method_decorator(require_POST)
    def start_view(self, request: HttpRequest) -> HttpResponse:
        """Begin to look, in the background."""
        _require(request, "recognizer.add_reread")
        try:
            limit = request.POST.get("limit", "")
            reread = reread_start(limit=int(limit) if limit.isdecimal() else 0, started_by=by(request))
        except NumeralError as error:
            self.message_user(request, said(error), messages.ERROR)
            return redirect("admin:recognizer_reread_changelist")
        reread_soon(str(reread.id))
        return redirect("admin:recognizer_reread_change", reread.pk)

    @method_decorator(require_POST)
    def apply_view(self, request: HttpRequest, reread_id: UUID) -> HttpResponse:
        """Write down what was seen, in the background."""
        return self._change(request, reread_id, lambda reread: reread_apply(reread=reread))

    @method_decorator(require_POST)
    def cancel_view(self, request: HttpRequest, reread_id: UUID) -> HttpResponse:
        """End it before the next picture."""
        return self._change(request, reread_id, lambda reread: reread_cancel(reread=reread))

    def _change(self, request: HttpRequest, reread_id: UUID, act: Callable[[Reread], None]) -> HttpResponse:
        _require(request, "recognizer.change_reread")
        reread = get_object_or_404(Reread, id=reread_id)
        try:
            act(reread)
        except NumeralError as error:
            self.message_user(request, said(error), messages.ERROR)
        else:
            reread_soon(str(reread.id))
        return redirect("admin:recognizer_reread_change", reread.pk)


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied
