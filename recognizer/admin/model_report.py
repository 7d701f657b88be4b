"""A model's report in the admin: its page, and the files beside it to download."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from recognizer.admin.readonly import ReadOnlyAdmin
from recognizer.admin.report_page import claim_of, facts_of, page_of
from recognizer.domain.errors import BadModel
from recognizer.model_figures import figures_of
from recognizer.models import ModelVersion
from recognizer.selectors import sets_to_measure
from recognizer.services.model_report_requests import model_report_request, model_report_requested
from recognizer.services.model_reports import (
    MEASURING,
    TRAINING,
    model_report_file,
    model_report_load,
    model_report_sources,
)
from recognizer.tasks import measure_report
from recognizer.wording import said, say

REFRESH_SECONDS = 3
TYPES = {".json": "application/json", ".png": "image/png", ".svg": "image/svg+xml"}


class ReportsModels(ReadOnlyAdmin[ModelVersion]):
    """The page and its files: whoever may look at models may look at their reports."""

    def get_urls(self) -> list[URLPattern]:
        site, own = self.admin_site, "<uuid:model_id>/report/"
        page = path(own, site.admin_view(self.report_view), name="recognizer_modelversion_report")
        file = f"{own}<str:source>/<str:name>"
        return [
            page,
            path(f"{own}measure/", site.admin_view(self.measure_view), name="recognizer_modelversion_measure"),
            path(file, site.admin_view(self.report_file_view), name="recognizer_modelversion_report_file"),
            *super().get_urls(),
        ]

    @method_decorator(require_safe)
    def report_view(self, request: HttpRequest, model_id: UUID) -> HttpResponse:
        """The report that the training left or, by ``?from=measuring`` or where there is no other, a measuring's."""
        model = self._model(request, model_id)
        wanted, sources = request.GET.get("from", ""), list[str]()
        report, problem = None, ""
        try:
            sources = model_report_sources(model)
            source = wanted if wanted in (TRAINING, MEASURING) else next(iter(sources), TRAINING)
            report = model_report_load(model=model, source=source)
        except BadModel as error:
            problem = said(error)
        page = page_of(model, report)
        context: dict[str, Any] = {
            "title": say("Report of {name}", name=model.name),
            "opts": self.opts,
            "model": model,
            "report": report,
            "problem": problem,
            "source": report.source if report is not None else TRAINING,
            "sources": sources,
            "page": page,
            "facts": facts_of(model, report),
            "claim": claim_of(model),
            "figures": figures_of(model),
        }
        context |= admin.site.each_context(request) | self._measuring(request, model)
        answer = render(request, "admin/recognizer/modelversion/report.html", context)
        if (asked := context["asked"]) and not asked.problem:
            answer["Refresh"] = str(REFRESH_SECONDS)
        return answer

    def _measuring(self, request: HttpRequest, model: ModelVersion) -> dict[str, Any]:
        """What was asked for, and what can be."""
        may = request.user.has_perm("recognizer.change_modelversion")
        return {
            "asked": model_report_requested(model=model),
            "sets": sets_to_measure(kind=model.kind) if may else [],
            "may_measure": may,
        }

    @method_decorator(require_POST)
    def measure_view(self, request: HttpRequest, model_id: UUID) -> HttpResponse:
        """Have the worker measure the model on a registered set; the page of the report then looks again by itself."""
        model = self._model(request, model_id)
        if not request.user.has_perm("recognizer.change_modelversion"):
            raise PermissionDenied
        chosen = request.POST.get("data_set", "")
        row = next((row for row in sets_to_measure(kind=model.kind) if str(row.pk) == chosen), None)
        if row is None:
            self.message_user(request, _("Choose a data set to measure on."), messages.ERROR)
        else:
            try:
                model_report_request(model=model, data_set=row)
                measure_report(model.id, row.name)
            except BadModel as error:
                self.message_user(request, said(error), messages.ERROR)
        return redirect("admin:recognizer_modelversion_report", model.pk)

    @method_decorator(require_safe)
    def report_file_view(self, request: HttpRequest, model_id: UUID, source: str, name: str) -> HttpResponse:
        """One file that the report names: pictures to show, all else to download."""
        model = self._model(request, model_id)
        kind = TYPES.get(Path(name).suffix)
        try:
            found = (
                model_report_file(model=model, source=source, name=name) if source in (TRAINING, MEASURING) else None
            )
        except BadModel:
            found = None
        if found is None or kind is None:
            raise Http404(_("There is no such file."))
        shown = "inline" if kind == "image/png" else "attachment"
        headers = {
            "Content-Disposition": f'{shown}; filename="{model.name}-{name}"',
            # A later measuring gives new files under the same names.
            "Cache-Control": "private, no-cache",
        }
        return HttpResponse(found, content_type=kind, headers=headers)

    def _model(self, request: HttpRequest, model_id: UUID) -> ModelVersion:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(ModelVersion, id=model_id)
