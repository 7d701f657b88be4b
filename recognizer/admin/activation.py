"""Past activations: who, when, what the gate said, and why it was done all the same."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from recognizer.admin.comparison_figures import comparison_of
from recognizer.admin.readonly import ReadOnlyAdmin
from recognizer.models import Activation
from recognizer.wording import said


@admin.register(Activation)
class ActivationAdmin(ReadOnlyAdmin[Activation]):
    list_display = ("at", "kind", "model_name", "previous_name", "decision", "by", "reason")
    list_filter = ("kind", "decision")
    search_fields = ("model_name", "previous_name", "by__email", "reason")
    list_select_related = ("by",)
    date_hierarchy = "at"
    fields = (("at", "kind"), ("model_name", "previous_name"), ("decision", "by"), "reason", "gate_said")
    readonly_fields = ("gate_said",)

    @admin.display(description=gettext_lazy("The gate said"))
    def gate_said(self, activation: Activation) -> str:
        return " ".join(said(sentence) for sentence in activation.outcome.get("sentences", [])) or "–"

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        row = kwargs.get("obj")
        if isinstance(row, Activation):
            context |= {"comparison": comparison_of(row.outcome)}
        return super().render_change_form(request, context, *args, **kwargs)
