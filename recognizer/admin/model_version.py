"""Models with their metrics; activate and roll back, archive, delete."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recognizer.admin.model_activation import ActivatesModels, by
from recognizer.admin.model_report import ReportsModels
from recognizer.admin.model_transfer import TransfersModels
from recognizer.domain.errors import CannotRemove, GateRefuses, NumeralError
from recognizer.model_figures import figures_of, headline_of, recalls_of
from recognizer.models import ModelVersion
from recognizer.services.model_removal import model_archive, model_delete, model_restore
from recognizer.services.registry import activated_sentence, model_activate, model_rollback
from recognizer.templatetags.numeral import fine_percent
from recognizer.wording import said, say


@admin.register(ModelVersion)
class ModelVersionAdmin(ActivatesModels, ReportsModels, TransfersModels):
    list_display = ("name", "kind", "version", "architecture", "state", "accuracy", "created_at")
    list_filter = ("kind", "state", "architecture")
    search_fields = ("name", "architecture", "sha256")
    actions = ("activate", "roll_back", "archive", "restore")
    fields = (
        ("name", "kind", "version"),
        ("architecture", "state"),
        ("threshold", "temperature"),
        "figures",
        ("created_at", "activated_at"),
        "sha256",
        "whole_card",
    )
    readonly_fields = ("figures", "whole_card")

    @admin.display(description=gettext_lazy("Read right"))
    def accuracy(self, model: ModelVersion) -> str:
        share = headline_of(model)
        return "–" if share is None else fine_percent(share)

    @admin.display(description=gettext_lazy("As measured"))
    def figures(self, model: ModelVersion) -> SafeString:
        """What decides between models, a line each; the rest is in the card."""
        lines = [(label, fine_percent(share)) for label, share in figures_of(model)]
        lines += [(say("{digit} read right", digit=digit), fine_percent(share)) for digit, share in recalls_of(model)]
        return format_html("<table>{}</table>", format_html_join("", "<tr><th>{}</th><td>{}</td></tr>", lines))

    @admin.display(description=gettext_lazy("Card"))
    def whole_card(self, model: ModelVersion) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(model.card, indent=1, ensure_ascii=False))

    @admin.action(description=gettext_lazy("Activate the selected model"), permissions=["activate"])
    def activate(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> HttpResponse | None:
        """Through the gate; where it refuses, to the page that shows why and takes a reason."""
        if len(queryset) != 1:
            self.message_user(request, _("Select exactly one model to activate."), messages.ERROR)
            return None
        model = queryset.get()
        try:
            self.message_user(
                request, activated_sentence(model_activate(model=model, by=by(request))), messages.SUCCESS
            )
        except NumeralError as error:
            self.message_user(request, said(error), messages.ERROR)
            if isinstance(error, GateRefuses):
                return redirect("admin:recognizer_modelversion_activate", model.pk)
        return None

    @admin.action(description=gettext_lazy("Roll back to the previous model of this kind"), permissions=["activate"])
    def roll_back(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        kinds = set(queryset.order_by().values_list("kind", flat=True))
        if len(kinds) != 1:
            self.message_user(request, _("Select models of one kind to roll it back."), messages.ERROR)
            return
        self._try(
            request,
            lambda: say("The model {model} is active again.", model=model_rollback(kind=kinds.pop(), by=by(request))),
        )

    @admin.action(description=gettext_lazy("Archive the selected models"), permissions=["activate"])
    def archive(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        for model in queryset:
            self._try(request, partial(_archived, model))

    @admin.action(
        description=gettext_lazy("Make the selected archived models candidates again"), permissions=["activate"]
    )
    def restore(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        for model in queryset:
            self._try(request, partial(_restored, model))

    def has_delete_permission(self, request: HttpRequest, obj: ModelVersion | None = None) -> bool:
        return request.user.has_perm("recognizer.delete_modelversion")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without Django's own deletion of many rows: models go one by one, each from its page, after a question."""
        actions = super().get_actions(request)
        return {name: action for name, action in actions.items() if name != "delete_selected"}

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[Any]]:
        """The model alone: nothing goes with it, and what forbids it (a million readings, perhaps) isn't listed."""
        return [str(each) for each in objs], {str(self.opts.verbose_name_plural): len(objs)}, set(), []

    def delete_model(self, request: HttpRequest, obj: ModelVersion) -> None:
        model_delete(model=obj)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except CannotRemove as error:
            self.message_user(request, said(error), messages.ERROR)
            return redirect("admin:recognizer_modelversion_change", object_id)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        may = {"may_import": self.has_import_permission(request)}
        return super().changelist_view(request, {**(extra_context or {}), **may})

    def _try(self, request: HttpRequest, act: Callable[[], str]) -> None:
        try:
            self.message_user(request, act(), messages.SUCCESS)
        except NumeralError as error:
            self.message_user(request, said(error), messages.ERROR)


def _archived(model: ModelVersion) -> str:
    return say("The model {model} is archived.", model=model_archive(model=model))


def _restored(model: ModelVersion) -> str:
    return say("The model {model} is a candidate again.", model=model_restore(model=model))
