"""Training runs: the list, and the page on which one is watched."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from recognizer.admin.training_run_look import look_of
from recognizer.admin.training_run_start import FOLDER, StartsTrainings, context_for
from recognizer.models import TrainingRun


@admin.register(TrainingRun)
class TrainingRunAdmin(StartsTrainings):
    list_display = (
        *("architecture", "state", "done", "data_set", "model_version", "created_at"),
        *("finished_at", "started_by"),
    )
    list_filter = ("state", "kind", "architecture")
    search_fields = ("architecture", "model_version__name", "error")
    list_select_related = ("model_version", "started_by", "data_set")
    actions = ("cancel",)
    # The page shows the rest its own way.
    fields = ("architecture", "kind", "state")

    def get_urls(self) -> list[URLPattern]:
        live = path(
            "<uuid:run_id>/live/", self.admin_site.admin_view(self.live_view), name="recognizer_trainingrun_live"
        )
        return [live, *super().get_urls()]

    @admin.display(description=gettext_lazy("Done"))
    def done(self, run: TrainingRun) -> str:
        return f"{100 * run.fraction:.0f} %"

    @admin.action(description=gettext_lazy("Cancel the selected runs"), permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[TrainingRun]) -> None:
        for run in queryset:
            self.cancel_one(request, run)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), **context_for(self, request)})

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page of one run. Django has asked by now whether the person may see it."""
        row = kwargs.get("obj")
        if isinstance(row, TrainingRun):
            context |= {"run": self._whole(row.id), "title": _("Training"), "subtitle": str(row)}
            context |= {"look": look_of(context["run"]), **context_for(self, request)}
        return super().render_change_form(request, context, *args, **kwargs)

    @method_decorator(never_cache)
    @method_decorator(require_safe)
    def live_view(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        """The parts of a run's page that change while it trains; the page asks for them every other second."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = self._whole(run_id)
        context = {"run": run, "look": look_of(run), "opts": self.opts, **context_for(self, request)}
        return render(request, f"{FOLDER}/live.html", context)

    def _whole(self, run_id: UUID) -> TrainingRun:
        related = ("model_version", "started_by", "data_set", "resumes")
        run = TrainingRun.objects.select_related(*related).filter(id=run_id).first()
        if run is None:
            raise Http404("There is no such page.")
        return run
