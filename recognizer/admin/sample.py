"""Samples: a gallery of the digits that people gave, to look through, drop from and take back to."""

from __future__ import annotations

import base64

import cv2
import numpy as np
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recognizer.admin.readonly import ReadOnlyAdmin
from recognizer.domain.errors import BadRequest
from recognizer.models import Sample
from recognizer.services.sample_review import LONGEST_REASON, samples_drop, samples_take_back
from recognizer.services.samples import SIDE
from recognizer.wording import said, say, say_n

SHOWN = 84
"""Each pixel of a crop as three by three."""


class ReasonForm(ActionForm):
    """Beside the choice of what to do with the ticked samples: why."""

    reason = forms.CharField(required=False, max_length=LONGEST_REASON, label=gettext_lazy("Reason (to drop)"))


@admin.register(Sample)
class SampleAdmin(ReadOnlyAdmin[Sample]):
    """Who may view samples looks through them; who may change them decides."""

    list_display = ("picture", "label", "state", "source", "use", "contributor", "reason")
    list_filter = (
        "state",
        "label",
        "source",
        "held_out",
        "created_at",
        ("contributor", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("contributor__email", "reason", "sha256")
    list_select_related = ("contributor",)
    list_per_page = 120
    empty_value_display = ""
    show_full_result_count = False
    ordering = ("-created_at", "-id")
    actions = ("drop", "take_back")
    action_form = ReasonForm
    fields = (
        "picture",
        ("label", "source", "contributor"),
        ("state", "reason"),
        "held_out",
        "sha256",
        "created_at",
    )
    readonly_fields = ("picture",)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Nobody changes a sample's fields; who may change samples drops them and takes them back."""
        return request.user.has_perm("recognizer.change_sample")

    @admin.display(description=gettext_lazy("Picture"))
    def picture(self, sample: Sample) -> str:
        crop = np.frombuffer(bytes(sample.crop), np.uint8).reshape(SIDE, SIDE)
        png = base64.b64encode(bytes(cv2.imencode(".png", 255 - crop)[1])).decode()
        words = '<img class="sample-picture" src="data:image/png;base64,{}" width="{}" height="{}" alt="{}">'
        return format_html(words, png, SHOWN, SHOWN, say("Labelled {label}", label=sample.label))

    @admin.display(description=gettext_lazy("Use"), ordering="held_out")
    def use(self, sample: Sample) -> str:
        return _("For comparing") if sample.held_out else _("For training")

    @admin.action(description=gettext_lazy("Drop: never use them (give a reason)"), permissions=["decide"])
    def drop(self, request: HttpRequest, chosen: QuerySet[Sample]) -> None:
        try:
            count = samples_drop(samples=chosen, reason=request.POST.get("reason", ""))
        except BadRequest as error:
            self.message_user(request, said(error), messages.ERROR)
            return
        self.message_user(
            request, say_n("{n:,} sample is dropped.", "{n:,} samples are dropped.", count), messages.SUCCESS
        )

    @admin.action(description=gettext_lazy("Take back: they are right"), permissions=["decide"])
    def take_back(self, request: HttpRequest, chosen: QuerySet[Sample]) -> None:
        count = samples_take_back(samples=chosen)
        self.message_user(
            request,
            say_n("{n:,} sample is in use (again).", "{n:,} samples are in use (again).", count),
            messages.SUCCESS,
        )
