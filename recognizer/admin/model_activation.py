"""The page that compares a model with the one that serves, and activates it; the button that rolls back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from recognizer.admin.comparison_figures import comparison_of
from recognizer.admin.readonly import ReadOnlyAdmin
from recognizer.domain.errors import NumeralError
from recognizer.domain.types import ModelKind
from recognizer.models import Activation, ModelVersion
from recognizer.selectors import sets_to_freeze
from recognizer.services.gate import Verdict, gate_compare_known
from recognizer.services.gate_numbers import gate_freeze_all
from recognizer.services.registry import activated_sentence, model_activate, model_rollback
from recognizer.tasks import measure_soon
from recognizer.wording import said, say

REFRESH_SECONDS = 5
State = ModelVersion.State


class ActivatesModels(ReadOnlyAdmin[ModelVersion]):
    """Whoever may change models may compare, activate and roll back."""

    def get_urls(self) -> list[URLPattern]:
        view, site = "recognizer_modelversion", self.admin_site
        own = [
            path("<uuid:model_id>/activate/", site.admin_view(self.activate_view), name=f"{view}_activate"),
            path("roll-back/<str:kind>/", site.admin_view(self.roll_back_view), name=f"{view}_roll_back"),
        ]
        return own + super().get_urls()

    def has_activate_permission(self, request: HttpRequest) -> bool:
        """Asked by Django for ``permissions=["activate"]``: changing what serves is changing a model."""
        return request.user.has_perm("recognizer.change_modelversion")

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        model = kwargs.get("obj")
        if isinstance(model, ModelVersion) and self.has_activate_permission(request):
            has_previous = ModelVersion.objects.filter(kind=model.kind, state=State.PREVIOUS).exists()
            context |= {
                "may_activate": model.state in (State.CANDIDATE, State.PREVIOUS),
                "may_roll_back": model.state == State.ACTIVE and has_previous,
                "may_reread": model.state == State.ACTIVE and request.user.has_perm("recognizer.view_reread"),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def activate_view(self, request: HttpRequest, model_id: UUID) -> HttpResponse:
        """The comparison; what is posted measures, freezes samples, or activates."""
        if not self.has_activate_permission(request):
            raise PermissionDenied
        model = get_object_or_404(ModelVersion, id=model_id)
        status = 200
        if request.method == "POST":
            try:
                return self._act(request, model)
            except NumeralError as error:
                self.message_user(request, said(error), messages.ERROR)
                status = error.status
        return self._page(request, model, status)

    @method_decorator(require_POST)
    def roll_back_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """One click: the previous model of the kind serves again."""
        if not self.has_activate_permission(request):
            raise PermissionDenied
        try:
            model = model_rollback(kind=kind, by=by(request))
        except NumeralError as error:
            self.message_user(request, said(error), messages.ERROR)
        else:
            self.message_user(request, say("The model {model} is active again.", model=model), messages.SUCCESS)
        return redirect("admin:recognizer_modelversion_changelist")

    def _act(self, request: HttpRequest, model: ModelVersion) -> HttpResponse:
        here = reverse("admin:recognizer_modelversion_activate", args=[model.pk])
        if request.POST.get("do") == "measure":
            measure_soon()
            return redirect(f"{here}?measuring=1")
        if request.POST.get("do") == "freeze":
            return self._freeze(request, here)
        activated = model_activate(model=model, by=by(request), reason=request.POST.get("reason", ""))
        self.message_user(request, activated_sentence(activated), messages.SUCCESS)
        return redirect("admin:recognizer_modelversion_change", model.pk)

    def _freeze(self, request: HttpRequest, here: str) -> HttpResponse:
        if not request.user.has_perm("recognizer.add_dataset"):
            raise PermissionDenied
        source = next((row for row in sets_to_freeze() if str(row.pk) == request.POST.get("source")), None)
        for row in gate_freeze_all(source=source, added_by=by(request)):
            self.message_user(
                request, say("The set {row} is frozen: {count:,} samples.", row=row, count=row.count), messages.SUCCESS
            )
        return redirect(here)

    def _page(self, request: HttpRequest, model: ModelVersion, status: int) -> HttpResponse:
        serves = model.state == State.ACTIVE
        verdict: Verdict | None = None
        problem = ""
        try:
            verdict = None if serves else gate_compare_known(model=model)
        except NumeralError as error:
            problem = said(error)
        measuring = verdict is None and not problem and not serves
        context = {
            "title": say("Compare and activate {model}", model=model),
            "opts": self.opts,
            "model": model,
            "serves": serves,
            "verdict": verdict,
            "problem": problem,
            "comparison": comparison_of(verdict.as_json()) if verdict else None,
            "not_measured": measuring,
            "being_measured": measuring and "measuring" in request.GET,
            "sources": sets_to_freeze() if request.user.has_perm("recognizer.add_dataset") else [],
            "reason": request.POST.get("reason", ""),
            "reason_length": Activation.REASON_LENGTH,
            "kinds": list(ModelKind),
        }
        answer = render(
            request,
            "admin/recognizer/modelversion/activate.html",
            self.admin_site.each_context(request) | context,
            status=status,
        )
        if context["being_measured"]:
            answer["Refresh"] = str(REFRESH_SECONDS)
        return answer


def by(request: HttpRequest) -> User:
    """Who is at the keyboard."""
    assert isinstance(request.user, User)
    return request.user
