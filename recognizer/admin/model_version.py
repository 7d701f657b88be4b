"""Models with their metrics; activate and roll back."""

from __future__ import annotations

import json
from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from recognizer.admin.readonly import ReadOnlyAdmin
from recognizer.domain.errors import NumeralError
from recognizer.model_figures import figures_of, headline_of, recalls_of
from recognizer.models import ModelVersion
from recognizer.services.registry import model_activate, model_rollback
from recognizer.templatetags.numeral import fine_percent


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin[ModelVersion]):
    list_display = ("name", "kind", "version", "architecture", "state", "accuracy", "created_at")
    list_filter = ("kind", "state", "architecture")
    search_fields = ("name", "architecture", "sha256")
    actions = ("activate", "roll_back")
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

    @admin.display(description="Read right")
    def accuracy(self, model: ModelVersion) -> str:
        share = headline_of(model)
        return "–" if share is None else fine_percent(share)

    @admin.display(description="As measured")
    def figures(self, model: ModelVersion) -> SafeString:
        """What decides between models, a line each; the rest is in the card."""
        lines = [(label, fine_percent(share)) for label, share in figures_of(model)]
        lines += [(f"{digit} read right", fine_percent(share)) for digit, share in recalls_of(model)]
        return format_html("<table>{}</table>", format_html_join("", "<tr><th>{}</th><td>{}</td></tr>", lines))

    @admin.display(description="Card")
    def whole_card(self, model: ModelVersion) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(model.card, indent=1, ensure_ascii=False))

    def has_activate_permission(self, request: HttpRequest) -> bool:
        """Asked by Django for ``permissions=["activate"]``: changing what serves is changing a model."""
        return request.user.has_perm("recognizer.change_modelversion")

    @admin.action(description="Activate the selected model", permissions=["activate"])
    def activate(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        if len(queryset) != 1:
            self.message_user(request, "Select exactly one model to activate.", messages.ERROR)
            return
        self._try(request, lambda: f"The model {model_activate(model=queryset.get())} is active now.")

    @admin.action(description="Roll back to the previous model of this kind", permissions=["activate"])
    def roll_back(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        kinds = set(queryset.order_by().values_list("kind", flat=True))
        if len(kinds) != 1:
            self.message_user(request, "Select models of one kind to roll it back.", messages.ERROR)
            return
        self._try(request, lambda: f"The model {model_rollback(kind=kinds.pop())} is active again.")

    def _try(self, request: HttpRequest, act: Callable[[], str]) -> None:
        try:
            self.message_user(request, act(), messages.SUCCESS)
        except NumeralError as error:
            self.message_user(request, str(error), messages.ERROR)
