"""A filled-in teaching sheet that waits for its owner's word."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy


class Sheet(models.Model):
    """What was cut out of one photo of a sheet: the photo itself is never kept, and the crops only until the owner has
    confirmed or discarded them, or a day has gone by.
    """

    class State(models.TextChoices):
        FOUND = "found", gettext_lazy("Waits for its owner")
        CONFIRMED = "confirmed", gettext_lazy("Confirmed")
        DISCARDED = "discarded", gettext_lazy("Discarded")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sheets")
    created_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.FOUND)
    crops = models.BinaryField(
        help_text=gettext_lazy("A hundred crops of 28 by 28 bytes, box by box; empty once decided.")
    )
    boxes = models.JSONField(
        default=list, help_text=gettext_lazy("For each box null, or what was read in it; empty once decided.")
    )
    kept = models.PositiveSmallIntegerField(default=0, help_text=gettext_lazy("How many digits were kept as samples."))

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="sheet_to_sweep")]

    def __str__(self) -> str:
        return str(self.id)
